/**
 * Makes a log durable in the background and moves its recovery point: what lies below it survives a machine crash and
 * is not scanned at the next start. A rolled segment is flushed once with its indexes, its producer snapshot and the
 * leader epochs; the active one only with its bytes, since its indexes are rebuilt from them.
 *
 * One flush at a time; requests that come meanwhile ride the next one (group fsync).
 */
import type { LogContext } from './log-context.ts'
import { segmentFileName } from './file-names.ts'
import { writeAtomicInBackground } from './checkpoints.ts'
import { syncPartitionMetadata } from './partition-directory.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import { StorageError } from './storage-error.ts'

export interface FlushableLog {
  readonly directory: string
  readonly segments: SegmentList
  readonly logEndOffset: number
  /** Writes the leader epochs if they changed. */
  writeLeaderEpochs(callback: (error: Error | null) => void): void
  /** A flush failed: the log must not acknowledge anything any more. */
  onFlushFailure(error: Error): void
}

interface Waiter {
  readonly offset: number
  readonly callback: (error: Error | null) => void
}

export class Flusher {
  readonly #log: FlushableLog
  readonly #context: LogContext
  /** Everything below is durable. */
  recoveryPoint: number
  lastFlushMs: number
  #waiters: Waiter[] = []
  #running = false
  #generation = 0
  /** Files were created or removed whose directory entries are not known to be durable. */
  #newFiles: boolean
  /** The partition's own directory entry is not known to be durable. */
  #newDirectory: boolean
  /** Rolled segments whose index files are not written yet, oldest first. */
  #rolled: Segment[] = []

  /** @param hasNewFiles directory entries may not be durable: the log is new, or the last stop was not clean */
  constructor(log: FlushableLog, context: LogContext, recoveryPoint: number, hasNewFiles: boolean) {
    this.#newFiles = this.#newDirectory = hasNewFiles
    this.#log = log
    this.#context = context
    this.recoveryPoint = recoveryPoint
    this.lastFlushMs = context.host.clock.monotonicMs()
  }

  get isRunning(): boolean {
    return this.#running
  }

  /**
   * What the recovery point file may say: never past the base of a segment whose index files are not complete on disk,
   * since segments below are not scanned at an unclean start.
   */
  get checkpointedRecoveryPoint(): number {
    return Math.min(this.recoveryPoint, (this.#rolled[0] ?? this.#log.segments.active).baseOffset)
  }

  /** `segment` was rolled and all of it is written: flushes it in the background. */
  noteRolled(segment: Segment): void {
    this.#rolled.push(segment)
    this.#run()
  }

  /** Calls back when everything below `offset` is durable. `offset` is at most the log end offset. */
  flushTo(offset: number, callback: (error: Error | null) => void): void {
    if (offset <= this.recoveryPoint) {
      callback(null)
      return
    }
    this.#waiters.push({ offset, callback })
    this.#run()
  }

  /** Retention dropped segments: they need no flush any more. */
  forgetDropped(): void {
    const { segments } = this.#log
    this.#rolled = this.#rolled.filter((segment) => segments.has(segment))
    this.recoveryPoint = Math.max(this.recoveryPoint, segments.first.baseOffset)
  }

  /** As flushTo the log end, and waits for rolled segments whose index files are not written yet. */
  drain(callback: (error: Error | null) => void): void {
    this.#waiters.push({ offset: this.#log.logEndOffset, callback })
    this.#run()
  }

  /** Files were created: the next flush also makes their directory entries durable. */
  noteNewFiles(): void {
    this.#newFiles = true
  }

  /** The log ends at `offset` now: what waits for more will not get it. */
  truncateTo(offset: number): void {
    this.#generation++
    this.recoveryPoint = Math.min(this.recoveryPoint, offset)
    const { segments } = this.#log
    this.#rolled = this.#rolled.filter((segment) => segments.has(segment) && segment !== segments.active)
    const lost = this.#waiters.filter((waiter) => waiter.offset > offset)
    this.#waiters = this.#waiters.filter((waiter) => waiter.offset <= offset)
    for (const waiter of lost) waiter.callback(new Error('the log was truncated before it was flushed'))
  }

  /** The log is offline: fails what waits. */
  fail(error: Error): void {
    this.#generation++
    this.#rolled = []
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter.callback(error)
  }

  /** The log is back: rolled segments whose flush was given up are flushed again. */
  resume(): void {
    const { all, active } = this.#log.segments
    this.#rolled = all.filter((segment) => segment !== active && segment.nextOffset > this.recoveryPoint)
    this.#run()
  }

  #run(): void {
    if (this.#running || (this.#waiters.length === 0 && this.#rolled.length === 0)) return
    this.#running = true
    this.lastFlushMs = this.#context.host.clock.monotonicMs()
    this.#step(this.#generation)
  }

  /** Flushes the oldest rolled segment, then the next; at last, if someone waits for it, the active one. */
  #step(generation: number): void {
    const rolled = this.#rolled[0]
    if (generation !== this.#generation) {
      this.#finish(null)
    } else if (rolled !== undefined) {
      this.#flushRolled(rolled, generation, (error) => {
        const isKept = this.#log.segments.has(rolled)
        if ((error === null || !isKept) && generation === this.#generation) {
          if (this.#rolled[0] === rolled) this.#rolled.shift()
          this.recoveryPoint = Math.max(this.recoveryPoint, rolled.nextOffset)
        }
        // Retention took the segment meanwhile: a failure is that of files which are no more.
        this.#continue(isKept ? error : null, generation)
      })
    } else if (this.#waiters.some((waiter) => waiter.offset > this.recoveryPoint)) {
      const reached = this.#log.logEndOffset
      this.#flushActive(this.#lastWritten(), (error) => {
        if (error === null && generation === this.#generation)
          this.recoveryPoint = Math.max(this.recoveryPoint, reached)
        this.#continue(error, generation)
      })
    } else {
      this.#finish(null)
    }
  }

  #continue(error: Error | null, generation: number): void {
    // After a truncation a failure may be that of a file which is no more; a lasting one is met again.
    if (error !== null && generation === this.#generation) this.#finish(error)
    else this.#step(generation)
  }

  #flushRolled(segment: Segment, generation: number, callback: (error: Error | null) => void): void {
    segment.persistAndSync((error) => {
      if (error !== null || generation !== this.#generation) {
        callback(error)
        return
      }
      this.#context.indexMemory.touch(segment)
      this.#writeSnapshot(this.#log.segments.after(segment), (snapshotError) => {
        if (snapshotError !== null) callback(snapshotError)
        else this.#log.writeLeaderEpochs((epochError) => this.#afterEpochs(epochError, callback))
      })
    })
  }

  /** The newest segment that has files: the active one may still be waiting for its first write. */
  #lastWritten(): Segment {
    const { all, active } = this.#log.segments
    return all.findLast((segment) => segment.log.exists) ?? active
  }

  #flushActive(segment: Segment, callback: (error: Error | null) => void): void {
    segment.log.sync((error) => {
      if (error !== null) callback(error)
      else this.#log.writeLeaderEpochs((epochError) => this.#afterEpochs(epochError, callback))
    })
  }

  #writeSnapshot(segment: Segment | undefined, callback: (error: Error | null) => void): void {
    const snapshot = segment?.startSnapshot ?? null
    if (segment === undefined || snapshot === null) {
      callback(null)
      return
    }
    const path = `${this.#log.directory}/${segmentFileName(segment.baseOffset, '.snapshot')}`
    // A segment that was truncated away takes its snapshot along; for one that stays it holds whatever came after.
    const isWanted = (): boolean => this.#log.segments.has(segment)
    writeAtomicInBackground(this.#context.host.disk, path, snapshot, isWanted, (error) => {
      if (error === null) segment.startSnapshot = null
      callback(error)
    })
  }

  #afterEpochs(error: Error | null, callback: (error: Error | null) => void): void {
    if (error !== null) callback(error)
    else this.syncDirectory(callback)
  }

  /** Makes the names of the log's files durable, if there are new ones. */
  syncDirectory(callback: (error: Error | null) => void): void {
    if (!this.#newFiles) {
      callback(null)
      return
    }
    const { directory } = this.#log
    const sync = (metadataError: Error | null): void => {
      let failure = metadataError
      try {
        this.#context.host.disk.syncDirectory(directory)
        if (this.#newDirectory) this.#context.host.disk.syncDirectory(directory.slice(0, directory.lastIndexOf('/')))
        this.#newFiles = this.#newDirectory = false
      } catch (error) {
        failure ??= new StorageError('fsync', directory, error)
      }
      callback(failure)
    }
    if (this.#newDirectory) syncPartitionMetadata(this.#context, directory, sync)
    else sync(null)
  }

  #finish(error: Error | null): void {
    this.#running = false
    if (error !== null) {
      this.#log.onFlushFailure(error)
      return
    }
    const done = this.#waiters.filter((waiter) => waiter.offset <= this.recoveryPoint)
    this.#waiters = this.#waiters.filter((waiter) => waiter.offset > this.recoveryPoint)
    for (const waiter of done) waiter.callback(null)
    // What came meanwhile, or was interrupted by a truncation, goes on.
    this.#run()
  }
}
