/**
 * How segments of a log begin: planned when a batch no longer fits, with the producer snapshot of that moment; made on disk
 * when their first write comes. Used by LogWriter alone.
 */
import { segmentFileName } from './file-names.ts'
import type { Flusher } from './flusher.ts'
import type { LogContext } from './log-context.ts'
import type { LogState } from './log-state.ts'
import { Segment } from './segment.ts'
import { removeSnapshotsAbove } from './truncation.ts'

export class SegmentStarts {
  readonly #state: LogState
  readonly #context: LogContext
  readonly #flusher: Flusher
  /** Offset of the newest producer snapshot, on disk or waiting to be written. */
  #snapshotOffset: number

  constructor(state: LogState, context: LogContext, flusher: Flusher, snapshotOffset: number) {
    this.#state = state
    this.#context = context
    this.#flusher = flusher
    this.#snapshotOffset = snapshotOffset
  }

  /** A segment without files yet, and not in the list. */
  newSegment(baseOffset: number, jitterMs: number): Segment {
    return new Segment(this.#context.files, {
      directory: this.#state.directory,
      baseOffset,
      createdMs: this.#context.host.clock.nowMs(),
      jitterMs,
      onDisk: false,
    })
  }

  /** The active segment ends; a new one, without files yet, becomes active. @param nextOffset of the next append */
  plan(baseOffset: number, nextOffset: number): Segment {
    const { segments, config, producers } = this.#state
    segments.active.seal()
    const jitterMs = config.segmentJitterMs > 0 ? this.#context.host.random.below(config.segmentJitterMs) : 0
    const segment = this.newSegment(baseOffset, jitterMs)
    if (nextOffset > this.#snapshotOffset) {
      segment.startSnapshot = producers.encodeSnapshot()
      this.#snapshotOffset = nextOffset
    }
    segments.push(segment)
    return segment
  }

  /** Makes its files, empty or preallocated. Throws StorageError. */
  create(segment: Segment): void {
    const { preallocate, segmentBytes } = this.#state.config
    segment.create(preallocate ? segmentBytes : 0)
  }

  /** The first write of a planned segment comes. Throws StorageError. */
  start(segment: Segment): void {
    this.create(segment)
    this.#flusher.noteNewFiles()
    const { all } = this.#state.segments
    const previous = all[all.indexOf(segment) - 1]
    if (previous === undefined || !previous.log.exists) return
    previous.log.trim()
    this.#flusher.noteRolled(previous)
  }

  /** The log is being closed: its producers as of its end, or no later than the first marker that may be cut off yet. */
  writeEndSnapshot(nextOffset: number): void {
    const { producers, highWatermark, directory } = this.#state
    const marker = producers.firstUndecidedMarker(highWatermark)
    if (marker !== null) return removeSnapshotsAbove(this.#context.host.disk, directory, marker)
    if (nextOffset <= this.#snapshotOffset) return
    const path = `${this.#state.directory}/${segmentFileName(nextOffset, '.snapshot')}`
    this.#context.host.disk.writeFileAtomic(path, this.#state.producers.encodeSnapshot(), { sync: true })
    this.#snapshotOffset = nextOffset
  }

  /** Snapshots above `offset` are gone. */
  truncateTo(offset: number): void {
    this.#snapshotOffset = Math.min(this.#snapshotOffset, offset)
  }
}
