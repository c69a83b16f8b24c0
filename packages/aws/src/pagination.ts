/**
 * Opaque page tokens. A token carries where the next page begins, bound by an HMAC to the list it came from (operation,
 * account, region and filters), so that a token that was made up, changed, or used with another list is refused.
 * The position is the sort key of the last item shown, never an index: items that come and go between two pages neither
 * hide nor repeat others.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { badRequest } from './errors.ts'

export const MAX_RESULTS_LIMIT = 100

export interface PageRequest<Item> {
  /** Every item that matches, in ascending order of `sortKey`. */
  readonly items: readonly Item[]
  /** Unique per item. */
  readonly sortKey: (item: Item) => string
  /** 1..100; absent: 100. */
  readonly maxResults: number | undefined
  readonly nextToken: string | undefined
  /** What the token is bound to: operation name, account, region, filters. */
  readonly scope: readonly string[]
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Absent (undefined) on the last page. */
  readonly nextToken: string | undefined
}

/** Cuts lists into pages. One per process; `secret` need not outlive it, a token of an earlier process is then refused. */
export class Paginator {
  readonly #secret: Uint8Array

  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  /** Throws BadRequestException for a maxResults out of bounds (`maxResults`) or a token that is not of this list (`nextToken`). */
  page<Item>(request: PageRequest<Item>): Page<Item> {
    const limit = request.maxResults ?? MAX_RESULTS_LIMIT
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_RESULTS_LIMIT) {
      throw badRequest({
        message: `maxResults must be between 1 and ${MAX_RESULTS_LIMIT}.`,
        invalidParameter: 'maxResults',
      })
    }
    const after = request.nextToken === undefined ? null : this.readToken(request.nextToken, request.scope)
    const start = after === null ? 0 : firstAfter(request.items, request.sortKey, after)
    const items = request.items.slice(start, start + limit)
    const last = items.at(-1)
    const more = start + limit < request.items.length && last !== undefined
    return { items, nextToken: more ? this.makeToken(request.sortKey(last), request.scope) : undefined }
  }

  /** For lists that the store pages itself. */
  makeToken(position: string, scope: readonly string[]): string {
    return Buffer.concat([this.#mac(position, scope), Buffer.from(position, 'utf8')]).toString('base64url')
  }

  /** The position in a token. Throws BadRequestException (`nextToken`). */
  readToken(token: string, scope: readonly string[]): string {
    const bytes = Buffer.from(token, 'base64url')
    const position = bytes.subarray(MAC_BYTES).toString('utf8')
    if (bytes.length < MAC_BYTES || !timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.#mac(position, scope))) {
      throw badRequest({
        message: 'The pagination token is not valid for this list. Start again without nextToken.',
        invalidParameter: 'nextToken',
      })
    }
    return position
  }

  #mac(position: string, scope: readonly string[]): Buffer {
    return createHmac('sha256', this.#secret)
      .update(JSON.stringify([...scope, position]))
      .digest()
      .subarray(0, MAC_BYTES)
  }
}

const MAC_BYTES = 16

function firstAfter<Item>(items: readonly Item[], sortKey: (item: Item) => string, after: string): number {
  const index = items.findIndex((item) => sortKey(item) > after)
  return index === -1 ? items.length : index
}
