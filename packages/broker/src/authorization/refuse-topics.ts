/** Requests over several topics: what is refused is taken out before the handler, and answered beside its answer. */
import type { GuardedRequest } from '@millrace/network/guard'
import { ResourceType } from '@millrace/policy/acl/acl'

export interface TopicsOfRequest<Request, Response, Topic> {
  /** The operation that every topic needs. */
  readonly operation: number
  readonly topics: readonly Topic[]
  /** null: not known to the broker; the handler says so. */
  readonly nameOf: (topic: Topic) => string | null
  readonly without: (request: Request, kept: readonly Topic[]) => Request
  /** The handler's answer together with those of the refused topics. */
  readonly add: (response: Response, refused: readonly Topic[]) => Response
}

/** Passes the request without the topics on which the operation is not allowed. */
export function refuseTopics<Request, Response, Topic>(
  { access, request, respond, pass }: GuardedRequest<Request, Response>,
  { operation, topics, nameOf, without, add }: TopicsOfRequest<Request, Response, Topic>,
): void {
  const divided = divide(topics, (topic) => {
    const name = nameOf(topic)
    return name === null || access.allows(operation, ResourceType.TOPIC, name)
  })
  if (divided === null) return pass(request)
  return pass(without(request, divided.kept), (response, release) =>
    respond(response === null ? null : add(response, divided.refused), release),
  )
}

/** null when all are allowed: a request that passes whole costs no copy. `allowed` is asked once for each. */
export function divide<Item>(
  items: readonly Item[],
  allowed: (item: Item) => boolean,
): { readonly kept: readonly Item[]; readonly refused: readonly Item[] } | null {
  const first = items.findIndex((item) => !allowed(item))
  if (first === -1) return null
  const kept = items.slice(0, first)
  const refused = items.slice(first, first + 1)
  for (const item of items.slice(first + 1)) (allowed(item) ? kept : refused).push(item)
  return { kept, refused }
}
