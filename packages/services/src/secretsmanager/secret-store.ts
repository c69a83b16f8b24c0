/** Secrets and their versions in the services' database. Decides nothing; what it stores of values is sealed. */
import type { Scope } from '../scope.ts'
import type { Database } from '../store/database.ts'
import type { Secret, SecretVersion } from './secret.ts'

export class SecretStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Of the account and region, by name. */
  async secrets(scope: Scope): Promise<Secret[]> {
    const rows = await this.#db
      .selectFrom('secrets')
      .select('document')
      .where('account_id', '=', scope.accountId)
      .where('region', '=', scope.region)
      .orderBy('name')
      .execute()
    return rows.map(({ document }) => JSON.parse(document) as Secret)
  }

  async secretByName(scope: Scope, name: string): Promise<Secret | null> {
    const row = await this.#db
      .selectFrom('secrets')
      .select('document')
      .where('account_id', '=', scope.accountId)
      .where('region', '=', scope.region)
      .where('name', '=', name)
      .executeTakeFirst()
    return row === undefined ? null : (JSON.parse(row.document) as Secret)
  }

  async secretByArn(scope: Scope, arn: string): Promise<Secret | null> {
    const row = await this.#db
      .selectFrom('secrets')
      .select('document')
      .where('arn', '=', arn)
      .where('account_id', '=', scope.accountId)
      .where('region', '=', scope.region)
      .executeTakeFirst()
    return row === undefined ? null : (JSON.parse(row.document) as Secret)
  }

  /** Oldest first. */
  async versions(secretArn: string): Promise<SecretVersion[]> {
    const rows = await this.#db
      .selectFrom('secret_versions')
      .select('document')
      .where('secret_arn', '=', secretArn)
      .orderBy('created_at')
      .orderBy('version_id')
      .execute()
    return rows.map(({ document }) => JSON.parse(document) as SecretVersion)
  }

  /** The secret as it is now, with exactly these versions; both or none. */
  async write(secret: Secret, versions: readonly SecretVersion[]): Promise<void> {
    const document = JSON.stringify(secret)
    const { arn, accountId, region, name, deletionAt } = secret
    await this.#db.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('secrets')
        .values({ arn, account_id: accountId, region, name, delete_after: deletionAt, document })
        .onConflict((conflict) => conflict.column('arn').doUpdateSet({ delete_after: deletionAt, document }))
        .execute()
      await transaction.deleteFrom('secret_versions').where('secret_arn', '=', arn).execute()
      for (const version of versions) {
        await transaction
          .insertInto('secret_versions')
          .values({
            secret_arn: arn,
            version_id: version.versionId,
            created_at: version.createdAt,
            document: JSON.stringify(version),
          })
          .execute()
      }
    })
  }

  async remove(arn: string): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('secret_versions').where('secret_arn', '=', arn).execute()
      await transaction.deleteFrom('secrets').where('arn', '=', arn).execute()
    })
  }

  /** Removes the secrets, of every account and region, whose recovery window is over. */
  async removeExpired(now: Date): Promise<void> {
    const rows = await this.#db
      .selectFrom('secrets')
      .select('arn')
      .where('delete_after', '<=', now.toISOString())
      .execute()
    for (const { arn } of rows) await this.remove(arn)
  }
}
