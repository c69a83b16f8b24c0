/**
 * Walks the batches of a rolled segment without blocking: reads through the thread pool, visits in slices, checks size,
 * magic and CRC of every batch. What the visitor keeps of the bytes is used up in `afterChunk`, before the next read
 * overwrites them.
 */
import { BATCH_HEADER_BYTES, batchSizeBytes, nextOffset } from '@millrace/protocol/records/batch-header'
import { problemOf } from '../batch-scan.ts'
import type { Segment } from '../segment.ts'
import { CorruptBatch } from '../corrupt-batch.ts'
import { CleaningAborted } from './cleaning-error.ts'
import type { Pace } from './pace.ts'

const CHUNK_BYTES = 512 * 1024

export interface SegmentWalk {
  readonly segment: Segment
  /** Of the file, at a batch's edge. */
  readonly position: number
  readonly pace: Pace
  /** Looked at before every slice: whether the log changed under the walk. */
  readonly isAborted: () => boolean
  /** 'stop' ends the walk before the batch counts. May throw. */
  readonly visit: (bytes: Buffer, at: number, isLast: boolean) => 'continue' | 'stop'
  readonly afterChunk: (next: (error: Error | null) => void) => void
  /** `stopped` by the visitor. */
  readonly done: (error: Error | null, stopped: boolean) => void
}

export function walkSegment(walk: SegmentWalk): void {
  new Walker(walk).readNext()
}

class Walker {
  readonly #walk: SegmentWalk
  #chunk: Buffer
  #position: number
  #minOffset: number

  constructor(walk: SegmentWalk) {
    this.#walk = walk
    const { segment, position } = walk
    this.#position = position
    this.#minOffset = segment.baseOffset
    this.#chunk = Buffer.allocUnsafe(
      Math.max(BATCH_HEADER_BYTES, Math.min(CHUNK_BYTES, segment.log.sizeBytes - position)),
    )
  }

  readNext(): void {
    const { segment, isAborted, done, pace } = this.#walk
    if (isAborted()) return done(new CleaningAborted(), false)
    if (this.#position >= segment.log.sizeBytes) return done(null, false)
    segment.log.read(this.#chunk, 0, this.#chunk.length, this.#position, (error, length) => {
      if (isAborted()) done(new CleaningAborted(), false)
      else if (error !== null) done(error, false)
      else if (length === 0) done(this.#corrupt('file is shorter than its size', 0), false)
      else {
        pace.begin()
        this.#slice(0, length)
      }
    })
  }

  #slice(from: number, length: number): void {
    const { visit, pace, isAborted, done, segment } = this.#walk
    if (isAborted()) return done(new CleaningAborted(), false)
    const chunk = this.#chunk
    let at = from
    while (at + BATCH_HEADER_BYTES <= length) {
      const size = batchSizeBytes(chunk, at)
      const isBeyond = this.#position + at + size > segment.log.sizeBytes
      if (size < BATCH_HEADER_BYTES || isBeyond) return done(this.#corrupt('batch size cannot be', at), false)
      if (at + size > length) {
        if (at === 0) this.#chunk = Buffer.allocUnsafe(size)
        break
      }
      const problem = problemOf(chunk, at, this.#minOffset)
      if (problem !== null) return done(this.#corrupt(problem, at), false)
      const isLast = this.#position + at + size === segment.log.sizeBytes
      try {
        if (visit(chunk, at, isLast) === 'stop') return this.#finishChunk(() => done(null, true))
      } catch (error) {
        return done(this.#corrupt((error as Error).message, at), false)
      }
      this.#minOffset = nextOffset(chunk, at)
      at += size
      if (pace.isOver(size)) {
        const resumeAt = at
        return pace.pause(() => this.#slice(resumeAt, length))
      }
    }
    if (at === 0 && this.#position + length >= segment.log.sizeBytes)
      return done(this.#corrupt('batch is cut short', 0), false)
    this.#finishChunk(() => {
      this.#position += at
      this.readNext()
    })
  }

  #finishChunk(next: () => void): void {
    this.#walk.afterChunk((error) => {
      if (error === null) next()
      else this.#walk.done(error, false)
    })
  }

  #corrupt(problem: string, at: number): CorruptBatch {
    return new CorruptBatch(this.#walk.segment.log.path, this.#position + at, problem)
  }
}
