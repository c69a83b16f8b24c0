/**
 * The cleaner of a log directory: again and again the dirtiest log, one at a time, until none is worth it; then a pause
 * of log.cleaner.backoff.ms. Works on the owner's loop in slices of a few milliseconds, with reads, writes and fsyncs
 * in the thread pool, so that nobody waits for it.
 */
import type { TimerHandle } from '@millrace/base/host'
import type { LogContext } from '../log-context.ts'
import type { PartitionLog } from '../partition-log.ts'
import { chooseFilthiest, type CleaningCandidate } from './cleaning-candidate.ts'
import { CorruptBatch } from '../corrupt-batch.ts'
import { CleaningAborted } from './cleaning-error.ts'
import type { CleanerSettings } from './cleaner-settings.ts'
import { cleanLog } from './log-cleaning.ts'

export interface LogCleanerOptions {
  readonly context: LogContext
  /** Read afresh for each round: the settings may change while the broker runs. */
  readonly settings: () => CleanerSettings
  readonly logs: () => Iterable<PartitionLog>
  readonly writeRecoveryPoints: (callback: (error: Error | null) => void) => void
  /** First dirty offsets changed. */
  readonly writeCheckpoint: (callback: (error: Error | null) => void) => void
}

export class LogCleaner {
  readonly #options: LogCleanerOptions
  /** Logs with a segment that cannot be read; left alone until the next start. */
  readonly #uncleanable = new Set<PartitionLog>()
  #timer: TimerHandle | null = null
  #cleaning: PartitionLog | null = null
  #isClosed = false
  /** Called when the cleaning under way has ended after `close`. */
  #closed: (() => void) | null = null

  constructor(options: LogCleanerOptions) {
    this.#options = options
  }

  /** Logs that are not compacted any more because a segment of theirs is corrupt. */
  get uncleanable(): readonly PartitionLog[] {
    return [...this.#uncleanable]
  }

  start(): void {
    this.#wait()
  }

  /** Looks for work now instead of at the end of the pause. */
  wake(): void {
    if (this.#cleaning !== null || this.#isClosed) return
    this.#clearTimer()
    this.#next()
  }

  /** No cleaning begins any more; calls back when none is under way, which an abort makes soon. */
  close(callback: () => void): void {
    this.#isClosed = true
    this.#clearTimer()
    if (this.#cleaning === null) callback()
    else this.#closed = callback
  }

  #clearTimer(): void {
    if (this.#timer !== null) this.#options.context.host.timers.clear(this.#timer)
    this.#timer = null
  }

  #wait(): void {
    this.#timer = this.#options.context.host.timers.set(this.#options.settings().backoffMs, () => {
      this.#timer = null
      this.#next()
    })
  }

  #next(): void {
    if (this.#isClosed) return
    const settings = this.#options.settings()
    const nowMs = this.#options.context.host.clock.nowMs()
    const candidate = settings.enabled ? chooseFilthiest(this.#cleanable(), nowMs) : null
    if (candidate === null) this.#wait()
    else this.#clean(candidate, settings)
  }

  *#cleanable(): Iterable<PartitionLog> {
    for (const log of this.#options.logs()) if (!this.#uncleanable.has(log)) yield log
  }

  #clean(candidate: CleaningCandidate, settings: CleanerSettings): void {
    const { context, writeRecoveryPoints, writeCheckpoint } = this.#options
    const { log, firstDirtyOffset } = candidate
    this.#cleaning = log
    const startedMs = context.host.clock.monotonicMs()
    const isStopped = (): boolean => this.#isClosed
    cleanLog(context, candidate, settings, { writeRecoveryPoints, isStopped }, (error, outcome) => {
      if (outcome === null) {
        this.#failed(log, error as Error)
        this.#ended(false)
        return
      }
      context.logger.info('compacted a log', {
        topic: log.topic,
        partition: log.partition,
        from: firstDirtyOffset,
        to: outcome.firstDirtyOffset,
        ...outcome.statistics,
        ms: Math.round(context.host.clock.monotonicMs() - startedMs),
      })
      writeCheckpoint((writeError) => {
        if (writeError !== null)
          context.logger.warn('the cleaner checkpoint could not be written', { error: writeError.message })
        this.#ended(outcome.firstDirtyOffset > firstDirtyOffset)
      })
    })
  }

  #failed(log: PartitionLog, error: Error): void {
    const { logger } = this.#options.context
    const where = { topic: log.topic, partition: log.partition }
    if (error instanceof CleaningAborted) {
      logger.info('a compaction was given up', { ...where, reason: error.message })
    } else if (error instanceof CorruptBatch) {
      // It would copy or lose what is there.
      this.#uncleanable.add(log)
      logger.error('a log is not compacted any more: a segment is corrupt', { ...where, error: error.message })
      this.#options.context.corruption.found(error)
    } else {
      logger.warn('a compaction failed and will be tried again', { ...where, error: error.message })
    }
  }

  #ended(madeProgress: boolean): void {
    this.#cleaning = null
    for (const log of this.#uncleanable) if (log.isClosed) this.#uncleanable.delete(log)
    if (this.#isClosed) this.#closed?.()
    else if (madeProgress) this.#options.context.host.tick(() => this.#next())
    else this.#wait()
  }
}
