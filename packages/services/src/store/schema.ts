/**
 * The tables of the services' state, and the steps that bring an older database up to date. What is searched for is a
 * column, the rest of a record is a JSON document; times are ISO-8601 text, sealed bytes base64: the same on SQLite and
 * PostgreSQL. A migration is never changed once released; a new one is added at the end.
 */
import type { Kysely } from 'kysely'

export interface Tables {
  readonly settings: SettingTable
  readonly kms_keys: KeyTable
  readonly kms_aliases: AliasTable
  readonly kms_grants: GrantTable
  readonly secrets: SecretTable
  readonly secret_versions: SecretVersionTable
  readonly iam_entities: IamEntityTable
  readonly sts_sessions: SessionTable
  readonly pca_authorities: AuthorityTable
  readonly pca_certificates: CertificateTable
  readonly ec2_resources: Ec2ResourceTable
}

export interface SettingTable {
  name: string
  value: string
}

export interface KeyTable {
  key_id: string
  account_id: string
  region: string
  /** When the key is to be removed; null: never. */
  delete_after: string | null
  /** kms/key.ts `Key`. */
  document: string
}

export interface AliasTable {
  account_id: string
  region: string
  /** `alias/orders`. */
  name: string
  key_id: string
  created_at: string
  updated_at: string
}

export interface GrantTable {
  grant_id: string
  key_id: string
  /** kms/grant.ts `Grant`. */
  document: string
}

export interface SecretTable {
  arn: string
  account_id: string
  region: string
  name: string
  /** When the secret is to be removed; null: never. */
  delete_after: string | null
  /** secretsmanager/secret.ts `Secret`. */
  document: string
}

export interface SecretVersionTable {
  secret_arn: string
  version_id: string
  created_at: string
  /** secretsmanager/secret.ts `SecretVersion`. */
  document: string
}

export interface IamEntityTable {
  account_id: string
  /** iam/entities.ts `EntityKind`. */
  kind: string
  /** In lower case; of an access key its id. */
  name: string
  /** iam/entities.ts, by kind; of an access key with the secret sealed. */
  document: string
}

export interface SessionTable {
  access_key_id: string
  expires_at: string
  /** sts/session.ts `Session`, with secret and token sealed. */
  document: string
}

export interface AuthorityTable {
  arn: string
  account_id: string
  region: string
  /** When the authority is to be removed; null: never. */
  delete_after: string | null
  /** acm-pca/authority.ts `Authority`. */
  document: string
}

export interface CertificateTable {
  arn: string
  authority_arn: string
  issued_at: string
  /** 1: revoked. */
  revoked: number
  idempotency_token: string | null
  /** acm-pca/authority-store.ts `IssuedCertificate`. */
  document: string
}

export interface Ec2ResourceTable {
  id: string
  /** ec2/records.ts `Resource`. */
  document: string
}

export interface Migration {
  readonly version: number
  run(db: Kysely<never>): Promise<void>
}

export const migrations: readonly Migration[] = [
  {
    version: 1,
    async run({ schema }) {
      await schema
        .createTable('settings')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('value', 'text', (column) => column.notNull())
        .execute()
      await schema
        .createTable('kms_keys')
        .addColumn('key_id', 'text', (column) => column.primaryKey())
        .addColumn('account_id', 'text', (column) => column.notNull())
        .addColumn('region', 'text', (column) => column.notNull())
        .addColumn('delete_after', 'text')
        .addColumn('document', 'text', (column) => column.notNull())
        .execute()
      await schema
        .createTable('kms_aliases')
        .addColumn('account_id', 'text', (column) => column.notNull())
        .addColumn('region', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addColumn('updated_at', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('kms_aliases_key', ['account_id', 'region', 'name'])
        .execute()
      await schema
        .createTable('kms_grants')
        .addColumn('grant_id', 'text', (column) => column.primaryKey())
        .addColumn('key_id', 'text', (column) => column.notNull())
        .addColumn('document', 'text', (column) => column.notNull())
        .execute()
      await schema
        .createTable('secrets')
        .addColumn('arn', 'text', (column) => column.primaryKey())
        .addColumn('account_id', 'text', (column) => column.notNull())
        .addColumn('region', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('delete_after', 'text')
        .addColumn('document', 'text', (column) => column.notNull())
        .addUniqueConstraint('secrets_name', ['account_id', 'region', 'name'])
        .execute()
      await schema
        .createTable('secret_versions')
        .addColumn('secret_arn', 'text', (column) => column.notNull())
        .addColumn('version_id', 'text', (column) => column.notNull())
        .addColumn('created_at', 'text', (column) => column.notNull())
        .addColumn('document', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('secret_versions_key', ['secret_arn', 'version_id'])
        .execute()
    },
  },
  {
    version: 2,
    async run({ schema }) {
      await schema
        .createTable('iam_entities')
        .addColumn('account_id', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('document', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('iam_entities_key', ['account_id', 'kind', 'name'])
        .execute()
      await schema
        .createTable('sts_sessions')
        .addColumn('access_key_id', 'text', (column) => column.primaryKey())
        .addColumn('expires_at', 'text', (column) => column.notNull())
        .addColumn('document', 'text', (column) => column.notNull())
        .execute()
    },
  },
  {
    version: 3,
    async run({ schema }) {
      await schema
        .createTable('pca_authorities')
        .addColumn('arn', 'text', (column) => column.primaryKey())
        .addColumn('account_id', 'text', (column) => column.notNull())
        .addColumn('region', 'text', (column) => column.notNull())
        .addColumn('delete_after', 'text')
        .addColumn('document', 'text', (column) => column.notNull())
        .execute()
      await schema
        .createTable('pca_certificates')
        .addColumn('arn', 'text', (column) => column.primaryKey())
        .addColumn('authority_arn', 'text', (column) => column.notNull())
        .addColumn('issued_at', 'text', (column) => column.notNull())
        .addColumn('revoked', 'integer', (column) => column.notNull())
        .addColumn('idempotency_token', 'text')
        .addColumn('document', 'text', (column) => column.notNull())
        .execute()
      await schema
        .createIndex('pca_certificates_authority')
        .on('pca_certificates')
        .columns(['authority_arn', 'revoked'])
        .execute()
    },
  },
  {
    version: 4,
    async run({ schema }) {
      await schema
        .createTable('ec2_resources')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('document', 'text', (column) => column.notNull())
        .execute()
    },
  },
]
