/** Reading a coordinator's partition from its start to its end, a piece per turn, so that loading never holds the loop. */
import type { Host } from '@millrace/base/host'
import { batchSizeBytes, nextOffset } from '@millrace/protocol/records/batch-header'
import type { LogRead } from '@millrace/log/log-types'
import type { Partition } from '../replication/partition.ts'

/** Bytes replayed per turn: bounds the pause of the loop. */
const BYTES_PER_TURN = 256 * 1024

export interface PartitionReplay {
  readonly host: Host
  readonly partition: Partition
  /** False ends the replay without a word: leadership has gone. */
  readonly goesOn: () => boolean
  /** Each batch in offset order; the bytes are valid during the call. */
  readonly visit: (bytes: Buffer, at: number) => void
  /** Once: with null when everything up to the log end was visited, or with why reading failed. */
  readonly done: (error: Error | null) => void
}

/** Waits first for appends of an earlier epoch that are queued: they are part of the log, and cannot be read yet. */
export function replayPartition(replay: PartitionReplay): void {
  const { partition, goesOn, done } = replay
  partition.log.whenWritten((error) => {
    if (error === null) readFrom(replay, partition.logStartOffset)
    else if (goesOn()) done(error)
  })
}

function readFrom(replay: PartitionReplay, offset: number): void {
  const { host, partition, done } = replay
  if (!replay.goesOn()) return
  const endOffset = partition.logEndOffset
  if (offset >= endOffset) return done(null)
  const request = { offset, maxBytes: BYTES_PER_TURN, endOffset, atLeastOne: true }
  const continueWith = (read: LogRead): void => {
    const next = visitRead(replay, read, offset)
    read.release?.()
    host.tick(() => readFrom(replay, next))
  }
  const hot = partition.log.read(request)
  if (hot !== null) return continueWith(hot)
  partition.log.readCold(request, (error, read) => {
    if (read !== null && error === null) continueWith(read)
    else done(error ?? new Error('nothing could be read'))
  })
}

/** Visits every batch of `read`; returns the offset behind the last. */
function visitRead(replay: PartitionReplay, read: LogRead, from: number): number {
  let next = from
  for (const bytes of read.buffers) {
    let at = 0
    while (at < bytes.length) {
      next = nextOffset(bytes, at)
      replay.visit(bytes, at)
      at += batchSizeBytes(bytes, at)
    }
  }
  return Math.max(next, from + 1)
}
