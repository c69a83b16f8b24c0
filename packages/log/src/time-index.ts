/**
 * The sparse time index of a segment. Entry: { timestamp: int64, relativeOffset: int32 }: the greatest timestamp so far
 * and the last offset of the batch that carries it; strictly ascending timestamps. Life on disk as OffsetIndex.
 */
import { invariant } from '@millrace/base/invariant'
import { readEntry, type FiledIndex } from './index-file.ts'
import type { SegmentFile } from './segment-file.ts'

const ENTRY_BYTES = 12
const FIRST_CAPACITY = 64
const NO_OFFSETS = new Int32Array(0)
const TWO_POW_32 = 4_294_967_296

export class TimeIndex implements FiledIndex {
  readonly baseOffset: number
  readonly file: SegmentFile
  readonly entryBytes: number = ENTRY_BYTES
  #timestamps: Float64Array | null
  #offsets: Int32Array = NO_OFFSETS
  #count: number

  constructor(baseOffset: number, file: SegmentFile) {
    this.baseOffset = baseOffset
    this.file = file
    this.#count = Math.floor(file.sizeBytes / ENTRY_BYTES)
    this.#timestamps = null
    if (this.#count === 0) this.#allocate(FIRST_CAPACITY)
  }

  get entryCount(): number {
    return this.#count
  }

  get isLoaded(): boolean {
    return this.#timestamps !== null
  }

  get memoryBytes(): number {
    return this.#timestamps === null ? 0 : this.#timestamps.byteLength + this.#offsets.byteLength
  }

  /** One entry is kept free for the one that a roll adds. */
  isFull(indexBytesMax: number): boolean {
    return this.#count >= Math.floor(indexBytesMax / ENTRY_BYTES) - 1
  }

  /** Greatest timestamp; -1 when empty. */
  get lastTimestamp(): number {
    return this.#count === 0 ? -1 : (this.#loaded()[this.#count - 1] as number)
  }

  /** Offset of the last entry; the base offset when empty. */
  get lastOffset(): number {
    return this.#count === 0 ? this.baseOffset : this.baseOffset + (this.#offsets[this.#count - 1] as number)
  }

  /** Adds an entry unless `timestamp` is not above the last one. `offset` is the last one of the batch that has it. */
  maybeAppend(timestamp: number, offset: number): void {
    if (timestamp <= this.lastTimestamp) return
    const timestamps = this.#loaded()
    if (this.#count === timestamps.length) {
      const offsets = this.#offsets
      this.#allocate(2 * this.#count)
      this.#loaded().set(timestamps)
      this.#offsets.set(offsets)
    }
    this.#loaded()[this.#count] = timestamp
    this.#offsets[this.#count] = offset - this.baseOffset
    this.#count++
  }

  /** Offset of the last entry whose timestamp is at most `timestamp`; the base offset when there is none. */
  lookup(timestamp: number): number {
    const timestamps = this.#loaded()
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((timestamps[middle] as number) <= timestamp) low = middle + 1
      else high = middle
    }
    return low === 0 ? this.baseOffset : this.baseOffset + (this.#offsets[low - 1] as number)
  }

  /** Removes the entries at or above `offset`, from memory and from disk. */
  truncateTo(offset: number): void {
    this.#loaded()
    while (this.#count > 0 && this.lastOffset >= offset) this.#count--
    this.file.truncate(this.#count * ENTRY_BYTES)
  }

  clear(): void {
    this.empty()
    this.file.truncate(0)
  }

  empty(): void {
    this.#count = 0
    this.#allocate(FIRST_CAPACITY)
  }

  forget(): void {
    this.#timestamps = null
    this.#offsets = NO_OFFSETS
  }

  /** Last entry without loading the index: { timestamp, offset }; null when empty. */
  peekLast(): { readonly timestamp: number; readonly offset: number } | null {
    if (this.#count === 0) return null
    const last = readEntry(this, this.#count - 1)
    if (last === null) return null
    return { timestamp: Number(last.readBigInt64BE(0)), offset: this.baseOffset + last.readInt32BE(8) }
  }

  /** What Kafka checks at start: whole entries, last timestamp not below the first, last offset not below the base. */
  isSane(): boolean {
    if (!this.file.exists || this.file.sizeBytes % ENTRY_BYTES !== 0) return false
    const last = this.peekLast()
    if (last === null) return this.#count === 0
    const first = readEntry(this, 0)
    if (first === null) return false
    return last.timestamp >= Number(first.readBigInt64BE(0)) && last.offset >= this.baseOffset
  }

  encode(first: number): Buffer {
    const timestamps = this.#loaded()
    const bytes = Buffer.allocUnsafe((this.#count - first) * ENTRY_BYTES)
    for (let i = first, at = 0; i < this.#count; i++, at += ENTRY_BYTES) {
      // Two halves: BigInts would make this loop, up to 870,000 entries, ten times as long.
      const timestamp = timestamps[i] as number
      bytes.writeInt32BE(Math.floor(timestamp / TWO_POW_32), at)
      bytes.writeInt32BE(timestamp | 0, at + 4)
      bytes.writeInt32BE(this.#offsets[i] as number, at + 8)
    }
    return bytes
  }

  decode(bytes: Buffer): void {
    this.#count = Math.floor(bytes.length / ENTRY_BYTES)
    this.#allocate(Math.max(FIRST_CAPACITY, this.#count))
    const timestamps = this.#loaded()
    for (let i = 0; i < this.#count; i++) {
      const at = i * ENTRY_BYTES
      timestamps[i] = bytes.readInt32BE(at) * TWO_POW_32 + bytes.readUInt32BE(at + 4)
      this.#offsets[i] = bytes.readInt32BE(at + 8)
    }
  }

  #allocate(capacity: number): void {
    this.#timestamps = new Float64Array(capacity)
    this.#offsets = new Int32Array(capacity)
  }

  #loaded(): Float64Array {
    invariant(this.#timestamps !== null, 'the time index is loaded', { base: this.baseOffset })
    return this.#timestamps
  }
}
