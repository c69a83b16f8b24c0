/**
 * Every VPC, subnet, group, gateway, route table and network interface of this installation: in memory, where decisions are
 * made without waiting, and in the services' database, written before anybody is answered. One change at a time: what a
 * decision read is still so when it is written.
 */
import { Exclusive } from '@millrace/base/exclusive'
import type { Scope } from '../scope.ts'
import type { Database } from '../store/database.ts'
import type { Resource, ResourceKind, ResourceOf } from './records.ts'

export interface Change<T> {
  readonly put?: readonly Resource[]
  /** Ids. */
  readonly remove?: readonly string[]
  readonly answer: T
}

export class NetworkState {
  readonly #db: Database
  readonly #resources: Map<string, Resource>
  readonly #turn = new Exclusive()
  readonly #listeners = new Set<() => void>()

  private constructor(db: Database, resources: Map<string, Resource>) {
    this.#db = db
    this.#resources = resources
  }

  static async open(db: Database): Promise<NetworkState> {
    const rows = await db.selectFrom('ec2_resources').select(['id', 'document']).execute()
    return new NetworkState(db, new Map(rows.map(({ id, document }) => [id, JSON.parse(document) as Resource])))
  }

  /** By id, of any account and region; null when it is none of that kind. */
  find<Kind extends ResourceKind>(kind: Kind, id: string): ResourceOf<Kind> | null {
    const resource = this.#resources.get(id)
    return resource?.kind === kind ? (resource as ResourceOf<Kind>) : null
  }

  get<Kind extends ResourceKind>(kind: Kind, scope: Scope, id: string): ResourceOf<Kind> | null {
    const resource = this.find(kind, id)
    return resource !== null && isOf(resource, scope) ? resource : null
  }

  /** In the order of their making. */
  list<Kind extends ResourceKind>(kind: Kind, scope: Scope): ResourceOf<Kind>[] {
    return this.all(scope).filter((resource): resource is ResourceOf<Kind> => resource.kind === kind)
  }

  all(scope: Scope): Resource[] {
    return [...this.#resources.values()].filter((resource) => isOf(resource, scope))
  }

  /** Network interfaces of every account and region. */
  interfaces(): ResourceOf<'network-interface'>[] {
    return [...this.#resources.values()].filter((resource) => resource.kind === 'network-interface')
  }

  /** `decide` reads and must not wait; what it throws changes nothing. */
  change<T>(decide: () => Change<T>): Promise<T> {
    return this.#turn.run(async () => {
      const { put = [], remove = [], answer } = decide()
      if (put.length === 0 && remove.length === 0) return answer
      await this.#write(put, remove)
      for (const id of remove) this.#resources.delete(id)
      for (const resource of put) this.#resources.set(resource.id, resource)
      for (const listener of this.#listeners) listener()
      return answer
    })
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async #write(put: readonly Resource[], remove: readonly string[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      for (const id of remove) await transaction.deleteFrom('ec2_resources').where('id', '=', id).execute()
      for (const resource of put) {
        const document = JSON.stringify(resource)
        await transaction
          .insertInto('ec2_resources')
          .values({ id: resource.id, document })
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ document }))
          .execute()
      }
    })
  }
}

function isOf(resource: Resource, { accountId, region }: Scope): boolean {
  return resource.accountId === accountId && resource.region === region
}
