/** The decision on a ConsumerGroupHeartbeat of a member that stays (KIP-848): records and answer, from group, request and context. */
import { samePartitions, type TopicPartitions } from '../modern/topic-partitions.ts'
import { admit, checkGroupSize } from './admission.ts'
import type { ConsumerMember } from './consumer-member.ts'
import type { DecisionContext } from './decision-context.ts'
import type { GroupDraft } from './group-draft.ts'
import type { HeartbeatRequest } from './heartbeat-request.ts'
import { updateMember } from './rebalance-group.ts'

export interface HeartbeatAnswer {
  readonly member: ConsumerMember
  /** null: as the client knows it. */
  readonly assignment: TopicPartitions | null
}

/** @param draft the group; new and empty when this is its first member. Throws Refusal. */
export function decideHeartbeat(
  draft: GroupDraft,
  request: HeartbeatRequest,
  context: DecisionContext,
): HeartbeatAnswer {
  checkGroupSize(draft.group, request.memberId, context.groupSizeMax)
  const known = admit(draft, { ...request, isClassic: false })
  const updated: ConsumerMember = {
    ...known,
    instanceId: request.instanceId ?? known.instanceId,
    rackId: request.rackId ?? known.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? known.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? known.serverAssignor,
    subscribedTopicNames: request.subscribedTopicNames ?? known.subscribedTopicNames,
    subscribedTopicRegex: request.subscribedTopicRegex ?? known.subscribedTopicRegex,
    clientId: request.clientId,
    clientHost: request.clientHost,
    classic: null,
  }
  const member = updateMember(draft, updated, request.owned, context)
  const tells = isFull(request) || !samePartitions(known.assigned, member.assigned)
  return { member, assignment: tells ? member.assigned : null }
}

/** A client that has lost track says everything again, and is told everything. */
function isFull(request: HeartbeatRequest): boolean {
  if (request.memberEpoch === 0) return true
  const subscribes = request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null
  return request.rebalanceTimeoutMs !== -1 && subscribes && request.owned !== null
}
