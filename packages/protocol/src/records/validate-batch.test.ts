import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CompressionCodec } from '../compression/compression.ts'
import { ErrorCode, errorName } from '../errors.ts'
import { crcMatches, maxTimestamp, setCrc } from './batch-header.ts'
import { buildBatch, type BatchInput } from './build-batch.ts'
import { validateProducedBatch, type BatchRules } from './validate-batch.ts'

const NOW = 1_730_000_000_000

const RULES: BatchRules = {
  produceVersion: 11,
  messageBytesMax: 1_048_588,
  segmentBytesMax: 1_073_741_824,
  isCompacted: false,
  usesLogAppendTime: false,
  nowMs: NOW,
  timestampBeforeMaxMs: 1_000_000,
  timestampAfterMaxMs: 1_000,
  decompressedBytesMax: 100_000,
  checksRecords: true,
}

const RECORDS = [
  { key: Buffer.from('k'), value: Buffer.from('v') },
  { key: Buffer.from('l'), value: null, headers: [{ key: 'h', value: null }] },
]

function batch(input: Partial<BatchInput> = {}): Buffer {
  return buildBatch({ records: RECORDS, timestampMs: NOW, ...input })
}

/** A sound batch with one change and, unless told otherwise, the checksum of the change. */
function changed(change: (bytes: Buffer) => void, fixesCrc = true): Buffer {
  const bytes = batch()
  change(bytes)
  if (fixesCrc) setCrc(bytes, 0)
  return bytes
}

function verdict(bytes: Buffer, rules: Partial<BatchRules> = {}): string {
  const rejection = validateProducedBatch(bytes, 0, bytes.length, { ...RULES, ...rules })
  return rejection === null ? 'accepted' : errorName(rejection.errorCode)
}

describe('a produced batch', () => {
  it.each([0, 1, 2, 3])('is accepted when it is sound, with codec %i', (codec) => {
    expect(verdict(batch({ codec }))).toBe('accepted')
    expect(verdict(batch({ codec, producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true }))).toBe(
      'accepted',
    )
  })

  it('is found at its place in a larger buffer', () => {
    const bytes = batch()
    const around = Buffer.concat([Buffer.alloc(7, 1), bytes, Buffer.alloc(9, 1)])
    expect(validateProducedBatch(around, 7, 7 + bytes.length, RULES)).toBeNull()
  })

  it.each<[string, Buffer, string, Partial<BatchRules>?]>([
    ['nothing', Buffer.alloc(0), 'INVALID_RECORD'],
    ['less than a batch', batch().subarray(0, 16), 'INVALID_RECORD'],
    ['half a batch', batch().subarray(0, 70), 'INVALID_RECORD'],
    ['two batches', Buffer.concat([batch(), batch()]), 'INVALID_RECORD'],
    ['trailing bytes', Buffer.concat([batch(), Buffer.from([0])]), 'INVALID_RECORD'],
    ['an old message set', changed((bytes) => bytes.writeInt8(1, 16)), 'INVALID_RECORD'],
    ['a batch smaller than its header', changed((bytes) => bytes.writeInt32BE(48, 8), false), 'CORRUPT_MESSAGE'],
    ['a wrong checksum', changed((bytes) => bytes.writeInt8(1, 70), false), 'CORRUPT_MESSAGE'],
    ['a base offset', changed((bytes) => bytes.writeInt32BE(1, 4)), 'INVALID_RECORD'],
    ['no records', changed((bytes) => bytes.writeInt32BE(0, 57)), 'INVALID_RECORD'],
    ['a count that the last offset delta belies', changed((bytes) => bytes.writeInt32BE(3, 57)), 'INVALID_RECORD'],
    [
      'more records than bytes',
      changed((bytes) => {
        bytes.writeInt32BE(2 ** 31 - 1, 57)
        bytes.writeInt32BE(2 ** 31 - 2, 23)
      }),
      'INVALID_RECORD',
    ],
    ['control records', batch({ isControl: true }), 'INVALID_RECORD'],
    ['a producer id without a sequence', batch({ producerId: 5, producerEpoch: 0 }), 'INVALID_RECORD'],
    ['a transaction without a producer id', batch({ isTransactional: true }), 'INVALID_RECORD'],
    ['an unknown codec', changed((bytes) => bytes.writeInt16BE(7, 21)), 'UNSUPPORTED_COMPRESSION_TYPE'],
    [
      'zstd before Produce 7',
      changed((bytes) => bytes.writeInt16BE(4, 21)),
      'UNSUPPORTED_COMPRESSION_TYPE',
      { produceVersion: 6 },
    ],
    ['LogAppendTime set by the producer', batch({ usesLogAppendTime: true }), 'INVALID_TIMESTAMP'],
    ['too many bytes', batch(), 'MESSAGE_TOO_LARGE', { messageBytesMax: 80 }],
    ['more than a segment', batch(), 'RECORD_LIST_TOO_LARGE', { segmentBytesMax: 80 }],
    ['bytes that are not compressed as told', changed((bytes) => bytes.writeInt16BE(1, 21)), 'INVALID_RECORD'],
    ['an offset delta out of place', changed((bytes) => bytes.writeInt8(2, 64)), 'INVALID_RECORD'],
    ['a record length that is wrong', changed((bytes) => bytes.writeInt8(4, 61)), 'INVALID_RECORD'],
    ['a record of the far past', batch({ timestampMs: NOW - 1_000_001 }), 'INVALID_TIMESTAMP'],
    ['a record of the future', batch({ timestampMs: NOW + 1_001 }), 'INVALID_TIMESTAMP'],
  ])('with %s is refused', (_, bytes, expected, rules) => {
    expect(verdict(bytes, rules)).toBe(expected)
  })

  it('that would decompress beyond the limit is refused before it does', () => {
    const records = [{ value: Buffer.alloc(2_000_000) }]
    for (const codec of [CompressionCodec.gzip, CompressionCodec.snappy, CompressionCodec.lz4]) {
      expect(verdict(batch({ codec, records }))).toBe('MESSAGE_TOO_LARGE')
      expect(verdict(batch({ codec, records }), { decompressedBytesMax: 3_000_000 })).toBe('accepted')
    }
  })

  it('for a compacted topic needs a key in every record, and tells which have none', () => {
    const records = [RECORDS[0], { value: Buffer.from('x') }, RECORDS[1], { value: null }].map(
      (record) => record ?? { value: null },
    )
    const bytes = batch({ records, codec: 1 })
    expect(verdict(bytes)).toBe('accepted')
    const rejection = validateProducedBatch(bytes, 0, bytes.length, { ...RULES, isCompacted: true })
    expect(rejection?.errorCode).toBe(ErrorCode.INVALID_RECORD)
    expect(rejection?.recordErrors.map((error) => error.batchIndex)).toEqual([1, 3])
  })

  it('may have records without a timestamp, and any timestamp where the log sets it', () => {
    expect(verdict(batch({ timestampMs: -1 }))).toBe('accepted')
    expect(verdict(batch({ timestampMs: 5 }), { usesLogAppendTime: true })).toBe('accepted')
  })

  it('with a wrong max timestamp is corrected', () => {
    const bytes = changed((wrong) => wrong.writeInt32BE(0, 35 + 4))
    expect(verdict(bytes)).toBe('accepted')
    expect(maxTimestamp(bytes, 0)).toBe(NOW)
    expect(crcMatches(bytes, 0)).toBe(true)
  })

  it('of any records is judged record by record: greatest timestamp, out of place, outside the time limits', () => {
    const bytesOf = fc.constantFrom(null, 0, 1, 63, 64, 8_190, 8_192, 20_000)
    const record = fc.record({
      key: bytesOf,
      value: bytesOf,
      deltaMs: fc.integer({ min: -10_000, max: 900 }),
      headers: fc.nat({ max: 9 }),
    })
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 80 }), fc.nat(), (inputs, picked) => {
        const records = inputs.map(({ key, value, deltaMs, headers }) => ({
          key: key === null ? null : Buffer.alloc(key, 1),
          value: value === null ? null : Buffer.alloc(value, 2),
          timestampMs: NOW + deltaMs,
          headers: headers === 0 ? [{ key: 'h', value: Buffer.from('v') }] : [],
        }))
        const rules = { ...RULES, messageBytesMax: 10_000_000 }
        const bytes = batch({ records })
        bytes.fill(0, 35, 43)
        setCrc(bytes, 0)
        expect(validateProducedBatch(bytes, 0, bytes.length, rules)).toBeNull()
        expect(maxTimestamp(bytes, 0)).toBe(NOW + Math.max(...inputs.map(({ deltaMs }) => deltaMs)))
        const keyless = validateProducedBatch(bytes, 0, bytes.length, { ...rules, isCompacted: true })
        const without = inputs.flatMap(({ key }, index) => (key === null ? [index] : []))
        expect(keyless?.recordErrors.map(({ batchIndex }) => batchIndex) ?? []).toEqual(without)
        const limit = inputs[picked % inputs.length]?.deltaMs ?? 0
        const early = { ...rules, timestampAfterMaxMs: limit }
        const late = inputs.flatMap(({ deltaMs }, index) => (deltaMs > limit ? [index] : []))
        expect(
          validateProducedBatch(bytes, 0, bytes.length, early)?.recordErrors.map(({ batchIndex }) => batchIndex) ?? [],
        ).toEqual(late)
      }),
      { numRuns: 60 },
    )
  })

  it('is looked at no further than its header when records are not to be checked', () => {
    const bytes = changed((wrong) => wrong.writeInt8(2, 64))
    expect(verdict(bytes, { checksRecords: false })).toBe('accepted')
  })

  it('with any byte changed is judged, never a crash', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 2, 3),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }),
        (codec, changes) => {
          const bytes = batch({ codec })
          for (const [at, byte] of changes) bytes[12 + (at % (bytes.length - 12))] = byte
          setCrc(bytes, 0)
          verdict(bytes)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
