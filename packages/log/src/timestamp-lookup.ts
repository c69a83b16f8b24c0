/**
 * ListOffsets by timestamp: the first record at or after a time, found by the greatest timestamp of each segment, then
 * the time index, then the records of the batches from there on. Asynchronous: it may read any part of the log.
 */
import {
  BATCH_HEADER_BYTES,
  batchSizeBytes,
  lastOffset,
  maxTimestamp,
  partitionLeaderEpoch,
} from '@millrace/protocol/records/batch-header'
import { visitRecords } from '@millrace/protocol/records/records'
import { CorruptBatch } from './corrupt-batch.ts'
import type { LogContext } from './log-context.ts'
import type { TimestampCallback, TimestampOffset } from './log-types.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'

const CHUNK_BYTES = 64 * 1024

interface Lookup {
  readonly timestampMs: number
  /** Records below are not looked at. */
  readonly startOffset: number
  readonly segments: SegmentList
  readonly context: LogContext
  readonly callback: TimestampCallback
}

/** The first record with a timestamp of at least `timestampMs` at or above `startOffset`; null when there is none. */
export function lookupTimestamp(lookup: Lookup): void {
  const segment = lookup.segments.all.find(
    (candidate) => candidate.maxTimestamp >= lookup.timestampMs && candidate.nextOffset > lookup.startOffset,
  )
  lookupIn(segment, lookup)
}

function lookupIn(segment: Segment | undefined, lookup: Lookup): void {
  if (segment === undefined) {
    lookup.callback(null, null)
    return
  }
  segment.loadIndexes(lookup.context.corruption, (error) => {
    if (error !== null) {
      lookup.callback(error, null)
      return
    }
    if (segment !== lookup.segments.active) lookup.context.indexMemory.touch(segment)
    // The entry below tells that no earlier batch has a greater timestamp than its own, which is below the wanted one.
    const indexed = segment.timeIndex.lookup(lookup.timestampMs - 1)
    const offset = Math.max(indexed, lookup.startOffset)
    scan(segment, segment.offsetIndex.lookup(offset), CHUNK_BYTES, lookup)
  })
}

function scan(segment: Segment, position: number, length: number, lookup: Lookup): void {
  if (position + BATCH_HEADER_BYTES > segment.log.sizeBytes) {
    lookupIn(lookup.segments.after(segment), lookup)
    return
  }
  const lease = lookup.context.readArena.reserve(length)
  const { bytes } = lease.slab
  segment.log.read(bytes, lease.start, length, position, (error, bytesRead) => {
    if (error !== null) {
      lease.slab.release()
      lookup.callback(error, null)
      return
    }
    let found: TimestampOffset | null = null
    let failure: Error | null = null
    const end = lease.start + bytesRead
    let at = lease.start
    let needed = CHUNK_BYTES
    try {
      while (found === null && at + BATCH_HEADER_BYTES <= end) {
        const size = batchSizeBytes(bytes, at)
        if (size < BATCH_HEADER_BYTES)
          throw new CorruptBatch(segment.log.path, position + at - lease.start, 'batch size cannot be')
        const isCandidate = maxTimestamp(bytes, at) >= lookup.timestampMs && lastOffset(bytes, at) >= lookup.startOffset
        if (isCandidate && at + size > end) {
          needed = size
          break
        }
        if (isCandidate) found = findInBatch(bytes, at, lookup)
        at += size
      }
    } catch (thrown) {
      failure = thrown as Error
    }
    lease.slab.release()
    if (failure instanceof CorruptBatch) lookup.context.corruption.found(failure)
    if (failure !== null || found !== null) lookup.callback(failure, found)
    else if (bytesRead === 0) lookup.callback(null, null)
    else scan(segment, position + at - lease.start, needed, lookup)
  })
}

function findInBatch(bytes: Buffer, at: number, lookup: Lookup): TimestampOffset | null {
  let found: TimestampOffset | null = null
  visitRecords(bytes, at, (record) => {
    if (record.offset < lookup.startOffset || record.timestampMs < lookup.timestampMs) return true
    found = { offset: record.offset, timestamp: record.timestampMs, leaderEpoch: partitionLeaderEpoch(bytes, at) }
    return false
  })
  return found
}
