import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from '../primitives/decode-error.ts'
import { Reader } from '../primitives/reader.ts'
import { decodeMessage } from '../codec.ts'
import * as header from './batch-header.ts'
import { buildBatch } from './build-batch.ts'
import {
  ControlRecordType,
  buildTransactionMarker,
  controlRecord,
  controlRecordType,
  leaderChangeMessage,
  snapshotFooterRecord,
  snapshotHeaderRecord,
} from './control-records.ts'
import { readRecords, visitBatches, visitRecords } from './records.ts'

const TIME = 1_730_000_000_000

/** Bytes as they stand in logs of Kafka 3.9. */
const METADATA_BATCH =
  '00000000000000030000004f0000000102cb668912000000000000' +
  '00000192cc09140000000192cc091400ffffffffffffffffffffffffffff00000001' +
  '3a000000012e010c00116d657461646174612e76657273696f6e00150000'
const SNAPSHOT_HEADER_BATCH =
  '0000000000000000000000470000000002daf49721002000000000' +
  '00000192cc09140000000192cc091400ffffffffffffffffffffffffffff00000001' +
  '2a000000080000000316000000000000000000000000'
const COMMIT_BATCH =
  '000000000000000a0000004200000005028ec7f285003000000000' +
  '00000192cc09140000000192cc09140000000000000003e80000ffffffff00000001' +
  '20000000080000000' +
  '10c00000000000700'

describe('batches', () => {
  it('of the metadata log are built to the byte', () => {
    const value = Buffer.from('010c00116d657461646174612e76657273696f6e001500', 'hex')
    const batch = buildBatch({ records: [{ value }], timestampMs: TIME, baseOffset: 3, partitionLeaderEpoch: 1 })
    expect(batch.toString('hex')).toBe(METADATA_BATCH)
    expect(readRecords(batch, 0)).toEqual([
      { offset: 3, timestampMs: TIME, sequence: -1, key: null, value, headers: [] },
    ])
  })

  it('at the ends of a snapshot are built to the byte', () => {
    const control = { timestampMs: TIME, isControl: true, partitionLeaderEpoch: 0 }
    const first = controlRecord(ControlRecordType.snapshotHeader, snapshotHeaderRecord, {
      lastContainedLogTimestamp: 0,
    })
    expect(buildBatch({ ...control, records: [first] }).toString('hex')).toBe(SNAPSHOT_HEADER_BATCH)
    const last = controlRecord(ControlRecordType.snapshotFooter, snapshotFooterRecord, {})
    const footer = buildBatch({ ...control, baseOffset: 2, records: [last] })
    expect(footer).toHaveLength(75)
    expect(header.crc(footer, 0).toString(16)).toBe('233a67a8')
    expect(footer.subarray(61).toString('hex')).toBe('1a0000000800000004' + '0600000000')
  })

  it('that open an epoch are built to the byte', () => {
    const voters = [{ voterId: 1 }]
    const record = controlRecord(ControlRecordType.leaderChange, leaderChangeMessage, {
      leaderId: 1,
      voters,
      grantingVoters: voters,
    })
    const batch = buildBatch({ records: [record], timestampMs: TIME, isControl: true, partitionLeaderEpoch: 1 })
    expect(batch).toHaveLength(91)
    expect(header.crc(batch, 0).toString(16)).toBe('7f3f874')
    expect(batch.subarray(61).toString('hex')).toBe('3a00000008000000022600000000000102000000010002000000010000' + '00')
    const [read] = readRecords(batch, 0)
    expect(controlRecordType(read?.key ?? null)).toBe(ControlRecordType.leaderChange)
    expect(decodeMessage(leaderChangeMessage, 0, new Reader(read?.value as Buffer))).toMatchObject({ leaderId: 1 })
  })

  it('that end a transaction are built to the byte', () => {
    const batch = buildTransactionMarker({
      commit: true,
      producerId: 1_000,
      producerEpoch: 0,
      coordinatorEpoch: 7,
      timestampMs: TIME,
      baseOffset: 10,
      partitionLeaderEpoch: 5,
    })
    expect(batch.toString('hex')).toBe(COMMIT_BATCH)
  })

  it('have records of the sizes that stand in front of them, whatever is in them', () => {
    const bytes = fc
      .constantFrom(null, 0, 1, 63, 64, 8_190, 8_191, 8_192)
      .map((length) => (length === null ? null : Buffer.alloc(length, 7)))
    const record = fc.record({
      key: bytes,
      value: bytes,
      timestampMs: fc.constantFrom(TIME, TIME + 63, TIME + 64, TIME - 65, TIME + 2 ** 30, TIME + 2 ** 31, 0, 2 ** 52),
      headers: fc.array(fc.record({ key: fc.constantFrom('', 'k', 'ü'.repeat(31), 'ü'.repeat(32)), value: bytes }), {
        maxLength: 3,
      }),
    })
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), fc.nat(200), (records, gap) => {
        const spread = records.map((each, index) => ({ ...each, offsetDelta: index * (gap + 1) }))
        const read = readRecords(buildBatch({ records: spread, timestampMs: TIME, baseOffset: 5 }), 0)
        const textOf = (value: Uint8Array | null): string | null =>
          value === null ? null : Buffer.from(value).toString('latin1')
        const plain = (each: Omit<(typeof read)[number], 'sequence'>): unknown => [
          each.offset,
          each.timestampMs,
          textOf(each.key),
          textOf(each.value),
          each.headers.map(({ key, value }) => [Buffer.from(key).toString(), textOf(value)]),
        ]
        expect(read.map(plain)).toEqual(spread.map((each) => plain({ ...each, offset: 5 + each.offsetDelta })))
      }),
      { numRuns: 30 },
    )
  })

  it('keep gaps in their offsets', () => {
    const batch = buildBatch({
      records: [
        { value: null, offsetDelta: 2 },
        { value: null, offsetDelta: 9 },
      ],
      timestampMs: TIME,
      baseOffset: 100,
    })
    expect(readRecords(batch, 0).map((record) => record.offset)).toEqual([102, 109])
    expect(header.nextOffset(batch, 0)).toBe(110)
    expect(() =>
      buildBatch({ records: [{ value: null, offsetDelta: 1 }, { value: null }], timestampMs: TIME }),
    ).toThrow(RangeError)
  })
})

describe('batch header', () => {
  const batch = (): Buffer =>
    buildBatch({
      records: [{ value: Buffer.from('a') }, { value: Buffer.from('b'), timestampMs: TIME - 5 }],
      timestampMs: TIME,
      producerId: 2 ** 40,
      producerEpoch: 3,
      baseSequence: 2 ** 31 - 1,
    })

  it('is stamped with offset and leader epoch without touching the checksum', () => {
    const bytes = Buffer.concat([Buffer.alloc(5), batch()])
    header.setBaseOffset(bytes, 5, 2 ** 45 + 7)
    header.setPartitionLeaderEpoch(bytes, 5, 12)
    expect(header.crcMatches(bytes, 5)).toBe(true)
    expect(header.baseOffset(bytes, 5)).toBe(2 ** 45 + 7)
    expect(header.lastOffset(bytes, 5)).toBe(2 ** 45 + 8)
    expect(header.partitionLeaderEpoch(bytes, 5)).toBe(12)
    expect(header.producerId(bytes, 5)).toBe(2 ** 40)
    expect(header.magic(bytes, 5)).toBe(2)
    expect(header.batchSizeBytes(bytes, 5)).toBe(bytes.length - 5)
  })

  it('is stamped with the append time and a new checksum', () => {
    const bytes = batch()
    header.stampLogAppendTime(bytes, 0, TIME + 99)
    expect(header.usesLogAppendTime(bytes, 0)).toBe(true)
    expect(header.crcMatches(bytes, 0)).toBe(true)
    expect(readRecords(bytes, 0).map((record) => record.timestampMs)).toEqual([TIME + 99, TIME + 99])
    expect(header.baseTimestamp(bytes, 0)).toBe(TIME)
  })

  it('wraps sequence numbers from 2^31-1 to 0', () => {
    expect(header.lastSequence(batch(), 0)).toBe(0)
    expect(readRecords(batch(), 0).map((record) => record.sequence)).toEqual([2 ** 31 - 1, 0])
  })

  it('has a checksum over every byte from the attributes on', () => {
    const sound = batch()
    for (let at = 21; at < sound.length; at++) {
      const bytes = Buffer.from(sound)
      bytes[at] = (bytes[at] as number) ^ 1
      expect(header.crcMatches(bytes, 0)).toBe(false)
    }
  })
})

describe('reading batches', () => {
  const one = buildBatch({ records: [{ value: Buffer.from('x') }], timestampMs: TIME })

  it('goes from batch to batch and leaves out one that is cut off', () => {
    const bytes = Buffer.concat([one, one, one.subarray(0, 40)])
    const starts: number[] = []
    expect(visitBatches(bytes, 0, bytes.length, (at) => starts.push(at))).toBe(one.length * 2)
    expect(starts).toEqual([0, one.length])
  })

  it('refuses sizes that cannot be and old message formats', () => {
    const small = Buffer.from(one)
    small.writeInt32BE(0, 8)
    expect(() => visitBatches(small, 0, small.length, () => undefined)).toThrow(DecodeError)
    const old = Buffer.from(one)
    old[16] = 1
    expect(() => visitBatches(old, 0, old.length, () => undefined)).toThrow(/magic 1/)
  })

  it('stops when the visitor has seen enough', () => {
    const batch = buildBatch({ records: [{ value: null }, { value: null }], timestampMs: TIME })
    let seen = 0
    visitRecords(batch, 0, () => ++seen < 1)
    expect(seen).toBe(1)
  })

  it('refuses records that are not as the header says', () => {
    const more = Buffer.from(one)
    more.writeInt32BE(2 ** 31 - 1, 57)
    expect(() => readRecords(more, 0)).toThrow(DecodeError)
    const none = Buffer.from(one)
    none.writeInt32BE(0, 57)
    expect(() => readRecords(none, 0)).toThrow(/trailing/)
  })
})
