/**
 * Members of a consumer group that still speak the classic protocol (KIP-848 "Migration"): JoinGroup is their heartbeat with
 * subscription, SyncGroup fetches what the join decided, Heartbeat tells them to join again when there is more to do. The
 * generation that they see is their member epoch; nobody is told to be the leader. Pure.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import { readWholeSubscription } from '../consumer-protocol.ts'
import type { Claim, JoinRequest } from '../membership.ts'
import { admit, checkGroupSize, checkInstance, unknownMember } from './admission.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ClassicProtocol, ConsumerMember } from './consumer-member.ts'
import type { DecisionContext } from './decision-context.ts'
import type { GroupDraft } from './group-draft.ts'
import { byTopicId } from './migration.ts'
import { updateMember } from './rebalance-group.ts'
import { Refusal } from './refusal.ts'

export type ClassicMember = ConsumerMember & { readonly classic: ClassicProtocol }

/** @param request with the member id that it has, or was given. Throws Refusal. */
export function decideClassicJoin(draft: GroupDraft, request: JoinRequest, context: DecisionContext): ConsumerMember {
  const { group } = draft
  checkGroupSize(group, request.memberId, context.groupSizeMax)
  checkProtocols(group, request)
  const subscription = readWholeSubscription(request.protocols[0]?.metadata ?? Buffer.alloc(0))
  if (subscription === null)
    throw new Refusal(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, 'The subscription of the member cannot be read.')
  const holder = request.groupInstanceId === null ? undefined : group.staticMember(request.groupInstanceId)
  // A static member that comes under a known id must be the one that has the instance.
  if (holder !== undefined && request.groupInstanceId !== null && group.members.has(request.memberId))
    checkInstance(holder, request.memberId, request.groupInstanceId)
  const { memberId, groupInstanceId: instanceId } = request
  const known = admit(draft, { memberId, instanceId, memberEpoch: -1, owned: null, isClassic: true })
  const updated: ConsumerMember = {
    ...known,
    instanceId: instanceId ?? known.instanceId,
    rackId: subscription.rackId ?? known.rackId,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    serverAssignor: null,
    subscribedTopicNames: subscription.topics,
    subscribedTopicRegex: null,
    clientId: request.clientId,
    clientHost: request.clientHost,
    classic: { sessionTimeoutMs: request.sessionTimeoutMs, protocols: request.protocols },
  }
  return updateMember(draft, updated, byTopicId(subscription.ownedPartitions, context.image), context)
}

function checkProtocols(group: ConsumerGroup, { protocolType, protocols, memberId }: JoinRequest): void {
  const refused = new Refusal(
    ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
    "The group member's supported protocols are incompatible with those of existing members.",
  )
  if (protocolType !== 'consumer' || protocols.length === 0) throw refused
  for (const member of group.members.values()) {
    if (member.classic === null || member.memberId === memberId) continue
    const names = new Set(member.classic.protocols.map(({ name }) => name))
    if (!protocols.some(({ name }) => names.has(name))) throw refused
  }
}

/** The classic member that the claim names. Throws Refusal. */
export function classicMember(group: ConsumerGroup, claim: Claim): ClassicMember {
  const { memberId, groupInstanceId, generationId } = claim
  if (groupInstanceId !== null) {
    const holder = group.staticMember(groupInstanceId)
    if (holder === undefined)
      throw new Refusal(ErrorCode.UNKNOWN_MEMBER_ID, `Instance id ${groupInstanceId} is unknown.`)
    checkInstance(holder, memberId, groupInstanceId)
  }
  const member = group.members.get(memberId)
  if (member === undefined || member.classic === null) throw unknownMember(group, memberId)
  if (member.memberEpoch !== generationId)
    throw new Refusal(
      ErrorCode.ILLEGAL_GENERATION,
      `The request generation id ${generationId} is not equal to the member epoch ${member.memberEpoch}.`,
    )
  return { ...member, classic: member.classic }
}

/** Whether SyncGroup has to send the member back to JoinGroup: the group has moved on since. */
export function mustJoinBeforeSync(group: ConsumerGroup, member: ConsumerMember): boolean {
  return group.groupEpoch > member.memberEpoch && member.state !== 'UNREVOKED'
}

/** Whether Heartbeat tells the member to join again: the group has moved on, it must give up, or it can have more. */
export function mustJoinAgain(group: ConsumerGroup, member: ConsumerMember): boolean {
  if (member.memberEpoch < group.groupEpoch || member.state === 'UNREVOKED') return true
  return member.state === 'UNRELEASED' && !group.waitsForOthers(member)
}
