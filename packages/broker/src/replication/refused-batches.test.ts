import { describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { RefusedBatches } from './refused-batches.ts'

const batch = (producerId: number, baseSequence: number, producerEpoch = 0): Buffer => {
  const records = [{ value: Buffer.from('one') }, { value: Buffer.from('two') }]
  return buildBatch({ timestampMs: 1, records, producerId, producerEpoch, baseSequence })
}

function setUp(): {
  readonly refused: RefusedBatches
  readonly note: (bytes: Buffer, errorCode?: number) => void
  readonly before: (bytes: Buffer) => number | null
} {
  const refused = new RefusedBatches()
  return {
    refused,
    note: (bytes, errorCode = ErrorCode.NOT_ENOUGH_REPLICAS) => refused.note(bytes, 0, bytes.length, errorCode),
    before: (bytes) => refused.before(bytes, 0, bytes.length),
  }
}

describe('refused batches', () => {
  test('take the batch that follows with them, of the same producer and epoch alone', () => {
    const { note, before } = setUp()
    note(batch(7, 4))
    expect(before(batch(7, 6))).toBe(ErrorCode.NOT_ENOUGH_REPLICAS)
    expect(before(batch(7, 8))).toBeNull()
    expect(before(batch(7, 4))).toBeNull()
    expect(before(batch(8, 6))).toBeNull()
    expect(before(batch(7, 6, 1))).toBeNull()
  })

  test('each answers for one batch behind it, so that who has given one up hears the truth in the end', () => {
    const { note, before } = setUp()
    note(batch(7, 4))
    note(batch(7, 6))
    expect(before(batch(7, 6))).toBeNull()
    expect(before(batch(7, 8))).toBe(ErrorCode.NOT_ENOUGH_REPLICAS)
  })

  test('sequences begin again at 0 behind the last one', () => {
    const { note, before } = setUp()
    note(batch(7, 0x7fff_fffe))
    expect(before(batch(7, 0))).toBe(ErrorCode.NOT_ENOUGH_REPLICAS)
  })

  test('are forgotten with the next batch that the log takes', () => {
    const { refused, note, before } = setUp()
    note(batch(7, 4))
    refused.taken(batch(7, 4), 0)
    expect(before(batch(7, 6))).toBeNull()
  })

  test('nothing is noted of batches without a sequence, and of bytes that are no batch', () => {
    const { note, before } = setUp()
    const plain = buildBatch({ timestampMs: 1, records: [{ value: Buffer.from('one') }] })
    note(plain)
    note(Buffer.alloc(10))
    expect(before(plain)).toBeNull()
    expect(before(Buffer.alloc(0))).toBeNull()
  })

  test('of many producers that never come back the oldest are forgotten', () => {
    const { note, before } = setUp()
    for (let id = 0; id <= 1_000; id++) note(batch(id, 0))
    expect(before(batch(0, 2))).toBeNull()
    expect(before(batch(1, 2))).toBe(ErrorCode.NOT_ENOUGH_REPLICAS)
    expect(before(batch(1_000, 2))).toBe(ErrorCode.NOT_ENOUGH_REPLICAS)
  })
})
