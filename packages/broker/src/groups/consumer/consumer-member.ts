/** One member of a consumer group (KIP-848): a value, replaced by replay and never changed. */
import type { MemberProtocol } from '../member.ts'
import { NO_PARTITIONS, type TopicPartitions } from '../modern/topic-partitions.ts'

/**
 * Where the member stands with respect to the group's target:
 * - STABLE: it has all of it, or will get the rest with its next step.
 * - UNREVOKED: it has yet to give partitions up; its epoch waits for that.
 * - UNRELEASED: some of its partitions are still held by others.
 * - UNKNOWN: written by a newer release.
 */
export type MemberState = 'STABLE' | 'UNREVOKED' | 'UNRELEASED' | 'UNKNOWN'

/** Epoch of a static member that is away for a while (KIP-848): its place is kept until the session ends. */
export const STATIC_LEAVE_EPOCH = -2
export const LEAVE_EPOCH = -1

/** A member that speaks the classic protocol (JoinGroup, SyncGroup, Heartbeat). */
export interface ClassicProtocol {
  readonly sessionTimeoutMs: number
  /** As it joined with, preferred first. */
  readonly protocols: readonly MemberProtocol[]
}

export interface ConsumerMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  /** '/' and the address, as Java prints an InetAddress. */
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  /** null: whatever the others want. */
  readonly serverAssignor: string | null
  readonly subscribedTopicNames: readonly string[]
  /** null or '': none. */
  readonly subscribedTopicRegex: string | null
  /** null: it speaks the consumer protocol. */
  readonly classic: ClassicProtocol | null
  readonly memberEpoch: number
  readonly previousMemberEpoch: number
  readonly state: MemberState
  /** What it may consume. */
  readonly assigned: TopicPartitions
  /** What it was told to give up and may still have. */
  readonly pendingRevocation: TopicPartitions
}

export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: -1,
    serverAssignor: null,
    subscribedTopicNames: [],
    subscribedTopicRegex: null,
    classic: null,
    memberEpoch: 0,
    previousMemberEpoch: 0,
    state: 'STABLE',
    assigned: NO_PARTITIONS,
    pendingRevocation: NO_PARTITIONS,
  }
}

export function hasRegex(member: ConsumerMember): member is ConsumerMember & { readonly subscribedTopicRegex: string } {
  return member.subscribedTopicRegex !== null && member.subscribedTopicRegex !== ''
}

export function sameNames(left: readonly string[], right: readonly string[]): boolean {
  if (left === right) return true
  if (left.length !== right.length) return false
  const known = new Set(left)
  return right.every((name) => known.has(name))
}

function sameProtocols(left: ClassicProtocol | null, right: ClassicProtocol | null): boolean {
  if (left === null || right === null) return left === right
  return (
    left.sessionTimeoutMs === right.sessionTimeoutMs &&
    left.protocols.length === right.protocols.length &&
    left.protocols.every((protocol, index) => {
      const other = right.protocols[index]
      return other !== undefined && other.name === protocol.name && other.metadata.equals(protocol.metadata)
    })
  )
}

/** Whether what the member says about itself is the same: what record type 5 holds. */
export function sameDescription(left: ConsumerMember, right: ConsumerMember): boolean {
  return (
    left.instanceId === right.instanceId &&
    left.rackId === right.rackId &&
    left.clientId === right.clientId &&
    left.clientHost === right.clientHost &&
    left.rebalanceTimeoutMs === right.rebalanceTimeoutMs &&
    left.serverAssignor === right.serverAssignor &&
    left.subscribedTopicRegex === right.subscribedTopicRegex &&
    sameNames(left.subscribedTopicNames, right.subscribedTopicNames) &&
    sameProtocols(left.classic, right.classic)
  )
}
