/**
 * The tables of the control plane's state, and the steps that bring an older database up to date. Times are ISO-8601
 * text, documents JSON text: the same on SQLite and PostgreSQL. A migration is never changed once released; a new one
 * is added at the end.
 */
import type { Kysely } from 'kysely'

export interface Tables {
  readonly clusters: ClusterTable
  readonly operations: OperationTable
  readonly configurations: ConfigurationTable
  readonly configuration_revisions: RevisionTable
  readonly scram_secrets: ScramSecretTable
  readonly cluster_policies: ClusterPolicyTable
  readonly vpc_connections: VpcConnectionTable
}

export interface ClusterTable {
  arn: string
  /** Last part of the ARN; the engine's name for it. */
  id: string
  account_id: string
  region: string
  name: string
  state: string
  /** Why it is in that state, where that needs saying. */
  state_code: string | null
  state_message: string | null
  current_version: string
  created_at: string
  /** DesiredCluster: what should be. */
  desired: string
  /** DesiredCluster as last brought about; null before the first time. */
  observed: string | null
  tags: string
  active_operation_arn: string | null
}

export interface OperationTable {
  arn: string
  cluster_arn: string
  type: string
  state: string
  client_request_id: string
  created_at: string
  ended_at: string | null
  /** MutableClusterInfo before and after. */
  source: string
  target: string
  /** OperationStep[]. */
  steps: string
  error_code: string | null
  error_message: string | null
  /** OperationVpcConnection. */
  vpc_connection: string | null
}

export interface ConfigurationTable {
  arn: string
  account_id: string
  region: string
  name: string
  description: string
  kafka_versions: string
  created_at: string
  tags: string
}

export interface RevisionTable {
  configuration_arn: string
  revision: number
  description: string
  created_at: string
  /** The properties text, as it came. */
  properties: string
}

export interface ScramSecretTable {
  cluster_arn: string
  secret_arn: string
  username: string
  version_id: string | null
  /** Of the grant under which the secret is read; both null: it was associated before grants were made. */
  key_arn: string | null
  grant_id: string | null
}

export interface ClusterPolicyTable {
  cluster_arn: string
  /** The policy's JSON, as it came. */
  policy: string
  /** Of the policy, not of the cluster. */
  current_version: string
}

export interface VpcConnectionTable {
  arn: string
  cluster_arn: string
  /** VpcConnection. */
  document: string
}

export interface Migration {
  readonly version: number
  run(db: Kysely<never>): Promise<void>
}

export const migrations: readonly Migration[] = [
  {
    version: 1,
    async run(db) {
      const { schema } = db
      await schema
        .createTable('clusters')
        .addColumn('arn', 'text', (column) => column.primaryKey())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('account_id', 'text', (column) => column.notNull())
        .addColumn('region', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('state_code', 'text')
        .addColumn('state_message', 'text')
        .addColumn('current_version', 'text', (column) => column.notNull())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addColumn('desired', 'text', (column) => column.notNull())
        .addColumn('observed', 'text')
        .addColumn('tags', 'text', (column) => column.notNull())
        .addColumn('active_operation_arn', 'text')
        .addUniqueConstraint('clusters_name', ['account_id', 'region', 'name'])
        .execute()
      await schema
        .createTable('operations')
        .addColumn('arn', 'text', (column) => column.primaryKey())
        .addColumn('cluster_arn', 'text', (column) => column.notNull())
        .addColumn('type', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('client_request_id', 'text', (column) => column.notNull())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addColumn('ended_at', 'text')
        .addColumn('source', 'text', (column) => column.notNull())
        .addColumn('target', 'text', (column) => column.notNull())
        .addColumn('steps', 'text', (column) => column.notNull())
        .addColumn('error_code', 'text')
        .addColumn('error_message', 'text')
        .execute()
      await schema.createIndex('operations_cluster').on('operations').columns(['cluster_arn', 'created_at']).execute()
      await schema
        .createTable('configurations')
        .addColumn('arn', 'text', (column) => column.primaryKey())
        .addColumn('account_id', 'text', (column) => column.notNull())
        .addColumn('region', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('description', 'text', (column) => column.notNull())
        .addColumn('kafka_versions', 'text', (column) => column.notNull())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addColumn('tags', 'text', (column) => column.notNull())
        .addUniqueConstraint('configurations_name', ['account_id', 'region', 'name'])
        .execute()
      await schema
        .createTable('configuration_revisions')
        .addColumn('configuration_arn', 'text', (column) => column.notNull())
        .addColumn('revision', 'integer', (column) => column.notNull())
        .addColumn('description', 'text', (column) => column.notNull())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addColumn('properties', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('configuration_revisions_key', ['configuration_arn', 'revision'])
        .execute()
    },
  },
  {
    version: 2,
    async run({ schema }) {
      await schema
        .createTable('scram_secrets')
        .addColumn('cluster_arn', 'text', (column) => column.notNull())
        .addColumn('secret_arn', 'text', (column) => column.notNull())
        .addColumn('username', 'text', (column) => column.notNull())
        .addColumn('version_id', 'text')
        .addPrimaryKeyConstraint('scram_secrets_key', ['cluster_arn', 'secret_arn'])
        .execute()
      await schema.createIndex('scram_secrets_secret').on('scram_secrets').column('secret_arn').execute()
    },
  },
  {
    version: 3,
    async run({ schema }) {
      await schema
        .createTable('cluster_policies')
        .addColumn('cluster_arn', 'text', (column) => column.primaryKey())
        .addColumn('policy', 'text', (column) => column.notNull())
        .addColumn('current_version', 'text', (column) => column.notNull())
        .execute()
    },
  },
  {
    version: 4,
    async run({ schema }) {
      await schema
        .createTable('vpc_connections')
        .addColumn('arn', 'text', (column) => column.primaryKey())
        .addColumn('cluster_arn', 'text', (column) => column.notNull())
        .addColumn('document', 'text', (column) => column.notNull())
        .execute()
    },
  },
  {
    version: 5,
    async run({ schema }) {
      await schema.alterTable('operations').addColumn('vpc_connection', 'text').execute()
    },
  },
  {
    version: 6,
    async run({ schema }) {
      await schema.alterTable('scram_secrets').addColumn('key_arn', 'text').execute()
      await schema.alterTable('scram_secrets').addColumn('grant_id', 'text').execute()
    },
  },
]
