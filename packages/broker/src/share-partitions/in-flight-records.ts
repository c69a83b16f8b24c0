/**
 * InFlightRecords: what a share group is doing with the records of one partition between its start offset and the end of
 * what it has looked at (KIP-932). A sorted list of runs, each a range of offsets in one state:
 *
 *   available ─acquire▶ acquired ─accept▶ acknowledged
 *       ▲                  │  └─reject, gap▶ archived
 *       └─release, expiry──┘     (archived instead once delivered as often as allowed)
 *
 * An acknowledgement takes effect when it is durable: until `settle` its runs are still acquired, and nobody else's.
 * Invariant: the runs cover [startOffset, endOffset) without gap or overlap; the first run is not a completed one, unless it
 * settles. No I/O, no clock: deadlines are the caller's monotonic milliseconds.
 */
import { DeliveryState, type StateBatch } from '../share-coordinator/share-state.ts'

export type RecordState = 'available' | 'acquired' | 'acknowledged' | 'archived'

/** How an acknowledgement is sent. */
export const AcknowledgeType = { GAP: 0, ACCEPT: 1, RELEASE: 2, REJECT: 3, RENEW: 4 } as const

export interface AcknowledgementBatch {
  readonly firstOffset: number
  /** Inclusive. */
  readonly lastOffset: number
  /** One for all, or one per offset; of AcknowledgeType. */
  readonly acknowledgeTypes: readonly number[]
}

export interface AcquiredRange {
  readonly firstOffset: number
  /** Inclusive. */
  readonly lastOffset: number
  readonly deliveryCount: number
}

/** A range that may be acquired: offsets that exist in the log, in one record batch. */
export interface OffsetRange {
  readonly first: number
  /** Inclusive. */
  readonly last: number
}

export interface AcquireOptions {
  readonly memberId: string
  /** When the lock ends. */
  readonly deadlineMs: number
  readonly recordsMax: number
  /** Not one record more than recordsMax; else the record batch that holds the last one is acquired whole. */
  readonly isStrict: boolean
}

interface Run {
  first: number
  last: number
  state: RecordState
  deliveryCount: number
  /** '' unless acquired. */
  memberId: string
  deadlineMs: number
  /** Number of the acknowledgement that waits to be durable; 0 for none. */
  settling: number
  next: RecordState
}

/** Which acknowledgement to settle, and what must be stored for it. */
export interface Acknowledged {
  readonly settling: number
  readonly batches: readonly StateBatch[]
}

const STORED: Readonly<Record<RecordState, number>> = {
  available: DeliveryState.AVAILABLE,
  acquired: DeliveryState.ACQUIRED,
  acknowledged: DeliveryState.ACKNOWLEDGED,
  archived: DeliveryState.ARCHIVED,
}

function stateOf(stored: number): RecordState {
  if (stored === DeliveryState.ACKNOWLEDGED) return 'acknowledged'
  return stored === DeliveryState.ARCHIVED ? 'archived' : 'available'
}

function isComplete(state: RecordState): boolean {
  return state === 'acknowledged' || state === 'archived'
}

export class InFlightRecords {
  readonly #runs: Run[] = []
  readonly #deliveryCountMax: () => number
  #startOffset: number
  #endOffset: number
  #lastSettling = 0

  /** @param deliveryCountMax after so many deliveries a record that comes back is archived */
  constructor(startOffset: number, stored: readonly StateBatch[], deliveryCountMax: () => number) {
    this.#deliveryCountMax = deliveryCountMax
    this.#startOffset = startOffset
    this.#endOffset = startOffset
    for (const { firstOffset, lastOffset, deliveryState, deliveryCount } of stored) {
      if (lastOffset < this.#endOffset) continue
      // What was acquired, and not acknowledged, is not stored: it is available again.
      if (firstOffset > this.#endOffset) this.#push(this.#endOffset, firstOffset - 1, 'available', 0)
      this.#push(Math.max(firstOffset, this.#endOffset), lastOffset, stateOf(deliveryState), deliveryCount)
    }
    this.#advance()
  }

  /** The first record that is not completed. */
  get startOffset(): number {
    return this.#startOffset
  }

  /** The first record that was never looked at. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** Records in the window, completed ones between others among them. */
  get size(): number {
    return this.#endOffset - this.#startOffset
  }

  /** The first offset that may be acquired: an available record, or the end. */
  nextOffset(): number {
    for (const run of this.#runs) if (run.state === 'available') return run.first
    return this.#endOffset
  }

  /** When the first lock ends; Infinity when nothing is locked. */
  nextDeadlineMs(): number {
    let deadlineMs = Infinity
    for (const { state, settling, deadlineMs: own } of this.#runs)
      if (state === 'acquired' && settling === 0 && own < deadlineMs) deadlineMs = own
    return deadlineMs
  }

  /** Completed records of the window, once `settled` acknowledgements are done. */
  completeCount(settled: ReadonlySet<number>): number {
    let count = 0
    for (const run of this.#runs) if (isCompleteAfter(run, settled)) count += run.last - run.first + 1
    return count
  }

  /** The start offset once `settled` acknowledgements are done. */
  startOffsetAfter(settled: ReadonlySet<number>): number {
    for (const run of this.#runs) if (!isCompleteAfter(run, settled)) return run.first
    return this.#endOffset
  }

  /** Offsets of which the log says that they hold nothing to deliver: never again available. */
  archive({ first, last }: OffsetRange): void {
    this.#extend(first, last, 'archived')
    for (const run of this.#carve(first, last)) if (run.state === 'available') run.state = 'archived'
    this.#advance()
  }

  /** Acquires what is free in one record batch, which lies behind everything that was offered before or in the window. */
  acquire({ first, last }: OffsetRange, options: AcquireOptions): AcquiredRange[] {
    const { memberId, deadlineMs, recordsMax, isStrict } = options
    if (recordsMax <= 0 || last < this.#startOffset) return []
    this.#extend(first, last, 'available')
    const acquired: AcquiredRange[] = []
    let left = isStrict ? recordsMax : Infinity
    for (const run of this.#carve(first, last)) {
      if (left <= 0) break
      if (run.state !== 'available') continue
      const taken = run.last - run.first + 1 > left ? this.#splitOff(run, run.first + left) : run
      taken.state = 'acquired'
      taken.deliveryCount++
      taken.memberId = memberId
      taken.deadlineMs = deadlineMs
      left -= taken.last - taken.first + 1
      acquired.push({ firstOffset: taken.first, lastOffset: taken.last, deliveryCount: taken.deliveryCount })
    }
    return acquired
  }

  /**
   * Takes acknowledgements of one member, all or none. 'invalid-state' when a record is not this member's,
   * 'out-of-range' for records that were never delivered; records below the start offset are passed over.
   * `renewedMs`: the deadline that renewed locks get.
   */
  acknowledge(
    memberId: string,
    batches: readonly AcknowledgementBatch[],
    renewedMs: number,
  ): Acknowledged | 'invalid-state' | 'out-of-range' {
    for (const { firstOffset, lastOffset } of batches) {
      if (lastOffset < this.#startOffset) continue
      if (lastOffset >= this.#endOffset) return 'out-of-range'
      if (!this.#isHeldBy(memberId, Math.max(firstOffset, this.#startOffset), lastOffset)) return 'invalid-state'
    }
    const settling = ++this.#lastSettling
    const stored: StateBatch[] = []
    for (const batch of batches) {
      for (const { first, last, type } of ranges(batch, this.#startOffset)) {
        for (const run of this.#carve(first, last)) {
          if (type === AcknowledgeType.RENEW) {
            run.deadlineMs = renewedMs
            continue
          }
          run.settling = settling
          run.next = this.#after(run, type)
          stored.push(storedAs(run, run.next))
        }
      }
    }
    return { settling, batches: stored }
  }

  /** An acknowledgement is durable (true) or failed; then its records are as acquired as before. */
  settle(settling: number, isDurable: boolean): void {
    for (const run of this.#runs) {
      if (run.settling !== settling) continue
      run.settling = 0
      if (!isDurable) continue
      run.state = run.next
      run.memberId = ''
    }
    this.#merge()
    this.#advance()
  }

  /** A member is gone: what it holds is available again. Returns what is to be stored. */
  release(memberId: string): StateBatch[] {
    return this.#giveBack((run) => run.memberId === memberId)
  }

  /** The member gives back ranges that it was just given, as far as it has them still. Returns what is to be stored. */
  giveBack(memberId: string, ranges: readonly AcquiredRange[]): StateBatch[] {
    return this.#giveBack(
      (run) =>
        run.memberId === memberId &&
        ranges.some(({ firstOffset, lastOffset }) => run.first >= firstOffset && run.last <= lastOffset),
    )
  }

  /** Ends the locks that are over. Returns what is to be stored. */
  expire(nowMs: number): StateBatch[] {
    return this.#giveBack((run) => run.deadlineMs <= nowMs)
  }

  /** Records below the log's start are gone. */
  logStartMoved(logStartOffset: number): void {
    if (logStartOffset <= this.#startOffset) return
    if (logStartOffset >= this.#endOffset) {
      this.#runs.length = 0
      this.#endOffset = logStartOffset
    } else {
      this.#carve(this.#startOffset, logStartOffset - 1)
      while ((this.#runs[0]?.first ?? logStartOffset) < logStartOffset) this.#runs.shift()
    }
    this.#startOffset = logStartOffset
    this.#advance()
  }

  #giveBack(isMeant: (run: Run) => boolean): StateBatch[] {
    const stored: StateBatch[] = []
    for (const run of this.#runs) {
      if (run.state !== 'acquired' || run.settling !== 0 || !isMeant(run)) continue
      run.state = this.#after(run, AcknowledgeType.RELEASE)
      run.memberId = ''
      stored.push(storedAs(run, run.state))
    }
    this.#merge()
    this.#advance()
    return stored
  }

  #after({ deliveryCount }: Run, type: number): RecordState {
    if (type === AcknowledgeType.ACCEPT) return 'acknowledged'
    if (type !== AcknowledgeType.RELEASE) return 'archived'
    return deliveryCount >= this.#deliveryCountMax() ? 'archived' : 'available'
  }

  #isHeldBy(memberId: string, first: number, last: number): boolean {
    for (let index = this.#indexOf(first); index < this.#runs.length; index++) {
      const run = this.#runs[index] as Run
      if (run.first > last) break
      if (run.state !== 'acquired' || run.memberId !== memberId || run.settling !== 0) return false
    }
    return true
  }

  /** Takes what lies at or behind the end into the window; what it passes over is available. */
  #extend(first: number, last: number, state: RecordState): void {
    if (last < this.#endOffset) return
    if (first > this.#endOffset) this.#push(this.#endOffset, first - 1, 'available', 0)
    this.#push(this.#endOffset, last, state, 0)
  }

  #push(first: number, last: number, state: RecordState, deliveryCount: number): void {
    this.#runs.push({ first, last, state, deliveryCount, memberId: '', deadlineMs: 0, settling: 0, next: state })
    this.#endOffset = last + 1
  }

  /** Index of the run that holds `offset`, or of the first behind it. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#runs.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#runs[middle] as Run).last < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Cuts runs so that whole ones make up what the window has of [first, last]; returns those. */
  #carve(first: number, last: number): Run[] {
    let index = this.#indexOf(Math.max(first, this.#startOffset))
    const head = this.#runs[index]
    if (head !== undefined && head.first < first) {
      this.#splitOff(head, first)
      index++
    }
    let end = index
    while (end < this.#runs.length && (this.#runs[end] as Run).first <= last) end++
    const tail = this.#runs[end - 1]
    if (end > index && tail !== undefined && tail.last > last) this.#splitOff(tail, last + 1)
    return this.#runs.slice(index, end)
  }

  /** Makes a run of its own of what lies from `at` on; returns the run that now ends before. */
  #splitOff(run: Run, at: number): Run {
    const index = this.#indexOf(run.first)
    this.#runs.splice(index + 1, 0, { ...run, first: at })
    run.last = at - 1
    return run
  }

  /** The start offset passes over what is completed. */
  #advance(): void {
    let completed = 0
    while (completed < this.#runs.length && isComplete((this.#runs[completed] as Run).state)) completed++
    if (completed > 0) this.#runs.splice(0, completed)
    this.#startOffset = this.#runs[0]?.first ?? this.#endOffset
  }

  /** Neighbours that nothing tells apart become one. */
  #merge(): void {
    let kept = 0
    for (let index = 1; index < this.#runs.length; index++) {
      const left = this.#runs[kept] as Run
      const right = this.#runs[index] as Run
      if (isAlike(left, right)) left.last = right.last
      else this.#runs[++kept] = right
    }
    if (this.#runs.length > 0) this.#runs.length = kept + 1
  }
}

function isCompleteAfter(run: Run, settled: ReadonlySet<number>): boolean {
  return isComplete(run.state) || (run.settling !== 0 && settled.has(run.settling) && isComplete(run.next))
}

/** Acquired runs stay apart: they end as they began. */
function isAlike(left: Run, right: Run): boolean {
  if (left.state !== right.state || left.state === 'acquired') return false
  return isComplete(left.state) || left.deliveryCount === right.deliveryCount
}

function storedAs({ first, last, deliveryCount }: Run, state: RecordState): StateBatch {
  return { firstOffset: first, lastOffset: last, deliveryState: STORED[state], deliveryCount }
}

/** The batch's ranges of one type each, from `from` on. */
function ranges(
  { firstOffset, lastOffset, acknowledgeTypes }: AcknowledgementBatch,
  from: number,
): { first: number; last: number; type: number }[] {
  const [only = AcknowledgeType.GAP] = acknowledgeTypes
  if (lastOffset < from) return []
  if (acknowledgeTypes.length === 1) return [{ first: Math.max(firstOffset, from), last: lastOffset, type: only }]
  const found: { first: number; last: number; type: number }[] = []
  acknowledgeTypes.forEach((type, index) => {
    const offset = firstOffset + index
    if (offset < from) return
    const previous = found.at(-1)
    if (previous?.type === type) previous.last = offset
    else found.push({ first: offset, last: offset, type })
  })
  return found
}
