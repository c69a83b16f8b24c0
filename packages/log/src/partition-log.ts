/**
 * PartitionLog: the one owner of a partition's files. Batches come in order on one loop, are given offsets and queued,
 * and are written together once per tick; `logEndOffset` moves, and the append is acknowledged, only when the write has
 * returned. Everything that depends on the batches (indexes, leader epochs, producer states, the segment they go to) is
 * decided when they are queued, so that the next request sees it; readers go by `logEndOffset`.
 *
 * After a failed write or flush `offline` is set: nothing is accepted any more, reads go on. A log whose volume was full
 * comes back by `bringBack`; after any other fault recovery at the next start makes it whole again.
 */
import type { Host } from '@millrace/base/host'
import { invariant } from '@millrace/base/invariant'
import type { Logger } from '@millrace/base/logger'
import type { Uuid } from '@millrace/base/uuid'
import {
  batchSizeBytes,
  lastOffsetDelta,
  setBaseOffset,
  setPartitionLeaderEpoch,
  stampLogAppendTime,
} from '@millrace/protocol/records/batch-header'
import { AppendError } from './append-error.ts'
import type { Slab } from './arena.ts'
import { problemOfBatches } from './batch-checks.ts'
import { LeaderEpochCache } from './leader-epoch-cache.ts'
import type { LogConfig } from './log-config.ts'
import { createLogContext, type LogContext } from './log-context.ts'
import { LogReader } from './log-reader.ts'
import type { LogState } from './log-state.ts'
import type { AbortedTransaction, AppendCallback, LogRead, ReadRequest, TimestampCallback } from './log-types.ts'
import { LogWriter } from './log-writer.ts'
import { createPartitionDirectory } from './partition-directory.ts'
import type { ProducerStates } from './producer-states.ts'
import { loadLog, type LoadedLog } from './recovery.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import { isOutOfSpace } from './storage-error.ts'
import { lookupTimestamp } from './timestamp-lookup.ts'
import type { AbortedEntry } from './transaction-index.ts'

export interface PartitionLogOptions {
  readonly topic: string
  readonly partition: number
  readonly topicId: Uuid
  readonly config: LogConfig
  /** The partition's own directory. */
  readonly directory: string
}

export class PartitionLog implements LogState {
  readonly topic: string
  readonly partition: number
  readonly topicId: Uuid
  /** Of the partition; changes only when the log is being deleted. */
  directory: string
  config: LogConfig
  /** First offset that may be read. */
  logStartOffset: number
  /** Offset after the last record that is written. */
  logEndOffset: number
  /** Kept by the owner of the replica: bounds retention, and is checkpointed. */
  highWatermark: number
  firstDirtyOffset = 0
  readonly leaderEpochs: LeaderEpochCache
  readonly producers: ProducerStates
  readonly segments: SegmentList
  /** Set by the first failed write or flush: the partition answers KAFKA_STORAGE_ERROR. */
  offline: Error | null = null
  /** Called once per group of appends that was written, before they are acknowledged: wake waiting fetches here. */
  onLogEndMoved: (() => void) | null = null
  /** Called when `offline` is set, and again if it turns out that more than room is missing. */
  onOffline: ((error: Error) => void) | null = null
  /** Called before records are dropped from the end: by the cleaner, whose new segment would still have them. */
  beforeCut: (() => void) | null = null
  readonly #context: LogContext
  readonly #writer: LogWriter
  readonly #reader: LogReader
  #closed = false
  /** Closed cleanly: the index files are complete. */
  #finished = false

  /** Only for LogManager and openStandalone: `loaded` is what recovery made of the directory. */
  constructor(context: LogContext, options: PartitionLogOptions, loaded: LoadedLog) {
    this.topic = options.topic
    this.partition = options.partition
    this.topicId = options.topicId
    this.directory = options.directory
    this.config = options.config
    this.segments = loaded.segments
    this.producers = loaded.producers
    this.logStartOffset = this.highWatermark = loaded.logStartOffset
    this.logEndOffset = loaded.segments.active.nextOffset
    this.#context = context
    this.leaderEpochs = new LeaderEpochCache({
      entries: loaded.epochs,
      logEndOffset: () => this.logEndOffset,
      onChange: () => this.#writer.noteEpochChange(),
    })
    this.#writer = new LogWriter(this, context, loaded)
    this.#reader = new LogReader(this.#writer, context)
    if (loaded.epochsChanged) this.#writer.noteEpochChange()
    for (const segment of loaded.unflushed) this.#writer.flusher.noteRolled(segment)
  }

  /**
   * Opens a log that stands by itself (the metadata log), always recovered as after a crash, but not cut below
   * `durableOffset`. `callback` may be called before this returns; an Error names the path.
   */
  static openStandalone(
    options: PartitionLogOptions & {
      readonly host: Host
      readonly logger: Logger
      readonly durableOffset?: number
    },
    callback: (error: Error | null, log: PartitionLog | null) => void,
  ): void {
    const context = createLogContext({ host: options.host, logger: options.logger, arena: null })
    let log: PartitionLog
    try {
      createPartitionDirectory(context, options.directory, options.topicId)
      const loaded = loadLog(context, { ...options, clean: false, recoveryPoint: 0, logStartOffset: 0 })
      log = new PartitionLog(context, options, loaded)
    } catch (error) {
      callback(error as Error, null)
      return
    }
    callback(null, log)
  }

  /** Nothing is queued or being written. */
  get isIdle(): boolean {
    return this.#writer.isIdle
  }

  /** Offset of the next append, what is queued included. */
  get nextOffset(): number {
    return this.#writer.nextOffset
  }

  /** Changes when records, or the files that hold them, were taken away: what was found before is to be found again. */
  get generation(): number {
    return this.#writer.generation
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Bytes of all segments that are written. */
  get sizeBytes(): number {
    let bytes = 0
    for (const segment of this.segments.all) bytes += segment.log.sizeBytes
    return bytes
  }

  /** Everything below survives a crash of the machine. */
  get recoveryPoint(): number {
    return this.#writer.flusher.recoveryPoint
  }

  /** What `recovery-point-offset-checkpoint` may say. */
  get checkpointedRecoveryPoint(): number {
    return this.#finished ? this.recoveryPoint : this.#writer.flusher.checkpointedRecoveryPoint
  }

  /** Monotonic time of the last flush. */
  get lastFlushMs(): number {
    return this.#writer.flusher.lastFlushMs
  }

  /**
   * Assigns offsets, stamps base offset and leader epoch (and the append time, if the topic says so) in place, and
   * queues for the group commit of this tick. `bytes[start, end)` are whole, validated batches. With a slab they stay
   * unchanged until `done`; with null they are copied. Refusals call `done` before this returns.
   */
  appendAsLeader(
    slab: Slab | null,
    bytes: Buffer,
    start: number,
    end: number,
    leaderEpoch: number,
    done: AppendCallback,
  ): void {
    const refusal = this.#refusal()
    if (refusal !== null) {
      done(refusal, -1, -1)
      return
    }
    const appendTimeMs = this.config.messageTimestampType === 'LogAppendTime' ? this.#context.host.clock.nowMs() : -1
    const firstOffset = this.#writer.nextOffset
    let offset = firstOffset
    let at = start
    while (at < end) {
      setBaseOffset(bytes, at, offset)
      setPartitionLeaderEpoch(bytes, at, leaderEpoch)
      if (appendTimeMs >= 0) stampLogAppendTime(bytes, at, appendTimeMs)
      offset += lastOffsetDelta(bytes, at) + 1
      at += batchSizeBytes(bytes, at)
    }
    invariant(at === end && at > start, 'an append holds whole batches', { start, end, at })
    this.#writer.append(slab, bytes, start, end, { firstOffset, appendTimeMs, sync: false, done })
  }

  /**
   * One or more whole batches exactly as the leader has them, offsets at or above `nextOffset`. Checks size, magic and
   * CRC; `done` gets an AppendError when they do not hold. With a null slab the bytes are copied.
   */
  appendAsFollower(
    slab: Slab | null,
    bytes: Buffer,
    start: number,
    end: number,
    done: (error: Error | null) => void,
  ): void {
    const refusal = this.#refusal() ?? problemOfBatches(this, bytes, start, end)
    if (refusal !== null) {
      done(refusal)
      return
    }
    this.#writer.append(slab, bytes, start, end, { firstOffset: -1, appendTimeMs: -1, sync: false, done })
  }

  /** As appendAsFollower for batches with final offsets; acknowledged only after an fsync, shared by all that wait. */
  appendAndSync(bytes: Buffer, start: number, end: number, done: (error: Error | null) => void): void {
    const refusal = this.#refusal() ?? problemOfBatches(this, bytes, start, end)
    if (refusal !== null) {
      done(refusal)
      return
    }
    this.#writer.append(null, bytes, start, end, { firstOffset: -1, appendTimeMs: -1, sync: true, done })
  }

  /** Calls back when everything queued so far has been written; at once when nothing is queued. */
  whenWritten(done: (error: Error | null) => void): void {
    const refusal = this.#refusal()
    if (refusal !== null) done(refusal)
    else this.#writer.whenWritten(done)
  }

  /**
   * Whole batches from the one that contains `offset`, up to `maxBytes`, below `endOffset`; nothing at or above the log
   * end. null: the batch is cold, use readCold. The caller has compared `offset` with the log start.
   */
  read(request: ReadRequest): LogRead | null {
    return this.#reader.read(request)
  }

  /** As read, through the thread pool. */
  readCold(request: ReadRequest, callback: (error: Error | null, read: LogRead | null) => void): void {
    this.#reader.readCold(request, callback)
  }

  /** The first record at or after `timestampMs`, not below the log start; null when there is none. */
  offsetForTimestamp(timestampMs: number, callback: TimestampCallback): void {
    const { segments, logStartOffset: startOffset } = this
    lookupTimestamp({ timestampMs, startOffset, segments, context: this.#context, callback })
  }

  /** The earliest record that has the greatest timestamp; null when no record has one. */
  maxTimestampOffset(callback: TimestampCallback): void {
    const timestampMs = this.segments.all.reduce((greatest, segment) => Math.max(greatest, segment.maxTimestamp), -1)
    if (timestampMs < 0) callback(null, null)
    else this.offsetForTimestamp(timestampMs, callback)
  }

  /** Where read_committed consumers stop, given the high watermark (KIP-98). */
  lastStableOffset(highWatermark: number): number {
    return this.producers.lastStableOffset(highWatermark)
  }

  /** Aborted transactions that overlap [from, to), by first offset. */
  abortedTransactions(from: number, to: number): AbortedTransaction[] {
    const found: AbortedEntry[] = []
    let segment: Segment | undefined = this.segments.floor(from)
    while (segment !== undefined && !segment.transactionIndex.collect(from, to, found))
      segment = this.segments.after(segment)
    return found.sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Records below `offset` are gone for readers; whole segments below it go with the next retention check. */
  advanceLogStart(offset: number): void {
    if (offset <= this.logStartOffset) return
    this.logStartOffset = offset
    this.leaderEpochs.truncateFromStart(offset)
    if (offset > this.segments.first.baseOffset) this.#context.logStartMoved()
  }

  /** Makes everything that is written now durable. */
  flush(callback: (error: Error | null) => void): void {
    if (this.offline !== null) callback(this.offline)
    else this.#writer.flusher.flushTo(this.logEndOffset, callback)
  }

  /**
   * Drops every record and every leader epoch that begins at or above `offset`, and appends that are not written yet.
   * Disk errors take the log offline.
   */
  truncateTo(offset: number): void {
    if (offset >= this.#writer.nextOffset) {
      // Nothing to cut but an epoch in which this replica led and wrote nothing: as long as it stays, the log claims a
      // history that the leader does not know, and every fetch would be told again to truncate to here.
      this.leaderEpochs.truncateFromEnd(this.#writer.nextOffset)
      return
    }
    this.beforeCut?.()
    if (offset < this.segments.first.baseOffset) this.#writer.restartAt(offset)
    else this.#writer.truncateTo(offset)
  }

  /** Drops everything; the log goes on, empty, at `offset`. */
  truncateFullyAndStartAt(offset: number): void {
    this.beforeCut?.()
    this.#writer.restartAt(offset)
  }

  /** Starts a new segment if the active one holds anything and nothing is queued; false when it could not. */
  roll(): boolean {
    if (this.#refusal() !== null || !this.#writer.isIdle || this.segments.active.plannedBytes === 0) return false
    try {
      this.#writer.rollNow()
      return true
    } catch (error) {
      this.#writer.onWriteFailure(error as Error)
      return false
    }
  }

  /** Retention: forgets the oldest `count` segments (never the active one) and returns them for deletion. */
  dropOldestSegments(count: number): Segment[] {
    invariant(count < this.segments.all.length, 'the active segment stays', { count })
    const dropped = this.segments.removeFirst(count)
    for (const segment of dropped) this.#context.indexMemory.forget(segment)
    this.#writer.flusher.forgetDropped()
    this.advanceLogStart(this.segments.first.baseOffset)
    return dropped
  }

  /** Compaction: `replacement`, flushed with its indexes, takes the place of `replaced`, which follow each other. */
  replaceSegments(replaced: readonly Segment[], replacement: Segment): void {
    this.segments.replace(replaced, replacement)
    for (const segment of replaced) this.#context.indexMemory.forget(segment)
    this.#context.indexMemory.touch(replacement)
    this.#writer.tail.dropBelow(replacement.nextOffset)
    this.#writer.generation++
    this.#writer.flusher.noteNewFiles()
  }

  /** Offline for want of room: accepts appends again, at the log end. Throws StorageError when there is still none. */
  bringBack(): void {
    if (this.offline === null || this.#closed) return
    if (!isOutOfSpace(this.offline)) throw this.offline
    this.beforeCut?.()
    this.#writer.bringBack()
  }

  /**
   * Clean close: writes and flushes everything, completes index files, producer snapshot and epochs. After an error the
   * directory is to be recovered as after a crash.
   */
  close(callback: (error: Error | null) => void): void {
    this.whenWritten((writeError) => {
      this.#closed = true
      if (writeError !== null) {
        this.#end(writeError, callback)
        return
      }
      this.#writer.flusher.drain((flushError) => {
        if (flushError !== null) this.#end(flushError, callback)
        else this.#writer.finishFiles((error) => this.#end(error, callback))
      })
    })
  }

  /** Closes without finishing anything: the directory is about to be deleted. */
  abandon(): void {
    this.#closed = true
    this.#writer.abandon(new AppendError('closed', `the log ${this.topic}-${this.partition} was closed`))
    this.#closeFiles()
  }

  #end(error: Error | null, callback: (error: Error | null) => void): void {
    this.#finished = error === null
    this.#writer.abandon(new AppendError('closed', `the log ${this.topic}-${this.partition} was closed`))
    this.#closeFiles()
    callback(error)
  }

  #closeFiles(): void {
    for (const segment of this.segments.all) segment.close()
  }

  #refusal(): Error | null {
    if (this.offline !== null) return this.offline
    return this.#closed ? new AppendError('closed', `the log ${this.topic}-${this.partition} is closed`) : null
  }
}
