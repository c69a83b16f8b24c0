/** Requests over several topics: what is refused is taken out before the handler, and answered beside its answer. */
import type { GuardedRequest } from '@millrace/network/guard'
import { ResourceType } from '@millrace/policy/acl/acl'
import { ErrorCode } from '@millrace/protocol/errors'

/** Both lists have an entry for each topic. */
interface OverTopics {
  readonly topics: readonly unknown[]
}
type AnswerList = 'topics' | 'responses'

export interface TopicsOfRequest<Request extends OverTopics, Response, List extends AnswerList & keyof Response> {
  /** The operation that every topic needs. */
  readonly operation: number
  /** null: not known to the broker; the handler says so. */
  readonly nameOf: (topic: Request['topics'][number]) => string | null
  /** Where the response has its topics. */
  readonly list: List
  /** The answer for a topic on which the operation is not allowed. */
  readonly refuse: (
    topic: Request['topics'][number],
  ) => Response[List] extends readonly (infer Answer)[] ? Answer : never
}

/** Passes the request without the topics on which the operation is not allowed. */
export function refuseTopics<
  Request extends OverTopics,
  Response extends Readonly<Record<List, readonly unknown[]>>,
  List extends AnswerList & keyof Response,
>(
  { access, request, respond, pass }: GuardedRequest<Request, Response>,
  { operation, nameOf, list, refuse }: TopicsOfRequest<Request, Response, List>,
): void {
  const divided = divide<Request['topics'][number]>(request.topics, (topic) => {
    const name = nameOf(topic)
    return name === null || access.allows(operation, ResourceType.TOPIC, name)
  })
  if (divided === null) return pass(request)
  return pass({ ...request, topics: [...divided.kept] }, (response, release) => {
    if (response === null || failedAsAWhole(response)) return respond(response, release)
    const topics = [...response[list], ...divided.refused.map(refuse)]
    return respond({ ...response, [list]: topics }, release)
  })
}

/** Then it tells of no topics, not of the refused ones either. */
function failedAsAWhole(response: object): boolean {
  return 'errorCode' in response && response.errorCode !== ErrorCode.NONE
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
