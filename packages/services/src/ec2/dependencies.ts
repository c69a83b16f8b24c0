/** What the operations of ec2 work with. */
import type { CallContext } from '@millrace/aws/call-context'
import type { Page, Pages } from '../pages.ts'
import type { NetworkState } from './network-state.ts'

export interface Ec2Dependencies {
  readonly state: NetworkState
  readonly pages: Pages
}

interface PageInput {
  readonly MaxResults?: number | undefined
  readonly NextToken?: string | undefined
}

const SHOWN_DEFAULT = 1000

/** A page of a Describe operation; by id, so that a token stays good while things come and go. */
export function pageOf<Item extends { readonly id: string }>(
  { pages }: Ec2Dependencies,
  operation: string,
  context: CallContext,
  items: readonly Item[],
  { MaxResults, NextToken }: PageInput,
): Page<Item> {
  return pages.cut({
    items: items.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)),
    sortKey: ({ id }) => id,
    limit: MaxResults ?? SHOWN_DEFAULT,
    token: NextToken,
    scope: [operation, context.accountId, context.region],
  })
}
