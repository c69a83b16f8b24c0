/** Brings a batch to the codec its topic demands (compression.type other than 'producer'). */
import { compress, CompressionCodec, decompress } from '@millrace/protocol/compression/compression'
import {
  BATCH_HEADER_BYTES,
  BATCH_OVERHEAD_BYTES,
  COMPRESSION_CODEC_MASK,
  compressionCodec,
  setCrc,
} from '@millrace/protocol/records/batch-header'
import { DECOMPRESSED_BYTES_MAX } from '@millrace/protocol/records/records'

const BATCH_LENGTH_AT = 8
const ATTRIBUTES_LOW_AT = 22

/** The codec number for a topic's compression.type; null: keep the producer's. */
export function demandedCodec(compressionType: string): number | null {
  if (compressionType === 'producer') return null
  if (compressionType === 'uncompressed') return CompressionCodec.none
  return CompressionCodec[compressionType as keyof typeof CompressionCodec] ?? null
}

/** A new batch with the same header but codec, size and CRC; null when the batch has the codec already. The batch is sound. */
export function recompress(bytes: Buffer, start: number, end: number, codec: number): Buffer | null {
  const present = compressionCodec(bytes, start)
  if (present === codec) return null
  const records = decompress(present, bytes.subarray(start + BATCH_HEADER_BYTES, end), DECOMPRESSED_BYTES_MAX)
  const packed = compress(codec, records)
  const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + packed.length)
  bytes.copy(batch, 0, start, start + BATCH_HEADER_BYTES)
  packed.copy(batch, BATCH_HEADER_BYTES)
  batch.writeInt32BE(batch.length - BATCH_OVERHEAD_BYTES, BATCH_LENGTH_AT)
  batch.writeUInt8((batch.readUInt8(ATTRIBUTES_LOW_AT) & ~COMPRESSION_CODEC_MASK) | codec, ATTRIBUTES_LOW_AT)
  setCrc(batch, 0)
  return batch
}
