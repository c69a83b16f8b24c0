/** Pages of a list, with the token errors and limits of the service that is asked. */
import { randomBytes } from 'node:crypto'
import { AwsError, type ErrorName } from '@millrace/aws/errors'
import { Paginator } from '@millrace/aws/pagination'

export interface PageRequest<Item> {
  /** Every item that matches, in the order shown. */
  readonly items: readonly Item[]
  /** Unique per item, and ordered as the items are. */
  readonly sortKey: (item: Item) => string
  readonly descending?: boolean
  readonly limit: number
  readonly token: string | undefined
  /** What the token is bound to: operation name, account, region, filters. */
  readonly scope: readonly string[]
}

export interface Page<Item> {
  readonly items: Item[]
  /** Undefined on the last page. */
  readonly next: string | undefined
}

export class Pages {
  readonly #paginator = new Paginator(randomBytes(32))
  readonly #invalidToken: ErrorName

  constructor(invalidToken: ErrorName) {
    this.#invalidToken = invalidToken
  }

  cut<Item>(request: PageRequest<Item>): Page<Item> {
    const { items, sortKey, limit, token } = request
    const scope = [...request.scope, request.descending === true ? 'descending' : 'ascending']
    const after = token === undefined ? null : this.#position(token, scope)
    const isAfter = (item: Item): boolean =>
      after === null || (request.descending === true ? sortKey(item) < after : sortKey(item) > after)
    const rest = items.filter(isAfter)
    const shown = rest.slice(0, limit)
    const last = shown.at(-1)
    const more = rest.length > limit && last !== undefined
    return { items: shown, next: more ? this.#paginator.makeToken(sortKey(last), scope) : undefined }
  }

  #position(token: string, scope: readonly string[]): string {
    try {
      return this.#paginator.readToken(token, scope)
    } catch (cause) {
      throw new AwsError(this.#invalidToken, {
        message: 'The token is not valid for this list. Start again without it.',
        cause,
      })
    }
  }
}

export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
