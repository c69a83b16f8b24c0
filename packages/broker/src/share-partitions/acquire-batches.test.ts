import { describe, expect, it } from 'vitest'
import { baseOffset } from '@millrace/protocol/records/batch-header'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { buildTransactionMarker } from '@millrace/protocol/records/control-records'
import { acquireFrom, type AcquireFromOptions } from './acquire-batches.ts'
import { InFlightRecords } from './in-flight-records.ts'

function options(more: Partial<AcquireFromOptions> = {}): AcquireFromOptions {
  return { memberId: 'm', deadlineMs: 1, recordsMax: 500, isStrict: false, windowMax: 2000, batchSize: 500, ...more }
}

/** `count` records from `offset` on, of a transaction when a producer is named. */
function batch(offset: number, count: number, producerId?: number): Buffer {
  const bytes = buildBatch({
    records: Array.from({ length: count }, (_, index) => ({ value: Buffer.from(`v${index}`) })),
    timestampMs: 1,
    ...(producerId === undefined ? {} : { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true }),
  })
  bytes.writeBigInt64BE(BigInt(offset), 0)
  return bytes
}

function marker(offset: number, producerId: number, commit: boolean): Buffer {
  const epochs = { producerEpoch: 0, coordinatorEpoch: 0, timestampMs: 1 }
  return buildTransactionMarker({ commit, producerId, ...epochs, baseOffset: offset })
}

function window(start = 0): InFlightRecords {
  return new InFlightRecords(start, [], () => 5)
}

describe('acquireFrom', () => {
  it('takes whole record batches until there are enough records', () => {
    const records = window()
    const buffers = [Buffer.concat([batch(0, 10), batch(10, 10)]), batch(20, 10)]
    const acquired = acquireFrom(records, { buffers, offset: 0, aborted: null }, options({ recordsMax: 12 }))
    expect(acquired).toMatchObject({ recordCount: 20, ranges: [{ firstOffset: 0, lastOffset: 19, deliveryCount: 1 }] })
    expect(acquired.sizeBytes).toBe(buffers[0]?.length)
    expect(records.nextOffset()).toBe(20)
  })

  it('takes not one record more when the limit is strict', () => {
    const buffers = [batch(0, 10), batch(10, 10)]
    const read = { buffers, offset: 0, aborted: null }
    const acquired = acquireFrom(window(), read, options({ recordsMax: 12, isStrict: true }))
    expect(acquired).toMatchObject({ recordCount: 12, ranges: [{ firstOffset: 0, lastOffset: 11 }] })
  })

  it('makes ranges of about the batch size, in whole record batches', () => {
    const buffers = [batch(0, 4), batch(4, 4), batch(8, 4)]
    const acquired = acquireFrom(window(), { buffers, offset: 0, aborted: null }, options({ batchSize: 5 }))
    expect(acquired.ranges).toMatchObject([
      { firstOffset: 0, lastOffset: 7 },
      { firstOffset: 8, lastOffset: 11 },
    ])
  })

  it('sends bytes from the first acquired batch to the last', () => {
    const records = window()
    const buffers = [batch(0, 5), batch(5, 5), batch(10, 5)]
    records.acquire({ first: 0, last: 4 }, options({ memberId: 'other' }))
    const acquired = acquireFrom(records, { buffers, offset: 5, aborted: null }, options({ recordsMax: 5 }))
    expect(acquired.buffers.map((bytes) => baseOffset(bytes, 0))).toEqual([5])
  })

  it('stops at a full window', () => {
    const buffers = [batch(0, 10), batch(10, 10), batch(20, 10)]
    const acquired = acquireFrom(window(), { buffers, offset: 0, aborted: null }, options({ windowMax: 15 }))
    expect(acquired.recordCount).toBe(20)
  })

  it('passes over markers and what compaction has emptied', () => {
    const records = window()
    const buffers = [batch(0, 2), marker(2, 7, true), batch(6, 2)]
    const acquired = acquireFrom(records, { buffers, offset: 0, aborted: null }, options())
    expect(acquired.ranges).toMatchObject([
      { firstOffset: 0, lastOffset: 1 },
      { firstOffset: 6, lastOffset: 7 },
    ])
    const taken = records.acknowledge('m', [{ firstOffset: 0, lastOffset: 1, acknowledgeTypes: [1] }], 0)
    if (typeof taken === 'string') throw new Error(taken)
    records.settle(taken.settling, true)
    expect(records.startOffset).toBe(6)
  })

  it('does not deliver records of aborted transactions to groups that read committed ones', () => {
    const buffers = [batch(0, 2, 7), batch(2, 2, 8), marker(4, 7, false), batch(5, 2, 7), marker(7, 8, true)]
    const aborted = [{ producerId: 7, firstOffset: 0 }]
    const acquired = acquireFrom(window(), { buffers, offset: 0, aborted }, options())
    expect(acquired.ranges).toMatchObject([
      { firstOffset: 2, lastOffset: 3 },
      { firstOffset: 5, lastOffset: 6 },
    ])
  })
})
