/**
 * Which segments of a log have outlived their use (kafka-configs: retention.ms, retention.bytes; KIP-107 for the log
 * start), and their removal: renamed to `.deleted` at once, gone after file.delete.delay.ms.
 */
import { deleteSegmentFiles } from './deleted-files.ts'
import type { LogContext } from './log-context.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Segment } from './segment.ts'

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
    const decision = decideRetention(log, context.host.clock.nowMs())
    if (decision === null) return
    const takesAll = decision.count === log.segments.all.length
    // On a full volume nothing can be rolled, but what has outlived its time goes all the same.
    const count = takesAll && !log.roll() ? decision.count - 1 : decision.count
    if (count === 0) return
    const dropped = log.dropOldestSegments(count)
    context.logger.info('deleting segments', {
      topic: log.topic,
      partition: log.partition,
      reason: decision.reason,
      segments: dropped.length,
      logStartOffset: log.logStartOffset,
    })
    deleteSegmentFiles(context, log, dropped, -1)
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
