/**
 * Where a follower must cut its log when the leader's history differs from its own (KIP-101, KIP-595): by leader
 * epochs, never by high watermark, so that nothing acknowledged is cut.
 */
import { baseOffset, nextOffset } from '@millrace/protocol/records/batch-header'

/** The end of the largest own epoch that is not larger than the one asked for; both -1 when there is none. */
export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

/**
 * The leader said: "the last epoch you named ends, in my log, as `leaderEnd`". `ownEnd` is the follower's own end of
 * leaderEnd.epoch. Everything from the returned offset on must go; when the follower does not know that epoch it cuts
 * at the end of its next smaller one and asks again.
 */
export function truncationOffset(leaderEnd: EpochEnd, ownEnd: EpochEnd, logEndOffset: number): number {
  if (ownEnd.endOffset < 0) return Math.min(leaderEnd.endOffset, logEndOffset)
  return Math.min(leaderEnd.endOffset, ownEnd.endOffset, logEndOffset)
}

/**
 * A leader's answer to a fetch at `fetchOffset` whose last fetched epoch is `lastFetchedEpoch`, given its own end of
 * that epoch: null when the histories agree, else what the follower is told.
 */
export function divergence(ownEnd: EpochEnd, lastFetchedEpoch: number, fetchOffset: number): EpochEnd | null {
  if (ownEnd.epoch < lastFetchedEpoch || ownEnd.endOffset < fetchOffset) return ownEnd
  return null
}

/**
 * The leader's log may begin inside a batch whose first records were deleted, and the leader sends batches whole: a replica
 * that has nothing yet begins where that batch begins, or it could never append it (Kafka does the same). null: as it is.
 * The replica's log start follows with what the leader tells.
 */
export function wholeBatchStart(
  log: { readonly logStartOffset: number; readonly nextOffset: number },
  records: Buffer,
): number | null {
  const first = baseOffset(records, 0)
  const isEmpty = log.nextOffset === log.logStartOffset
  return isEmpty && first < log.nextOffset && nextOffset(records, 0) > log.nextOffset ? first : null
}
