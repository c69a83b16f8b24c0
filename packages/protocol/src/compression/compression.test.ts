import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { CompressionError } from './compression-error.ts'
import { CompressionCodec, compress, compressionName, decompress, prepareCompression } from './compression.ts'

const MAX = 1_000_000

const CODECS = Object.entries(CompressionCodec)

describe('compression', () => {
  beforeAll(
    () =>
      new Promise<void>((resolve, reject) => {
        prepareCompression((error) => (error === null ? resolve() : reject(error)))
      }),
  )

  it.each(CODECS)('%s gives back what it was given', (_, codec) => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 3_000 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat({ max: 30_000 }))
        .map(([unit, times]) => Buffer.alloc(times, unit)),
    )
    fc.assert(
      fc.property(bytes, (array) => {
        const plain = Buffer.from(array)
        expect(decompress(codec, compress(codec, plain), MAX).equals(plain)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it.each(CODECS)('%s stops at the limit', (_, codec) => {
    const plain = Buffer.alloc(300_000, 'abc')
    const bytes = compress(codec, plain)
    expect(decompress(codec, bytes, plain.length)).toHaveLength(plain.length)
    for (const maxBytes of [0, 1, 1_000, plain.length - 1]) {
      expect(() => decompress(codec, bytes, maxBytes)).toThrow(
        expect.objectContaining({ reason: 'too large' }) as Error,
      )
    }
  })

  it.each(CODECS.slice(1))('%s refuses bytes that are cut, changed or foreign, with its own error', (_, codec) => {
    const sound = compress(codec, Buffer.from('some text, some text, some text'))
    expect(() => decompress(codec, Buffer.alloc(0), MAX)).toThrow(CompressionError)
    expect(() => decompress(codec, sound.subarray(0, -3), MAX)).toThrow(CompressionError)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat({ max: 20 }), (noise, at) => {
        const bytes = Buffer.concat([sound.subarray(0, at), Buffer.from(noise)])
        try {
          expect(decompress(codec, bytes, MAX).length).toBeLessThanOrEqual(MAX)
        } catch (error) {
          expect(error).toBeInstanceOf(CompressionError)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('knows its codecs by name', () => {
    expect(compressionName(4)).toBe('zstd')
    expect(compressionName(5)).toBeNull()
    expect(() => compress(5, Buffer.alloc(1))).toThrow(CompressionError)
    expect(() => decompress(6, Buffer.alloc(1), MAX)).toThrow(
      expect.objectContaining({ reason: 'unsupported' }) as Error,
    )
  })
})

describe('gzip', () => {
  it('reads several members as one', () => {
    const bytes = Buffer.concat([gzipSync('one'), gzipSync('two')])
    expect(decompress(CompressionCodec.gzip, bytes, MAX).toString()).toBe('onetwo')
  })

  it('refuses what is too large by its own account, unread', () => {
    const bytes = gzipSync(Buffer.alloc(64))
    bytes.fill(0, 4, bytes.length - 4) // nothing in it can be read
    bytes.writeUInt32LE(MAX + 1, bytes.length - 4)
    expect(() => decompress(CompressionCodec.gzip, bytes, MAX)).toThrow(
      expect.objectContaining({ reason: 'too large' }) as Error,
    )
  })

  it('reads on when the size at the end is that of a small last member, and stops at the limit', () => {
    const large = gzipSync(Buffer.alloc(300_000, 'abc'))
    const bytes = Buffer.concat([large, gzipSync('x')])
    expect(decompress(CompressionCodec.gzip, bytes, MAX)).toHaveLength(300_001)
    expect(() => decompress(CompressionCodec.gzip, bytes, 300_000)).toThrow(
      expect.objectContaining({ reason: 'too large' }) as Error,
    )
  })

  it('refuses a size at the end that is not the truth', () => {
    const bytes = gzipSync('some text')
    bytes.writeUInt32LE(8, bytes.length - 4)
    expect(() => decompress(CompressionCodec.gzip, bytes, MAX)).toThrow(CompressionError)
  })
})

describe('snappy', () => {
  it('is written in xerial framing, in blocks of 32 KiB', () => {
    const bytes = compress(CompressionCodec.snappy, Buffer.alloc(40_000))
    expect(bytes.subarray(0, 16).toString('hex')).toBe('82534e41505059000000000100000001')
    const first = bytes.readInt32BE(16)
    expect(bytes.length).toBeGreaterThan(20 + first + 4)
  })

  it('is read as one raw block too', () => {
    // 11 bytes: a literal of 5, then a copy of 6 from 5 back.
    const raw = Buffer.from('0b' + '10' + Buffer.from('abcde').toString('hex') + '0905', 'hex')
    expect(decompress(CompressionCodec.snappy, raw, MAX).toString()).toBe('abcdeabcdea')
  })

  it('refuses a block that claims more than it may become, before allocating', () => {
    const claims = Buffer.from('ffffffff0f' + '00', 'hex')
    expect(() => decompress(CompressionCodec.snappy, claims, MAX)).toThrow(/4294967295/)
  })
})

describe('lz4', () => {
  it('is written as a frame of independent blocks, which the Java client demands', () => {
    const flags = compress(CompressionCodec.lz4, Buffer.alloc(100_000)).readUInt8(4)
    expect(flags >>> 6).toBe(1)
    expect(flags & 0x20).toBe(0x20)
  })

  it('refuses a match that begins before the start', () => {
    const frame = Buffer.from('04224d18' + '604082' + '04000000' + '10' + '61' + '0500' + '00000000', 'hex')
    expect(() => decompress(CompressionCodec.lz4, frame, MAX)).toThrow(/before the start/)
  })
})

describe('zstd', () => {
  it('refuses a frame that claims more than it may become, before allocating', () => {
    const claims = Buffer.from('28b52ffd' + 'e0' + 'ffffffffffff0f00' + '010000', 'hex')
    expect(() => decompress(CompressionCodec.zstd, claims, MAX)).toThrow(
      expect.objectContaining({ reason: 'too large' }) as Error,
    )
  })
})
