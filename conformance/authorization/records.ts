/** The batches of records that requests of the table hold. */
import { buildBatch } from '@millrace/protocol/records/build-batch'

/** Older records would be deleted at once. */
const timestampMs = Date.now()
const value = Buffer.from('v')
const producer = { producerId: 4_242, producerEpoch: 0, baseSequence: 0 }

/** By their placeholders in the table. */
export const records: ReadonlyMap<string, Buffer> = new Map([
  ['@batch', buildBatch({ records: [{ value }], timestampMs })],
  ['@idempotent', buildBatch({ records: [{ value }], timestampMs, ...producer })],
  ['@transactional', buildBatch({ records: [{ value }], timestampMs, ...producer, isTransactional: true })],
  ['@nothing', Buffer.alloc(0)],
])
