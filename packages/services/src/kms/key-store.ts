/** Keys, aliases and grants in the services' database. Decides nothing. */
import type { Selectable } from 'kysely'
import type { Scope } from '../scope.ts'
import type { Database } from '../store/database.ts'
import type { AliasTable } from '../store/schema.ts'
import type { Grant } from './grant.ts'
import type { Key } from './key.ts'

export interface Alias {
  readonly accountId: string
  readonly region: string
  /** `alias/orders`. */
  readonly name: string
  readonly keyId: string
  readonly createdAt: string
  readonly updatedAt: string
}

export class KeyStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** With an alias when one is given: both or none. */
  async insertKey(key: Key, alias?: Alias): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('kms_keys')
        .values({
          key_id: key.keyId,
          account_id: key.accountId,
          region: key.region,
          delete_after: key.deletion?.at ?? null,
          document: JSON.stringify(key),
        })
        .execute()
      if (alias !== undefined) await transaction.insertInto('kms_aliases').values(aliasRow(alias)).execute()
    })
  }

  async key(scope: Scope, keyId: string): Promise<Key | null> {
    const row = await this.#db
      .selectFrom('kms_keys')
      .select('document')
      .where('key_id', '=', keyId)
      .where('account_id', '=', scope.accountId)
      .where('region', '=', scope.region)
      .executeTakeFirst()
    return row === undefined ? null : (JSON.parse(row.document) as Key)
  }

  /** By id. */
  async keys(scope: Scope): Promise<Key[]> {
    const rows = await this.#db
      .selectFrom('kms_keys')
      .select('document')
      .where('account_id', '=', scope.accountId)
      .where('region', '=', scope.region)
      .orderBy('key_id')
      .execute()
    return rows.map(({ document }) => JSON.parse(document) as Key)
  }

  async updateKey(key: Key): Promise<void> {
    await this.#db
      .updateTable('kms_keys')
      .set({ delete_after: key.deletion?.at ?? null, document: JSON.stringify(key) })
      .where('key_id', '=', key.keyId)
      .execute()
  }

  /** Removes the keys, of every account and region, whose waiting time is over, with their aliases and grants. Returns them. */
  async removeExpired(now: Date): Promise<Key[]> {
    const rows = await this.#db
      .selectFrom('kms_keys')
      .select('document')
      .where('delete_after', '<=', now.toISOString())
      .execute()
    const keys = rows.map(({ document }) => JSON.parse(document) as Key)
    if (keys.length === 0) return keys
    const ids = keys.map(({ keyId }) => keyId)
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('kms_aliases').where('key_id', 'in', ids).execute()
      await transaction.deleteFrom('kms_grants').where('key_id', 'in', ids).execute()
      await transaction.deleteFrom('kms_keys').where('key_id', 'in', ids).execute()
    })
    return keys
  }

  async alias(scope: Scope, name: string): Promise<Alias | null> {
    return (await this.aliases(scope)).find((alias) => alias.name === name) ?? null
  }

  /** By name. */
  async aliases(scope: Scope): Promise<Alias[]> {
    const rows = await this.#db
      .selectFrom('kms_aliases')
      .selectAll()
      .where('account_id', '=', scope.accountId)
      .where('region', '=', scope.region)
      .orderBy('name')
      .execute()
    return rows.map(aliasOf)
  }

  async insertAlias(alias: Alias): Promise<void> {
    await this.#db.insertInto('kms_aliases').values(aliasRow(alias)).execute()
  }

  async updateAlias({ accountId, region, name, keyId, updatedAt }: Alias): Promise<void> {
    await this.#db
      .updateTable('kms_aliases')
      .set({ key_id: keyId, updated_at: updatedAt })
      .where('account_id', '=', accountId)
      .where('region', '=', region)
      .where('name', '=', name)
      .execute()
  }

  async deleteAlias({ accountId, region, name }: Alias): Promise<void> {
    await this.#db
      .deleteFrom('kms_aliases')
      .where('account_id', '=', accountId)
      .where('region', '=', region)
      .where('name', '=', name)
      .execute()
  }

  async insertGrant(grant: Grant): Promise<void> {
    const { grantId, keyId } = grant
    await this.#db
      .insertInto('kms_grants')
      .values({ grant_id: grantId, key_id: keyId, document: JSON.stringify(grant) })
      .execute()
  }

  /** Of one key, by id; of all keys of the account and region without `keyId`. */
  async grants(scope: Scope, keyId?: string): Promise<Grant[]> {
    const all = this.#db.selectFrom('kms_grants').select('document').orderBy('grant_id')
    const rows = await (keyId === undefined ? all : all.where('key_id', '=', keyId)).execute()
    return rows
      .map(({ document }) => JSON.parse(document) as Grant)
      .filter((grant) => grant.accountId === scope.accountId && grant.region === scope.region)
  }

  async deleteGrant(grantId: string): Promise<void> {
    await this.#db.deleteFrom('kms_grants').where('grant_id', '=', grantId).execute()
  }
}

function aliasRow(alias: Alias): Selectable<AliasTable> {
  return {
    account_id: alias.accountId,
    region: alias.region,
    name: alias.name,
    key_id: alias.keyId,
    created_at: alias.createdAt,
    updated_at: alias.updatedAt,
  }
}

function aliasOf(row: Selectable<AliasTable>): Alias {
  return {
    accountId: row.account_id,
    region: row.region,
    name: row.name,
    keyId: row.key_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
