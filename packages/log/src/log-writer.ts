/**
 * The write side of a partition log: assigns batches to segments, keeps everything that depends on them up to date when
 * they are queued, moves the log end when they are written, and cuts the log. Used by PartitionLog alone.
 */
import { baseOffset, batchSizeBytes, nextOffset, partitionLeaderEpoch } from '@millrace/protocol/records/batch-header'
import { AppendError } from './append-error.ts'
import { AppendQueue, type QueuedAppend, type QueueOwner } from './append-queue.ts'
import type { Slab } from './arena.ts'
import { type FlushableLog, Flusher } from './flusher.ts'
import { LeaderEpochFile } from './leader-epoch-file.ts'
import type { LogContext } from './log-context.ts'
import type { LogState } from './log-state.ts'
import type { AppendCallback } from './log-types.ts'
import { type LoadedLog, reloadProducers } from './recovery.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import { SegmentStarts } from './segment-starts.ts'
import { isOutOfSpace } from './storage-error.ts'
import { TailCache } from './tail-cache.ts'
import { cutSegment, removeSnapshotsAbove, truncationPoint } from './truncation.ts'

export interface AppendRequest {
  /** What `done` is told. */
  readonly firstOffset: number
  readonly appendTimeMs: number
  /** Acknowledge only after fsync. */
  readonly sync: boolean
  readonly done: AppendCallback
}

export class LogWriter implements QueueOwner, FlushableLog {
  readonly tail: TailCache = new TailCache()
  readonly flusher: Flusher
  /** Offset of the next append, what is queued included. */
  nextOffset: number
  /** Changes with each truncation. */
  generation = 0
  readonly #state: LogState
  readonly #context: LogContext
  readonly #queue: AppendQueue
  readonly #epochFile: LeaderEpochFile
  readonly #starts: SegmentStarts
  #abandoned = false

  constructor(state: LogState, context: LogContext, loaded: LoadedLog) {
    this.#state = state
    this.#context = context
    this.#epochFile = new LeaderEpochFile({
      context,
      file: loaded.epochFile,
      entries: () => state.leaderEpochs.entries,
      onFailure: (error) => this.#takeOffline(error),
    })
    this.nextOffset = loaded.segments.active.nextOffset
    this.#queue = new AppendQueue(this, context)
    this.flusher = new Flusher(this, context, loaded.recoveryPoint, loaded.hasNewFiles)
    this.#starts = new SegmentStarts(state, context, this.flusher, loaded.snapshotOffset)
  }

  get directory(): string {
    return this.#state.directory
  }

  get segments(): SegmentList {
    return this.#state.segments
  }

  get logEndOffset(): number {
    return this.#state.logEndOffset
  }

  get isIdle(): boolean {
    return this.#queue.isIdle
  }

  /** Queues whole batches with final offsets; copies them first when no slab holds them. */
  append(slab: Slab | null, bytes: Buffer, start: number, end: number, request: AppendRequest): void {
    if (slab !== null) {
      this.#queueBatches(slab, bytes, start, end, request)
      return
    }
    const length = end - start
    const lease = this.#context.arena?.reserve(length) ?? null
    const target = lease === null ? Buffer.allocUnsafeSlow(length) : lease.slab.bytes
    const targetStart = lease === null ? 0 : lease.start
    bytes.copy(target, targetStart, start, end)
    this.#queueBatches(lease === null ? null : lease.slab, target, targetStart, targetStart + length, request)
    lease?.slab.release()
  }

  /** `done` when everything queued so far has been written. */
  whenWritten(done: (error: Error | null) => void): void {
    if (this.#queue.isIdle) {
      done(null)
      return
    }
    const nothing = { firstOffset: -1, appendTimeMs: -1, sync: false, done }
    this.#push(this.segments.active, null, Buffer.alloc(0), 0, 0, this.nextOffset, nothing)
  }

  #queueBatches(slab: Slab | null, bytes: Buffer, start: number, end: number, request: AppendRequest): void {
    const { config, segments } = this.#state
    const nowMs = this.#context.host.clock.nowMs()
    let segment = segments.active
    let runStart = start
    let runOffset = baseOffset(bytes, start)
    for (let at = start; at < end; at += batchSizeBytes(bytes, at)) {
      if (segment.mustRollBefore(bytes, at, config, nowMs)) {
        if (at > runStart) this.#push(segment, slab, bytes, runStart, at, runOffset, { ...request, done: null })
        const base = segment.plannedBytes === 0 ? baseOffset(bytes, at) : this.nextOffset
        segment = this.#starts.plan(base, this.nextOffset)
        runStart = at
        runOffset = baseOffset(bytes, at)
      }
      segment.noteBatch(bytes, at, config.indexIntervalBytes)
      this.#noteBatch(segment, bytes, at)
    }
    this.#push(segment, slab, bytes, runStart, end, runOffset, request)
  }

  #push(
    segment: Segment,
    slab: Slab | null,
    bytes: Buffer,
    start: number,
    end: number,
    runOffset: number,
    request: Omit<AppendRequest, 'done'> & { readonly done: AppendCallback | null },
  ): void {
    this.#queue.push({
      segment,
      slab,
      bytes,
      start,
      end,
      baseOffset: runOffset,
      nextOffset: this.nextOffset,
      done: request.done,
      firstOffset: request.firstOffset,
      logAppendTimeMs: request.appendTimeMs,
      sync: request.sync,
    })
  }

  #noteBatch(segment: Segment, bytes: Buffer, at: number): void {
    const { leaderEpochs, producers } = this.#state
    const epoch = partitionLeaderEpoch(bytes, at)
    if (epoch > leaderEpochs.latest) leaderEpochs.assign(epoch, baseOffset(bytes, at))
    this.nextOffset = nextOffset(bytes, at)
    const completed = producers.update(bytes, at)
    if (completed === null || !completed.aborted) return
    segment.transactionIndex.append({
      producerId: completed.producerId,
      firstOffset: completed.firstOffset,
      lastOffset: completed.lastOffset,
      lastStableOffset: producers.firstOpenOffset(this.nextOffset),
    })
  }

  /** Ends the active segment now. Throws StorageError. */
  rollNow(): void {
    this.#starts.start(this.#starts.plan(this.nextOffset, this.nextOffset))
  }

  onSegmentStart(segment: Segment): void {
    this.#starts.start(segment)
  }

  onWritten(group: readonly QueuedAppend[]): void {
    const state = this.#state
    let mustSync = false
    for (const { slab, start, end, baseOffset: base, nextOffset: next, sync } of group) {
      if (sync) mustSync = true
      if (end === start) continue
      state.logEndOffset = next
      if (slab === null) {
        this.tail.clear()
      } else {
        this.tail.push(slab, start, end, base, next)
        slab.release()
      }
    }
    if (state.logEndOffset - this.flusher.recoveryPoint >= state.config.flushMessages) mustSync = true
    state.onLogEndMoved?.()
    for (const append of group) {
      if (append.done !== null) this.#acknowledge(append, append.done, mustSync)
    }
  }

  #acknowledge(append: QueuedAppend, done: AppendCallback, mustSync: boolean): void {
    const { firstOffset, logAppendTimeMs } = append
    if (!mustSync) {
      done(null, firstOffset, logAppendTimeMs)
      return
    }
    this.flusher.flushTo(append.nextOffset, (error) => {
      if (error === null) done(null, firstOffset, logAppendTimeMs)
      else done(error, -1, -1)
    })
  }

  onWriteFailure(error: Error): void {
    this.#takeOffline(error)
    this.#forgetAbove(this.#state.logEndOffset)
  }

  /**
   * There is room again after a write that found none: cuts what it left in files, indexes and producer states, and the
   * log goes on at its end. Throws StorageError when the disk refuses that as well.
   */
  bringBack(): void {
    const { active } = this.segments
    // A roll may have been given up half way: its files are made again, all of them or none.
    if (active.baseOffset === this.logEndOffset && active.log.sizeBytes === 0) this.#starts.create(active)
    for (const segment of this.segments.all) {
      if (segment.nextOffset > this.flusher.recoveryPoint || segment === active)
        for (const file of segment.files) file.cutRemains()
    }
    this.generation++
    this.#cutTo(this.logEndOffset)
    this.#state.offline = null
    this.noteEpochChange()
    this.flusher.resume()
  }

  onFlushFailure(error: Error): void {
    this.#takeOffline(error)
  }

  /** Drops everything at or above `offset`, which is not below the first segment. */
  truncateTo(offset: number): void {
    this.#truncate(() => this.#cutTo(Math.min(offset, this.logEndOffset)))
  }

  /** Drops everything; the log goes on, empty, at `offset`. */
  restartAt(offset: number): void {
    this.#truncate(() => {
      const state = this.#state
      const segment = this.#starts.newSegment(offset, 0)
      for (const removed of this.segments.replaceAll(segment).reverse()) this.#removeFiles(removed)
      this.#starts.create(segment)
      removeSnapshotsAbove(this.#context.host.disk, this.directory, -1)
      this.#context.host.disk.syncDirectory(this.directory)
      state.leaderEpochs.clear()
      state.producers.clear()
      this.tail.clear()
      state.logStartOffset = offset
      this.#endAt(offset)
      this.flusher.recoveryPoint = offset
    })
  }

  /** Fails whatever is queued or waits for a flush, and forgets the tail: the log is being closed for good. */
  abandon(error: Error): void {
    this.#abandoned = true
    const cancelled = this.#queue.cancelAll()
    this.flusher.fail(error)
    this.tail.clear()
    for (const append of cancelled) append.done?.(error, -1, -1)
  }

  /** Completes what is on disk after the last write: index files, producer snapshot, epochs; all of it durable. */
  finishFiles(callback: (error: Error | null) => void): void {
    const { active } = this.segments
    active.seal()
    try {
      active.log.trim()
    } catch (error) {
      callback(error as Error)
      return
    }
    active.persistAndSync((error) => {
      if (error !== null) {
        callback(error)
        return
      }
      try {
        this.#starts.writeEndSnapshot(this.nextOffset)
      } catch (thrown) {
        callback(thrown as Error)
        return
      }
      this.writeLeaderEpochs((epochError) => {
        if (epochError !== null) callback(epochError)
        else this.flusher.syncDirectory(callback)
      })
    })
  }

  noteEpochChange(): void {
    this.#epochFile.noteChange()
  }

  writeLeaderEpochs(callback: (error: Error | null) => void): void {
    this.#epochFile.write(callback)
  }

  #truncate(cut: () => void): void {
    const cancelled = this.#queue.cancelAll()
    this.generation++
    try {
      cut()
    } catch (error) {
      this.#takeOffline(error as Error)
    }
    const lost = new AppendError('truncated', `${this.directory} was truncated before the append was written`)
    for (const append of cancelled) append.done?.(lost, -1, -1)
  }

  #cutTo(offset: number): void {
    const state = this.#state
    const later = this.segments.removeAbove(offset)
    for (const removed of later.reverse()) this.#removeFiles(removed)
    // A removed segment that came back with the machine would continue the log with records that are no more.
    if (later.length > 0) this.#context.host.disk.syncDirectory(this.directory)
    while (this.segments.all.length > 1 && !this.segments.active.log.exists)
      this.segments.removeAbove(this.segments.active.baseOffset - 1)
    const { active } = this.segments
    this.#context.indexMemory.forget(active)
    const point = truncationPoint(active, offset)
    cutSegment(active, point)
    this.tail.truncateTo(point.offset)
    state.leaderEpochs.truncateFromEnd(point.offset)
    removeSnapshotsAbove(this.#context.host.disk, this.directory, point.offset)
    if (!state.producers.truncateTo(point.offset)) {
      reloadProducers(this.#context, {
        directory: this.directory,
        segments: this.segments,
        producers: state.producers,
        endOffset: point.offset,
        highWatermark: state.highWatermark,
      })
    }
    state.logStartOffset = Math.min(state.logStartOffset, point.offset)
    this.#endAt(point.offset)
  }

  #endAt(offset: number): void {
    const state = this.#state
    if (offset < this.flusher.recoveryPoint) this.#context.recoveryPointFell()
    state.logEndOffset = this.nextOffset = offset
    state.highWatermark = Math.max(state.logStartOffset, Math.min(state.highWatermark, offset))
    state.firstDirtyOffset = Math.min(state.firstDirtyOffset, offset)
    this.#starts.truncateTo(offset)
    this.flusher.truncateTo(offset)
  }

  #removeFiles(segment: Segment): void {
    this.#context.indexMemory.forget(segment)
    for (const file of segment.files) file.remove()
  }

  /** After a failed write: what was queued never was. Nothing here touches the disk. */
  #forgetAbove(offset: number): void {
    while (this.segments.all.length > 1 && !this.segments.active.log.exists)
      this.segments.removeAbove(this.segments.active.baseOffset - 1)
    this.nextOffset = offset
    this.#state.leaderEpochs.truncateFromEnd(offset)
    this.generation++
  }

  #takeOffline(error: Error): void {
    const state = this.#state
    if (this.#abandoned) return
    this.flusher.fail(error)
    // A full volume passes, a broken one does not: the worse of the two counts.
    if (state.offline !== null && (!isOutOfSpace(state.offline) || isOutOfSpace(error))) return
    state.offline = error
    const { topic, partition } = state
    this.#context.logger.error('the log is offline after a failed disk operation', {
      topic,
      partition,
      error: error.message,
    })
    state.onOffline?.(error)
  }
}
