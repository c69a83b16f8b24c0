import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { APIS } from '../../apis.ts'
import { decodeMessage, encodeMessage } from '../../codec.ts'
import { compress, CompressionCodec, decompress, prepareCompression } from '../../compression/compression.ts'
import type { MessageDefinition } from '../../definition.ts'
import { Reader } from '../../primitives/reader.ts'
import { Writer } from '../../primitives/writer.ts'
import {
  BATCH_HEADER_BYTES,
  baseOffset,
  baseSequence,
  batchSizeBytes,
  compressionCodec,
  crcMatches,
  isControl,
  isTransactional,
  lastOffset,
  partitionLeaderEpoch,
  producerEpoch,
  producerId,
  recordCount,
  usesLogAppendTime,
} from '../../records/batch-header.ts'
import { buildBatch } from '../../records/build-batch.ts'
import { buildTransactionMarker } from '../../records/control-records.ts'
import { readRecords } from '../../records/records.ts'
import { jsonOfMessage } from '../json-message.ts'

interface Golden {
  readonly name: string
  readonly version: number
  readonly value: unknown
  readonly hex: string
}

function file(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
}

const messages = file('messages.jsonl')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Golden)
const definitions = new Map<string, MessageDefinition>(
  APIS.flatMap((api) => [api.request, api.response]).map((definition) => [definition.name, definition]),
)
const batches = new Map<string, Buffer>(
  file('batches.txt')
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([name, hex]) => [name as string, Buffer.from(hex as string, 'hex')]),
)

function batch(name: string): Buffer {
  const bytes = batches.get(name)
  if (bytes === undefined) throw new Error(name)
  return Buffer.from(bytes)
}

describe('messages written by Kafka', () => {
  const names = [...new Set(messages.map((golden) => golden.name))]

  it.each(names)('%s decodes to its value and encodes to the same bytes', (name) => {
    const definition = definitions.get(name) as MessageDefinition
    for (const golden of messages.filter((candidate) => candidate.name === name)) {
      const reader = new Reader(Buffer.from(golden.hex, 'hex'))
      const value = decodeMessage(definition, golden.version, reader)
      reader.expectEnd()
      expect(jsonOfMessage(definition, golden.version, value)).toEqual(golden.value)
      const writer = new Writer()
      encodeMessage(definition, golden.version, value as never, writer)
      expect(writer.finishBuffer().toString('hex')).toBe(golden.hex)
    }
  })

  it('cover every API that both Kafka and we know', () => {
    expect(names.length).toBeGreaterThan(170)
  })
})

/** The records that GoldenBatches.java makes. */
function expectedRecords(count: number): object[] {
  return Array.from({ length: count }, (_, i) => ({
    timestampMs: 1_730_000_000_000 + i * 1_000 * (i % 2 === 0 ? 1 : -1),
    key: i % 4 === 3 ? null : Buffer.from(`key-${i}`),
    value: i % 5 === 4 ? null : Buffer.from(`value-${i}-${'x'.repeat(i)}`),
    headers:
      i % 3 === 1
        ? [
            { key: `h${i}`, value: Buffer.from(`v${i}`) },
            { key: 'ü', value: null },
          ]
        : [],
  }))
}

describe('batches written by Kafka', () => {
  beforeAll(
    () =>
      new Promise<void>((resolve, reject) => {
        prepareCompression((error) => (error === null ? resolve() : reject(error)))
      }),
  )

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('%s: header and records are read', (name) => {
    const bytes = batch(name)
    expect(batchSizeBytes(bytes, 0)).toBe(bytes.length)
    expect(crcMatches(bytes, 0)).toBe(true)
    expect(compressionCodec(bytes, 0)).toBe(CompressionCodec[name])
    expect([baseOffset(bytes, 0), lastOffset(bytes, 0), recordCount(bytes, 0)]).toEqual([7, 26, 20])
    expect([producerId(bytes, 0), producerEpoch(bytes, 0), baseSequence(bytes, 0)]).toEqual([1_000, 3, 5])
    expect(partitionLeaderEpoch(bytes, 0)).toBe(2)
    expect(readRecords(bytes, 0)).toEqual(
      expectedRecords(20).map((record, i) => ({ ...record, offset: 7 + i, sequence: 5 + i })),
    )
  })

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    '%s: a large batch decompresses, and not beyond its limit',
    (name) => {
      const bytes = batch(`${name}-large`)
      expect(readRecords(bytes, 0)[0]?.value?.toString()).toBe('abcdefgh'.repeat(20_000))
      const payload = bytes.subarray(BATCH_HEADER_BYTES)
      const size = decompress(CompressionCodec[name], payload, 1_000_000).length
      expect(() => decompress(CompressionCodec[name], payload, size - 1)).toThrow(/more than|allowed/)
      const again = compress(CompressionCodec[name], decompress(CompressionCodec[name], payload, size))
      expect(decompress(CompressionCodec[name], again, size)).toHaveLength(size)
    },
  )

  it('are built to the same bytes', () => {
    const rebuilt = buildBatch({
      records: readRecords(batch('none'), 0),
      timestampMs: 0,
      baseOffset: 7,
      partitionLeaderEpoch: 2,
      producerId: 1_000,
      producerEpoch: 3,
      baseSequence: 5,
    })
    expect(rebuilt.toString('hex')).toBe(batch('none').toString('hex'))
    const transactional = batch('transactional')
    expect(isTransactional(transactional, 0)).toBe(true)
    expect(
      buildBatch({
        records: readRecords(transactional, 0),
        timestampMs: 0,
        partitionLeaderEpoch: 0,
        producerId: 9,
        producerEpoch: 1,
        baseSequence: 0,
        isTransactional: true,
      }).toString('hex'),
    ).toBe(transactional.toString('hex'))
  })

  it('with LogAppendTime give every record the append time', () => {
    const bytes = batch('log-append-time')
    expect(usesLogAppendTime(bytes, 0)).toBe(true)
    const times = new Set(readRecords(bytes, 0).map((record) => record.timestampMs))
    expect(times.size).toBe(1)
    expect([...times][0]).toBeGreaterThan(1_750_000_000_000)
  })

  it('that end transactions are built to the same bytes', () => {
    const marker = {
      producerId: 1_000,
      producerEpoch: 0,
      coordinatorEpoch: 7,
      timestampMs: 1_730_000_000_000,
      partitionLeaderEpoch: 5,
    }
    const commit = buildTransactionMarker({ ...marker, commit: true, baseOffset: 10 })
    expect(isControl(commit, 0)).toBe(true)
    expect(commit.toString('hex')).toBe(batch('commit').toString('hex'))
    const abort = buildTransactionMarker({ ...marker, commit: false, baseOffset: 11 })
    expect(abort.toString('hex')).toBe(batch('abort').toString('hex'))
  })
})
