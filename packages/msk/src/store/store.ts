/**
 * The state of the managed service, typed. A `Store` stands for a database or, inside `transaction`, for one
 * transaction: what is read there and written on the strength of it commits together or not at all.
 */
import type { Updateable } from 'kysely'
import type { Scope } from '../arns.ts'
import type { Database } from './database.ts'
import type {
  AssociatedSecret,
  Cluster,
  ClusterPolicy,
  Configuration,
  Operation,
  Revision,
  Tags,
  VpcConnection,
} from './records.ts'
import {
  associatedSecretOf,
  clusterOf,
  clusterRow,
  configurationOf,
  operationOf,
  operationRow,
  partialClusterRow,
  revisionOf,
} from './rows.ts'
import type { ConfigurationTable, OperationTable } from './schema.ts'

export class Store {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  transaction<T>(work: (store: Store) => Promise<T>): Promise<T> {
    return this.#db.transaction().execute((transaction) => work(new Store(transaction)))
  }

  async insertCluster(cluster: Cluster): Promise<void> {
    await this.#db.insertInto('clusters').values(clusterRow(cluster)).execute()
  }

  async cluster(arn: string): Promise<Cluster | null> {
    const row = await this.#db.selectFrom('clusters').selectAll().where('arn', '=', arn).executeTakeFirst()
    return row === undefined ? null : clusterOf(row)
  }

  async clusterByName(scope: Scope, name: string): Promise<Cluster | null> {
    const row = await this.#db
      .selectFrom('clusters')
      .selectAll()
      .where('account_id', '=', scope.accountId)
      .where('region', '=', scope.region)
      .where('name', '=', name)
      .executeTakeFirst()
    return row === undefined ? null : clusterOf(row)
  }

  async clusterById(id: string): Promise<Cluster | null> {
    const row = await this.#db.selectFrom('clusters').selectAll().where('id', '=', id).executeTakeFirst()
    return row === undefined ? null : clusterOf(row)
  }

  /** By name. */
  async clusters(scope: Scope): Promise<Cluster[]> {
    const rows = await this.#db
      .selectFrom('clusters')
      .selectAll()
      .where('account_id', '=', scope.accountId)
      .where('region', '=', scope.region)
      .orderBy('name')
      .execute()
    return rows.map(clusterOf)
  }

  /** Of every account and region. */
  async allClusters(): Promise<Cluster[]> {
    return (await this.#db.selectFrom('clusters').selectAll().orderBy('created_at').execute()).map(clusterOf)
  }

  async updateCluster(arn: string, change: Partial<Cluster>): Promise<void> {
    await this.#db.updateTable('clusters').set(partialClusterRow(change)).where('arn', '=', arn).execute()
  }

  /** By ARN. */
  async associatedSecretsOf(clusterArn: string): Promise<AssociatedSecret[]> {
    const rows = await this.#db
      .selectFrom('scram_secrets')
      .selectAll()
      .where('cluster_arn', '=', clusterArn)
      .orderBy('secret_arn')
      .execute()
    return rows.map(associatedSecretOf)
  }

  /** Of every cluster; all secrets when `secretArn` is null. */
  async associatedSecrets(secretArn: string | null): Promise<AssociatedSecret[]> {
    const all = this.#db.selectFrom('scram_secrets').selectAll()
    const rows = await (secretArn === null ? all : all.where('secret_arn', '=', secretArn)).execute()
    return rows.map(associatedSecretOf)
  }

  async putAssociatedSecret(secret: AssociatedSecret): Promise<void> {
    const { username, versionId, grant } = secret
    const values = {
      username,
      version_id: versionId,
      key_arn: grant?.keyArn ?? null,
      grant_id: grant?.grantId ?? null,
    }
    await this.#db
      .insertInto('scram_secrets')
      .values({ cluster_arn: secret.clusterArn, secret_arn: secret.secretArn, ...values })
      .onConflict((conflict) => conflict.columns(['cluster_arn', 'secret_arn']).doUpdateSet(values))
      .execute()
  }

  async deleteAssociatedSecret(clusterArn: string, secretArn: string): Promise<void> {
    await this.#db
      .deleteFrom('scram_secrets')
      .where('cluster_arn', '=', clusterArn)
      .where('secret_arn', '=', secretArn)
      .execute()
  }

  /** Null: the cluster has none. */
  async clusterPolicy(clusterArn: string): Promise<ClusterPolicy | null> {
    const row = await this.#db
      .selectFrom('cluster_policies')
      .selectAll()
      .where('cluster_arn', '=', clusterArn)
      .executeTakeFirst()
    return row === undefined ? null : { clusterArn, policy: row.policy, currentVersion: row.current_version }
  }

  async putClusterPolicy({ clusterArn, policy, currentVersion }: ClusterPolicy): Promise<void> {
    const values = { policy, current_version: currentVersion }
    await this.#db
      .insertInto('cluster_policies')
      .values({ cluster_arn: clusterArn, ...values })
      .onConflict((conflict) => conflict.column('cluster_arn').doUpdateSet(values))
      .execute()
  }

  async deleteClusterPolicy(clusterArn: string): Promise<void> {
    await this.#db.deleteFrom('cluster_policies').where('cluster_arn', '=', clusterArn).execute()
  }

  /** With its operations, associations and policy. */
  async deleteCluster(arn: string): Promise<void> {
    await this.deleteClusterPolicy(arn)
    await this.#db.deleteFrom('scram_secrets').where('cluster_arn', '=', arn).execute()
    await this.#db.deleteFrom('operations').where('cluster_arn', '=', arn).execute()
    await this.#db.deleteFrom('clusters').where('arn', '=', arn).execute()
  }

  async insertOperation(operation: Operation): Promise<void> {
    await this.#db.insertInto('operations').values(operationRow(operation)).execute()
  }

  async operation(arn: string): Promise<Operation | null> {
    const row = await this.#db.selectFrom('operations').selectAll().where('arn', '=', arn).executeTakeFirst()
    return row === undefined ? null : operationOf(row)
  }

  /** Oldest first. */
  async operations(cluster: string): Promise<Operation[]> {
    const rows = await this.#db
      .selectFrom('operations')
      .selectAll()
      .where('cluster_arn', '=', cluster)
      .orderBy('created_at')
      .orderBy('arn')
      .execute()
    return rows.map(operationOf)
  }

  async updateOperation(
    arn: string,
    change: Partial<Pick<Operation, 'state' | 'endedAt' | 'steps' | 'errorCode' | 'errorMessage'>>,
  ): Promise<void> {
    const row: Updateable<OperationTable> = {
      ...(change.state === undefined ? {} : { state: change.state }),
      ...(change.endedAt === undefined ? {} : { ended_at: change.endedAt }),
      ...(change.steps === undefined ? {} : { steps: JSON.stringify(change.steps) }),
      ...(change.errorCode === undefined ? {} : { error_code: change.errorCode }),
      ...(change.errorMessage === undefined ? {} : { error_message: change.errorMessage }),
    }
    await this.#db.updateTable('operations').set(row).where('arn', '=', arn).execute()
  }

  async insertConfiguration(configuration: Configuration, first: Revision): Promise<void> {
    await this.#db
      .insertInto('configurations')
      .values({
        arn: configuration.arn,
        account_id: configuration.accountId,
        region: configuration.region,
        name: configuration.name,
        description: configuration.description,
        kafka_versions: JSON.stringify(configuration.kafkaVersions),
        created_at: configuration.createdAt,
        tags: JSON.stringify(configuration.tags),
      })
      .execute()
    await this.insertRevision(first)
  }

  async configuration(arn: string): Promise<Configuration | null> {
    const row = await this.#db.selectFrom('configurations').selectAll().where('arn', '=', arn).executeTakeFirst()
    return row === undefined ? null : configurationOf(row)
  }

  /** By name. */
  async configurations(scope: Scope): Promise<Configuration[]> {
    const rows = await this.#db
      .selectFrom('configurations')
      .selectAll()
      .where('account_id', '=', scope.accountId)
      .where('region', '=', scope.region)
      .orderBy('name')
      .execute()
    return rows.map(configurationOf)
  }

  async updateConfiguration(
    arn: string,
    change: { readonly description?: string; readonly tags?: Tags },
  ): Promise<void> {
    const row: Updateable<ConfigurationTable> = {
      ...(change.description === undefined ? {} : { description: change.description }),
      ...(change.tags === undefined ? {} : { tags: JSON.stringify(change.tags) }),
    }
    await this.#db.updateTable('configurations').set(row).where('arn', '=', arn).execute()
  }

  async deleteConfiguration(arn: string): Promise<void> {
    await this.#db.deleteFrom('configuration_revisions').where('configuration_arn', '=', arn).execute()
    await this.#db.deleteFrom('configurations').where('arn', '=', arn).execute()
  }

  async insertRevision(revision: Revision): Promise<void> {
    await this.#db
      .insertInto('configuration_revisions')
      .values({
        configuration_arn: revision.configurationArn,
        revision: revision.revision,
        description: revision.description,
        created_at: revision.createdAt,
        properties: revision.properties,
      })
      .execute()
  }

  async revision(configurationArn: string, revision: number): Promise<Revision | null> {
    const row = await this.#db
      .selectFrom('configuration_revisions')
      .selectAll()
      .where('configuration_arn', '=', configurationArn)
      .where('revision', '=', revision)
      .executeTakeFirst()
    return row === undefined ? null : revisionOf(row)
  }

  /** Oldest first; never empty for a configuration that exists. */
  async revisions(configurationArn: string): Promise<Revision[]> {
    const rows = await this.#db
      .selectFrom('configuration_revisions')
      .selectAll()
      .where('configuration_arn', '=', configurationArn)
      .orderBy('revision')
      .execute()
    return rows.map(revisionOf)
  }

  async vpcConnection(arn: string): Promise<VpcConnection | null> {
    const row = await this.#db.selectFrom('vpc_connections').selectAll().where('arn', '=', arn).executeTakeFirst()
    return row === undefined ? null : (JSON.parse(row.document) as VpcConnection)
  }

  /** Of clients of every account; by ARN. */
  async vpcConnectionsOf(clusterArn: string): Promise<VpcConnection[]> {
    const all = await this.allVpcConnections()
    return all.filter((connection) => connection.clusterArn === clusterArn)
  }

  /** Of every account and region; by ARN. */
  async allVpcConnections(): Promise<VpcConnection[]> {
    const rows = await this.#db.selectFrom('vpc_connections').selectAll().orderBy('arn').execute()
    return rows.map(({ document }) => JSON.parse(document) as VpcConnection)
  }

  async putVpcConnection(connection: VpcConnection): Promise<void> {
    const document = JSON.stringify(connection)
    await this.#db
      .insertInto('vpc_connections')
      .values({ arn: connection.arn, cluster_arn: connection.clusterArn, document })
      .onConflict((conflict) => conflict.column('arn').doUpdateSet({ document }))
      .execute()
  }

  async deleteVpcConnection(arn: string): Promise<void> {
    await this.#db.deleteFrom('vpc_connections').where('arn', '=', arn).execute()
  }

  close(): Promise<void> {
    return this.#db.destroy()
  }
}
