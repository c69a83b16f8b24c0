/** The states of a VPC connection, as a table (msk.md §9.2). */
import { InvariantError } from '@millrace/base/invariant'

export type VpcConnectionState =
  | 'CREATING'
  | 'AVAILABLE'
  | 'DEACTIVATING'
  | 'INACTIVE'
  | 'REJECTING'
  | 'REJECTED'
  | 'DELETING'
  | 'FAILED'

export type VpcConnectionEvent =
  /** What the state has under way is done. */
  | 'done'
  /** The cluster no longer serves the authentication to other VPCs, or is gone. */
  | 'not-served'
  | 'served'
  | 'reject-accepted'
  | 'delete-accepted'

type Edges = Readonly<Partial<Record<VpcConnectionEvent, VpcConnectionState>>>

export const vpcConnectionStates: Readonly<Record<VpcConnectionState, Edges>> = {
  CREATING: { done: 'AVAILABLE', 'not-served': 'FAILED' },
  AVAILABLE: { 'not-served': 'DEACTIVATING', 'reject-accepted': 'REJECTING', 'delete-accepted': 'DELETING' },
  DEACTIVATING: { done: 'INACTIVE' },
  INACTIVE: { served: 'AVAILABLE', 'reject-accepted': 'REJECTING', 'delete-accepted': 'DELETING' },
  REJECTING: { done: 'REJECTED' },
  REJECTED: { 'delete-accepted': 'DELETING' },
  // Deleted is no state: the connection is gone.
  DELETING: {},
  FAILED: { 'delete-accepted': 'DELETING' },
}

/** Null when the event is not legal in `state`. */
export function vpcConnectionStateAfter(
  state: VpcConnectionState,
  event: VpcConnectionEvent,
): VpcConnectionState | null {
  return vpcConnectionStates[state][event] ?? null
}

/** @throws InvariantError for an edge that is not in the table */
export function nextVpcConnectionState(state: VpcConnectionState, event: VpcConnectionEvent): VpcConnectionState {
  const next = vpcConnectionStateAfter(state, event)
  if (next === null) throw new InvariantError('a VPC connection cannot do this in its state', { state, event })
  return next
}
