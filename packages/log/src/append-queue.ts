/**
 * The write side of one log: queued appends, written once per tick (group commit), in order, with one write under way
 * at a time. Groups are written synchronously as far as the disk keeps up (sync-write-limit.ts), others through the thread
 * pool, so that a throttled disk does not hold the loop.
 */
import type { Slab } from './arena.ts'
import type { LogContext } from './log-context.ts'
import type { AppendCallback } from './log-types.ts'
import type { Segment } from './segment.ts'

/** One write is at most so large (a single append may be larger); the next one follows when it has returned. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024
const GROUP_COUNT_MAX = 512

/** A run of batches for one segment, offsets final. */
export interface QueuedAppend {
  readonly segment: Segment
  /** Retained by the queue until the write has returned; null for bytes on the heap. */
  readonly slab: Slab | null
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  readonly baseOffset: number
  readonly nextOffset: number
  /** Called once written; null for all runs of an append but the last. */
  readonly done: AppendCallback | null
  /** What `done` is told. */
  readonly firstOffset: number
  readonly logAppendTimeMs: number
  /** Acknowledge after fsync. */
  readonly sync: boolean
}

/** The log that owns the queue. */
export interface QueueOwner {
  /** The segment gets its first bytes: create its files, finish the one before. Throws StorageError. */
  onSegmentStart(segment: Segment): void
  /** The group is in the file: move the log end and the tail, then acknowledge. */
  onWritten(group: readonly QueuedAppend[]): void
  /** A write failed: nothing of the group, and nothing behind it, was kept. */
  onWriteFailure(error: Error): void
}

export class AppendQueue {
  readonly #owner: QueueOwner
  readonly #context: LogContext
  #queued: QueuedAppend[] = []
  #underWay: readonly QueuedAppend[] = []
  #cancelled = false
  #writing = false
  #scheduled = false

  constructor(owner: QueueOwner, context: LogContext) {
    this.#owner = owner
    this.#context = context
  }

  /** Nothing is queued or under way. */
  get isIdle(): boolean {
    return this.#queued.length === 0 && !this.#writing
  }

  get queuedCount(): number {
    return this.#queued.length + this.#underWay.length
  }

  push(append: QueuedAppend): void {
    append.slab?.retain()
    this.#queued.push(append)
    if (this.#scheduled || this.#writing) return
    this.#scheduled = true
    this.#context.commits.schedule(this)
  }

  /** Writes what is queued; called by the scheduler. */
  commit(): void {
    this.#scheduled = false
    while (!this.#writing && this.#queued.length > 0) this.#writeGroup(this.#takeGroup())
  }

  /**
   * Takes back everything not yet written, for the owner to fail. The write under way lands nowhere: the owner cuts the
   * file; its slabs are released when it returns, since the system still reads from them.
   */
  cancelAll(): readonly QueuedAppend[] {
    const queued = this.#queued
    this.#queued = []
    for (const append of queued) append.slab?.release()
    if (!this.#writing || this.#cancelled) return queued
    this.#cancelled = true
    return [...this.#underWay, ...queued]
  }

  /** The longest run for one segment, within the limits of a write. */
  #takeGroup(): readonly QueuedAppend[] {
    const { segment } = this.#queued[0] as QueuedAppend
    let count = 0
    let bytes = 0
    for (const append of this.#queued) {
      bytes += append.end - append.start
      if (append.segment !== segment || count === GROUP_COUNT_MAX || (count > 0 && bytes > GROUP_BYTES_MAX)) break
      count++
    }
    if (count === this.#queued.length) {
      const all = this.#queued
      this.#queued = []
      return all
    }
    return this.#queued.splice(0, count)
  }

  #writeGroup(group: readonly QueuedAppend[]): void {
    const { segment } = group[0] as QueuedAppend
    const buffers: Buffer[] = []
    let length = 0
    for (const { bytes, start, end } of group) {
      if (end === start) continue
      buffers.push(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end))
      length += end - start
    }
    this.#underWay = group
    try {
      if (!segment.log.exists) this.#owner.onSegmentStart(segment)
      const { syncWrites } = this.#context
      if (syncWrites.allows(length)) {
        if (length > 0) syncWrites.run(length, () => segment.log.appendSync(buffers, length))
        this.#written()
        return
      }
    } catch (error) {
      this.#failed(error as Error)
      return
    }
    this.#writing = true
    segment.log.append(buffers, length, (error) => {
      this.#writing = false
      if (this.#cancelled) this.#forgetCancelled()
      else if (error === null) this.#written()
      else this.#failed(error)
      this.commit()
    })
  }

  #written(): void {
    const group = this.#underWay
    this.#underWay = []
    this.#owner.onWritten(group)
  }

  #failed(error: Error): void {
    const failed = [...this.#underWay, ...this.#queued]
    this.#underWay = []
    this.#queued = []
    for (const append of failed) append.slab?.release()
    this.#owner.onWriteFailure(error)
    for (const append of failed) append.done?.(error, -1, -1)
  }

  #forgetCancelled(): void {
    this.#cancelled = false
    for (const append of this.#underWay) append.slab?.release()
    this.#underWay = []
  }
}
