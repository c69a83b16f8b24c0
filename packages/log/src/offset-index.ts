/**
 * The sparse offset index of a segment: relative offset and file position of some batches, ascending in both.
 * Entry: { relativeOffset: int32, position: int32 }, where offset is the *last* offset of the batch that starts at
 * position. In memory while its segment is written to; written to `.index` at roll and close; read back on demand.
 * What is on disk is always a prefix of what is valid: it is cut before the log is.
 */
import { invariant } from '@millrace/base/invariant'
import type { SegmentFile } from './segment-file.ts'

const ENTRY_BYTES = 8
const FIRST_CAPACITY = 64

export class OffsetIndex {
  readonly baseOffset: number
  readonly file: SegmentFile
  /** Pairs of relative offset and position; null when not loaded. */
  #pairs: Int32Array | null
  #count: number

  /** A new index; `load` one that exists on disk. */
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
    this.#count = 0
    this.#pairs = new Int32Array(2 * FIRST_CAPACITY)
    this.file.truncate(0)
  }

  /** Appends to the file what it does not have yet. */
  persist(callback: (error: Error | null) => void): void {
    const bytes = this.#unpersisted()
    if (bytes === null) callback(null)
    else this.file.append([bytes], bytes.length, callback)
  }

  persistSync(): void {
    const bytes = this.#unpersisted()
    if (bytes !== null) this.file.appendSync([bytes], bytes.length)
  }

  load(callback: (error: Error | null) => void): void {
    if (this.#pairs !== null) {
      callback(null)
      return
    }
    const bytes = Buffer.allocUnsafe(this.#count * ENTRY_BYTES)
    this.file.read(bytes, 0, bytes.length, 0, (error, bytesRead) => {
      if (error !== null || this.#pairs !== null) {
        callback(error)
        return
      }
      if (bytesRead === bytes.length) this.#decode(bytes)
      else {
        try {
          this.loadSync()
        } catch (failure) {
          callback(failure as Error)
          return
        }
      }
      callback(null)
    })
  }

  /** The file cannot be read: searches walk the log from its start, and the next start makes the file anew. */
  doWithout(): void {
    this.#count = 0
    this.#pairs = new Int32Array(2 * FIRST_CAPACITY)
    this.file.remove()
  }

  loadSync(): void {
    if (this.#pairs !== null) return
    const bytes = Buffer.allocUnsafe(this.#count * ENTRY_BYTES)
    this.file.readWholeSync(bytes)
    this.#decode(bytes)
  }

  /** Gives the memory back; only for an index that is wholly on disk. */
  unload(): void {
    if (this.#count > 0 && this.file.sizeBytes === this.#count * ENTRY_BYTES) this.#pairs = null
  }

  /** What Kafka checks at start: whole entries, and the last one not below the base. Throws nothing, reads 8 bytes. */
  isSane(): boolean {
    if (!this.file.exists || this.file.sizeBytes % ENTRY_BYTES !== 0) return false
    if (this.#count === 0) return true
    const last = Buffer.allocUnsafe(ENTRY_BYTES)
    if (this.file.readSync(last, 0, ENTRY_BYTES, (this.#count - 1) * ENTRY_BYTES) !== ENTRY_BYTES) return false
    return last.readInt32BE(0) > 0 || this.#count === 1
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

  #unpersisted(): Buffer | null {
    const persisted = this.file.sizeBytes / ENTRY_BYTES
    if (persisted >= this.#count) return null
    const pairs = this.#loaded()
    const bytes = Buffer.allocUnsafe((this.#count - persisted) * ENTRY_BYTES)
    for (let i = 2 * persisted, at = 0; i < 2 * this.#count; i++, at += 4) bytes.writeInt32BE(pairs[i] as number, at)
    return bytes
  }

  #decode(bytes: Buffer): void {
    this.#count = Math.floor(bytes.length / ENTRY_BYTES)
    const pairs = new Int32Array(Math.max(2 * FIRST_CAPACITY, 2 * this.#count))
    for (let i = 0; i < 2 * this.#count; i++) pairs[i] = bytes.readInt32BE(4 * i)
    this.#pairs = pairs
  }

  #loaded(): Int32Array {
    invariant(this.#pairs !== null, 'the offset index is loaded', { base: this.baseOffset })
    return this.#pairs
  }
}
