/**
 * A batch as compaction leaves it: fewer records, the same offsets, sequences, producer and codec. The delete horizon
 * (KIP-534) lives in the base timestamp, with a bit in the attributes; record timestamps stay what they are.
 */
import { compress } from '@millrace/protocol/compression/compression'
import { Reader } from '@millrace/protocol/primitives/reader'
import { Writer } from '@millrace/protocol/primitives/writer'
import {
  BATCH_HEADER_BYTES,
  BATCH_OVERHEAD_BYTES,
  baseTimestamp,
  compressionCodec,
  CONTROL_FLAG,
  DELETE_HORIZON_FLAG,
  LOG_APPEND_TIME_FLAG,
  NO_TIMESTAMP,
  setCrc,
  TRANSACTIONAL_FLAG,
  usesLogAppendTime,
} from '@millrace/protocol/records/batch-header'

const BATCH_LENGTH_AT = 8
const ATTRIBUTES_AT = 21
const BASE_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const RECORD_COUNT_AT = 57

/** A record that stays, by its place in the batch's records. */
export interface RetainedRecord {
  /** Of its length field. */
  readonly start: number
  /** Of its attributes byte. */
  readonly bodyStart: number
  /** Behind its timestamp delta. */
  readonly timestampEnd: number
  readonly timestampDelta: number
  readonly end: number
}

/**
 * The batch at `at` with only `retained`, at least one, of its decompressed `records`.
 * @param newHorizonMs delete horizon to set; null leaves the batch's own, or none
 */
export function batchWithRecords(
  bytes: Buffer,
  at: number,
  records: Buffer,
  retained: readonly RetainedRecord[],
  newHorizonMs: number | null,
): Buffer {
  const firstMs = baseTimestamp(bytes, at)
  const kept =
    newHorizonMs === null
      ? retained.map((record) => records.subarray(record.start, record.end))
      : retained.map((record) => withTimestampDelta(records, record, firstMs + record.timestampDelta - newHorizonMs))
  const payload = compress(compressionCodec(bytes, at), Buffer.concat(kept))
  const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + payload.length)
  bytes.copy(batch, 0, at, at + BATCH_HEADER_BYTES)
  payload.copy(batch, BATCH_HEADER_BYTES)
  if (newHorizonMs !== null) {
    batch.writeInt16BE(batch.readInt16BE(ATTRIBUTES_AT) | DELETE_HORIZON_FLAG, ATTRIBUTES_AT)
    batch.writeBigInt64BE(BigInt(newHorizonMs), BASE_TIMESTAMP_AT)
  }
  if (!usesLogAppendTime(bytes, at)) {
    const latest = retained.reduce((greatest, record) => Math.max(greatest, record.timestampDelta), -Infinity)
    batch.writeBigInt64BE(BigInt(firstMs + latest), MAX_TIMESTAMP_AT)
  }
  return finish(batch, retained.length)
}

/** The batch at `at` without records: offsets, sequences and epochs survive in its header. */
export function emptyBatch(bytes: Buffer, at: number): Buffer {
  const batch = Buffer.from(bytes.subarray(at, at + BATCH_HEADER_BYTES))
  const kept = LOG_APPEND_TIME_FLAG | TRANSACTIONAL_FLAG | CONTROL_FLAG
  batch.writeInt16BE(batch.readInt16BE(ATTRIBUTES_AT) & kept, ATTRIBUTES_AT)
  batch.writeBigInt64BE(BigInt(NO_TIMESTAMP), BASE_TIMESTAMP_AT)
  return finish(batch, 0)
}

function finish(batch: Buffer, count: number): Buffer {
  batch.writeInt32BE(batch.length - BATCH_OVERHEAD_BYTES, BATCH_LENGTH_AT)
  batch.writeInt32BE(count, RECORD_COUNT_AT)
  setCrc(batch, 0)
  return batch
}

function withTimestampDelta(records: Buffer, record: RetainedRecord, delta: number): Buffer {
  const body = new Writer(16 + record.end - record.bodyStart)
  body.raw(records.subarray(record.bodyStart, record.bodyStart + 1))
  body.varlong(delta)
  body.raw(records.subarray(record.timestampEnd, record.end))
  const bytes = body.finishBuffer()
  const whole = new Writer(5 + bytes.length)
  whole.varint(bytes.length)
  whole.raw(bytes)
  return whole.finishBuffer()
}

/** One record as the walk meets it; the object is the walk's and changes with the next record. */
export interface MetRecord extends RetainedRecord {
  readonly offsetDelta: number
  /** null: the record has no key. */
  readonly key: Buffer | null
  readonly hasValue: boolean
}

/** Calls `visit` with each of `count` records. Throws DecodeError for malformed ones. */
export function walkRecords(records: Buffer, count: number, visit: (record: MetRecord) => void): void {
  const reader = new Reader(records)
  for (let index = 0; index < count; index++) {
    const start = reader.position
    const length = reader.varint()
    const bodyStart = reader.position
    reader.skip(1)
    const timestampDelta = reader.varlong()
    const timestampEnd = reader.position
    const offsetDelta = reader.varint()
    const keyLength = reader.varint()
    const key = keyLength < 0 ? null : reader.view(keyLength)
    const hasValue = reader.varint() >= 0
    const end = bodyStart + length
    reader.skip(end - reader.position)
    visit({ start, bodyStart, timestampDelta, timestampEnd, offsetDelta, key, hasValue, end })
  }
  reader.expectEnd()
}
