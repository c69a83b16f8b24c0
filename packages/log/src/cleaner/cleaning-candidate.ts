/**
 * Which logs are worth compacting (kafka-configs: min.cleanable.dirty.ratio, min.compaction.lag.ms,
 * max.compaction.lag.ms). The active segment, records above the last stable offset and what is not flushed yet stay out.
 */
import type { PartitionLog } from '../partition-log.ts'
import type { Segment } from '../segment.ts'

export interface CleaningCandidate {
  readonly log: PartitionLog
  readonly firstDirtyOffset: number
  /** Exclusive; the base of a segment. */
  readonly endOffset: number
  /** Dirty bytes by all bytes below `endOffset`. */
  readonly dirtyRatio: number
  /** A dirty record is older than max.compaction.lag.ms. */
  readonly isOverdue: boolean
}

/** The dirtiest log that may and should be compacted now; overdue ones first. null when there is none. */
export function chooseFilthiest(logs: Iterable<PartitionLog>, nowMs: number): CleaningCandidate | null {
  let chosen: CleaningCandidate | null = null
  for (const log of logs) {
    if (!log.config.cleanupPolicy.compact || log.isClosed || log.offline !== null) continue
    const candidate = candidateOf(log, nowMs)
    if (candidate === null) continue
    if (!candidate.isOverdue && candidate.dirtyRatio <= log.config.minCleanableDirtyRatio) continue
    if (chosen === null || isFilthier(candidate, chosen)) chosen = candidate
  }
  return chosen
}

function isFilthier(one: CleaningCandidate, other: CleaningCandidate): boolean {
  if (one.isOverdue !== other.isOverdue) return one.isOverdue
  return one.dirtyRatio > other.dirtyRatio
}

/** null when nothing in `log` may be compacted now. */
export function candidateOf(log: PartitionLog, nowMs: number): CleaningCandidate | null {
  const firstDirtyOffset = firstDirtyOffsetOf(log)
  const endOffset = cleanableEnd(log, firstDirtyOffset, nowMs)
  let cleanBytes = 0
  let dirtyBytes = 0
  let oldestMs = Number.POSITIVE_INFINITY
  for (const segment of log.segments.all) {
    if (segment.baseOffset >= endOffset) break
    if (segment.nextOffset <= firstDirtyOffset) {
      cleanBytes += segment.log.sizeBytes
      continue
    }
    dirtyBytes += segment.log.sizeBytes
    oldestMs = Math.min(oldestMs, oldestTimestamp(segment))
  }
  if (dirtyBytes === 0) return null
  return {
    log,
    firstDirtyOffset,
    endOffset,
    dirtyRatio: dirtyBytes / (cleanBytes + dirtyBytes),
    isOverdue: nowMs - oldestMs > log.config.maxCompactionLagMs,
  }
}

/** The log's own, within what is there: a checkpoint that lies outside tells nothing. */
function firstDirtyOffsetOf(log: PartitionLog): number {
  const { firstDirtyOffset, logStartOffset, segments } = log
  return firstDirtyOffset < logStartOffset || firstDirtyOffset > segments.active.baseOffset
    ? logStartOffset
    : firstDirtyOffset
}

function cleanableEnd(log: PartitionLog, firstDirtyOffset: number, nowMs: number): number {
  const { minCompactionLagMs } = log.config
  const limit = Math.min(log.lastStableOffset(log.highWatermark), log.checkpointedRecoveryPoint)
  const youngestMs = nowMs - minCompactionLagMs
  let end = log.segments.first.baseOffset
  for (const segment of log.segments.all) {
    if (segment === log.segments.active || segment.nextOffset > limit) break
    const isDirty = segment.nextOffset > firstDirtyOffset
    if (isDirty && minCompactionLagMs > 0 && segment.maxTimestamp > youngestMs) break
    end = segment.nextOffset
  }
  return end
}

/** Of the first batch where that is known; after a restart the greatest one stands in. */
function oldestTimestamp(segment: Segment): number {
  if (segment.firstTimestamp >= 0) return segment.firstTimestamp
  return segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.createdMs
}
