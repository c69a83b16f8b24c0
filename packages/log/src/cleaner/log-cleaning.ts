/**
 * One cleaning of one log: map of the dirty part, then every segment up to its end rewritten, group by group. A group
 * that is swapped in stays so, whatever becomes of the next one; only a whole cleaning moves the first dirty offset.
 */
import type { LogContext } from '../log-context.ts'
import type { Segment } from '../segment.ts'
import type { AbortedEntry } from '../transaction-index.ts'
import type { ProducerStates } from '../producer-states.ts'
import type { LastOfProducer } from './batch-cleaner.ts'
import { cleaningComputation } from './cleaning-computation.ts'
import type { CleaningCandidate } from './cleaning-candidate.ts'
import type { CleanerSettings } from './cleaner-settings.ts'
import type { CleaningRun, CleaningStatistics } from './cleaning-run.ts'
import { buildMap } from './map-building.ts'
import { Pace } from './pace.ts'
import { groupSegments } from './segment-groups.ts'
import { rewriteGroup } from './segment-rewriting.ts'
import { swapSegments } from './segment-swap.ts'

export interface CleaningOutcome {
  readonly firstDirtyOffset: number
  readonly statistics: CleaningStatistics
}

export interface CleaningOwner {
  /** Makes the recovery points durable: recovery should not read again what is compacted below them. */
  readonly writeRecoveryPoints: (callback: (error: Error | null) => void) => void
  /** The owner closes: the cleaning is to end at the next opportunity. */
  readonly isStopped: () => boolean
}

/**
 * @param done CleaningAborted, CorruptBatch or StorageError; the log is whole in every case
 */
export function cleanLog(
  context: LogContext,
  candidate: CleaningCandidate,
  settings: CleanerSettings,
  owner: CleaningOwner,
  callback: (error: Error | null, outcome: CleaningOutcome | null) => void,
): void {
  const { log, firstDirtyOffset, endOffset } = candidate
  const nowMs = context.host.clock.nowMs()
  let generation = log.generation
  let watched: readonly Segment[] = log.segments.all.filter((segment) => segment.baseOffset < endOffset)
  const aborted = abortedBelow(log.segments.all, endOffset)
  const { dedupeBufferBytes: bytesMax, loadFactor } = settings
  const computation = context.host.computing.open(cleaningComputation, {
    map: { bytesMax, loadFactor, recordsMax: endOffset - firstDirtyOffset },
    aborted,
    firstDirtyOffset,
    lastOfProducers: lastOfProducers(log.producers),
    nowMs,
    deleteRetentionMs: log.config.deleteRetentionMs,
  })
  const done: typeof callback = (error, outcome) => {
    computation.close()
    callback(error, outcome)
  }
  const run: CleaningRun = {
    computation,
    context,
    log,
    pace: new Pace(context.host, settings.ioBytesPerSecondMax),
    isAborted: () =>
      owner.isStopped() ||
      log.isClosed ||
      log.offline !== null ||
      generation !== log.generation ||
      !watched.every((segment) => log.segments.has(segment)),
    statistics: { bytesBefore: 0, bytesAfter: 0, segmentsBefore: 0, segmentsAfter: 0 },
  }
  const dirty = watched.filter((segment) => segment.nextOffset > firstDirtyOffset)

  const rewriteAll = (mapEndOffset: number): void => {
    const segments = watched.filter((segment) => segment.baseOffset < mapEndOffset)
    const groups = groupSegments(segments, log.config)
    const next = (index: number): void => {
      const group = groups[index]
      if (group === undefined) {
        log.firstDirtyOffset = mapEndOffset
        done(null, { firstDirtyOffset: mapEndOffset, statistics: run.statistics })
        return
      }
      watched = groups.slice(index).flat()
      generation = log.generation
      rewriteGroup({
        run,
        group,
        done: (error, cleaned) => {
          if (cleaned === null) return done(error, null)
          count(run.statistics, group, cleaned)
          swapSegments(run, group, cleaned, (swapError) => {
            if (swapError !== null) done(swapError, null)
            else next(index + 1)
          })
        },
      })
    }
    next(0)
  }

  buildMap({
    run,
    segments: dirty,
    firstDirtyOffset,
    done: (error, mapEndOffset) => {
      if (error !== null) return done(error, null)
      owner.writeRecoveryPoints((checkpointError) => {
        if (checkpointError !== null) done(checkpointError, null)
        else rewriteAll(mapEndOffset)
      })
    },
  })
}

function abortedBelow(segments: readonly Segment[], endOffset: number): AbortedEntry[] {
  return segments.flatMap((segment) =>
    segment.transactionIndex.entries.filter((entry) => entry.firstOffset < endOffset),
  )
}

function lastOfProducers(producers: ProducerStates): LastOfProducer[] {
  return [...producers.all()].map(({ producerId, epoch, batches }) => ({
    producerId,
    epoch,
    dataOffset: batches.at(-1)?.lastOffset ?? -1,
  }))
}

function count(statistics: CleaningStatistics, group: readonly Segment[], cleaned: Segment): void {
  statistics.segmentsBefore += group.length
  statistics.segmentsAfter++
  statistics.bytesAfter += cleaned.log.sizeBytes
  for (const segment of group) statistics.bytesBefore += segment.log.sizeBytes
}
