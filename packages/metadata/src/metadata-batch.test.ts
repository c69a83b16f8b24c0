import { arbitraryMessage } from '@millrace/protocol/testing/arbitrary-message'
import { versionsOf } from '@millrace/protocol/definition'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  buildLeaderChangeBatch,
  buildMetadataBatch,
  builtMetadataBatch,
  readMetadataBatch,
  readMetadataBatches,
} from './metadata-batch.ts'
import { decodeRecordValue, encodeRecordValue } from './record-frame.ts'
import { recordDefinition, RecordType, type MetadataRecord } from './records/metadata-record.ts'

const TS = 1_730_000_000_000
const metadataVersion: MetadataRecord = { type: 12, version: 0, body: { name: 'metadata.version', featureLevel: 21 } }
const bootstrapBegin: MetadataRecord = { type: 23, version: 0, body: { name: 'Bootstrap records' } }
const isrAndLeader: MetadataRecord = {
  type: 5,
  version: 1,
  body: {
    partitionId: 0,
    topicId: Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex').toString('base64url'),
    isr: [1, 2],
    leader: 2,
    replicas: null,
    removingReplicas: null,
    addingReplicas: null,
    leaderRecoveryState: -1,
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
    directories: null,
  },
}

const VALUES: readonly [string, MetadataRecord, string][] = [
  ['FeatureLevelRecord', metadataVersion, '010c00116d657461646174612e76657273696f6e001500'],
  ['NoOpRecord', { type: 20, version: 0, body: {} }, '01140000'],
  ['BeginTransactionRecord', bootstrapBegin, `01170001001212${Buffer.from('Bootstrap records').toString('hex')}`],
  [
    'PartitionChangeRecord v1',
    isrAndLeader,
    '01050100000000000102030405060708090a0b0c0d0e0f0200090300000001000000020104' + '00000002',
  ],
]

describe('record frame', () => {
  test.each(VALUES)('%s is written as Kafka writes it, and read back', (_, record, hex) => {
    expect(encodeRecordValue(record).toString('hex')).toBe(hex)
    expect(decodeRecordValue(Buffer.from(hex, 'hex'))).toEqual(record)
  })

  test.each([
    ['another frame version', '00140000', /frame version 0/],
    ['an unknown type', '01060000', /unknown type 6/],
    ['an unknown version', '01140100', /no version 1/],
    ['trailing bytes', '0114000000', /./],
    ['a body cut short', '010c0011', /./],
  ])('%s is refused', (_, hex, message) => {
    expect(() => decodeRecordValue(Buffer.from(hex, 'hex'))).toThrow(message)
  })
})

describe('metadata batches', () => {
  test('a data batch has the bytes of the reference', () => {
    const batch = buildMetadataBatch({ baseOffset: 3, epoch: 1, timestampMs: TS }, [metadataVersion])
    expect(batch.toString('hex')).toBe(
      '00000000000000030000004f0000000102cb66891200000000000000000192cc09140000000192cc091400' +
        'ffffffffffffffffffffffffffff00000001' +
        '3a000000012e010c00116d657461646174612e76657273696f6e00150000',
    )
  })

  test('the batch that opens an epoch has the bytes of the reference', () => {
    const batch = buildLeaderChangeBatch({ baseOffset: 0, epoch: 1, timestampMs: TS }, 1)
    expect(batch.length).toBe(91)
    expect(batch.readUInt32BE(17).toString(16)).toBe('7f3f874')
    expect(batch.subarray(61).toString('hex')).toBe('3a00000008000000022600000000000102000000010002000000010000' + '00')
    expect(readMetadataBatch(batch, 0)).toMatchObject({
      isControl: true,
      controlTypes: [2],
      records: [],
      lastOffset: 0,
    })
  })

  test.each(Object.entries(RecordType))(
    'what is said of a batch of %s just built is what a reader finds',
    (_, type) => {
      const definition = recordDefinition(type)
      if (definition === undefined) throw new Error('no definition')
      const { min, max } = versionsOf(definition)
      const record = fc
        .integer({ min, max })
        .chain((version) => arbitraryMessage(definition, version).map((body) => ({ type, version, body })))
      fc.assert(
        fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (some) => {
          const records = some as unknown as MetadataRecord[]
          const position = { baseOffset: 7, epoch: 2, timestampMs: TS }
          const bytes = buildMetadataBatch(position, records)
          expect(readMetadataBatch(bytes, 0)).toEqual(builtMetadataBatch(position, records, bytes.length))
        }),
        { numRuns: 20 },
      )
    },
  )

  test('batches are read back in order, one cut off at the end is left out', () => {
    const first = buildMetadataBatch({ baseOffset: 5, epoch: 2, timestampMs: TS }, [metadataVersion, isrAndLeader])
    const second = buildMetadataBatch({ baseOffset: 7, epoch: 2, timestampMs: TS }, [metadataVersion])
    const bytes = Buffer.concat([first, second.subarray(0, second.length - 1)])
    expect(readMetadataBatches(bytes)).toMatchObject([
      { baseOffset: 5, lastOffset: 6, records: [metadataVersion, isrAndLeader] },
    ])
  })

  test('a changed byte is noticed', () => {
    const batch = buildMetadataBatch({ baseOffset: 5, epoch: 2, timestampMs: TS }, [metadataVersion])
    batch[70] = 0xff
    expect(() => readMetadataBatch(batch, 0)).toThrow(/wrong CRC/)
  })
})
