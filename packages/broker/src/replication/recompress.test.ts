import { beforeAll, describe, expect, it } from 'vitest'
import { CompressionCodec, prepareCompression } from '@millrace/protocol/compression/compression'
import { ErrorCode } from '@millrace/protocol/errors'
import { compressionCodec, crcMatches, maxTimestamp } from '@millrace/protocol/records/batch-header'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { readRecords } from '@millrace/protocol/records/records'
import type { BatchRules } from '@millrace/protocol/records/validate-batch'
import { SeededRandom } from '@millrace/testkit/seeded-random'
import { World } from '@millrace/testkit/world'
import { BatchPreparation, prepare, prepareOnLoop, type PreparedBatch } from './batch-preparation.ts'
import { demandedCodec, recompress } from './recompress.ts'

const DECOMPRESSED_MAX = 64 * 1024 * 1024
const codecs = Object.entries(CompressionCodec)

const rules: BatchRules = {
  produceVersion: 13,
  messageBytesMax: 10_000_000,
  segmentBytesMax: 100_000_000,
  isCompacted: false,
  usesLogAppendTime: false,
  nowMs: 1_000_000,
  timestampBeforeMaxMs: Infinity,
  timestampAfterMaxMs: Infinity,
  decompressedBytesMax: DECOMPRESSED_MAX,
  checksRecords: true,
}

function batchOf(codec: number, count = 50, value: Buffer = Buffer.alloc(100, 'some text ')): Buffer {
  const records = Array.from({ length: count }, (_, index) => ({ key: Buffer.from(`k${index}`), value }))
  return buildBatch({
    timestampMs: 5_000,
    records,
    codec,
    producerId: 7,
    producerEpoch: 2,
    baseSequence: 11,
    baseOffset: 0,
  })
}

const noise = (bytes: number): Buffer => Buffer.from(new SeededRandom('noise').bytes(bytes))

beforeAll(
  () =>
    new Promise<void>((resolve, reject) => prepareCompression((error) => (error === null ? resolve() : reject(error)))),
)

describe('recompress', () => {
  for (const [from, fromCodec] of codecs) {
    for (const [to, codec] of codecs) {
      it(`makes ${to} of ${from}, and leaves all but codec, size and CRC as it was`, () => {
        const before = batchOf(fromCodec)
        const after = recompress(before, 0, before.length, { codec, level: null }, DECOMPRESSED_MAX)
        if (from === to) return expect(after).toBeNull()
        const batch = after as Buffer
        expect(compressionCodec(batch, 0)).toBe(codec)
        expect(crcMatches(batch, 0)).toBe(true)
        expect(readRecords(batch, 0)).toEqual(readRecords(before, 0))
        expect(batch.subarray(23, 61)).toEqual(before.subarray(23, 61))
        expect(batch.readInt32BE(8)).toBe(batch.length - 12)
      })
    }
  }

  it('takes the level that the topic says', () => {
    const text = Buffer.concat(Array.from({ length: 40 }, (_, at) => Buffer.from(`${at * 7919} ${at % 13} text `)))
    const plain = batchOf(0, 200, text)
    const sizeOf = (type: 'gzip' | 'zstd', level: number): number => {
      const settings = { compressionType: type, compressionGzipLevel: level, compressionZstdLevel: level }
      const demanded = demandedCodec(settings)
      return demanded === null ? 0 : (recompress(plain, 0, plain.length, demanded, DECOMPRESSED_MAX)?.length ?? 0)
    }
    expect(sizeOf('gzip', 9)).toBeLessThan(sizeOf('gzip', 1))
    expect(sizeOf('gzip', -1)).toBe(sizeOf('gzip', 6))
    expect(sizeOf('zstd', 19)).toBeLessThan(sizeOf('zstd', -5))
  })
})

describe('a demanded codec', () => {
  it('is none of it for producer, and no compression for uncompressed', () => {
    const levels = { compressionGzipLevel: -1, compressionZstdLevel: 3 }
    expect(demandedCodec({ compressionType: 'producer', ...levels })).toBeNull()
    expect(demandedCodec({ compressionType: 'uncompressed', ...levels })).toEqual({ codec: 0, level: null })
    expect(demandedCodec({ compressionType: 'gzip', ...levels })).toEqual({ codec: 1, level: null })
    expect(demandedCodec({ compressionType: 'zstd', ...levels })).toEqual({ codec: 4, level: 3 })
  })
})

describe('preparation', () => {
  const uncompressed = { codec: CompressionCodec.none, level: null }
  const zstd = { codec: CompressionCodec.zstd, level: 3 }

  it('counts sizes again in the codec of the topic', () => {
    const batch = batchOf(CompressionCodec.zstd)
    const tooLarge = prepare(batch, 0, batch.length, { ...rules, messageBytesMax: 2_000 }, uncompressed)
    expect(tooLarge.rejection?.errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE)
    const tooLong = prepare(batch, 0, batch.length, { ...rules, segmentBytesMax: 2_000 }, uncompressed)
    expect(tooLong.rejection?.errorCode).toBe(ErrorCode.RECORD_LIST_TOO_LARGE)
  })

  it('is for the loop when there is little to do, and for the thread when there is much', () => {
    const onLoop = (batch: Buffer, demanded: typeof zstd | typeof uncompressed | null): boolean =>
      prepareOnLoop(batch, 0, batch.length, rules, demanded) !== null
    const large = batchOf(0, 20, noise(10_000))
    expect(onLoop(large, null)).toBe(true)
    expect(onLoop(large, uncompressed)).toBe(true)
    expect(onLoop(large, zstd)).toBe(false)
    expect(onLoop(batchOf(CompressionCodec.gzip, 1, noise(200_000)), null)).toBe(false)
    expect(onLoop(batchOf(CompressionCodec.gzip), zstd)).toBe(true)
    // Small, and 2 MB when unpacked.
    const bomb = batchOf(CompressionCodec.gzip, 20, Buffer.alloc(100_000))
    expect(bomb.length).toBeLessThan(64 * 1024)
    expect(onLoop(bomb, null)).toBe(false)
  })

  it('in the thread comes to the same as on the loop', () => {
    const world = new World({ seed: 1 })
    const preparation = new BatchPreparation(world.addHost('broker'))
    const prepared = (batch: Buffer): PreparedBatch | null => {
      let result: PreparedBatch | null | undefined
      preparation.prepare(batch, 0, batch.length, rules, zstd, (_error, outcome) => (result = outcome))
      world.runUntil(() => result !== undefined)
      return result ?? null
    }
    const batch = batchOf(CompressionCodec.gzip, 20, noise(10_000))
    expect(prepared(batch)?.recompressed).toEqual(prepare(batch, 0, batch.length, rules, zstd).recompressed)
    const broken = Buffer.from(batch)
    broken[70] = (broken[70] as number) ^ 1
    expect(prepared(broken)?.rejection?.errorCode).toBe(ErrorCode.CORRUPT_MESSAGE)
    expect(maxTimestamp(batch, 0)).toBe(5_000)
  })
})
