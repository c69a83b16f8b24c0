/**
 * Which segments of a log have outlived their use (kafka-configs: retention.ms, retention.bytes; KIP-107 for the log
 * start), and their removal: renamed to `.deleted` at once, gone after file.delete.delay.ms.
 */
import { DELETED_SUFFIX, segmentFileName } from './file-names.ts'
import type { LogContext } from './log-context.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Segment } from './segment.ts'
import { SegmentFile } from './segment-file.ts'
import { StorageError } from './storage-error.ts'

export type RetentionReason = 'retention.ms' | 'retention.bytes' | 'log start offset'

export interface RetentionDecision {
  /** Oldest segments to delete; the active one may be among them: it is rolled first. */
  readonly count: number
  readonly reason: RetentionReason
}

/** Decides, without touching anything; null when every segment stays. Only what is wholly below the high watermark goes. */
export function decideRetention(log: PartitionLog, nowMs: number): RetentionDecision | null {
  const { cleanupPolicy, retentionMs, retentionBytes } = log.config
  const breached = countOldest(log, (_segment, nextBase) => nextBase <= log.logStartOffset)
  // Never the active one: it holds records above the log start, or none at all.
  const breachedCount = Math.min(breached, log.segments.all.length - 1)
  if (breachedCount > 0) return { count: breachedCount, reason: 'log start offset' }
  if (!cleanupPolicy.delete) return null
  if (retentionMs >= 0) {
    const count = countOldest(log, (segment) => nowMs - ageReference(segment) > retentionMs)
    if (count > 0) return { count, reason: 'retention.ms' }
  }
  if (retentionBytes >= 0) {
    let excess = log.sizeBytes - retentionBytes
    const count = countOldest(log, (segment) => {
      if (excess - segment.log.sizeBytes < 0) return false
      excess -= segment.log.sizeBytes
      return true
    })
    if (count > 0) return { count, reason: 'retention.bytes' }
  }
  return null
}

/** Applies decisions until there is none. */
export function applyRetention(context: LogContext, log: PartitionLog): void {
  for (;;) {
    if (log.offline !== null) return
    const decision = decideRetention(log, context.host.clock.nowMs())
    if (decision === null) return
    if (decision.count === log.segments.all.length && !log.roll()) return
    const dropped = log.dropOldestSegments(decision.count)
    context.logger.info('deleting segments', {
      topic: log.topic,
      partition: log.partition,
      reason: decision.reason,
      segments: dropped.length,
      logStartOffset: log.logStartOffset,
    })
    deleteSegments(context, log, dropped)
  }
}

/** The greatest timestamp, so that a record of the future keeps its segment; without any, when it was last written. */
function ageReference(segment: Segment): number {
  return segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.createdMs
}

/** Length of the run of oldest segments that `isDue`, are below the high watermark and not empty. */
function countOldest(log: PartitionLog, isDue: (segment: Segment, nextBase: number) => boolean): number {
  const { all, active } = log.segments
  let count = 0
  for (const [index, segment] of all.entries()) {
    const nextBase = all[index + 1]?.baseOffset ?? log.logEndOffset
    if (segment === active && segment.plannedBytes === 0) break
    if (nextBase > log.highWatermark || !isDue(segment, nextBase)) break
    count++
  }
  return count
}

function deleteSegments(context: LogContext, log: PartitionLog, segments: readonly Segment[]): void {
  const { host, files } = context
  const doomed = segments.flatMap((segment) => {
    const snapshot = `${log.directory}/${segmentFileName(segment.baseOffset, '.snapshot')}`
    return [...segment.files, SegmentFile.at(files, snapshot)]
  })
  try {
    for (const file of doomed) if (file.exists) file.rename(file.path + DELETED_SUFFIX)
  } catch (error) {
    const failure = error instanceof StorageError ? error : new StorageError('rename', log.directory, error)
    context.logger.error('a segment could not be deleted', { error: failure.message })
    return
  }
  host.timers.set(log.config.fileDeleteDelayMs, () => {
    for (const file of doomed) {
      context.background.run((done) => {
        try {
          file.remove()
        } catch (error) {
          context.logger.warn('a deleted segment file could not be removed', { error: String(error) })
        }
        done()
      })
    }
  })
}
