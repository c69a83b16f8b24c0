/** A ConsumerGroupHeartbeat, and what can be said about it before any group is looked at (kafka-protocol §5.3). */
import { ErrorCode } from '@millrace/protocol/errors'
import type { Assignor } from '../modern/assignor.ts'
import type { TopicPartitions } from '../modern/topic-partitions.ts'
import { LEAVE_EPOCH, STATIC_LEAVE_EPOCH } from './consumer-member.ts'
import { Refusal } from './refusal.ts'

export interface HeartbeatRequest {
  readonly apiVersion: number
  readonly groupId: string
  readonly memberId: string
  readonly memberEpoch: number
  readonly clientId: string
  readonly clientHost: string
  // From here on null and -1 mean: as before.
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly subscribedTopicNames: readonly string[] | null
  readonly subscribedTopicRegex: string | null
  readonly serverAssignor: string | null
  /** What its regular expression may match. */
  readonly maySeeTopic: (name: string) => boolean
  /** What the member has; null: as it said last. */
  readonly owned: TopicPartitions | null
}

/** The version from which on clients make their member ids themselves (KIP-1082). */
const OWN_MEMBER_ID_VERSION = 1

export function isLeaving({ memberEpoch }: HeartbeatRequest): boolean {
  return memberEpoch === LEAVE_EPOCH || memberEpoch === STATIC_LEAVE_EPOCH
}

/** Throws Refusal for a request that no state of the group could make right. */
export function checkHeartbeat(request: HeartbeatRequest, assignors: ReadonlyMap<string, Assignor>): void {
  const { memberEpoch, memberId, apiVersion, serverAssignor } = request
  const needsMemberId =
    apiVersion >= OWN_MEMBER_ID_VERSION ||
    memberEpoch > 0 ||
    memberEpoch === LEAVE_EPOCH ||
    memberEpoch === STATIC_LEAVE_EPOCH
  if (needsMemberId && memberId.trim() === '') throw invalid("MemberId can't be empty.")
  if (request.groupId.trim() === '') throw invalid("GroupId can't be empty.")
  if (request.instanceId?.trim() === '') throw invalid("InstanceId can't be empty.")
  if (request.rackId?.trim() === '') throw invalid("RackId can't be empty.")
  if (memberEpoch === 0) checkJoin(request)
  else if (memberEpoch === STATIC_LEAVE_EPOCH && request.instanceId === null) throw invalid("InstanceId can't be null.")
  else if (memberEpoch < STATIC_LEAVE_EPOCH)
    throw invalid(`MemberEpoch is ${memberEpoch}, but must be greater than or equal to -2.`)
  if (serverAssignor !== null && !assignors.has(serverAssignor)) {
    const names = [...assignors.keys()].join(', ')
    throw new Refusal(
      ErrorCode.UNSUPPORTED_ASSIGNOR,
      `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${names}.`,
    )
  }
}

function checkJoin(request: HeartbeatRequest): void {
  if (request.rebalanceTimeoutMs === -1) throw invalid('RebalanceTimeoutMs must be provided in first request.')
  if (request.owned === null || request.owned.size > 0)
    throw invalid('TopicPartitions must be empty when (re-)joining.')
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null)
    throw invalid('Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.')
}

function invalid(message: string): Refusal {
  return new Refusal(ErrorCode.INVALID_REQUEST, message)
}
