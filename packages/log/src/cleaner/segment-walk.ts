/**
 * Walks the batches of a rolled segment without blocking: reads through the thread pool, hands each chunk to the cleaning's
 * computation, and takes what comes back before the next read.
 */
import { BATCH_HEADER_BYTES } from '@millrace/protocol/records/batch-header'
import { CorruptBatch } from '../corrupt-batch.ts'
import type { Segment } from '../segment.ts'
import type { CleaningMessage, CleaningReply } from './cleaning-computation.ts'
import { CleaningAborted } from './cleaning-error.ts'
import type { CleaningRun } from './cleaning-run.ts'

const CHUNK_BYTES = 512 * 1024

export interface SegmentWalk {
  readonly run: CleaningRun
  readonly segment: Segment
  readonly step: CleaningMessage['step']
  /** The segment is the last of those that become one. */
  readonly endsGroup: boolean
  /** Of each chunk, before the next one is read. */
  readonly take: (reply: CleaningReply, next: (error: Error | null) => void) => void
  /** `isFull`: the computation wants no more. */
  readonly done: (error: Error | null, isFull: boolean) => void
}

export function walkSegment(walk: SegmentWalk): void {
  readNext(walk, 0, walk.segment.baseOffset, CHUNK_BYTES)
}

function readNext(walk: SegmentWalk, position: number, minOffset: number, chunkBytes: number): void {
  const { run, segment, done } = walk
  if (run.isAborted()) return done(new CleaningAborted(), false)
  const bytesToEnd = segment.log.sizeBytes - position
  if (bytesToEnd <= 0) return done(null, false)
  // A fresh one each time: it is given away.
  const chunk = Buffer.allocUnsafeSlow(Math.max(BATCH_HEADER_BYTES, Math.min(chunkBytes, bytesToEnd)))
  segment.log.read(chunk, 0, chunk.length, position, (error, length) => {
    if (run.isAborted()) return done(new CleaningAborted(), false)
    if (error !== null) return done(error, false)
    if (length === 0) return done(new CorruptBatch(segment.log.path, position, 'file is shorter than its size'), false)
    const bytes = chunk.subarray(0, length)
    const message = { step: walk.step, bytes, minOffset, bytesToEnd, endsGroup: walk.endsGroup }
    return run.computation.send(message, [chunk.buffer as ArrayBuffer], (failure, reply) => {
      if (run.isAborted()) done(new CleaningAborted(), false)
      else if (reply === null) done(failure ?? new Error('the computation said nothing'), false)
      else takeReply(walk, position, length, reply)
    })
  })
}

function takeReply(walk: SegmentWalk, position: number, length: number, reply: CleaningReply): void {
  const { run, segment, done } = walk
  const end = position + reply.consumedBytes
  if (reply.problem !== null) return done(new CorruptBatch(segment.log.path, end, reply.problem), false)
  const isCutShort = reply.consumedBytes === 0 && !reply.isFull && position + length >= segment.log.sizeBytes
  if (isCutShort) return done(new CorruptBatch(segment.log.path, position, 'batch is cut short'), false)
  return walk.take(reply, (error) => {
    if (error !== null) return done(error, false)
    if (reply.isFull) return done(null, true)
    run.pace.worked(reply.consumedBytes)
    return run.pace.pause(() => readNext(walk, end, reply.minOffset, Math.max(CHUNK_BYTES, reply.neededBytes)))
  })
}
