/**
 * The durable state of one share partition (a group's progress in a topic's partition, KIP-932), and how it changes:
 * decisions are pure, they return the next state or an error, and write nothing.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import { combineBatches } from './state-batches.ts'

/** Delivery states as they are stored and sent. */
export const DeliveryState = { AVAILABLE: 0, ACQUIRED: 1, ACKNOWLEDGED: 2, ARCHIVED: 4 } as const

/** No start offset yet: the first leader decides by share.auto.offset.reset. */
export const UNINITIALIZED_OFFSET = -1
/** From a requester that does not count. */
export const UNKNOWN_COUNT = -1

export interface StateBatch {
  readonly firstOffset: number
  /** Inclusive. */
  readonly lastOffset: number
  /** Of DeliveryState. */
  readonly deliveryState: number
  readonly deliveryCount: number
}

export interface ShareState {
  /** Counts the snapshots; an update belongs to the snapshot of its epoch. */
  readonly snapshotEpoch: number
  /** Grows when an administrator sets the offsets anew: writes of an older epoch are fenced. */
  readonly stateEpoch: number
  /** Of the partition's leader that read or wrote last. */
  readonly leaderEpoch: number
  readonly startOffset: number
  /** Records from the start offset on whose delivery is complete; -1 unknown. */
  readonly deliveryCompleteCount: number
  readonly createTimestampMs: number
  readonly writeTimestampMs: number
  /** In offset order, disjoint, none below the start offset. */
  readonly stateBatches: readonly StateBatch[]
  /** Updates written since the last snapshot; of the coordinator, not stored. */
  readonly updates: number
}

export interface InitializeState {
  readonly stateEpoch: number
  readonly startOffset: number
}

export interface ReadState {
  /** -1: not checked. */
  readonly leaderEpoch: number
}

export interface WriteState {
  readonly stateEpoch: number
  readonly leaderEpoch: number
  /** -1: stays. */
  readonly startOffset: number
  readonly deliveryCompleteCount: number
  readonly stateBatches: readonly StateBatch[]
}

/** A change to be written, as a whole snapshot or as an update that names only `delta`. */
export type StateDecision =
  | { readonly kind: 'refused'; readonly errorCode: number; readonly message: string }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'snapshot'; readonly state: ShareState }
  | { readonly kind: 'update'; readonly state: ShareState; readonly delta: readonly StateBatch[] }

function refused(errorCode: number, message: string): StateDecision {
  return { kind: 'refused', errorCode, message }
}

/**
 * FENCED_STATE_EPOCH for an epoch below the known one. What is known already stays unless the request brings a newer epoch
 * with a start offset (an administrator's reset): an initialization that is repeated must not forget acknowledgements.
 */
export function decideInitialize(known: ShareState | undefined, asked: InitializeState, nowMs: number): StateDecision {
  const { stateEpoch, startOffset } = asked
  if (known !== undefined) {
    if (stateEpoch < known.stateEpoch)
      return refused(
        ErrorCode.FENCED_STATE_EPOCH,
        `The state epoch ${stateEpoch} is smaller than ${known.stateEpoch}, the one in force.`,
      )
    if (stateEpoch === known.stateEpoch || startOffset === UNINITIALIZED_OFFSET) return { kind: 'unchanged' }
  }
  const state: ShareState = {
    snapshotEpoch: known === undefined ? 0 : known.snapshotEpoch + 1,
    stateEpoch,
    leaderEpoch: known?.leaderEpoch ?? 0,
    startOffset,
    deliveryCompleteCount: startOffset === UNINITIALIZED_OFFSET ? UNKNOWN_COUNT : 0,
    createTimestampMs: nowMs,
    writeTimestampMs: nowMs,
    stateBatches: [],
    updates: 0,
  }
  return { kind: 'snapshot', state }
}

/** A leader of a later epoch is taken note of, so that the leader before it cannot write any more. */
export function decideRead(known: ShareState, asked: ReadState, nowMs: number): StateDecision {
  const fenced = leaderFence(known, asked.leaderEpoch)
  if (fenced !== null) return fenced
  if (asked.leaderEpoch <= known.leaderEpoch) return { kind: 'unchanged' }
  const state = { ...known, leaderEpoch: asked.leaderEpoch, writeTimestampMs: nowMs, updates: known.updates + 1 }
  return { kind: 'update', state, delta: [] }
}

/** @param updatesPerSnapshot share.coordinator.snapshot.update.records.per.snapshot */
export function decideWrite(
  known: ShareState,
  asked: WriteState,
  updatesPerSnapshot: number,
  nowMs: number,
): StateDecision {
  const fenced = leaderFence(known, asked.leaderEpoch)
  if (fenced !== null) return fenced
  if (asked.stateEpoch < known.stateEpoch)
    return refused(
      ErrorCode.FENCED_STATE_EPOCH,
      `The state epoch ${asked.stateEpoch} is smaller than ${known.stateEpoch}, the one in force.`,
    )
  const state = merged(known, asked, nowMs)
  const isDue = known.updates >= updatesPerSnapshot || asked.stateEpoch > known.stateEpoch
  if (isDue) return { kind: 'snapshot', state: { ...state, snapshotEpoch: known.snapshotEpoch + 1, updates: 0 } }
  return { kind: 'update', state, delta: asked.stateBatches }
}

/** The state after an update; the same when it is decided and when it is read back. A start offset only moves up. */
export function merged(
  known: ShareState,
  update: Pick<WriteState, 'leaderEpoch' | 'startOffset' | 'deliveryCompleteCount' | 'stateBatches'> & {
    readonly stateEpoch?: number
  },
  nowMs: number,
): ShareState {
  const startOffset = Math.max(known.startOffset, update.startOffset)
  return {
    ...known,
    stateEpoch: update.stateEpoch ?? known.stateEpoch,
    leaderEpoch: Math.max(known.leaderEpoch, update.leaderEpoch),
    startOffset,
    deliveryCompleteCount: update.deliveryCompleteCount,
    writeTimestampMs: nowMs,
    stateBatches: combineBatches(known.stateBatches, update.stateBatches, startOffset),
    updates: known.updates + 1,
  }
}

function leaderFence(known: ShareState, leaderEpoch: number): StateDecision | null {
  if (leaderEpoch < 0 || leaderEpoch >= known.leaderEpoch) return null
  return refused(
    ErrorCode.FENCED_LEADER_EPOCH,
    `The leader epoch ${leaderEpoch} is smaller than ${known.leaderEpoch}, the one known.`,
  )
}
