/**
 * The header of a record batch v2 (KIP-98), read and changed in place. Every function takes the Buffer and the index of
 * the batch's first byte; callers have made sure that BATCH_HEADER_BYTES are there (batchSizeBytes needs
 * BATCH_OVERHEAD_BYTES only). Nothing here allocates, except the CRC's views for large batches.
 *
 *   0 baseOffset i64 · 8 batchLength i32 · 12 partitionLeaderEpoch i32 · 16 magic i8 · 17 crc u32 · 21 attributes i16
 *   23 lastOffsetDelta i32 · 27 baseTimestamp i64 · 35 maxTimestamp i64 · 43 producerId i64 · 51 producerEpoch i16
 *   53 baseSequence i32 · 57 recordCount i32 · 61 records
 *
 * The CRC-32C covers everything from the attributes on: offset and leader epoch can be stamped without touching it.
 */
import { crc32c } from '../crc32c.ts'

/** baseOffset and batchLength: what precedes the part that batchLength counts. */
export const BATCH_OVERHEAD_BYTES = 12
export const BATCH_HEADER_BYTES = 61
/** The only batch format of Kafka 4; older message sets (0, 1) are refused. */
export const MAGIC_V2 = 2

export const NO_PRODUCER_ID = -1
export const NO_SEQUENCE = -1
/** maxTimestamp of a batch without records, logAppendTime of a CreateTime topic. */
export const NO_TIMESTAMP = -1

const BATCH_LENGTH_AT = 8
const LEADER_EPOCH_AT = 12
const MAGIC_AT = 16
const CRC_AT = 17
/** First byte that the CRC covers. */
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const BASE_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const PRODUCER_ID_AT = 43
const PRODUCER_EPOCH_AT = 51
const BASE_SEQUENCE_AT = 53
const RECORD_COUNT_AT = 57

/** Low byte of the attributes: the upper one is unused. */
const ATTRIBUTES_LOW_AT = 22
export const COMPRESSION_CODEC_MASK = 0x07
export const LOG_APPEND_TIME_FLAG = 0x08
export const TRANSACTIONAL_FLAG = 0x10
export const CONTROL_FLAG = 0x20
export const DELETE_HORIZON_FLAG = 0x40

const TWO_POW_32 = 4_294_967_296
const SEQUENCE_MAX = 0x7fff_ffff

function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * TWO_POW_32 + bytes.readUInt32BE(at + 4)
}

function writeInt64(bytes: Buffer, at: number, value: number): void {
  bytes.writeInt32BE(Math.floor(value / TWO_POW_32), at)
  bytes.writeInt32BE(value | 0, at + 4)
}

export function baseOffset(bytes: Buffer, at: number): number {
  return readInt64(bytes, at)
}

export function setBaseOffset(bytes: Buffer, at: number, offset: number): void {
  writeInt64(bytes, at, offset)
}

/** Bytes of the whole batch, its first 12 included. At least BATCH_HEADER_BYTES in a sound one; anything in a hostile one. */
export function batchSizeBytes(bytes: Buffer, at: number): number {
  return BATCH_OVERHEAD_BYTES + bytes.readInt32BE(at + BATCH_LENGTH_AT)
}

export function partitionLeaderEpoch(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + LEADER_EPOCH_AT)
}

export function setPartitionLeaderEpoch(bytes: Buffer, at: number, epoch: number): void {
  bytes.writeInt32BE(epoch, at + LEADER_EPOCH_AT)
}

export function magic(bytes: Buffer, at: number): number {
  return bytes.readInt8(at + MAGIC_AT)
}

/** The stored CRC-32C. */
export function crc(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at + CRC_AT)
}

/** True when the stored CRC is that of the bytes; the whole batch must be there. */
export function crcMatches(bytes: Buffer, at: number): boolean {
  return crc(bytes, at) === crc32c(bytes, at + ATTRIBUTES_AT, at + batchSizeBytes(bytes, at))
}

/** Computes and stores the CRC; after any change from the attributes on. */
export function setCrc(bytes: Buffer, at: number): void {
  bytes.writeUInt32BE(crc32c(bytes, at + ATTRIBUTES_AT, at + batchSizeBytes(bytes, at)), at + CRC_AT)
}

export function attributes(bytes: Buffer, at: number): number {
  return bytes.readInt16BE(at + ATTRIBUTES_AT)
}

/** A CompressionCodec, or 5–7, which name none. */
export function compressionCodec(bytes: Buffer, at: number): number {
  return (bytes[at + ATTRIBUTES_LOW_AT] as number) & COMPRESSION_CODEC_MASK
}

export function isCompressed(bytes: Buffer, at: number): boolean {
  return compressionCodec(bytes, at) !== 0
}

export function usesLogAppendTime(bytes: Buffer, at: number): boolean {
  return ((bytes[at + ATTRIBUTES_LOW_AT] as number) & LOG_APPEND_TIME_FLAG) !== 0
}

export function isTransactional(bytes: Buffer, at: number): boolean {
  return ((bytes[at + ATTRIBUTES_LOW_AT] as number) & TRANSACTIONAL_FLAG) !== 0
}

/** A batch of control records (transaction markers, leader changes); never from a client. */
export function isControl(bytes: Buffer, at: number): boolean {
  return ((bytes[at + ATTRIBUTES_LOW_AT] as number) & CONTROL_FLAG) !== 0
}

/** The base timestamp is the delete horizon of a compacted batch's tombstones. */
export function hasDeleteHorizon(bytes: Buffer, at: number): boolean {
  return ((bytes[at + ATTRIBUTES_LOW_AT] as number) & DELETE_HORIZON_FLAG) !== 0
}

export function lastOffsetDelta(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + LAST_OFFSET_DELTA_AT)
}

export function lastOffset(bytes: Buffer, at: number): number {
  return baseOffset(bytes, at) + lastOffsetDelta(bytes, at)
}

/** The offset after the batch. */
export function nextOffset(bytes: Buffer, at: number): number {
  return lastOffset(bytes, at) + 1
}

/** Milliseconds since the epoch. */
export function baseTimestamp(bytes: Buffer, at: number): number {
  return readInt64(bytes, at + BASE_TIMESTAMP_AT)
}

/** Milliseconds since the epoch, -1 without records; the append time of a LogAppendTime batch. */
export function maxTimestamp(bytes: Buffer, at: number): number {
  return readInt64(bytes, at + MAX_TIMESTAMP_AT)
}

/** Corrects the max timestamp and the CRC. */
export function setMaxTimestamp(bytes: Buffer, at: number, ms: number): void {
  writeInt64(bytes, at + MAX_TIMESTAMP_AT, ms)
  setCrc(bytes, at)
}

/** Marks the batch LogAppendTime with `ms` as its max timestamp and recomputes the CRC; record deltas stay (readers ignore them). */
export function stampLogAppendTime(bytes: Buffer, at: number, ms: number): void {
  bytes[at + ATTRIBUTES_LOW_AT] = (bytes[at + ATTRIBUTES_LOW_AT] as number) | LOG_APPEND_TIME_FLAG
  setMaxTimestamp(bytes, at, ms)
}

/** -1 for a producer without idempotence. */
export function producerId(bytes: Buffer, at: number): number {
  return readInt64(bytes, at + PRODUCER_ID_AT)
}

export function producerEpoch(bytes: Buffer, at: number): number {
  return bytes.readInt16BE(at + PRODUCER_EPOCH_AT)
}

/** Sequence number of the first record; -1 without idempotence and in control batches. */
export function baseSequence(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + BASE_SEQUENCE_AT)
}

/** Sequence number of the last record; numbers wrap from 2^31-1 to 0. */
export function lastSequence(bytes: Buffer, at: number): number {
  const base = baseSequence(bytes, at)
  return base === NO_SEQUENCE ? NO_SEQUENCE : addSequence(base, lastOffsetDelta(bytes, at))
}

/** `sequence` advanced by `delta` records, wrapping from 2^31-1 to 0. */
export function addSequence(sequence: number, delta: number): number {
  const sum = sequence + delta
  return sum > SEQUENCE_MAX ? sum - SEQUENCE_MAX - 1 : sum
}

/** Records in the batch, also when compressed; 0 only in what compaction left of an idempotent producer's last batch. */
export function recordCount(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + RECORD_COUNT_AT)
}
