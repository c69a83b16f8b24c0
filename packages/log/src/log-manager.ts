/**
 * LogManager: all partition logs of one log directory. Loads them at start, creates and deletes them, and looks after
 * them from timers: checkpoints (high watermarks 5 s, recovery points and log starts 60 s), retention (5 min), flush.ms
 * (1 s), producer expiry (10 min). Each round works in small steps, so that no turn of the loop is long.
 *
 * `__cluster_metadata-0` is not its business: the controller's engine opens it by itself.
 */
import type { TimerHandle } from '@millrace/base/host'
import { invariant } from '@millrace/base/invariant'
import type { Uuid } from '@millrace/base/uuid'
import {
  directoryMark,
  markedDirectoryName,
  parsePartitionDirectoryName,
  partitionDirectoryName,
} from './file-names.ts'
import { type CleanerSettings, defaultCleanerSettings } from './cleaner/cleaner-settings.ts'
import { LogCleaner } from './cleaner/log-cleaner.ts'
import { firstDirtyOffsetsOf, highWatermarksOf, logStartsOf, recoveryPointsOf } from './log-checkpoints.ts'
import type { CreateLogOptions, LogManagerOptions } from './log-manager-options.ts'
import { createLogContext, type LogContext } from './log-context.ts'
import { LogDirectory, partitionKey } from './log-directory.ts'
import { createPartitionDirectory } from './partition-directory.ts'
import { PartitionLog } from './partition-log.ts'
import { PARTITION_METADATA_FILE, readTopicId } from './partition-metadata.ts'
import { loadLog } from './recovery.ts'
import { applyRetention } from './retention.ts'
import { isOutOfSpace, StorageError } from './storage-error.ts'

const METADATA_DIRECTORY = '__cluster_metadata-0'
const HIGH_WATERMARK_PERIOD_MS = 5_000
const CHECKPOINT_PERIOD_MS = 60_000
const RETENTION_PERIOD_MS = 300_000
const FLUSH_PERIOD_MS = 1_000
const PRODUCER_EXPIRY_PERIOD_MS = 600_000
const IDLE_CHECK_MS = 20

export class LogManager {
  /** Identifies the directory to the controller (KIP-858). */
  readonly directoryId: Uuid
  /** -1 after an unclean stop. */
  readonly previousBrokerEpoch: number
  readonly #options: LogManagerOptions
  readonly #context: LogContext
  readonly #directory: LogDirectory
  readonly #logs = new Map<string, PartitionLog>()
  readonly #cleaner: LogCleaner
  readonly #timers = new Set<TimerHandle>()
  #closed = false
  #recoveryPointsDue = false
  /** The last periodic write found no room. */
  #isFull = false
  #logStartsDue = false

  private constructor(options: LogManagerOptions, directory: LogDirectory) {
    this.#options = options
    this.#directory = directory
    this.#context = createLogContext({
      ...options,
      recoveryPointFell: () => this.#writeRecoveryPointsSoon(),
      logStartMoved: () => this.#writeLogStartsSoon(),
    })
    this.#cleaner = new LogCleaner({
      context: this.#context,
      settings: options.cleanerSettings ?? ((): CleanerSettings => defaultCleanerSettings),
      logs: () => this.#logs.values(),
      writeRecoveryPoints: (callback) =>
        directory.recoveryPointFile.write(recoveryPointsOf(this.#logs.values()), callback),
      writeCheckpoint: (callback) => this.writeCleanerCheckpoint(callback),
    })
    this.directoryId = directory.directoryId
    this.previousBrokerEpoch = directory.previousBrokerEpoch
  }

  /** Takes the directory into use and loads every partition in it, one per tick. The Error names path and cause. */
  static open(options: LogManagerOptions, callback: (error: Error | null, manager: LogManager | null) => void): void {
    let manager: LogManager
    let names: string[]
    try {
      manager = new LogManager(options, new LogDirectory(options))
      names = manager.#partitionDirectories()
    } catch (error) {
      callback(error as Error, null)
      return
    }
    const next = (): void => {
      const name = names.pop()
      if (name === undefined) {
        manager.#startTimers()
        callback(null, manager)
        return
      }
      try {
        manager.#load(name)
      } catch (error) {
        callback(error as Error, null)
        return
      }
      options.host.tick(next)
    }
    next()
  }

  get(topic: string, partition: number): PartitionLog | undefined {
    return this.#logs.get(partitionKey(topic, partition))
  }

  all(): Iterable<PartitionLog> {
    return this.#logs.values()
  }

  /** Creates the partition's directory and an empty log. It must not exist yet. Throws StorageError. */
  create(options: CreateLogOptions): PartitionLog {
    const { topic, partition, topicId, config } = options
    const key = partitionKey(topic, partition)
    invariant(!this.#logs.has(key), 'a log is created once', { topic, partition })
    const directory = `${this.#directory.path}/${partitionDirectoryName(topic, partition)}`
    createPartitionDirectory(this.#context, directory, topicId)
    const loaded = loadLog(this.#context, { directory, config, clean: true, recoveryPoint: 0, logStartOffset: 0 })
    const log = new PartitionLog(this.#context, { ...options, directory }, loaded)
    this.#logs.set(key, log)
    return log
  }

  /** Deletes the log: its directory is renamed at once and gone after file.delete.delay.ms. Throws StorageError. */
  remove(topic: string, partition: number): void {
    const log = this.#logs.get(partitionKey(topic, partition))
    if (log === undefined) return
    const path = this.#detach(log, 'delete')
    this.#removeLater(path, log.config.fileDeleteDelayMs)
  }

  /** Sets aside a log that this broker should not have: renamed `-stray`, kept until an operator removes it. */
  markStray(topic: string, partition: number): void {
    const log = this.#logs.get(partitionKey(topic, partition))
    if (log !== undefined) this.#detach(log, 'stray')
  }

  /** The high watermark of the last checkpoint before this start, within [log start, log end]; log start when unknown. */
  highWatermark(topic: string, partition: number): number {
    const log = this.#logs.get(partitionKey(topic, partition))
    const checkpointed = this.#directory.highWatermarks.get(partitionKey(topic, partition)) ?? 0
    if (log === undefined) return checkpointed
    return Math.min(Math.max(checkpointed, log.logStartOffset), log.logEndOffset)
  }

  /** Writes the high watermarks of all logs now; also done every 5 s. */
  writeHighWatermarks(callback: (error: Error | null) => void): void {
    this.#directory.highWatermarkFile.write(highWatermarksOf(this.#logs.values()), callback)
  }

  /** Writes recovery points and log starts now; also done every 60 s. */
  writeCheckpoints(callback: (error: Error | null) => void): void {
    this.#directory.recoveryPointFile.write(recoveryPointsOf(this.#logs.values()), (error) => {
      if (error !== null) callback(error)
      else this.#directory.logStartFile.write(logStartsOf(this.#logs.values()), callback)
    })
  }

  /** Writes up to where each log is compacted; also done after each cleaning. */
  writeCleanerCheckpoint(callback: (error: Error | null) => void): void {
    this.#directory.cleanerFile.write(firstDirtyOffsetsOf(this.#logs.values()), callback)
  }

  /** Compacts what is worth it now; also done every log.cleaner.backoff.ms. */
  compact(): void {
    this.#cleaner.wake()
  }

  /** Corrupt batches found on disk since the start. */
  get corruptBatches(): number {
    return this.#context.corruption.count
  }

  /** Logs left uncompacted because a segment of theirs is corrupt. */
  get uncleanable(): readonly PartitionLog[] {
    return this.#cleaner.uncleanable
  }

  /** Deletes what has outlived its retention; also done every log.retention.check.interval.ms. */
  applyRetention(): void {
    for (const log of this.#logs.values()) this.#inBackground(() => applyRetention(this.#context, log))
  }

  /** The volume is full: what is only kept for a while goes now, and retention is applied. */
  makeRoom(): void {
    this.#context.removals.hurry()
    this.applyRetention()
  }

  /**
   * The volume has room again: every log that is offline for want of it comes back, a few per turn. With an Error, which
   * names the path, the others stay offline.
   */
  bringBack(callback: (error: Error | null) => void): void {
    const logs = [...this.#logs.values()]
    const next = (): void => {
      const log = logs.at(-1)
      if (log === undefined || this.#closed) {
        callback(null)
        return
      }
      if (!log.isIdle) {
        // A write is still under way on what may be a slow disk.
        this.#context.host.timers.set(IDLE_CHECK_MS, next)
        return
      }
      logs.pop()
      try {
        log.bringBack()
      } catch (error) {
        callback(error as Error)
        return
      }
      this.#context.host.tick(next)
    }
    next()
  }

  /**
   * Clean stop: writes and flushes every log, the checkpoints, and last the mark with the broker epoch. With a log
   * offline there is no mark, and the next start recovers. `callback` gets the first error, after everything was tried.
   */
  close(options: { readonly brokerEpoch: number }, callback: (error: Error | null) => void): void {
    this.#closed = true
    for (const timer of this.#timers) this.#context.host.timers.clear(timer)
    this.#context.removals.close()
    this.#cleaner.close(() => this.#closeLogs(options.brokerEpoch, callback))
  }

  #closeLogs(brokerEpoch: number, callback: (error: Error | null) => void): void {
    const logs = [...this.#logs.values()]
    let failure: Error | null = null
    const next = (): void => {
      const log = logs.pop()
      if (log !== undefined) {
        log.close((error) => {
          failure ??= error
          this.#context.host.tick(next)
        })
        return
      }
      this.#writeHighWatermarksAndCheckpoints((error) => {
        failure ??= error
        try {
          if (failure === null) this.#directory.writeCleanShutdown(brokerEpoch)
        } catch (thrown) {
          failure = thrown as Error
        }
        callback(failure)
      })
    }
    next()
  }

  #writeHighWatermarksAndCheckpoints(callback: (error: Error | null) => void): void {
    this.writeHighWatermarks((error) => {
      if (error !== null) callback(error)
      else this.writeCheckpoints(callback)
    })
  }

  #partitionDirectories(): string[] {
    const { disk } = this.#context.host
    const root = this.#directory.path
    const names: string[] = []
    for (const name of disk.list(root)) {
      if (name === METADATA_DIRECTORY || !disk.status(`${root}/${name}`).isDirectory) continue
      const mark = directoryMark(name)
      if (mark === 'delete') this.#removeLater(`${root}/${name}`, this.#options.defaults.fileDeleteDelayMs)
      else if (mark === null && parsePartitionDirectoryName(name) !== null) names.push(name)
      else this.#context.logger.warn('a directory is left alone', { path: `${root}/${name}` })
    }
    return names
  }

  #load(name: string): void {
    const { host, logger } = this.#context
    const parsed = parsePartitionDirectoryName(name)
    invariant(parsed !== null, 'a partition directory has a name', { name })
    const { topic, partition } = parsed
    const directory = `${this.#directory.path}/${name}`
    const topicId = readTopicId(host.disk, logger, `${directory}/${PARTITION_METADATA_FILE}`)
    if (topicId === null) {
      const stray = `${this.#directory.path}/${markedDirectoryName(topic, partition, this.#uniqueHex(), 'stray')}`
      logger.warn('a partition directory without a topic id is set aside', { directory, stray })
      host.disk.rename(directory, stray)
      return
    }
    const config = this.#options.defaults
    const loaded = loadLog(this.#context, {
      directory,
      config,
      clean: this.#directory.wasClean,
      recoveryPoint: this.#directory.recoveryPoints.get(name) ?? 0,
      logStartOffset: this.#directory.logStartOffsets.get(name) ?? 0,
      highWatermark: this.#directory.highWatermarks.get(name) ?? Infinity,
    })
    const log = new PartitionLog(this.#context, { topic, partition, topicId, config, directory }, loaded)
    this.#logs.set(name, log)
    log.highWatermark = this.highWatermark(topic, partition)
    log.firstDirtyOffset = this.#directory.firstDirtyOffsets.get(name) ?? 0
  }

  #detach(log: PartitionLog, mark: 'delete' | 'stray'): string {
    this.#logs.delete(partitionKey(log.topic, log.partition))
    log.abandon()
    const path = `${this.#directory.path}/${markedDirectoryName(log.topic, log.partition, this.#uniqueHex(), mark)}`
    try {
      this.#context.host.disk.rename(log.directory, path)
    } catch (error) {
      throw new StorageError('rename', log.directory, error)
    }
    return path
  }

  #removeLater(path: string, delayMs: number): void {
    const { host, removals } = this.#context
    removals.later(delayMs, () => host.disk.removeDirectory(path))
  }

  #uniqueHex(): string {
    return Buffer.from(this.#context.host.random.bytes(16)).toString('hex')
  }

  #startTimers(): void {
    this.#cleaner.start()
    this.#every(HIGH_WATERMARK_PERIOD_MS, () => this.writeHighWatermarks((error) => this.#told(error)))
    this.#every(CHECKPOINT_PERIOD_MS, () => this.writeCheckpoints((error) => this.#told(error)))
    this.#every(this.#options.retentionPeriodMs ?? RETENTION_PERIOD_MS, () => this.applyRetention())
    this.#every(FLUSH_PERIOD_MS, () => this.#flushDue())
    this.#every(PRODUCER_EXPIRY_PERIOD_MS, () => {
      const nowMs = this.#context.host.clock.nowMs()
      for (const log of this.#logs.values()) this.#inBackground(() => log.producers.expire(nowMs))
    })
  }

  #every(periodMs: number, action: () => void): void {
    const { timers } = this.#context.host
    const timer = timers.set(periodMs, () => {
      this.#timers.delete(timer)
      if (this.#closed) return
      action()
      this.#every(periodMs, action)
    })
    this.#timers.add(timer)
  }

  #flushDue(): void {
    const nowMs = this.#context.host.clock.monotonicMs()
    for (const log of this.#logs.values()) {
      if (log.logEndOffset > log.recoveryPoint && nowMs - log.lastFlushMs >= log.config.flushMs)
        log.flush((error) => this.#told(error))
    }
  }

  #inBackground(action: () => void): void {
    this.#context.background.run((done) => {
      if (!this.#closed) action()
      done()
    })
  }

  /**
   * Once for all logs that were cut in this turn. Blocking, as in Kafka: with the old file a crash of the machine would
   * leave what is appended from here on unchecked.
   */
  #writeRecoveryPointsSoon(): void {
    if (this.#recoveryPointsDue) return
    this.#recoveryPointsDue = true
    this.#context.host.tick(() => {
      this.#recoveryPointsDue = false
      if (this.#closed) return
      try {
        this.#directory.recoveryPointFile.writeNow(recoveryPointsOf(this.#logs.values()))
      } catch (error) {
        this.#told(error as Error)
      }
    })
  }

  /** Once for all logs of this turn: records that were deleted must not come back with the next start. */
  #writeLogStartsSoon(): void {
    if (this.#logStartsDue) return
    this.#logStartsDue = true
    this.#context.host.tick(() => {
      this.#logStartsDue = false
      if (!this.#closed)
        this.#directory.logStartFile.write(logStartsOf(this.#logs.values()), (error) => this.#told(error))
    })
  }

  /** On a full volume every write fails: that is said once. */
  #told(error: Error | null): void {
    const isRepeated = isOutOfSpace(error) && this.#isFull
    this.#isFull = isOutOfSpace(error)
    if (error !== null && !isRepeated) this.#context.logger.warn('a periodic write failed', { error: error.message })
  }
}
