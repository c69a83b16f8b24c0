/**
 * IAM's state: all of it in memory, because every API call asks for it, and every change written to the services' database
 * before it counts. One change at a time: what was decided on still holds when it is written.
 */
import { Exclusive } from '@millrace/base/exclusive'
import { openSealed, seal } from '../sealing/seal.ts'
import type { Database } from '../store/database.ts'
import type { AccessKey } from './access-key.ts'
import type { Account, EntityKind, EntityKinds } from './entities.ts'

export type Write = {
  readonly [Kind in EntityKind]:
    | { readonly put: Kind; readonly entity: EntityKinds[Kind] }
    | { readonly remove: Kind; readonly name: string }
}[EntityKind]

/** What a decision comes to. */
export interface Decided<Answer> {
  readonly writes: readonly Write[]
  readonly answer: Answer
}

type Maps = { readonly [Kind in EntityKind]: Map<string, EntityKinds[Kind]> }
type State = Maps & { readonly accountId: string }

export class IamStore {
  readonly #db: Database
  readonly #masterKey: Uint8Array
  readonly #accounts = new Map<string, State>()
  readonly #listeners = new Set<() => void>()
  readonly #exclusive = new Exclusive()
  /** By access key id: keys are unique over all accounts. */
  readonly #keyAccounts = new Map<string, string>()

  private constructor(db: Database, masterKey: Uint8Array) {
    this.#db = db
    this.#masterKey = masterKey
  }

  static async open(db: Database, masterKey: Uint8Array): Promise<IamStore> {
    const store = new IamStore(db, masterKey)
    const rows = await db.selectFrom('iam_entities').selectAll().orderBy('name').execute()
    for (const row of rows) store.#load(row.account_id, row.kind as EntityKind, row.document)
    return store
  }

  /** A live view. */
  account(accountId: string): Account {
    return this.#state(accountId)
  }

  /** Those that have anything. */
  accounts(): Iterable<Account> {
    return this.#accounts.values()
  }

  accessKey(accessKeyId: string): { readonly account: Account; readonly key: AccessKey } | null {
    const account = this.#accounts.get(this.#keyAccounts.get(accessKeyId) ?? '')
    const key = account?.['access-key'].get(accessKeyId)
    return account === undefined || key === undefined ? null : { account, key }
  }

  /** Called after every change that policies or credentials may depend on. Returns how to unsubscribe. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** `decide` sees the account as it is, touches nothing, and may throw; its writes happen together or not at all. */
  change<Answer>(accountId: string, decide: (account: Account) => Decided<Answer>): Promise<Answer> {
    return this.#write(accountId, decide, true)
  }

  /** The same for what nobody's rights depend on (when a key was last used): listeners are not told. */
  note(accountId: string, decide: (account: Account) => readonly Write[]): Promise<void> {
    return this.#write(accountId, (account) => ({ writes: decide(account), answer: undefined }), false)
  }

  #write<Answer>(accountId: string, decide: (account: Account) => Decided<Answer>, tell: boolean): Promise<Answer> {
    return this.#exclusive.run(async () => {
      const { writes, answer } = decide(this.#state(accountId))
      if (writes.length === 0) return answer
      await this.#db.transaction().execute(async (transaction) => {
        for (const write of writes) {
          const name = nameOf(write)
          const kind = 'put' in write ? write.put : write.remove
          await transaction
            .deleteFrom('iam_entities')
            .where('account_id', '=', accountId)
            .where('kind', '=', kind)
            .where('name', '=', name)
            .execute()
          if ('remove' in write) continue
          const document = this.#document(accountId, write)
          await transaction.insertInto('iam_entities').values({ account_id: accountId, kind, name, document }).execute()
        }
      })
      for (const write of writes) this.#apply(accountId, write)
      if (tell) for (const listener of this.#listeners) listener()
      return answer
    })
  }

  #apply(accountId: string, write: Write): void {
    const state = this.#state(accountId)
    const name = nameOf(write)
    if ('remove' in write) {
      state[write.remove].delete(name)
      if (write.remove === 'access-key') this.#keyAccounts.delete(name)
      return
    }
    // The cast joins the kind with its own map, which the union of writes has already done.
    const map = state[write.put] as Map<string, unknown>
    map.set(name, write.entity)
    if (write.put === 'access-key') this.#keyAccounts.set(name, accountId)
  }

  #document(accountId: string, write: Extract<Write, { readonly put: EntityKind }>): string {
    if (write.put !== 'access-key') return JSON.stringify(write.entity)
    const { secret, ...rest } = write.entity
    const sealedSecret = seal(this.#masterKey, Buffer.from(secret), about(accountId, rest.name)).toString('base64')
    return JSON.stringify({ ...rest, sealedSecret })
  }

  #load(accountId: string, kind: EntityKind, document: string): void {
    const parsed = JSON.parse(document) as Record<string, unknown>
    if (kind !== 'access-key') {
      this.#apply(accountId, { put: kind, entity: parsed } as unknown as Write)
      return
    }
    const { sealedSecret, ...rest } = parsed as unknown as Omit<AccessKey, 'secret'> & { readonly sealedSecret: string }
    const sealed = Buffer.from(sealedSecret, 'base64')
    const secret = openSealed(this.#masterKey, sealed, about(accountId, rest.name)).toString()
    this.#apply(accountId, { put: kind, entity: { ...rest, secret } })
  }

  #state(accountId: string): State {
    const known = this.#accounts.get(accountId)
    if (known !== undefined) return known
    const made: State = {
      accountId,
      user: new Map(),
      group: new Map(),
      role: new Map(),
      policy: new Map(),
      'instance-profile': new Map(),
      'access-key': new Map(),
      settings: new Map(),
    }
    this.#accounts.set(accountId, made)
    return made
  }
}

function nameOf(write: Write): string {
  const kind = 'put' in write ? write.put : write.remove
  const name = 'put' in write ? write.entity.name : write.name
  return kind === 'access-key' ? name : name.toLowerCase()
}

/** A sealed secret opens only as that of its own key. */
function about(accountId: string, accessKeyId: string): Buffer {
  return Buffer.from(`iam access key ${accountId} ${accessKeyId}`)
}
