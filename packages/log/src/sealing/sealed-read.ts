/**
 * A read of a sealed file by logical position, in steps that leave the I/O to the caller: `next` tells what sealed bytes
 * are needed, `take` is given them. So it is the same read on the loop and in the thread pool.
 */
import { BLOCK_BYTES, EXTENT_HEADER_BYTES, type Extent } from './extent.ts'
import { indexOfExtent, walkBlock } from './extents-of-block.ts'
import type { SealedFile } from './sealed-file.ts'

/** Sealed blocks read at once: what is read, opened and copied out stays in the processor's cache meanwhile. */
const BLOCKS_MAX = 4
/** No range that `next` tells is longer: whole blocks, and where the next one starts, which is where the last one ends. */
export const RANGE_BYTES_MAX: number = BLOCKS_MAX * BLOCK_BYTES + EXTENT_HEADER_BYTES
/**
 * Extents opened by one read; beyond it the read is short. One costs some 3 µs, and a log that was written in little
 * pieces has hundreds in a block. A batch has one for each 64 KiB it was written in, so a short read holds whole batches.
 */
const EXTENTS_MAX = 2048

export interface RawRange {
  readonly position: number
  readonly length: number
}

/** Takes buffers that nobody uses any more. */
export type GiveBack = (buffers: readonly Uint8Array[]) => void

export interface SealedReadRequest {
  readonly target: Uint8Array
  readonly targetOffset: number
  readonly length: number
  /** Logical. */
  readonly position: number
  readonly giveBack: GiveBack
}

export class SealedRead {
  /** Logical bytes in the target. */
  filled = 0
  /** Why it ended before all was read; null when it did not, or at the end of the file. */
  problem: string | null = null
  readonly #file: SealedFile
  readonly #target: Uint8Array
  readonly #targetOffset: number
  readonly #length: number
  readonly #position: number
  readonly #giveBack: GiveBack
  #opened = 0
  /** The last range was too short for a block whole and the start of the next. */
  #isStuck = false
  /** The block whose start is asked for; -1 when whole blocks are. */
  #probing = -1
  #block = 0
  /** Behind the last block of the range. */
  #blockEnd = 0

  constructor(file: SealedFile, request: SealedReadRequest) {
    this.#file = file
    this.#target = request.target
    this.#targetOffset = request.targetOffset
    this.#length = request.length
    this.#position = request.position
    this.#giveBack = request.giveBack
  }

  /** What to read next; null when the read has ended. */
  next(): RawRange | null {
    if (this.filled >= this.#length || this.problem !== null || this.#opened >= EXTENTS_MAX) return null
    const file = this.#file
    if (file.key === null) {
      if (file.rawBytes > 0) this.problem = 'its header is broken, or sealed by another key'
      return null
    }
    const located = file.locate(this.#position + this.filled)
    if (located < 0) return this.#probe(-1 - located)
    const following = located + 1
    if (this.#isStuck && following < file.blockCount && file.startOf(following) === undefined)
      return this.#probe(following)
    this.#probing = -1
    this.#block = located
    this.#blockEnd = located + Math.min(BLOCKS_MAX, Math.floor((this.#length - this.filled) / BLOCK_BYTES) + 1)
    const position = file.positionOf(located)
    const end = Math.min(this.#blockEnd * BLOCK_BYTES + EXTENT_HEADER_BYTES, file.rawBytes)
    return { position, length: Math.max(0, end - position) }
  }

  /** `bytes` of the range that `next` told; fewer at the end of the file. They are not kept. */
  take(bytes: Buffer): void {
    const file = this.#file
    if (this.#probing >= 0) {
      file.noteStart(this.#probing, bytes, 0)
      return
    }
    const before = this.filled
    this.#takeBlocks(bytes)
    this.#isStuck = this.filled === before
  }

  #takeBlocks(bytes: Buffer): void {
    const file = this.#file
    const base = file.positionOf(this.#block)
    for (let block = this.#block; block < this.#blockEnd && this.filled < this.#length; block++) {
      const at = file.positionOf(block) - base
      if (block > this.#block) {
        // The next step locates again, and comes to this block with its successor known.
        if (at + EXTENT_HEADER_BYTES > bytes.length) return
        file.noteStart(block, bytes, at)
      }
      const following = at + BLOCK_BYTES - (file.positionOf(block) % BLOCK_BYTES)
      if (following + EXTENT_HEADER_BYTES <= bytes.length) file.noteStart(block + 1, bytes, following)
      const limit = file.startOf(block + 1)
      if (limit === undefined && block + 1 < file.blockCount) return
      this.#copyBlock(bytes, at, block, limit === undefined || Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit)
      if (this.problem !== null || this.#opened >= EXTENTS_MAX) return
      if (this.#position + this.filled !== limit) {
        if (this.filled < this.#length) this.problem = this.#missing()
        return
      }
    }
  }

  #probe(block: number): RawRange {
    this.#probing = block
    return { position: this.#file.positionOf(block), length: EXTENT_HEADER_BYTES }
  }

  /** Copies what of `block`, at `bytes[at]`, is wanted and lies below logical `limit`. */
  #copyBlock(bytes: Buffer, at: number, block: number, limit: number): void {
    const file = this.#file
    const first = file.positionOf(block)
    const { extents } = walkBlock(bytes, at, first)
    for (const extent of extents) {
      if (extent.length === 0 && this.#open(extent, bytes, at - first) === null) return
    }
    const wantedEnd = Math.min(this.#position + this.#length, limit)
    let index = indexOfExtent(extents, this.#position + this.filled)
    if (index < 0) return
    for (; index < extents.length && this.#opened < EXTENTS_MAX; index++) {
      const extent = extents[index] as Extent
      const position = this.#position + this.filled
      const end = Math.min(extent.start + extent.length, extents[index + 1]?.start ?? limit, wantedEnd)
      if (position >= wantedEnd) return
      if (extent.length === 0) continue
      const plain = this.#open(extent, bytes, at - first)
      if (plain === null) return
      this.#target.set(plain.subarray(position - extent.start, end - extent.start), this.#targetOffset + this.filled)
      this.filled += end - position
      this.#giveBack([plain])
    }
  }

  /** `shift` leads from positions of the file to those of `bytes`. */
  #open(extent: Extent, bytes: Buffer, shift: number): Buffer | null {
    this.#opened++
    const plain = this.#file.key?.open(extent, bytes, extent.position + shift) ?? null
    if (plain === null) this.problem = `what was sealed at position ${extent.position} of the file has changed`
    return plain
  }

  #missing(): string {
    return `nothing whole is sealed at logical position ${this.#position + this.filled}`
  }
}
