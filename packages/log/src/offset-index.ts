/**
 * The sparse offset index of a segment: relative offset and file position of some batches, ascending in both.
 * Entry: { relativeOffset: int32, position: int32 }, where offset is the *last* offset of the batch that starts at
 * position. In memory while its segment is written to; written to `.index` at roll and close; read back on demand.
 * What is on disk is always a prefix of what is valid: it is cut before the log is.
 */
import { invariant } from '@millrace/base/invariant'
import { readEntry, type FiledIndex } from './index-file.ts'
import type { SegmentFile } from './segment-file.ts'

const ENTRY_BYTES = 8
const FIRST_CAPACITY = 64

export class OffsetIndex implements FiledIndex {
  readonly baseOffset: number
  readonly file: SegmentFile
  readonly entryBytes: number = ENTRY_BYTES
  /** Pairs of relative offset and position; null when not loaded. */
  #pairs: Int32Array | null
  #count: number

  /** A new index; one that exists on disk is to be loaded (index-file.ts). */
  constructor(baseOffset: number, file: SegmentFile) {
    this.baseOffset = baseOffset
    this.file = file
    this.#count = Math.floor(file.sizeBytes / ENTRY_BYTES)
    this.#pairs = this.#count === 0 ? new Int32Array(2 * FIRST_CAPACITY) : null
  }

  get entryCount(): number {
    return this.#count
  }

  get isLoaded(): boolean {
    return this.#pairs !== null
  }

  get memoryBytes(): number {
    return this.#pairs === null ? 0 : this.#pairs.byteLength
  }

  isFull(indexBytesMax: number): boolean {
    return this.#count >= Math.floor(indexBytesMax / ENTRY_BYTES)
  }

  /** `offset` is the last offset of the batch that starts at `position`; ascending. */
  append(offset: number, position: number): void {
    const relative = offset - this.baseOffset
    let pairs = this.#loaded()
    const last = this.#count === 0 ? -1 : (pairs[2 * this.#count - 2] as number)
    invariant(relative > last, 'index offsets ascend', { offset, base: this.baseOffset, last })
    if (2 * this.#count === pairs.length) {
      const larger = new Int32Array(pairs.length * 2)
      larger.set(pairs)
      this.#pairs = pairs = larger
    }
    pairs[2 * this.#count] = relative
    pairs[2 * this.#count + 1] = position
    this.#count++
  }

  /** Position of the greatest entry at or below `offset`; 0 when there is none. */
  lookup(offset: number): number {
    const index = this.#countAtMost(offset - this.baseOffset)
    return index === 0 ? 0 : (this.#loaded()[2 * index - 1] as number)
  }

  /** Position of the last entry; 0 when empty. */
  get lastPosition(): number {
    return this.#count === 0 ? 0 : (this.#loaded()[2 * this.#count - 1] as number)
  }

  /** Removes the entries at or above `offset`, from memory and from disk. */
  truncateTo(offset: number): void {
    this.#count = this.#countAtMost(offset - this.baseOffset - 1)
    this.file.truncate(this.#count * ENTRY_BYTES)
  }

  /** Removes all entries: before a rebuild. */
  clear(): void {
    this.empty()
    this.file.truncate(0)
  }

  empty(): void {
    this.#count = 0
    this.#pairs = new Int32Array(2 * FIRST_CAPACITY)
  }

  forget(): void {
    this.#pairs = null
  }

  /** What Kafka checks at start: whole entries, and the last one not below the base. Throws nothing, reads 8 bytes. */
  isSane(): boolean {
    if (!this.file.exists || this.file.sizeBytes % ENTRY_BYTES !== 0) return false
    if (this.#count === 0) return true
    const last = readEntry(this, this.#count - 1)
    return last !== null && (last.readInt32BE(0) > 0 || this.#count === 1)
  }

  encode(first: number): Buffer {
    const pairs = this.#loaded()
    const bytes = Buffer.allocUnsafe((this.#count - first) * ENTRY_BYTES)
    for (let i = 2 * first, at = 0; i < 2 * this.#count; i++, at += 4) bytes.writeInt32BE(pairs[i] as number, at)
    return bytes
  }

  decode(bytes: Buffer): void {
    this.#count = Math.floor(bytes.length / ENTRY_BYTES)
    const pairs = new Int32Array(Math.max(2 * FIRST_CAPACITY, 2 * this.#count))
    for (let i = 0; i < 2 * this.#count; i++) pairs[i] = bytes.readInt32BE(4 * i)
    this.#pairs = pairs
  }

  #countAtMost(relative: number): number {
    const pairs = this.#loaded()
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((pairs[2 * middle] as number) <= relative) low = middle + 1
      else high = middle
    }
    return low
  }

  #loaded(): Int32Array {
    invariant(this.#pairs !== null, 'the offset index is loaded', { base: this.baseOffset })
    return this.#pairs
  }
}
