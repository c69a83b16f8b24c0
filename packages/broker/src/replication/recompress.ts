/** Brings a batch to the codec its topic demands (compression.type other than 'producer'). */
import { compress, CompressionCodec, decompress } from '@millrace/protocol/compression/compression'
import type { LogConfig } from '@millrace/metadata/configs/log-config'
import {
  BATCH_HEADER_BYTES,
  BATCH_OVERHEAD_BYTES,
  COMPRESSION_CODEC_MASK,
  compressionCodec,
  setCrc,
} from '@millrace/protocol/records/batch-header'

const BATCH_LENGTH_AT = 8
const ATTRIBUTES_LOW_AT = 22
const DEFAULT_LEVEL = -1

export interface DemandedCodec {
  readonly codec: number
  /** Of compression.gzip.level or compression.zstd.level; null: the codec's default. */
  readonly level: number | null
}

type CodecSettings = Pick<LogConfig, 'compressionType' | 'compressionGzipLevel' | 'compressionZstdLevel'>

/** What the topic demands; null: keep the producer's codec. */
export function demandedCodec(settings: CodecSettings): DemandedCodec | null {
  switch (settings.compressionType) {
    case 'producer':
      return null
    case 'uncompressed':
      return { codec: CompressionCodec.none, level: null }
    case 'gzip': {
      const level = settings.compressionGzipLevel
      return { codec: CompressionCodec.gzip, level: level === DEFAULT_LEVEL ? null : level }
    }
    case 'zstd':
      return { codec: CompressionCodec.zstd, level: settings.compressionZstdLevel }
    default:
      return { codec: CompressionCodec[settings.compressionType], level: null }
  }
}

/**
 * A new batch with the same header but codec, size and CRC; null when the batch has the codec already, whatever its
 * level. The batch is sound and unpacks to at most `decompressedBytesMax`.
 */
export function recompress(
  bytes: Buffer,
  start: number,
  end: number,
  { codec, level }: DemandedCodec,
  decompressedBytesMax: number,
): Buffer | null {
  const present = compressionCodec(bytes, start)
  if (present === codec) return null
  const records = decompress(present, bytes.subarray(start + BATCH_HEADER_BYTES, end), decompressedBytesMax)
  const packed = level === null ? compress(codec, records) : compress(codec, records, level)
  const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + packed.length)
  bytes.copy(batch, 0, start, start + BATCH_HEADER_BYTES)
  packed.copy(batch, BATCH_HEADER_BYTES)
  batch.writeInt32BE(batch.length - BATCH_OVERHEAD_BYTES, BATCH_LENGTH_AT)
  batch.writeUInt8((batch.readUInt8(ATTRIBUTES_LOW_AT) & ~COMPRESSION_CODEC_MASK) | codec, ATTRIBUTES_LOW_AT)
  setCrc(batch, 0)
  return batch
}
