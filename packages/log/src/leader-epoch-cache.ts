/**
 * Leader epochs of one partition: which epoch began at which offset, ascending in both (KIP-101, KIP-279).
 * A new leader assigns (its epoch, log end) before it accepts writes; a follower assigns from the batches it appends.
 * Persisted in `leader-epoch-checkpoint`; the owner writes the file when `onChange` was called, off the hot path.
 */

export interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

export interface EpochEndOffset {
  /** -1 when unknown. */
  readonly epoch: number
  /** Exclusive; -1 when unknown. */
  readonly endOffset: number
}

const UNKNOWN: EpochEndOffset = { epoch: -1, endOffset: -1 }

export class LeaderEpochCache {
  #entries: EpochEntry[]
  readonly #logEndOffset: () => number
  readonly #onChange: () => void

  constructor(options: {
    readonly entries: readonly EpochEntry[]
    readonly logEndOffset: () => number
    readonly onChange: () => void
  }) {
    this.#entries = [...options.entries]
    this.#logEndOffset = options.logEndOffset
    this.#onChange = options.onChange
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries
  }

  /** The latest epoch; -1 when none was ever assigned. */
  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? -1
  }

  /** Start offset of the first known epoch; -1 when there is none. */
  get earliestOffset(): number {
    return this.#entries[0]?.startOffset ?? -1
  }

  /**
   * `epoch` begins at `startOffset`. Ignored when it is the latest epoch already; entries it contradicts (an epoch or
   * a start at or above its own) are removed first.
   */
  assign(epoch: number, startOffset: number): void {
    if (epoch < 0 || startOffset < 0) return
    const last = this.#entries.at(-1)
    if (last !== undefined && last.epoch === epoch && last.startOffset <= startOffset) return
    let kept = this.#entries.length
    while (kept > 0) {
      const entry = this.#entries[kept - 1] as EpochEntry
      if (entry.epoch < epoch && entry.startOffset < startOffset) break
      kept--
    }
    this.#entries.length = kept
    this.#entries.push({ epoch, startOffset })
    this.#onChange()
  }

  /**
   * End of `epoch` as OffsetForLeaderEpoch answers it: the largest known epoch that is not above it, and where the next
   * one starts. The latest epoch ends at the log end. Below the first known epoch: that epoch's start. Unknown or above
   * the latest: (-1, -1).
   */
  endOffsetFor(epoch: number): EpochEndOffset {
    const entries = this.#entries
    const first = entries[0]
    if (epoch < 0 || first === undefined || epoch > this.latest) return UNKNOWN
    if (epoch === this.latest) return { epoch, endOffset: this.#logEndOffset() }
    if (epoch < first.epoch) return { epoch, endOffset: first.startOffset }
    const next = this.#firstAfterEpoch(epoch)
    const entry = entries[next - 1] as EpochEntry
    return { epoch: entry.epoch, endOffset: (entries[next] as EpochEntry).startOffset }
  }

  /** Epoch of the batch at `offset`; -1 when it lies before the first known start. */
  epochAt(offset: number): number {
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const entry = this.#entries[i] as EpochEntry
      if (entry.startOffset <= offset) return entry.epoch
    }
    return -1
  }

  /** The log now ends at `offset`: removes the epochs that start there or later. */
  truncateFromEnd(offset: number): void {
    const kept = this.#entries.filter((entry) => entry.startOffset < offset)
    if (kept.length === this.#entries.length) return
    this.#entries = kept
    this.#onChange()
  }

  /** The log now starts at `offset`: of the epochs that start before, the last one stays, moved to `offset`. */
  truncateFromStart(offset: number): void {
    const first = this.#entries[0]
    if (first === undefined || first.startOffset >= offset) return
    const kept = this.#entries.filter((entry) => entry.startOffset > offset)
    const last = this.#entries[this.#entries.length - kept.length - 1] as EpochEntry
    this.#entries = [{ epoch: last.epoch, startOffset: offset }, ...kept]
    this.#onChange()
  }

  clear(): void {
    if (this.#entries.length === 0) return
    this.#entries = []
    this.#onChange()
  }

  /** Index of the first entry whose epoch is above `epoch`. */
  #firstAfterEpoch(epoch: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle] as EpochEntry).epoch > epoch) high = middle
      else low = middle + 1
    }
    return low
  }
}
