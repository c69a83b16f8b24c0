/** Checks what a leader sent before it is appended: whole batches, sound CRCs, offsets that go up. */
import {
  BATCH_HEADER_BYTES,
  BATCH_OVERHEAD_BYTES,
  baseOffset,
  batchSizeBytes,
  crcMatches,
  lastOffset,
  MAGIC_V2,
  magic,
} from '@millrace/protocol/records/batch-header'

/** `endAt`: where the last whole batch ends; `problem`: why the bytes from there on (or all) are refused, else null. */
export interface ReceivedBatches {
  readonly endAt: number
  readonly problem: string | null
}

/**
 * Walks the batches in bytes[start, end). `expectedOffset` is the follower's log end: no batch may begin below it, and
 * each begins after the one before. A cut-off batch at the end is left out without a complaint.
 */
export function checkReceived(bytes: Buffer, start: number, end: number, expectedOffset: number): ReceivedBatches {
  let at = start
  let next = expectedOffset
  while (at + BATCH_OVERHEAD_BYTES <= end) {
    const size = batchSizeBytes(bytes, at)
    if (size < BATCH_HEADER_BYTES) return { endAt: at, problem: `batch size ${size}` }
    if (at + size > end) break
    if (magic(bytes, at) !== MAGIC_V2) return { endAt: at, problem: `magic ${magic(bytes, at)}` }
    if (!crcMatches(bytes, at)) return { endAt: at, problem: 'CRC mismatch' }
    const base = baseOffset(bytes, at)
    const last = lastOffset(bytes, at)
    if (base < next || last < base) return { endAt: at, problem: `batch of offsets ${base} to ${last} after ${next - 1}` }
    next = last + 1
    at += size
  }
  return { endAt: at, problem: null }
}
