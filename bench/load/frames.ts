/**
 * The two frames that the load generator sends, laid out by hand so that making one costs nothing: Produce v8 with one
 * partition and Fetch v11 with one partition. Millrace, Apache Kafka and the C floor all speak them.
 */
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { batchSizeBytes } from '@millrace/protocol/records/batch-header'

const CLIENT_ID = Buffer.from('bench')

export interface Frame {
  /** Size, header and body up to the records; `setCorrelation` gives a copy with its own correlation id. */
  readonly head: Buffer
  /** Shared by all requests; never changes. */
  readonly tail: Buffer
}

/** A record batch of about `batchBytes` with records of `recordBytes` whose content does not compress to nothing. */
export function loadBatch(batchBytes: number, recordBytes: number): { batch: Buffer; records: number } {
  const count = Math.max(1, Math.floor((batchBytes - 61) / (recordBytes + 10)))
  const value = Buffer.alloc(recordBytes)
  let seed = 42
  const records = Array.from({ length: count }, () => {
    const own = Buffer.from(value)
    for (let at = 0; at < own.length; at++) {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
      own[at] = at % 2 === 0 ? seed >>> 16 : 0x20
    }
    return { key: null, value: own }
  })
  return { batch: buildBatch({ records, timestampMs: Date.now() }), records: count }
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text)
  const head = Buffer.alloc(2)
  head.writeInt16BE(bytes.length)
  return Buffer.concat([head, bytes])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function header(apiKey: number, apiVersion: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeInt16BE(apiKey)
  bytes.writeInt16BE(apiVersion, 2)
  const client = Buffer.alloc(2)
  client.writeInt16BE(CLIENT_ID.length)
  return Buffer.concat([bytes, client, CLIENT_ID])
}

export function produceFrame(topic: string, partition: number, acks: number, batch: Buffer): Frame {
  const body = Buffer.concat([
    Buffer.from([0xff, 0xff]), // no transactional id
    Buffer.from([(acks >> 8) & 255, acks & 255]),
    int32(30_000),
    int32(1),
    string(topic),
    int32(1),
    int32(partition),
    int32(batchSizeBytes(batch, 0)),
  ])
  const head = Buffer.concat([int32(0), header(0, 8), body])
  head.writeInt32BE(head.length - 4 + batch.length)
  return { head, tail: batch }
}

export interface FetchFrame {
  readonly bytes: Buffer
  /** Where the fetch offset stands (int64). */
  readonly offsetAt: number
}

export function fetchFrame(topic: string, partition: number, maxBytes: number): FetchFrame {
  const before = Buffer.concat([
    int32(0),
    header(1, 11),
    int32(-1),
    int32(500),
    int32(1),
    int32(maxBytes),
    Buffer.from([0]),
    int32(0),
    int32(-1),
    int32(1),
    string(topic),
    int32(1),
    int32(partition),
    int32(-1),
  ])
  const after = Buffer.concat([Buffer.alloc(8), Buffer.alloc(8, 0xff), int32(maxBytes), int32(0), string('')])
  const bytes = Buffer.concat([before, after])
  bytes.writeInt32BE(bytes.length - 4)
  return { bytes, offsetAt: before.length }
}

/** Where the correlation id stands in every request frame. */
export const CORRELATION_AT = 8
