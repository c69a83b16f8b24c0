/**
 * What the controller decides about one partition (kafka-records §2, PartitionRecord and PartitionChangeRecord).
 * Values are immutable; a change makes a new object, so `===` tells whether a partition changed between two images.
 */
import type { Uuid } from '@millrace/base/uuid'

/** No leader. */
export const NO_LEADER = -1

export const LeaderRecoveryState = { RECOVERED: 0, RECOVERING: 1 } as const

/** Reserved directory ids (KIP-858). UNASSIGNED and MIGRATING count as online, LOST as offline. */
export const DirectoryId = {
  MIGRATING: 'AAAAAAAAAAAAAAAAAAAAAA',
  UNASSIGNED: 'AAAAAAAAAAAAAAAAAAAAAQ',
  LOST: 'AAAAAAAAAAAAAAAAAAAAAg',
} as const

export interface PartitionState {
  /** In assignment order; the first is the preferred leader. */
  readonly replicas: readonly number[]
  /** Parallel to `replicas`. */
  readonly directories: readonly Uuid[]
  readonly isr: readonly number[]
  readonly removingReplicas: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly eligibleLeaderReplicas: readonly number[]
  readonly lastKnownElr: readonly number[]
  /** Broker id, or NO_LEADER. */
  readonly leader: number
  /** Grows with every leader change, and when a replica is removed. */
  readonly leaderEpoch: number
  /** Grows with every change of this partition. */
  readonly partitionEpoch: number
  /** One of LeaderRecoveryState. */
  readonly leaderRecoveryState: number
}
