/** Lists of IAM: by name, in pages of Marker and MaxItems (100 when left out). */
import type { CallContext } from '@millrace/aws/call-context'
import { byText, type Pages } from '../pages.ts'

export interface ListRequest {
  readonly Marker?: string | undefined
  readonly MaxItems?: number | undefined
}

export interface ListOptions<Item, Shown> {
  readonly pages: Pages
  readonly request: ListRequest
  readonly context: CallContext
  /** Operation and filters: a marker belongs to the list that gave it. */
  readonly of: readonly string[]
  readonly items: Iterable<Item>
  readonly sortKey: (item: Item) => string
  readonly show: (item: Item) => Shown
}

export interface ListPage<Shown> {
  readonly shown: Shown[]
  /** To be spread into the answer. */
  readonly more: { IsTruncated: boolean; Marker?: string }
}

export function listPage<Item, Shown>(options: ListOptions<Item, Shown>): ListPage<Shown> {
  const { pages, request, context, of, items, sortKey, show } = options
  const page = pages.cut({
    items: [...items].sort((a, b) => byText(sortKey(a), sortKey(b))),
    sortKey,
    limit: request.MaxItems ?? 100,
    token: request.Marker,
    scope: [...of, context.accountId],
  })
  const more = page.next === undefined ? { IsTruncated: false } : { IsTruncated: true, Marker: page.next }
  return { shown: page.items.map(show), more }
}

export function nameKey({ name }: { readonly name: string }): string {
  return name.toLowerCase()
}

export function underPath(prefix: string | undefined): (entity: { readonly path: string }) => boolean {
  return ({ path }) => path.startsWith(prefix ?? '/')
}
