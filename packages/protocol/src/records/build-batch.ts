/**
 * Builds record batches v2: for the small producers inside Millrace (coordinators, the metadata log, tools, tests).
 * Offsets are final when the caller gives a base offset; the log stamps base offset and leader epoch anyway.
 */
import { compress } from '../compression/compression.ts'
import { varintSize, varlongSize } from '../primitives/varint-size.ts'
import { Writer } from '../primitives/writer.ts'
import {
  BATCH_HEADER_BYTES,
  BATCH_OVERHEAD_BYTES,
  CONTROL_FLAG,
  LOG_APPEND_TIME_FLAG,
  MAGIC_V2,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  TRANSACTIONAL_FLAG,
  setCrc,
} from './batch-header.ts'

export interface RecordInput {
  readonly key?: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[]
  /** Milliseconds since the epoch; without it the batch's. */
  readonly timestampMs?: number
  /** Distance from the base offset; without it the record's position. Ascending. */
  readonly offsetDelta?: number
}

export interface BatchInput {
  readonly records: readonly RecordInput[]
  /** Milliseconds since the epoch, for records without an own timestamp. */
  readonly timestampMs: number
  readonly baseOffset?: number
  /** -1 until a leader stamps its own. */
  readonly partitionLeaderEpoch?: number
  /** A CompressionCodec; zstd may need prepareCompression first. */
  readonly codec?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  readonly usesLogAppendTime?: boolean
}

/** One batch with its CRC. */
export function buildBatch(input: BatchInput): Buffer {
  const { records } = input
  const firstTimestamp = records[0]?.timestampMs ?? input.timestampMs
  const body = new Writer(1_024)
  let lastTimestamp = NO_TIMESTAMP
  let lastOffsetDelta = records.length === 0 ? 0 : -1
  records.forEach((record, index) => {
    const timestampMs = record.timestampMs ?? input.timestampMs
    const offsetDelta = record.offsetDelta ?? index
    if (offsetDelta <= lastOffsetDelta) throw new RangeError(`offset delta ${offsetDelta} after ${lastOffsetDelta}`)
    lastTimestamp = Math.max(lastTimestamp, timestampMs)
    lastOffsetDelta = offsetDelta
    writeRecord(body, record, timestampMs - firstTimestamp, offsetDelta)
  })
  const codec = input.codec ?? 0
  const payload = compress(codec, body.finishBuffer())
  const head = new Writer(BATCH_HEADER_BYTES + payload.length)
  head.int64(input.baseOffset ?? 0)
  head.int32(BATCH_HEADER_BYTES - BATCH_OVERHEAD_BYTES + payload.length)
  head.int32(input.partitionLeaderEpoch ?? -1)
  head.int8(MAGIC_V2)
  head.uint32(0) // the CRC comes last
  head.int16(
    codec |
      (input.usesLogAppendTime === true ? LOG_APPEND_TIME_FLAG : 0) |
      (input.isTransactional === true ? TRANSACTIONAL_FLAG : 0) |
      (input.isControl === true ? CONTROL_FLAG : 0),
  )
  head.int32(lastOffsetDelta)
  head.int64(firstTimestamp)
  head.int64(input.usesLogAppendTime === true ? input.timestampMs : lastTimestamp)
  head.int64(input.producerId ?? NO_PRODUCER_ID)
  head.int16(input.producerEpoch ?? -1)
  head.int32(input.baseSequence ?? NO_SEQUENCE)
  head.int32(records.length)
  head.raw(payload)
  const batch = head.finishBuffer()
  setCrc(batch, 0)
  return batch
}

/** Attributes: none are defined. */
const ATTRIBUTES_BYTES = 1

/** Its size stands in front of a record: counted beforehand, so that each record is written once, where it belongs. */
function writeRecord(body: Writer, record: RecordInput, timestampDelta: number, offsetDelta: number): void {
  const key = record.key ?? null
  const headers = record.headers === undefined || record.headers.length === 0 ? NO_HEADERS : headersOf(record.headers)
  let size = ATTRIBUTES_BYTES + varlongSize(timestampDelta) + varintSize(offsetDelta) + varintSize(headers.length)
  size += sizeOf(key) + sizeOf(record.value)
  for (const header of headers) size += sizeOf(header.key) + sizeOf(header.value)
  body.varint(size)
  body.int8(0)
  body.varlong(timestampDelta)
  body.varint(offsetDelta)
  writeBytes(body, key)
  writeBytes(body, record.value)
  body.varint(headers.length)
  for (const header of headers) {
    writeBytes(body, header.key)
    writeBytes(body, header.value)
  }
}

interface HeaderBytes {
  readonly key: Buffer
  readonly value: Uint8Array | null
}

const NO_HEADERS: readonly HeaderBytes[] = []

function headersOf(headers: NonNullable<RecordInput['headers']>): HeaderBytes[] {
  return headers.map(({ key, value }) => ({ key: Buffer.from(key, 'utf8'), value }))
}

function sizeOf(bytes: Uint8Array | null): number {
  return bytes === null ? NULL_BYTES : varintSize(bytes.length) + bytes.length
}

/** A length of -1. */
const NULL_BYTES = 1

function writeBytes(writer: Writer, bytes: Uint8Array | null): void {
  if (bytes === null) {
    writer.varint(-1)
    return
  }
  writer.varint(bytes.length)
  writer.raw(bytes)
}
