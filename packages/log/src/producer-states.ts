/**
 * What a partition remembers of its idempotent and transactional producers: epoch, the last five batches, the open
 * transaction (KIP-98, KIP-360). Built from the batches alone, so that leader, followers and a restart agree.
 *
 * `check` decides, `update` applies; `update` runs when a batch is queued, so the next request sees it. Offsets in
 * here may therefore lie at or above the log end.
 */
import {
  addSequence,
  baseOffset,
  baseSequence,
  isTransactional,
  lastOffset,
  lastOffsetDelta,
  lastSequence,
  maxTimestamp,
  producerEpoch,
  producerId,
} from '@millrace/protocol/records/batch-header'
import { ErrorCode } from '@millrace/protocol/errors'
import { encodeProducerSnapshot, type ProducerSnapshotEntry } from './producer-snapshot.ts'
import { readTransactionMarker } from './transaction-marker.ts'

const BATCHES_MAX = 5
/** Completed transactions above this count are forgotten once their marker is below the high watermark. */
const UNDECIDED_KEPT = 64

export interface ProducerBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly lastOffset: number
  readonly offsetDelta: number
  readonly timestamp: number
}

export interface ProducerState {
  readonly producerId: number
  readonly epoch: number
  readonly coordinatorEpoch: number
  /** First offset of the open transaction; -1 when none is open. */
  readonly currentTxnFirstOffset: number
  readonly lastTimestamp: number
  /** Oldest first, at most five; empty when only a marker is known. */
  readonly batches: readonly ProducerBatch[]
}

type MutableState = { -readonly [Key in keyof ProducerState]: ProducerState[Key] } & {
  batches: ProducerBatch[]
  /** -1: none since the last restart. */
  lastMarkerOffset: number
}

export interface DuplicateBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  /** Max timestamp of the original: its append time where the topic stamps LogAppendTime. */
  readonly timestamp: number
}

/** 'append', the original of a repeated batch (answer success from it), or an error code. */
export type ProducerCheck = 'append' | number | { readonly duplicate: DuplicateBatch }

export interface CompletedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Offset of the marker. */
  readonly lastOffset: number
  readonly aborted: boolean
}

export class ProducerStates {
  readonly #states = new Map<number, MutableState>()
  /** First offsets of open transactions by producer id; insertion order is offset order. */
  readonly #open = new Map<number, number>()
  /** Completed, but not known to be below the high watermark. */
  #undecided: CompletedTransaction[] = []
  /** Offset of the snapshot that all of it began with: what was completed or changed below is not known. */
  #knownFrom = 0
  readonly #expirationMs: () => number

  /** @param expirationMs producer.id.expiration.ms; a function where it may change */
  constructor(expirationMs: number | (() => number)) {
    this.#expirationMs = typeof expirationMs === 'number' ? () => expirationMs : expirationMs
  }

  get size(): number {
    return this.#states.size
  }

  get(producerIdWanted: number): ProducerState | undefined {
    return this.#states.get(producerIdWanted)
  }

  all(): Iterable<ProducerState> {
    return this.#states.values()
  }

  /** Whether the produced batch at `at` may be appended now. Batches without a producer id always may. */
  check(bytes: Buffer, at: number): ProducerCheck {
    const id = producerId(bytes, at)
    if (id < 0) return 'append'
    const state = this.#states.get(id)
    if (state === undefined) return 'append'
    const epoch = producerEpoch(bytes, at)
    if (epoch < state.epoch) return ErrorCode.INVALID_PRODUCER_EPOCH
    const first = baseSequence(bytes, at)
    if (epoch > state.epoch) return first === 0 ? 'append' : ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    const last = lastSequence(bytes, at)
    for (const batch of state.batches) {
      if (batch.firstSequence !== first || batch.lastSequence !== last) continue
      const base = batch.lastOffset - batch.offsetDelta
      return { duplicate: { baseOffset: base, lastOffset: batch.lastOffset, timestamp: batch.timestamp } }
    }
    if (state.currentTxnFirstOffset >= 0 && !isTransactional(bytes, at)) return ErrorCode.INVALID_TXN_STATE
    const latest = state.batches.at(-1)
    const expected = latest === undefined ? 0 : addSequence(latest.lastSequence, 1)
    return first === expected ? 'append' : ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
  }

  /** Whether a coordinator may write a marker: 0, INVALID_PRODUCER_EPOCH or TRANSACTION_COORDINATOR_FENCED. */
  checkMarker(marker: {
    readonly producerId: number
    readonly epoch: number
    readonly coordinatorEpoch: number
  }): number {
    const state = this.#states.get(marker.producerId)
    if (state === undefined) return ErrorCode.NONE
    if (marker.epoch < state.epoch) return ErrorCode.INVALID_PRODUCER_EPOCH
    if (marker.coordinatorEpoch < state.coordinatorEpoch) return ErrorCode.TRANSACTION_COORDINATOR_FENCED
    return ErrorCode.NONE
  }

  /** Takes in the batch at `at`, final offsets stamped. Returns the transaction it completes, if it is a marker. */
  update(bytes: Buffer, at: number): CompletedTransaction | null {
    const id = producerId(bytes, at)
    if (id < 0) return null
    const epoch = producerEpoch(bytes, at)
    const state = this.#states.get(id) ?? this.#create(id, epoch)
    const marker = readTransactionMarker(bytes, at)
    if (epoch !== state.epoch) {
      state.epoch = epoch
      state.batches.length = 0
    }
    state.lastTimestamp = maxTimestamp(bytes, at)
    if (marker !== null) {
      state.coordinatorEpoch = marker.coordinatorEpoch
      return this.#complete(state, lastOffset(bytes, at), !marker.committed)
    }
    if (isTransactional(bytes, at) && state.currentTxnFirstOffset < 0) {
      state.currentTxnFirstOffset = baseOffset(bytes, at)
      this.#open.set(id, state.currentTxnFirstOffset)
    }
    // Offsets that a group coordinator commits for a producer have no sequence.
    if (baseSequence(bytes, at) < 0) return null
    if (state.batches.length === BATCHES_MAX) state.batches.shift()
    state.batches.push({
      firstSequence: baseSequence(bytes, at),
      lastSequence: lastSequence(bytes, at),
      lastOffset: lastOffset(bytes, at),
      offsetDelta: lastOffsetDelta(bytes, at),
      timestamp: state.lastTimestamp,
    })
    return null
  }

  /**
   * First offset of a transaction that is open, or complete with its marker at or above `highWatermark`; the high
   * watermark when there is none. Consumers with read_committed see what lies below (last stable offset).
   */
  lastStableOffset(highWatermark: number): number {
    let stable = highWatermark
    if (this.#undecided.length > UNDECIDED_KEPT) {
      this.#undecided = this.#undecided.filter((completed) => completed.lastOffset >= highWatermark)
    }
    for (const completed of this.#undecided) {
      if (completed.lastOffset >= highWatermark) stable = Math.min(stable, completed.firstOffset)
    }
    for (const firstOffset of this.#open.values()) return Math.min(stable, firstOffset)
    return stable
  }

  /** Offset of the first marker at or above `highWatermark`; null when all are below. */
  firstUndecidedMarker(highWatermark: number): number | null {
    const markers = this.#undecided.map(({ lastOffset: marker }) => marker).filter((marker) => marker >= highWatermark)
    return markers.length === 0 ? null : Math.min(...markers)
  }

  /** First offset of the oldest open transaction; `otherwise` when none is open. */
  firstOpenOffset(otherwise: number): number {
    for (const firstOffset of this.#open.values()) return firstOffset
    return otherwise
  }

  /** Forgets producers unused for producer.id.expiration.ms, unless a transaction of theirs is open. */
  expire(nowMs: number): void {
    for (const [id, state] of this.#states) {
      if (state.currentTxnFirstOffset < 0 && nowMs - state.lastTimestamp >= this.#expirationMs())
        this.#states.delete(id)
    }
  }

  /**
   * Forgets what lies at or above `offset`. False when that is not possible from memory (a producer or a transaction
   * would need what came before): the owner then reloads from a snapshot and the log.
   */
  truncateTo(offset: number): boolean {
    if (offset < this.#knownFrom) return false
    for (const completed of this.#undecided) if (completed.lastOffset >= offset) return false
    for (const state of this.#states.values()) {
      // A marker may have changed the epoch; a group coordinator's batches leave no trace but the open transaction.
      if (state.lastMarkerOffset >= offset || state.currentTxnFirstOffset >= offset) return false
      const latest = state.batches.at(-1)
      if (latest === undefined || latest.lastOffset < offset) continue
      const first = state.batches[0] as ProducerBatch
      if (first.lastOffset >= offset || state.currentTxnFirstOffset >= 0) return false
    }
    for (const state of this.#states.values()) {
      while ((state.batches.at(-1)?.lastOffset ?? -1) >= offset) state.batches.pop()
      const latest = state.batches.at(-1)
      if (latest !== undefined) state.lastTimestamp = latest.timestamp
    }
    return true
  }

  clear(): void {
    this.#states.clear()
    this.#open.clear()
    this.#undecided = []
    this.#knownFrom = 0
  }

  /** The state as a snapshot file holds it: of each producer the last batch only. */
  encodeSnapshot(): Buffer {
    return encodeProducerSnapshot([...this.#states.values()].map(snapshotEntry))
  }

  /** Replaces the state by that of a snapshot as of `offset`, leaving out what has expired. */
  loadSnapshot(entries: readonly ProducerSnapshotEntry[], offset: number, nowMs: number): void {
    this.clear()
    this.#knownFrom = offset
    for (const entry of entries) {
      if (entry.currentTxnFirstOffset < 0 && nowMs - entry.timestamp >= this.#expirationMs()) continue
      const state = this.#create(entry.producerId, entry.epoch)
      state.coordinatorEpoch = entry.coordinatorEpoch
      state.currentTxnFirstOffset = entry.currentTxnFirstOffset
      state.lastTimestamp = entry.timestamp
      if (entry.lastSequence >= 0) state.batches.push(batchOf(entry))
    }
    const open = [...this.#states.values()].filter((state) => state.currentTxnFirstOffset >= 0)
    open.sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset)
    for (const state of open) this.#open.set(state.producerId, state.currentTxnFirstOffset)
  }

  #create(id: number, epoch: number): MutableState {
    const state: MutableState = {
      producerId: id,
      epoch,
      coordinatorEpoch: -1,
      currentTxnFirstOffset: -1,
      lastTimestamp: -1,
      batches: [],
      lastMarkerOffset: -1,
    }
    this.#states.set(id, state)
    return state
  }

  #complete(state: MutableState, markerOffset: number, aborted: boolean): CompletedTransaction | null {
    const firstOffset = state.currentTxnFirstOffset
    state.currentTxnFirstOffset = -1
    state.lastMarkerOffset = markerOffset
    this.#open.delete(state.producerId)
    if (firstOffset < 0) return null
    const completed = { producerId: state.producerId, firstOffset, lastOffset: markerOffset, aborted }
    this.#undecided.push(completed)
    return completed
  }
}

function batchOf(entry: ProducerSnapshotEntry): ProducerBatch {
  // The first sequence is the last one less the delta, wrapping below 0 to 2^31-1.
  const first = entry.lastSequence - entry.offsetDelta
  return {
    firstSequence: first < 0 ? first + 0x8000_0000 : first,
    lastSequence: entry.lastSequence,
    lastOffset: entry.lastOffset,
    offsetDelta: entry.offsetDelta,
    timestamp: entry.timestamp,
  }
}

function snapshotEntry(state: ProducerState): ProducerSnapshotEntry {
  const latest = state.batches.at(-1)
  return {
    producerId: state.producerId,
    epoch: state.epoch,
    lastSequence: latest?.lastSequence ?? -1,
    lastOffset: latest?.lastOffset ?? -1,
    offsetDelta: latest?.offsetDelta ?? 0,
    timestamp: state.lastTimestamp,
    coordinatorEpoch: state.coordinatorEpoch,
    currentTxnFirstOffset: state.currentTxnFirstOffset,
  }
}
