/**
 * Decisions on share groups (KIP-932): what a heartbeat, a leaving member, an initialized partition or a deleted topic
 * changes. Pure: they write into a draft and touch nothing else. Throw Refusal where a request is not granted.
 */
import type { MetadataImage } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import { Refusal } from '../consumer/refusal.ts'
import { metadataHash, topicIdsOf } from '../modern/subscribed-topics.ts'
import {
  difference,
  filterPartitions,
  samePartitions,
  union,
  type TopicPartitions,
} from '../modern/topic-partitions.ts'
import type { ShareDraft } from './share-draft.ts'
import { JOIN_EPOCH, newShareMember, type ShareGroup, type ShareMember } from './share-group.ts'
import { assignSimply } from './simple-assignor.ts'

export interface ShareHeartbeat {
  readonly groupId: string
  readonly memberId: string
  /** 0 joins, -1 leaves. */
  readonly memberEpoch: number
  readonly rackId: string | null
  /** null: as before. */
  readonly subscribedTopicNames: readonly string[] | null
  readonly clientId: string
  readonly clientHost: string
}

export interface ShareHeartbeatAnswer {
  readonly member: ShareMember
  /** null: as the client knows it. */
  readonly assignment: TopicPartitions | null
}

/** What is wrong with the request itself, whatever the group; null when nothing is. */
export function heartbeatFault({
  groupId,
  memberId,
  memberEpoch,
  rackId,
  subscribedTopicNames,
}: ShareHeartbeat): string | null {
  if (groupId.trim() === '') return "GroupId can't be empty."
  if (memberId.trim() === '') return "MemberId can't be empty."
  if (rackId !== null && rackId.trim() === '') return "RackId can't be empty."
  if (memberEpoch < -1) return 'MemberEpoch is invalid.'
  if (memberEpoch === JOIN_EPOCH && (subscribedTopicNames === null || subscribedTopicNames.length === 0))
    return 'SubscribedTopicNames must be set in first request.'
  return null
}

/** @param groupSizeMax group.share.max.size */
export function decideShareHeartbeat(
  draft: ShareDraft,
  request: ShareHeartbeat,
  image: MetadataImage,
  groupSizeMax: number,
): ShareHeartbeatAnswer {
  const known = admitted(draft.group, request, groupSizeMax)
  const updated: ShareMember = {
    ...known,
    rackId: request.rackId ?? known.rackId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    subscribedTopicNames:
      request.subscribedTopicNames === null
        ? known.subscribedTopicNames
        : [...new Set(request.subscribedTopicNames)].sort(),
  }
  const isNew = !draft.group.members.has(request.memberId)
  if (isNew || !saysTheSame(known, updated)) draft.writeMember(updated)
  const hash = metadataHash(image, draft.group.subscribedTopics())
  if (isNew || hash !== draft.group.metadataHash || !sameTopics(known, updated))
    draft.writeGroup(draft.group.groupEpoch + 1, hash)
  const member = reconciled(draft, request.memberId, image)
  const tells =
    request.memberEpoch === JOIN_EPOCH ||
    request.subscribedTopicNames !== null ||
    !samePartitions(known.assigned, member.assigned)
  return { member, assignment: tells ? member.assigned : null }
}

function admitted(group: ShareGroup, { memberId, memberEpoch }: ShareHeartbeat, groupSizeMax: number): ShareMember {
  const known = group.members.get(memberId)
  if (known === undefined) {
    if (memberEpoch !== JOIN_EPOCH) throw unknownShareMember(group, memberId)
    if (group.members.size >= groupSizeMax)
      throw new Refusal(
        ErrorCode.GROUP_MAX_SIZE_REACHED,
        `The share group has reached its maximum capacity of ${groupSizeMax} members.`,
      )
    return newShareMember(memberId)
  }
  // The epoch before is fine: the answer that told of the newer one may have got lost.
  const isRight = memberEpoch === JOIN_EPOCH || memberEpoch === known.memberEpoch
  if (isRight || (memberEpoch < known.memberEpoch && memberEpoch === known.previousMemberEpoch)) return known
  throw new Refusal(
    ErrorCode.FENCED_MEMBER_EPOCH,
    `The share group member has epoch ${memberEpoch}, and the group coordinator knows it with ${known.memberEpoch}: it must abandon all its partitions and rejoin.`,
  )
}

export function unknownShareMember({ groupId }: ShareGroup, memberId: string): Refusal {
  return new Refusal(ErrorCode.UNKNOWN_MEMBER_ID, `Member ${memberId} is not a member of group ${groupId}.`)
}

/** The member as it stands after the newest target assignment, which is made if the group has moved on. */
function reconciled(draft: ShareDraft, memberId: string, image: MetadataImage): ShareMember {
  renewTarget(draft, image)
  const { group } = draft
  const member = group.members.get(memberId) ?? newShareMember(memberId)
  if (member.memberEpoch === group.assignmentEpoch) return member
  const moved: ShareMember = {
    ...member,
    memberEpoch: group.assignmentEpoch,
    previousMemberEpoch: member.memberEpoch,
    assigned: group.targetOf(memberId),
  }
  draft.writeAssignment(moved)
  return moved
}

function renewTarget(draft: ShareDraft, image: MetadataImage): void {
  const { group } = draft
  if (group.assignmentEpoch >= group.groupEpoch) return
  const members = [...group.members.values()].map(({ memberId, rackId, subscribedTopicNames }) => ({
    memberId,
    instanceId: null,
    rackId,
    topicIds: topicIdsOf(image, subscribedTopicNames),
    assigned: group.targetOf(memberId),
  }))
  const targets = assignSimply({ members, partitionCounts: new Map(), assignable: group.initialized })
  for (const [memberId, target] of targets) {
    const before = group.targets.get(memberId)
    if (before === undefined || !samePartitions(before, target)) draft.writeTarget(memberId, target)
  }
  draft.writeTargetEpoch(group.groupEpoch)
}

/** Partitions of subscribed topics whose state the share coordinator does not keep yet. */
export function uninitialized(group: ShareGroup, image: MetadataImage): TopicPartitions {
  const wanted = new Map<string, Set<number>>()
  for (const name of group.subscribedTopics()) {
    const topic = image.topicsByName.get(name)
    if (topic !== undefined && topic.partitions.length > 0) wanted.set(topic.id, new Set(topic.partitions.keys()))
  }
  return difference(wanted, group.initialized)
}

/** Notes that the state of `partitions` is being asked for. */
export function decideInitializing(draft: ShareDraft, partitions: TopicPartitions, image: MetadataImage): void {
  const initializing = union(draft.group.initializing, partitions)
  if (samePartitions(initializing, draft.group.initializing)) return
  draft.writeStatePartitions(image, initializing, draft.group.initialized)
}

/** The state of `partitions` is kept: they may be assigned. Answers for `memberId` if it still is a member. */
export function decideInitialized(
  draft: ShareDraft,
  partitions: TopicPartitions,
  memberId: string,
  image: MetadataImage,
): ShareMember | null {
  const exists = (topicId: string): boolean => image.topicsById.has(topicId)
  const initialized = filterPartitions(union(draft.group.initialized, partitions), exists)
  const initializing = filterPartitions(difference(draft.group.initializing, partitions), exists)
  if (!samePartitions(initialized, draft.group.initialized)) {
    draft.writeStatePartitions(image, initializing, initialized)
    draft.writeGroup(draft.group.groupEpoch + 1, draft.group.metadataHash)
  }
  return draft.group.members.has(memberId) ? reconciled(draft, memberId, image) : null
}

/** Takes partitions out of what is kept: their topics are gone, or their offsets are deleted. */
export function decideForgotten(draft: ShareDraft, topicIds: ReadonlySet<string>, image: MetadataImage): void {
  const stays = (topicId: string): boolean => !topicIds.has(topicId)
  const initializing = filterPartitions(draft.group.initializing, stays)
  const initialized = filterPartitions(draft.group.initialized, stays)
  const same =
    samePartitions(initializing, draft.group.initializing) && samePartitions(initialized, draft.group.initialized)
  if (!same) draft.writeStatePartitions(image, initializing, initialized)
}

export function decideShareRemoval(draft: ShareDraft, memberId: string, image: MetadataImage): void {
  draft.removeMember(memberId)
  draft.writeGroup(draft.group.groupEpoch + 1, metadataHash(image, draft.group.subscribedTopics()))
}

function saysTheSame(before: ShareMember, after: ShareMember): boolean {
  const same = before.rackId === after.rackId && before.clientId === after.clientId
  return same && before.clientHost === after.clientHost && sameTopics(before, after)
}

function sameTopics(before: ShareMember, after: ShareMember): boolean {
  const [left, right] = [before.subscribedTopicNames, after.subscribedTopicNames]
  return left.length === right.length && left.every((name, index) => name === right[index])
}
