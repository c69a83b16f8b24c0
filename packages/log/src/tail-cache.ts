/**
 * The youngest appends of one log, as long as their slabs are in the arena's tail: what followers and live consumers
 * read is served from the bytes that were appended. Holds no reference of its own: a slab that has left the tail ends
 * the entry (Slab.inTail). Frames of several connections fill slabs at the same time, so entries need not end in the
 * order of appends. A read retains the slabs it returns slices of.
 */
import { batchSizeBytes, lastOffset } from '@millrace/protocol/records/batch-header'
import type { Slab } from './arena.ts'
import type { LogRead, ReadRequest } from './log-types.ts'

/** Bounds the bookkeeping of a log with tiny batches; older ones are read from the file. */
const ENTRIES_MAX = 8192
/** Pieces per read: each is an entry of a writev. */
const PIECES_MAX = 256

interface TailEntry {
  readonly slab: Slab
  readonly start: number
  readonly end: number
  readonly baseOffset: number
  readonly nextOffset: number
}

export class TailCache {
  /** A ring: the oldest at #head, offsets contiguous in the order of appends. */
  readonly #entries: (TailEntry | null)[] = []
  #head = 0
  #count = 0

  get entryCount(): number {
    return this.#count
  }

  /** `slab.bytes[start, end)` holds the batches [baseOffset, nextOffset) that were just written. */
  push(slab: Slab, start: number, end: number, baseOffset: number, nextOffset: number): void {
    if (!slab.inTail) {
      this.clear()
      return
    }
    this.#dropRetired()
    if (this.#count === ENTRIES_MAX) this.#dropOldest()
    this.#entries[(this.#head + this.#count) % ENTRIES_MAX] = { slab, start, end, baseOffset, nextOffset }
    this.#count++
  }

  /** null when the offset is not in the tail. The caller has checked `offset < endOffset`. */
  read(request: ReadRequest): LogRead | null {
    this.#dropRetired()
    let index = this.#find(request.offset)
    if (index < 0) return null
    const buffers: Buffer[] = []
    const slabs: Slab[] = []
    let sizeBytes = 0
    let last = request.offset - 1
    for (; index < this.#count && buffers.length < PIECES_MAX; index++) {
      const entry = this.#at(index)
      if (!entry.slab.inTail) {
        if (sizeBytes === 0) return null
        break
      }
      const bytes = entry.slab.bytes
      let at = entry.start
      while (at < entry.end && lastOffset(bytes, at) < request.offset) at += batchSizeBytes(bytes, at)
      const from = at
      while (at < entry.end) {
        const size = batchSizeBytes(bytes, at)
        const isFirst = sizeBytes + at - from === 0
        if (sizeBytes + at - from + size > request.maxBytes && !(isFirst && request.atLeastOne)) break
        const batchLast = lastOffset(bytes, at)
        if (batchLast >= request.endOffset) break
        last = batchLast
        at += size
      }
      if (at > from) {
        buffers.push(bytes.subarray(from, at))
        sizeBytes += at - from
        if (slabs[slabs.length - 1] !== entry.slab) {
          entry.slab.retain()
          slabs.push(entry.slab)
        }
      }
      if (at < entry.end) break
    }
    const release = slabs.length === 0 ? null : (): void => slabs.forEach(releaseSlab)
    return { buffers, sizeBytes, release, lastOffset: last }
  }

  /** Drops what lies at or above `offset`; all of it when an entry would have to be split, so that no hole is left. */
  truncateTo(offset: number): void {
    while (this.#count > 0 && this.#at(this.#count - 1).nextOffset > offset) {
      if (this.#at(this.#count - 1).baseOffset < offset) {
        this.clear()
        return
      }
      this.#entries[(this.#head + this.#count - 1) % ENTRIES_MAX] = null
      this.#count--
    }
  }

  /** Drops what begins below `offset`: the files hold something else there now. */
  dropBelow(offset: number): void {
    while (this.#count > 0 && this.#at(0).baseOffset < offset) this.#dropOldest()
  }

  clear(): void {
    while (this.#count > 0) this.#dropOldest()
  }

  #dropRetired(): void {
    while (this.#count > 0 && !this.#at(0).slab.inTail) this.#dropOldest()
  }

  #dropOldest(): void {
    this.#entries[this.#head] = null
    this.#head = (this.#head + 1) % ENTRIES_MAX
    this.#count--
  }

  #at(index: number): TailEntry {
    return this.#entries[(this.#head + index) % ENTRIES_MAX] as TailEntry
  }

  /** Index of the entry that holds `offset`; -1 when it is older than the tail, or at its end. */
  #find(offset: number): number {
    if (this.#count === 0 || offset < this.#at(0).baseOffset) return -1
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#at(middle).nextOffset <= offset) low = middle + 1
      else high = middle
    }
    return low === this.#count ? -1 : low
  }
}

function releaseSlab(slab: Slab): void {
  slab.release()
}
