/**
 * Record batches taken apart into records: for coordinators, the controller, tools and tests. Never on the produce and
 * fetch path, which moves batches as bytes (batch-header.ts) and checks them without building objects (validate-batch.ts).
 *
 * Keys, values and header values are views: over the given Buffer when the batch is not compressed, over a fresh one
 * otherwise.
 */
import { decompress } from '../compression/compression.ts'
import { CompressionError } from '../compression/compression-error.ts'
import { DecodeError } from '../primitives/decode-error.ts'
import { Reader } from '../primitives/reader.ts'
import {
  BATCH_HEADER_BYTES,
  BATCH_OVERHEAD_BYTES,
  MAGIC_V2,
  NO_SEQUENCE,
  addSequence,
  baseOffset,
  baseSequence,
  baseTimestamp,
  batchSizeBytes,
  compressionCodec,
  magic,
  maxTimestamp,
  recordCount,
  usesLogAppendTime,
} from './batch-header.ts'

/** Most bytes that a batch's records may become when decompressed, unless the caller says otherwise. */
export const DECOMPRESSED_BYTES_MAX = 268_435_456

/** Fewest bytes of a record: its length, attributes, two deltas, two lengths and the header count. */
const RECORD_BYTES_MIN = 7

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

export interface BatchRecord {
  readonly offset: number
  /** Milliseconds since the epoch: the append time in a LogAppendTime batch, -1 for none. */
  readonly timestampMs: number
  /** -1 without idempotence. */
  readonly sequence: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

/**
 * Calls `visit` with the index of each whole batch in `bytes[start, end)`; returns the index after the last one. A batch
 * that is cut off by `end` is left out. Throws DecodeError for a size that cannot be, or an old message format.
 */
export function visitBatches(bytes: Buffer, start: number, end: number, visit: (at: number) => void): number {
  let at = start
  while (end - at > BATCH_OVERHEAD_BYTES) {
    const size = batchSizeBytes(bytes, at)
    if (size < BATCH_HEADER_BYTES) throw new DecodeError(`batch of ${size} bytes at ${at}`)
    if (size > end - at) break
    if (magic(bytes, at) !== MAGIC_V2) throw new DecodeError(`magic ${magic(bytes, at)} at ${at}`)
    visit(at)
    at += size
  }
  return at
}

/**
 * Calls `visit` with each record of the batch at `at`, in order, until it returns false. The CRC is not checked
 * (crcMatches). Throws DecodeError for records that are malformed or cannot be decompressed to `decompressedBytesMax`.
 */
export function visitRecords(
  bytes: Buffer,
  at: number,
  visit: (record: BatchRecord) => boolean | void,
  decompressedBytesMax: number = DECOMPRESSED_BYTES_MAX,
): void {
  const reader = recordsReader(bytes, at, decompressedBytesMax)
  const count = recordCount(bytes, at)
  if (count < 0 || count * RECORD_BYTES_MIN > reader.remaining) {
    throw new DecodeError(`${count} records in ${reader.remaining} bytes`)
  }
  const firstOffset = baseOffset(bytes, at)
  const firstTimestamp = baseTimestamp(bytes, at)
  const appendTime = usesLogAppendTime(bytes, at) ? maxTimestamp(bytes, at) : null
  const firstSequence = baseSequence(bytes, at)
  for (let index = 0; index < count; index++) {
    const size = reader.varint()
    const end = reader.position + size
    reader.int8()
    const timestampDelta = reader.varlong()
    const offsetDelta = reader.varint()
    const record: BatchRecord = {
      offset: firstOffset + offsetDelta,
      timestampMs: appendTime ?? firstTimestamp + timestampDelta,
      sequence: firstSequence === NO_SEQUENCE ? NO_SEQUENCE : addSequence(firstSequence, offsetDelta),
      key: readBytes(reader),
      value: readBytes(reader),
      headers: readHeaders(reader),
    }
    if (reader.position !== end) throw new DecodeError(`record ${index} ends at ${reader.position}, not ${end}`)
    if (visit(record) === false) return
  }
  reader.expectEnd()
}

/** The records of the batch at `at`; see visitRecords. */
export function readRecords(
  bytes: Buffer,
  at: number,
  decompressedBytesMax: number = DECOMPRESSED_BYTES_MAX,
): BatchRecord[] {
  const records: BatchRecord[] = []
  visitRecords(bytes, at, (record) => void records.push(record), decompressedBytesMax)
  return records
}

/** A reader over the batch's records, decompressed. */
function recordsReader(bytes: Buffer, at: number, decompressedBytesMax: number): Reader {
  const start = at + BATCH_HEADER_BYTES
  const end = at + batchSizeBytes(bytes, at)
  const codec = compressionCodec(bytes, at)
  if (codec === 0) return new Reader(bytes, start, end)
  try {
    return new Reader(decompress(codec, bytes.subarray(start, end), decompressedBytesMax))
  } catch (error) {
    if (error instanceof CompressionError) throw new DecodeError(error.message, { cause: error })
    throw error
  }
}

function readBytes(reader: Reader): Buffer | null {
  const size = reader.varint()
  return size === -1 ? null : reader.view(size)
}

function readHeaders(reader: Reader): RecordHeader[] {
  const count = reader.varint()
  if (count < 0 || count * 2 > reader.remaining) throw new DecodeError(`${count} record headers`)
  const headers: RecordHeader[] = []
  for (let index = 0; index < count; index++) {
    headers.push({ key: reader.view(reader.varint()).toString('utf8'), value: readBytes(reader) })
  }
  return headers
}
