import { describe, expect, it } from 'vitest'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { NO_PARTITIONS, type TransactionMetadata } from './transaction-metadata.ts'
import { readTransactionRecord, transactionRecord } from './transaction-records.ts'

const ONGOING: TransactionMetadata = {
  producerId: 4_000,
  previousProducerId: -1,
  nextProducerId: -1,
  producerEpoch: 2,
  lastProducerEpoch: -1,
  timeoutMs: 60_000,
  state: 'Ongoing',
  partitions: new Map([['t', new Set([0, 3])]]),
  startMs: 5,
  lastUpdateMs: 6,
  clientVersion: 0,
}
const EMPTY: TransactionMetadata = { ...ONGOING, state: 'Empty', partitions: NO_PARTITIONS, startMs: -1 }

const table: readonly [string, TransactionMetadata, number, string][] = [
  [
    'version 0, Ongoing',
    ONGOING,
    0,
    '0000 0000000000000fa0 0002 0000ea60 01 00000001 000174 00000002 00000000 00000003 0000000000000006 0000000000000005',
  ],
  ['version 0, Empty', EMPTY, 0, '0000 0000000000000fa0 0002 0000ea60 00 ffffffff 0000000000000006 ffffffffffffffff'],
  [
    'version 1 with all tags',
    { ...EMPTY, previousProducerId: 1, nextProducerId: 2, clientVersion: 2 },
    2,
    '0001 0000000000000fa0 0002 0000ea60 00 00 0000000000000006 ffffffffffffffff 03 00 08 0000000000000001 01 08 0000000000000002 02 02 0002',
  ],
]

describe("a transaction's record", () => {
  it.each(table)('in %s has the bytes that Kafka writes, and is read back', (_name, metadata, version, hex) => {
    const { key, value } = transactionRecord('id', metadata, version)
    expect(Buffer.from(key as Uint8Array).toString('hex')).toBe('000000026964')
    expect(Buffer.from(value as Uint8Array).toString('hex')).toBe(hex.replaceAll(' ', ''))
    expect(readTransactionRecord(Buffer.from(key as Uint8Array), Buffer.from(value as Uint8Array))).toEqual({
      transactionalId: 'id',
      metadata,
    })
  })

  it('without value is a tombstone', () => {
    const { key, value } = transactionRecord('id', null, 0)
    expect(value).toBeNull()
    expect(readTransactionRecord(Buffer.from(key as Uint8Array), null)).toEqual({
      transactionalId: 'id',
      metadata: null,
    })
  })

  it('of an unknown version or state is refused, of another key skipped', () => {
    const { key, value } = transactionRecord('id', ONGOING, 0)
    const keyBytes = Buffer.from(key as Uint8Array)
    const other = Buffer.from(value as Uint8Array)
    other.writeInt16BE(2, 0)
    expect(() => readTransactionRecord(keyBytes, other)).toThrow(DecodeError)
    other.writeInt16BE(0, 0)
    other.writeInt8(9, 16)
    expect(() => readTransactionRecord(keyBytes, other)).toThrow(DecodeError)
    keyBytes.writeInt16BE(1, 0)
    expect(readTransactionRecord(keyBytes, null)).toBeNull()
  })
})
