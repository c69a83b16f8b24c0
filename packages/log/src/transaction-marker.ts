/**
 * The COMMIT or ABORT marker of a transaction: a control batch with one record whose key is { version: int16 = 0,
 * type: int16 } and whose value is { version: int16 = 0, coordinatorEpoch: int32 }. Never compressed.
 */
import { BATCH_HEADER_BYTES, batchSizeBytes, isControl, isTransactional } from '@millrace/protocol/records/batch-header'

export interface TransactionMarker {
  readonly committed: boolean
  readonly coordinatorEpoch: number
}

const ABORT = 0
const COMMIT = 1

/** The marker in the batch at `at`; null for any other batch, other control batches included. */
export function readTransactionMarker(bytes: Buffer, at: number): TransactionMarker | null {
  if (!isControl(bytes, at) || !isTransactional(bytes, at)) return null
  const end = at + batchSizeBytes(bytes, at)
  // Record: length, attributes (one byte), timestampDelta, offsetDelta, keyLength, key, valueLength, value.
  let position = skipVarint(bytes, at + BATCH_HEADER_BYTES, end)
  position = skipVarint(bytes, position + 1, end)
  position = skipVarint(bytes, position, end)
  position = skipVarint(bytes, position, end)
  if (position + 4 > end) return null
  const type = bytes.readInt16BE(position + 2)
  position = skipVarint(bytes, position + 4, end)
  if ((type !== ABORT && type !== COMMIT) || position + 6 > end) return null
  return { committed: type === COMMIT, coordinatorEpoch: bytes.readInt32BE(position + 2) }
}

function skipVarint(bytes: Buffer, at: number, end: number): number {
  let position = at
  while (position < end && ((bytes[position] as number) & 0x80) !== 0) position++
  return position + 1
}
