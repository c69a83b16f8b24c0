/** What holds for a group whatever its kind: who may commit and read offsets, when offsets expire, what its end writes. Pure. */
import { invariant } from '@millrace/base/invariant'
import { ErrorCode } from '@millrace/protocol/errors'
import { encodeConsumerRecord } from './consumer/consumer-records.ts'
import type { ConsumerGroup } from './consumer/consumer-group.ts'
import { GroupDraft } from './consumer/group-draft.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { Group } from './group.ts'
import type { CommittedOffset } from './group-offsets.ts'
import { checkClaim, type Claim } from './membership.ts'
import { groupRecord, type CoordinatorRecord } from './offset-records.ts'
import { ShareDraft } from './share/share-draft.ts'
import { encodeShareRecord } from './share/share-records.ts'

/** OffsetCommit from which on a member of a consumer group may commit. */
const CONSUMER_COMMIT_VERSION = 9

export interface CommitterClaim extends Claim {
  readonly apiVersion: number
  readonly isTransactional: boolean
}

/** NONE, or why the claim may not commit to this group. */
export function commitError(group: Group, claim: CommitterClaim): number {
  if (group.type === 'share') return ErrorCode.GROUP_ID_NOT_FOUND
  if (claim.isTransactional && namesNobody(claim)) return ErrorCode.NONE
  return group.type === 'classic' ? classicCommitError(group, claim) : consumerCommitError(group, claim)
}

/** Producers before KIP-447 name no member. */
function namesNobody({ generationId, memberId, groupInstanceId }: Claim): boolean {
  return generationId < 0 && memberId === '' && groupInstanceId === null
}

function classicCommitError(group: ClassicGroup, claim: CommitterClaim): number {
  // Commits from outside (tools, consumers that assign themselves) are for groups that nobody is a member of, whatever id
  // they come under: librdkafka sends the one that it would join with.
  if (claim.generationId < 0 && group.state === 'Empty') return ErrorCode.NONE
  if (namesNobody(claim)) return ErrorCode.UNKNOWN_MEMBER_ID
  const errorCode = checkClaim(group, claim)
  if (errorCode !== ErrorCode.NONE || claim.isTransactional) return errorCode
  // A commit during the join phase is fine: members commit before they join again.
  return group.state === 'CompletingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

function consumerCommitError(group: ConsumerGroup, claim: CommitterClaim): number {
  if (claim.generationId < 0 && group.isEmpty) return ErrorCode.NONE
  const member = group.members.get(claim.memberId)
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  if (!claim.isTransactional && member.classic === null && claim.apiVersion < CONSUMER_COMMIT_VERSION)
    return ErrorCode.UNSUPPORTED_VERSION
  return memberEpochError(group, claim.memberId, claim.generationId)
}

/**
 * NONE, or why the member may not read the group's offsets (OffsetFetch v9). Nobody named: tools may. A share group has
 * none that could be read here, which is not an error, as it is none for groups that are not known.
 */
export function offsetFetchError(group: Group, memberId: string | null, memberEpoch: number): number {
  if (group.type !== 'consumer' || ((memberId === null || memberId === '') && memberEpoch < 0)) return ErrorCode.NONE
  return memberEpochError(group, memberId ?? '', memberEpoch)
}

function memberEpochError(group: ConsumerGroup, memberId: string, epoch: number): number {
  const member = group.members.get(memberId)
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  if (member.memberEpoch === epoch) return ErrorCode.NONE
  return member.classic === null ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION
}

/** OffsetDelete: the error of the group, or the topics whose offsets must stay. */
export function offsetsInUse(group: Group): { readonly errorCode: number; readonly topics: ReadonlySet<string> } {
  const none: ReadonlySet<string> = new Set()
  if (group.type === 'share') return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, topics: none }
  if (group.isEmpty) return { errorCode: ErrorCode.NONE, topics: none }
  if (group.protocolType !== 'consumer') return { errorCode: ErrorCode.NON_EMPTY_GROUP, topics: none }
  return { errorCode: ErrorCode.NONE, topics: group.subscribedTopics() ?? none }
}

/**
 * When an offset expires, ms since the epoch (Infinity: not while the group is as it is): since the group is Empty, since
 * the commit, or since unsubscribed (KIP-211, KIP-848).
 */
export function offsetExpiryMs(
  group: Group,
  retentionMs: number,
): (topic: string, committed: CommittedOffset) => number {
  // A share group keeps no offsets here.
  if (group.type === 'share') return () => Infinity
  if (group.type === 'consumer') {
    const subscribed = group.subscribedTopics()
    return (topic, { expireTimestampMs, commitTimestampMs }) => {
      if (subscribed.has(topic)) return Infinity
      return expireTimestampMs !== -1 ? expireTimestampMs : commitTimestampMs + retentionMs
    }
  }
  const subscribed = group.state === 'Stable' ? group.subscribedTopics() : null
  return (topic, { expireTimestampMs, commitTimestampMs }) => {
    if (expireTimestampMs !== -1) return expireTimestampMs
    if (group.protocolType === null) return commitTimestampMs + retentionMs
    if (group.state === 'Empty') return Math.max(group.stateSinceMs, commitTimestampMs) + retentionMs
    return subscribed !== null && !subscribed.has(topic) ? commitTimestampMs + retentionMs : Infinity
  }
}

/** The group has nobody and nobody is about to come. */
export function isUnused(group: Group): boolean {
  // A share group stays until somebody deletes it: with it its progress would go.
  return group.type !== 'share' && group.isEmpty && (group.type !== 'classic' || group.pendingJoins.size === 0)
}

/** Whether the log holds more of the group than its offsets. */
export function hasOwnRecords(group: Group): boolean {
  return group.type !== 'classic' || group.generationId > 0
}

/** Tombstones of the group itself; its offsets have their own. */
export function groupTombstones(group: Group): CoordinatorRecord[] {
  if (group.type === 'classic') return [groupRecord(group.groupId, null)]
  invariant(group.isEmpty, 'tombstones of a group with members', { groupId: group.groupId })
  if (group.type === 'share') {
    const share = new ShareDraft(group)
    share.removeGroup()
    return share.records.map(encodeShareRecord)
  }
  const draft = new GroupDraft(group)
  draft.removeGroup()
  return draft.records.map(encodeConsumerRecord)
}
