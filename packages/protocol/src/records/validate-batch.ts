/**
 * What the leader demands of a produced batch before it goes into the log: Kafka's checks, in Kafka's order, with its
 * error codes. A sound batch costs no object per record: records are stepped over, not read. The only thing changed in
 * the bytes is a wrong max timestamp, which Kafka corrects instead of refusing.
 *
 * Not here: acks, authorization, leadership, ISR size (before), producer state and offset assignment (after).
 */
import { compressionName, CompressionCodec, decompress } from '../compression/compression.ts'
import { CompressionError } from '../compression/compression-error.ts'
import { ErrorCode } from '../errors.ts'
import { DecodeError } from '../primitives/decode-error.ts'
import { Reader } from '../primitives/reader.ts'
import {
  BATCH_HEADER_BYTES,
  MAGIC_V2,
  NO_PRODUCER_ID,
  NO_TIMESTAMP,
  baseOffset,
  baseSequence,
  baseTimestamp,
  batchSizeBytes,
  compressionCodec,
  crcMatches,
  isControl,
  isTransactional,
  lastOffsetDelta,
  magic,
  maxTimestamp,
  producerId,
  recordCount,
  setMaxTimestamp,
  usesLogAppendTime,
} from './batch-header.ts'

/** What the topic, the request's version and the clock say; see the topic configurations of the same names. */
export interface BatchRules {
  /** Version of the Produce request: zstd needs 7. */
  readonly produceVersion: number
  /** `max.message.bytes`: of the whole batch, its first 12 bytes included. */
  readonly messageBytesMax: number
  /** `segment.bytes`. */
  readonly segmentBytesMax: number
  /** `cleanup.policy` contains compact: every record needs a key. */
  readonly isCompacted: boolean
  /** `message.timestamp.type` is LogAppendTime: the producer's timestamps do not matter. */
  readonly usesLogAppendTime: boolean
  readonly nowMs: number
  /** `message.timestamp.before.max.ms` and `message.timestamp.after.max.ms`. */
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  /** Most bytes that compressed records may become. */
  readonly decompressedBytesMax: number
  /** False: look at the header and the CRC only (`millrace.validate.records=header`). */
  readonly checksRecords: boolean
}

export interface RecordError {
  /** Position of the record in its batch. */
  readonly batchIndex: number
  readonly message: string
}

export interface BatchRejection {
  readonly errorCode: number
  readonly message: string
  readonly recordErrors: readonly RecordError[]
}

/** Most record errors told to a client: a batch of a million bad records is one problem, not a million. */
const RECORD_ERRORS_MAX = 100

const MAGIC_END = 17
const RECORD_BYTES_MIN = 7
const NO_RECORD_ERRORS: readonly RecordError[] = []

function rejection(errorCode: number, message: string): BatchRejection {
  return { errorCode, message, recordErrors: NO_RECORD_ERRORS }
}

/**
 * Checks the records of one partition in a Produce request (version 3 and later), `bytes[start, end)`; null when they are
 * one batch that may be appended. May correct the batch's max timestamp in place.
 */
export function validateProducedBatch(
  bytes: Buffer,
  start: number,
  end: number,
  rules: BatchRules,
): BatchRejection | null {
  const size = end - start
  if (size < MAGIC_END) return rejection(ErrorCode.INVALID_RECORD, 'The request has no record batch.')
  if (magic(bytes, start) !== MAGIC_V2) {
    return rejection(ErrorCode.INVALID_RECORD, `Record batches of magic ${magic(bytes, start)} are not accepted.`)
  }
  const batchSize = batchSizeBytes(bytes, start)
  if (batchSize < BATCH_HEADER_BYTES) {
    return rejection(ErrorCode.CORRUPT_MESSAGE, `A batch of ${batchSize} bytes is smaller than its header.`)
  }
  if (batchSize !== size) {
    return rejection(
      ErrorCode.INVALID_RECORD,
      'Each partition of a Produce request must have exactly one record batch.',
    )
  }
  return (
    validateHeader(bytes, start, batchSize, rules) ??
    (rules.checksRecords ? validateRecords(bytes, start, end, rules) : null)
  )
}

function validateHeader(bytes: Buffer, at: number, size: number, rules: BatchRules): BatchRejection | null {
  const codec = compressionCodec(bytes, at)
  if (codec === CompressionCodec.zstd && rules.produceVersion < 7) {
    return rejection(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, 'zstd needs Produce version 7.')
  }
  if (size > rules.messageBytesMax) {
    return rejection(
      ErrorCode.MESSAGE_TOO_LARGE,
      `The batch has ${size} bytes, max.message.bytes is ${rules.messageBytesMax}.`,
    )
  }
  if (size > rules.segmentBytesMax) {
    return rejection(
      ErrorCode.RECORD_LIST_TOO_LARGE,
      `The batch has ${size} bytes, segment.bytes is ${rules.segmentBytesMax}.`,
    )
  }
  if (!crcMatches(bytes, at)) return rejection(ErrorCode.CORRUPT_MESSAGE, 'The batch fails its checksum.')
  if (baseOffset(bytes, at) !== 0) {
    return rejection(ErrorCode.INVALID_RECORD, `The base offset is ${baseOffset(bytes, at)}, not 0.`)
  }
  const count = recordCount(bytes, at)
  if (count <= 0 || count !== lastOffsetDelta(bytes, at) + 1) {
    return rejection(
      ErrorCode.INVALID_RECORD,
      `The batch tells ${count} records and a last offset delta of ${lastOffsetDelta(bytes, at)}.`,
    )
  }
  if (isControl(bytes, at)) return rejection(ErrorCode.INVALID_RECORD, 'Clients may not write control records.')
  if (producerId(bytes, at) !== NO_PRODUCER_ID && baseSequence(bytes, at) < 0) {
    return rejection(ErrorCode.INVALID_RECORD, `Sequence number ${baseSequence(bytes, at)} of an idempotent producer.`)
  }
  if (producerId(bytes, at) === NO_PRODUCER_ID && isTransactional(bytes, at)) {
    return rejection(ErrorCode.INVALID_RECORD, 'A transactional batch has no producer id.')
  }
  if (compressionName(codec) === null) {
    return rejection(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `Compression codec ${codec} is not known.`)
  }
  if (usesLogAppendTime(bytes, at)) {
    return rejection(ErrorCode.INVALID_TIMESTAMP, 'Producers may not set the timestamp type to LogAppendTime.')
  }
  return null
}

function validateRecords(bytes: Buffer, at: number, end: number, rules: BatchRules): BatchRejection | null {
  let reader: Reader
  const codec = compressionCodec(bytes, at)
  try {
    reader =
      codec === 0
        ? new Reader(bytes, at + BATCH_HEADER_BYTES, end)
        : new Reader(decompress(codec, bytes.subarray(at + BATCH_HEADER_BYTES, end), rules.decompressedBytesMax))
  } catch (error) {
    if (!(error instanceof CompressionError)) throw error
    return rejection(
      error.reason === 'too large'
        ? ErrorCode.MESSAGE_TOO_LARGE
        : error.reason === 'unsupported'
          ? ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
          : ErrorCode.INVALID_RECORD,
      `The records cannot be decompressed: ${error.message}.`,
    )
  }
  try {
    return stepOverRecords(bytes, at, reader, rules)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return rejection(ErrorCode.INVALID_RECORD, `A record is malformed: ${error.message}.`)
  }
}

function stepOverRecords(bytes: Buffer, at: number, reader: Reader, rules: BatchRules): BatchRejection | null {
  const count = recordCount(bytes, at)
  if (count * RECORD_BYTES_MIN > reader.remaining)
    throw new DecodeError(`${count} records in ${reader.remaining} bytes`)
  const firstTimestamp = baseTimestamp(bytes, at)
  const checksTimestamps = !rules.usesLogAppendTime
  const earliest = rules.nowMs - rules.timestampBeforeMaxMs
  const latest = rules.nowMs + rules.timestampAfterMaxMs
  const start = reader.position
  const plain = stepOverPlainRecords(reader, count, rules.isCompacted)
  let first = plain.count
  let largest = first === 0 ? NO_TIMESTAMP : Math.max(NO_TIMESTAMP, firstTimestamp + plain.latestDelta)
  const smallest = firstTimestamp + plain.earliestDelta
  if (first > 0 && checksTimestamps && (smallest < Math.max(0, earliest) || largest > latest)) {
    // Timestamps to be looked at one by one.
    reader.position = start
    first = 0
    largest = NO_TIMESTAMP
  }
  let errors: RecordError[] | null = null
  let errorCode: number = ErrorCode.INVALID_RECORD
  for (let index = first; index < count; index++) {
    const size = reader.varint()
    const recordEnd = reader.position + size
    reader.skip(1) // attributes: none are defined
    const timestamp = firstTimestamp + reader.varlong()
    const offsetDelta = reader.varint()
    const keyBytes = reader.varint()
    if (keyBytes !== -1) reader.skip(keyBytes)
    const valueBytes = reader.varint()
    if (valueBytes !== -1) reader.skip(valueBytes)
    skipHeaders(reader)
    if (reader.position !== recordEnd) throw new DecodeError(`record ${index} is not as long as it says`)
    if (timestamp > largest) largest = timestamp
    let message: string | null = null
    if (offsetDelta !== index) message = `The offset delta is ${offsetDelta}, expected ${index}.`
    else if (rules.isCompacted && keyBytes === -1) message = 'Compacted topics do not accept records without a key.'
    else if (checksTimestamps && timestamp !== NO_TIMESTAMP && (timestamp < earliest || timestamp > latest)) {
      message = `The timestamp ${timestamp} is not within ${earliest} and ${latest}.`
      errorCode = ErrorCode.INVALID_TIMESTAMP
    }
    if (message !== null) {
      errors ??= []
      if (errors.length < RECORD_ERRORS_MAX) errors.push({ batchIndex: index, message })
    }
  }
  reader.expectEnd()
  if (errors !== null) {
    const message = `One or more records were rejected: ${errors[0]?.message ?? ''}`
    return { errorCode, message, recordErrors: errors }
  }
  if (checksTimestamps && largest !== maxTimestamp(bytes, at)) setMaxTimestamp(bytes, at, largest)
  return null
}

/** What `stepOverPlainRecords` came by. */
interface PlainRecords {
  readonly count: number
  /** Smallest and greatest timestamp delta; without meaning when there are no records. */
  readonly earliestDelta: number
  readonly latestDelta: number
}

/** More than any plain record takes up to its key: three varints of two bytes, attributes, and a key's length. */
const PLAIN_HEAD_BYTES_MAX = 9

/**
 * Steps over the records at the front that are sound and as most records are: lengths of at most two bytes, offset delta
 * right, no headers. Leaves the reader at the first that is not, for the loop that tells what is wrong or different.
 * Without calls, since the varints of small records would otherwise cost more than their checksum.
 */
function stepOverPlainRecords(reader: Reader, count: number, needsKeys: boolean): PlainRecords {
  const { bytes, end } = reader
  let earliestDelta = 0x7fffffff
  let latestDelta = -0x80000000
  let at = reader.position
  let index = 0
  for (; index < count && at + PLAIN_HEAD_BYTES_MAX < end; index++) {
    let next = at
    let size = bytes[next++] as number
    if (size >= 0x80) {
      const high = bytes[next++] as number
      if (high >= 0x80) break
      size = (size & 0x7f) | (high << 7)
    }
    const recordEnd = next + (size >>> 1)
    next++ // attributes: none are defined
    let delta = bytes[next++] as number
    if (delta >= 0x80) {
      const high = bytes[next++] as number
      if (high >= 0x80) break
      delta = (delta & 0x7f) | (high << 7)
    }
    let offset = bytes[next++] as number
    if (offset >= 0x80) {
      const high = bytes[next++] as number
      if (high >= 0x80) break
      offset = (offset & 0x7f) | (high << 7)
    }
    let key = bytes[next++] as number
    if (key >= 0x80) {
      const high = bytes[next++] as number
      if (high >= 0x80) break
      key = (key & 0x7f) | (high << 7)
    }
    // The length -1 is zig-zagged to 1; other odd numbers are negative too, and wrong.
    if (key === 1) {
      if (needsKeys) break
    } else if ((key & 1) === 1) break
    else next += key >>> 1
    if (next + 3 > end) break
    let value = bytes[next++] as number
    if (value >= 0x80) {
      const high = bytes[next++] as number
      if (high >= 0x80) break
      value = (value & 0x7f) | (high << 7)
    }
    if (value !== 1) {
      if ((value & 1) === 1) break
      next += value >>> 1
    }
    const isPlain = next < end && bytes[next] === 0 && next + 1 === recordEnd
    if (!isPlain || offset !== index * 2 || (size & 1) === 1) break
    const timestampDelta = (delta >>> 1) ^ -(delta & 1)
    if (timestampDelta < earliestDelta) earliestDelta = timestampDelta
    if (timestampDelta > latestDelta) latestDelta = timestampDelta
    at = recordEnd
  }
  reader.position = at
  return { count: index, earliestDelta, latestDelta }
}

function skipHeaders(reader: Reader): void {
  const count = reader.varint()
  if (count === 0) return
  if (count < 0 || count * 2 > reader.remaining) throw new DecodeError(`${count} record headers`)
  for (let index = 0; index < count; index++) {
    reader.skip(reader.varint())
    const valueBytes = reader.varint()
    if (valueBytes !== -1) reader.skip(valueBytes)
  }
}
