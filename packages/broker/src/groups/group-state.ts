/**
 * The states of a classic consumer group (kafka-protocol §5.1; KIP-134, KIP-62) as a table of legal edges. The names are
 * the ones DescribeGroups and ListGroups print.
 */
import { invariant } from '@millrace/base/invariant'

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

/** State → the states it may follow. */
export const legalPredecessors: Readonly<Record<GroupState, readonly GroupState[]>> = {
  /** No members; offsets may live on. */
  Empty: ['PreparingRebalance'],
  /** Waits for all members to join (again). */
  PreparingRebalance: ['Empty', 'CompletingRebalance', 'Stable'],
  /** Waits for the leader's assignment. */
  CompletingRebalance: ['PreparingRebalance'],
  /** Members have their assignments. */
  Stable: ['CompletingRebalance'],
  /** Removed; nothing follows. */
  Dead: ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead'],
}

/** Throws InvariantError unless `to` may follow `from`. */
export function checkTransition(groupId: string, from: GroupState, to: GroupState): void {
  invariant(legalPredecessors[to].includes(from), 'illegal transition of a group', { groupId, from, to })
}
