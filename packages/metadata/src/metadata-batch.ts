/**
 * Batches of the metadata log and its snapshots (kafka-records §1.2): data batches hold metadata records as framed
 * values, control batches hold what the raft layer says. They never mix. Codec none, no producer, CreateTime, all
 * records of a batch with one timestamp.
 */
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { Writer } from '@millrace/protocol/primitives/writer'
import {
  baseOffset,
  batchSizeBytes,
  crcMatches,
  isControl,
  lastOffset,
  maxTimestamp,
  partitionLeaderEpoch,
} from '@millrace/protocol/records/batch-header'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import {
  ControlRecordType,
  controlRecord,
  controlRecordType,
  leaderChangeMessage,
} from '@millrace/protocol/records/control-records'
import { visitBatches, readRecords } from '@millrace/protocol/records/records'
import { decodeRecordValue, encodeRecordValue } from './record-frame.ts'
import type { MetadataRecord } from './records/metadata-record.ts'

/** Most bytes of one batch: also the metadata log's max.message.bytes and the most a reader fetches at once. */
export const METADATA_BATCH_BYTES_MAX = 8_388_608
/** Most records of one append; a larger change is an error when atomic, and cut up when not. */
export const RECORDS_PER_APPEND_MAX = 10_000

/** Most changes are a few small records. */
const VALUES_BYTES_HINT = 1_024

export interface BatchPosition {
  readonly baseOffset: number
  /** Raft epoch; in a snapshot the snapshot's epoch. */
  readonly epoch: number
  readonly timestampMs: number
}

export interface MetadataBatch extends BatchPosition {
  readonly lastOffset: number
  readonly sizeBytes: number
  readonly isControl: boolean
  /** Empty in a control batch. */
  readonly records: readonly MetadataRecord[]
  /** ControlRecordType of each record of a control batch; empty in a data batch. */
  readonly controlTypes: readonly number[]
}

/** A data batch. There must be at least one record. */
export function buildMetadataBatch(position: BatchPosition, records: readonly MetadataRecord[]): Buffer {
  const writer = new Writer(VALUES_BYTES_HINT)
  return buildBatch({
    baseOffset: position.baseOffset,
    partitionLeaderEpoch: position.epoch,
    timestampMs: position.timestampMs,
    records: records.map((record) => ({ value: encodeRecordValue(record, writer) })),
  })
}

/**
 * What a reader of a batch just built will find in it. It need not be decoded for that: a record that its version cannot
 * carry whole is refused by the encoder, and nothing in these records may be dropped on the way.
 */
export function builtMetadataBatch(
  position: BatchPosition,
  records: readonly MetadataRecord[],
  sizeBytes: number,
): MetadataBatch {
  const lastOffset = position.baseOffset + records.length - 1
  return { ...position, lastOffset, sizeBytes, isControl: false, records, controlTypes: [] }
}

/** The control batch that opens an epoch, for a quorum whose single voter is its leader. */
export function buildLeaderChangeBatch(position: BatchPosition, leaderId: number): Buffer {
  const voters = [{ voterId: leaderId }]
  const value = { leaderId, voters, grantingVoters: voters }
  return buildBatch({
    baseOffset: position.baseOffset,
    partitionLeaderEpoch: position.epoch,
    timestampMs: position.timestampMs,
    isControl: true,
    records: [controlRecord(ControlRecordType.leaderChange, leaderChangeMessage, value)],
  })
}

/** Decodes the batch at `at`, which must be whole. Throws DecodeError for a wrong CRC or anything unknown in it. */
export function readMetadataBatch(bytes: Buffer, at: number): MetadataBatch {
  return resultOf(decodeBatch(bytes, at))
}

/** A record per step. */
function* decodeBatch(bytes: Buffer, at: number): Generator<void, MetadataBatch> {
  if (!crcMatches(bytes, at)) throw new DecodeError(`metadata batch at offset ${baseOffset(bytes, at)} has a wrong CRC`)
  const control = isControl(bytes, at)
  const records: MetadataRecord[] = []
  const controlTypes: number[] = []
  for (const record of readRecords(bytes, at)) {
    if (control) {
      const type = controlRecordType(record.key)
      if (type === null || type < ControlRecordType.leaderChange || type > ControlRecordType.kraftVoters) {
        throw new DecodeError(`control record of unknown type ${type} at offset ${record.offset}`)
      }
      controlTypes.push(type)
      continue
    }
    if (record.key !== null || record.value === null || record.value.length === 0) {
      throw new DecodeError(`metadata record at offset ${record.offset} has a key or no value`)
    }
    records.push(decodeRecordValue(record.value))
    yield
  }
  return {
    baseOffset: baseOffset(bytes, at),
    lastOffset: lastOffset(bytes, at),
    epoch: partitionLeaderEpoch(bytes, at),
    timestampMs: maxTimestamp(bytes, at),
    sizeBytes: batchSizeBytes(bytes, at),
    isControl: control,
    records,
    controlTypes,
  }
}

/** All whole batches of `bytes`; a batch cut off at the end is left out. */
export function readMetadataBatches(bytes: Buffer): MetadataBatch[] {
  return resultOf(decodeMetadataBatches(bytes))
}

/** The same, a record per step: a topic of thousands of partitions is one batch. */
export function* decodeMetadataBatches(bytes: Buffer): Generator<void, MetadataBatch[]> {
  const positions: number[] = []
  visitBatches(bytes, 0, bytes.length, (at) => void positions.push(at))
  const batches: MetadataBatch[] = []
  for (const at of positions) batches.push(yield* decodeBatch(bytes, at))
  return batches
}

function resultOf<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
