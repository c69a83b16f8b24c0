/**
 * The codecs of record batches: what is compressed is the records part of a batch, as one blob. All calls are
 * synchronous; libraries are loaded on first use. zstd on Node releases without zlib's own needs one asynchronous
 * preparation (prepareCompression) before it can be used.
 *
 * Decompression is bounded: a blob that would become larger than the caller allows is refused before that memory is
 * taken, whatever the blob claims about itself. Framing per codec: gzip one or more members; snappy raw or in the xerial
 * framing of Java clients; lz4 frames; zstd frames with or without content size.
 */
import { gunzipSync, gzipSync } from 'node:zlib'
import { CompressionError } from './compression-error.ts'
import { compressLz4, decompressLz4 } from './lz4.ts'
import { compressSnappy, decompressSnappy } from './snappy.ts'
import { compressZstd, decompressZstd, prepareZstd } from './zstd.ts'

/** Numbers as in the low three bits of a batch's attributes; names as in the `compression.type` configuration. */
export const CompressionCodec = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const

export type CompressionCodec = (typeof CompressionCodec)[keyof typeof CompressionCodec]
export type CompressionName = keyof typeof CompressionCodec

const GZIP_MAGIC = 0x1f8b
/** An empty gzip member. */
const GZIP_BYTES_MIN = 20
/** More than gzip adds to what does not compress at all, for anything but the largest batches. */
const GZIP_OVERHEAD_BYTES = 1024
const MIN_CHUNK_BYTES = 4096
const ODD_CHUNK_BYTES = 1024 * 1024

/** By codec number. */
const CODEC_NAMES: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** The codec's name, null for a number that is none. */
export function compressionName(codec: number): CompressionName | null {
  return CODEC_NAMES[codec] ?? null
}

/** Makes zstd usable (loads WebAssembly where zlib has no zstd); the other codecs need nothing. May be called again. */
export function prepareCompression(callback: (error: Error | null) => void): void {
  prepareZstd(callback)
}

/**
 * Compresses a batch's records. `level` is the codec's own (gzip 1 to 9, zstd up to 22), its default when left out; snappy
 * has none, and our lz4 knows one only. Throws CompressionError 'unsupported' for a number that is no codec.
 */
export function compress(codec: number, bytes: Buffer, level?: number): Buffer {
  switch (codec) {
    case CompressionCodec.none:
      return bytes
    case CompressionCodec.gzip:
      return level === undefined ? gzipSync(bytes) : gzipSync(bytes, { level })
    case CompressionCodec.snappy:
      return compressSnappy(bytes)
    case CompressionCodec.lz4:
      return compressLz4(bytes)
    case CompressionCodec.zstd:
      return compressZstd(bytes, level)
    default:
      throw new CompressionError('unsupported', `compression codec ${codec}`)
  }
}

/**
 * Decompresses a batch's records to at most `maxBytes`. Throws CompressionError: 'corrupt', 'too large' or
 * 'unsupported'. The result may be a view over `bytes` (codec none) and is otherwise fresh.
 */
export function decompress(codec: number, bytes: Buffer, maxBytes: number): Buffer {
  switch (codec) {
    case CompressionCodec.none:
      if (bytes.length > maxBytes) throw tooLarge(maxBytes)
      return bytes
    case CompressionCodec.gzip:
      return decompressGzip(bytes, maxBytes)
    case CompressionCodec.snappy:
      return decompressSnappy(bytes, maxBytes)
    case CompressionCodec.lz4:
      return decompressLz4(bytes, maxBytes)
    case CompressionCodec.zstd:
      return decompressZstd(bytes, maxBytes)
    default:
      throw new CompressionError('unsupported', `compression codec ${codec}`)
  }
}

/**
 * The last four bytes tell the size of the last member (mod 2^32), and zlib holds them to it: what is too large by its own
 * account is refused unread, what is not is unpacked in one piece.
 */
function decompressGzip(bytes: Buffer, maxBytes: number): Buffer {
  const isGzip = bytes.length >= GZIP_BYTES_MIN && bytes.readUInt16BE(0) === GZIP_MAGIC
  const told = isGzip ? bytes.readUInt32LE(bytes.length - 4) : 0
  if (told > maxBytes) throw tooLarge(maxBytes)
  try {
    // One byte more than needed: a chunk that is full asks for another one. What tells of less than it has itself is odd:
    // it is not to leave thousands of small pieces all over the heap.
    const chunkSize = Math.max(told < bytes.length - GZIP_OVERHEAD_BYTES ? ODD_CHUNK_BYTES : MIN_CHUNK_BYTES, told + 1)
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, maxBytes), chunkSize })
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBytes)
    throw new CompressionError('corrupt', 'not gzip', error)
  }
}

function tooLarge(maxBytes: number): CompressionError {
  return new CompressionError('too large', `decompresses to more than ${maxBytes} bytes`)
}
