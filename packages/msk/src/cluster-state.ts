/**
 * The states of a cluster, as a table (msk.md §2.1). `nextClusterState` is the only place that says where an event
 * leads; every writer of the state goes through it.
 */
import { InvariantError } from '@millrace/base/invariant'

export type ClusterState = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'REBOOTING_BROKER' | 'HEALING' | 'DELETING' | 'FAILED'

export type ClusterEvent =
  /** Every node serves for the first time. */
  | 'created'
  | 'create-failed'
  | 'update-accepted'
  /** Finished, well or not: a failed update leaves a cluster that works as before. */
  | 'update-ended'
  | 'reboot-accepted'
  | 'reboot-ended'
  /** A node that should run does not. */
  | 'node-lost'
  | 'healed'
  | 'delete-accepted'
  | 'delete-failed'

export const clusterStates: Readonly<Record<ClusterState, Readonly<Partial<Record<ClusterEvent, ClusterState>>>>> = {
  CREATING: { created: 'ACTIVE', 'create-failed': 'FAILED' },
  ACTIVE: {
    'update-accepted': 'UPDATING',
    'reboot-accepted': 'REBOOTING_BROKER',
    'node-lost': 'HEALING',
    'delete-accepted': 'DELETING',
  },
  // A node lost meanwhile is started again by the engine; the state tells what was asked for.
  UPDATING: { 'update-ended': 'ACTIVE' },
  REBOOTING_BROKER: { 'reboot-ended': 'ACTIVE' },
  HEALING: { healed: 'ACTIVE', 'delete-accepted': 'DELETING' },
  // Deleted is no state: the cluster is gone.
  DELETING: { 'delete-failed': 'FAILED' },
  FAILED: { 'delete-accepted': 'DELETING' },
}

/** Null when the event is not legal in `state`. */
export function clusterStateAfter(state: ClusterState, event: ClusterEvent): ClusterState | null {
  return clusterStates[state][event] ?? null
}

/** @throws InvariantError for an edge that is not in the table */
export function nextClusterState(state: ClusterState, event: ClusterEvent): ClusterState {
  const next = clusterStateAfter(state, event)
  if (next === null) throw new InvariantError('a cluster cannot do this in its state', { state, event })
  return next
}
