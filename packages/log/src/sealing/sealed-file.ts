/**
 * An open file of a SealedDisk: its key, where its blocks begin logically (as far as known), and where it ends. It does
 * the arithmetic; the disk does the I/O.
 *
 * Its end is known once it was asked for: what lies behind the last whole extent is torn, counts as bytes of the file that
 * cannot be read, and is cut off before anything is appended.
 */
import { invariant } from '@millrace/base/invariant'
import {
  BLOCK_BYTES,
  type Extent,
  EXTENT_OVERHEAD_BYTES,
  extentEnd,
  FILE_HEADER_BYTES,
  type FileKey,
  NONCE_BYTES,
  paddingAfter,
  readExtentHeader,
} from './extent.ts'
import { walkBlock } from './extents-of-block.ts'

/** Reads `[position, position + length)` of the sealed bytes, less at their end. */
export type RawRead = (position: number, length: number) => Buffer

export interface FileEnd {
  /** Logical bytes. */
  readonly logical: number
  /** Of the sealed bytes: behind the last whole extent. */
  readonly position: number
}

/** Sealed bytes that an append adds to the file, and where it ends after each of its extents. */
export interface SealedAppend {
  readonly position: number
  readonly buffers: readonly Uint8Array[]
  readonly ends: readonly FileEnd[]
}

export class SealedFile {
  readonly path: string
  /** Null: empty, or its header is broken. */
  key: FileKey | null
  /** Sealed bytes, torn ones included. */
  rawBytes: number
  /** Counts cuts: a read that met one did not see one state of the file. */
  cuts = 0
  /** Logical starts of the blocks: undefined is not known yet, NaN broken. */
  #starts: (number | undefined)[] = []
  #end: FileEnd | null

  constructor(path: string, key: FileKey | null, rawBytes: number) {
    this.path = path
    this.key = key
    this.rawBytes = rawBytes
    this.#end = key === null ? { logical: 0, position: 0 } : null
  }

  get blockCount(): number {
    return Math.ceil(this.rawBytes / BLOCK_BYTES)
  }

  /** Where the first extent of `block` is in the file. */
  positionOf(block: number): number {
    return block === 0 ? FILE_HEADER_BYTES : block * BLOCK_BYTES
  }

  startOf(block: number): number | undefined {
    return block === 0 ? 0 : this.#starts[block]
  }

  /** `bytes[at]` is where `block` begins. */
  noteStart(block: number, bytes: Buffer, at: number): void {
    this.#starts[block] = readExtentHeader(bytes, at, this.positionOf(block))?.start ?? Number.NaN
  }

  /** The last block that begins at or before logical `position`; -1 - b when the start of block b must be known first. */
  locate(position: number): number {
    let low = 0
    let high = this.blockCount
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      let valid = middle
      while (valid < high && Number.isNaN(this.startOf(valid))) valid++
      const start = valid < high ? this.startOf(valid) : Number.POSITIVE_INFINITY
      if (start === undefined) return -1 - valid
      if (start > position) high = middle
      else low = valid
    }
    return low
  }

  end(read: RawRead): FileEnd {
    this.#end ??= this.#findEnd(read)
    return this.#end
  }

  /** What `buffers` become behind the end of the file. The end itself moves by `moveEnd`. */
  append(
    end: FileEnd,
    key: FileKey,
    buffers: readonly Uint8Array[],
    nonce: (bytes: number) => Uint8Array,
  ): SealedAppend {
    const isNew = end.position === 0
    const sealed: Uint8Array[] = isNew ? [key.header()] : []
    const ends: FileEnd[] = []
    const plain = new Pieces(buffers)
    let position = isNew ? FILE_HEADER_BYTES : end.position
    let start = end.logical
    while (plain.left > 0) {
      const room = BLOCK_BYTES - (position % BLOCK_BYTES) - EXTENT_OVERHEAD_BYTES
      const length = Math.min(plain.left, room)
      const extent: Extent = { start, length, padding: paddingAfter(position, length), position }
      key.seal(extent, plain.take(length), nonce(NONCE_BYTES), sealed)
      position = extentEnd(extent)
      start += length
      ends.push({ logical: start, position })
    }
    return { position: end.position, buffers: sealed, ends }
  }

  /** An append has landed up to `end`. */
  moveEnd(end: FileEnd): void {
    const previous = this.#end
    this.#end = end
    if (previous === null) return
    // Blocks that begin in what was appended are looked up when they are wanted.
    this.#starts.length = Math.min(this.#starts.length, Math.floor(previous.position / BLOCK_BYTES) + 1)
  }

  /** The file is cut at an extent's edge. */
  cutTo(end: FileEnd): void {
    this.cuts++
    this.#end = end
    this.rawBytes = end.position
    this.#starts.length = Math.min(this.#starts.length, this.blockCount)
  }

  #findEnd(read: RawRead): FileEnd {
    for (let block = this.blockCount - 1; block >= 0; block--) {
      const position = this.positionOf(block)
      const bytes = read(position, Math.max(0, (block + 1) * BLOCK_BYTES - position))
      // What a cut left says where the file ends: that is not taken on a checksum's word.
      const last = walkBlock(bytes, 0, position).extents.findLast(
        (extent) => extent.length > 0 || this.key?.open(extent, bytes, extent.position - position) !== null,
      )
      if (last !== undefined) return { logical: last.start + last.length, position: extentEnd(last) }
    }
    return { logical: 0, position: FILE_HEADER_BYTES }
  }
}

/** Where pieces are put together: one at a time, sealed before the next. */
const joined: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES)

/** A list of buffers, taken in pieces: a view where one buffer holds the piece, else a copy, good until the next. */
class Pieces {
  left: number
  readonly #buffers: readonly Uint8Array[]
  #index = 0
  #at = 0

  constructor(buffers: readonly Uint8Array[]) {
    this.#buffers = buffers
    this.left = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
  }

  take(length: number): Uint8Array {
    invariant(length <= this.left, 'a piece is no longer than what is left', { length, left: this.left })
    this.left -= length
    while (this.#at === this.#buffers[this.#index]?.length) this.#advance()
    const current = this.#buffers[this.#index] as Uint8Array
    if (current.length - this.#at >= length) {
      this.#at += length
      return current.subarray(this.#at - length, this.#at)
    }
    const piece = joined.subarray(0, length)
    for (let filled = 0; filled < length;) {
      const buffer = this.#buffers[this.#index] as Uint8Array
      const count = Math.min(length - filled, buffer.length - this.#at)
      piece.set(buffer.subarray(this.#at, this.#at + count), filled)
      filled += count
      this.#at += count
      if (this.#at === buffer.length) this.#advance()
    }
    return piece
  }

  #advance(): void {
    this.#index++
    this.#at = 0
  }
}
