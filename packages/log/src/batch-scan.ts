/**
 * Walks the batches of a segment file in large chunks: for recovery, truncation, timestamp lookup and rebuilding of
 * producer state. `scanBatchesSync` blocks and is for start-up and for the rare truncation; both hold one chunk at a time.
 */
import {
  BATCH_HEADER_BYTES,
  BATCH_OVERHEAD_BYTES,
  batchSizeBytes,
  crcMatches,
  lastOffsetDelta,
  baseOffset,
  magic,
  MAGIC_V2,
} from '@millrace/protocol/records/batch-header'
import { isBrokenSeal } from './sealing/broken-seal.ts'
import type { SegmentFile } from './segment-file.ts'

const CHUNK_BYTES = 1024 * 1024

/** 'stop' ends the scan before the batch counts as seen. */
export type BatchVisitor = (bytes: Buffer, at: number, position: number) => 'continue' | 'stop'

export interface ScanResult {
  /** Position after the last batch that was visited and continued. */
  readonly endPosition: number
  /** Why the scan ended before the end of the file; null when it reached it or the visitor stopped it. */
  readonly problem: string | null
  /** The problem is that what was sealed there has changed: the batch may have been whole. */
  readonly isSealBroken: boolean
}

/**
 * Visits the whole batches from `position` to the end of `file`. With `verify` also the CRC is checked and offsets must
 * ascend from `minOffset`; the scan ends at the first batch that is not whole or not valid.
 */
export function scanBatchesSync(
  file: SegmentFile,
  options: { readonly position: number; readonly verify: boolean; readonly minOffset: number },
  visit: BatchVisitor,
): ScanResult {
  let chunk = Buffer.allocUnsafe(Math.max(BATCH_HEADER_BYTES, Math.min(CHUNK_BYTES, file.sizeBytes - options.position)))
  let position = options.position
  let minOffset = options.minOffset
  while (position < file.sizeBytes) {
    let length: number
    try {
      length = file.readSync(chunk, 0, chunk.length, position)
    } catch (error) {
      if (isBrokenSeal(error)) return ended(position, error.message, true)
      throw error
    }
    let at = 0
    let needed = 0
    while (at < length) {
      const available = length - at
      const size = available < BATCH_OVERHEAD_BYTES ? BATCH_OVERHEAD_BYTES : batchSizeBytes(chunk, at)
      if (available >= BATCH_OVERHEAD_BYTES && size < BATCH_HEADER_BYTES)
        return ended(position + at, 'batch size is below the header')
      if (position + at + size > file.sizeBytes) return ended(position + at, 'batch is cut short')
      if (size > available) {
        needed = size
        break
      }
      const problem = options.verify ? problemOf(chunk, at, minOffset) : null
      if (problem !== null) return ended(position + at, problem)
      if (visit(chunk, at, position + at) === 'stop') return ended(position + at, null)
      minOffset = baseOffset(chunk, at) + lastOffsetDelta(chunk, at) + 1
      at += size
    }
    position += at
    if (length === 0) return ended(position, 'file is shorter than its size')
    if (at === 0 && length < Math.min(chunk.length, file.sizeBytes - position))
      return ended(position, 'batch cannot be read as a whole', true)
    if (needed > chunk.length) chunk = Buffer.allocUnsafe(needed)
  }
  return ended(position, null)
}

/** What is wrong with the whole batch at `at`; null when nothing is. */
export function problemOf(bytes: Buffer, at: number, minOffset: number): string | null {
  if (magic(bytes, at) !== MAGIC_V2) return `magic is ${magic(bytes, at)}`
  if (baseOffset(bytes, at) < minOffset) return `offset ${baseOffset(bytes, at)} is below ${minOffset}`
  if (lastOffsetDelta(bytes, at) < 0) return 'last offset delta is negative'
  if (!crcMatches(bytes, at)) return 'checksum does not match'
  return null
}

function ended(endPosition: number, problem: string | null, isSealBroken = false): ScanResult {
  return { endPosition, problem, isSealBroken }
}
