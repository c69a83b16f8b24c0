/**
 * Snapshots and `bootstrap.checkpoint` (kafka-records §1.5, §1.6): a header control batch, data batches with offsets of
 * their own from 0, a footer control batch. A file without footer is incomplete and refused.
 */
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import {
  ControlRecordType,
  controlRecord,
  snapshotFooterRecord,
  snapshotHeaderRecord,
} from '@millrace/protocol/records/control-records'
import { MetadataDelta } from './delta.ts'
import { emptyImage } from './image.ts'
import type { MetadataImage } from './image.ts'
import { imageRecords } from './image-records.ts'
import { buildMetadataBatch, readMetadataBatches } from './metadata-batch.ts'
import { RecordType } from './records/metadata-record.ts'
import type { MetadataRecord } from './records/metadata-record.ts'

const RECORDS_PER_BATCH = 1024
const FILE_NAME = /^(\d{20})-(\d{10})\.checkpoint$/

/** What a snapshot contains: all below `endOffset` (exclusive), the last of it written in `epoch`. */
export interface SnapshotId {
  readonly endOffset: number
  readonly epoch: number
}

export function snapshotFileName(id: SnapshotId): string {
  return `${String(id.endOffset).padStart(20, '0')}-${String(id.epoch).padStart(10, '0')}.checkpoint`
}

/** null for any other file name. */
export function parseSnapshotFileName(name: string): SnapshotId | null {
  const match = FILE_NAME.exec(name)
  return match === null ? null : { endOffset: Number(match[1]), epoch: Number(match[2]) }
}

export interface SnapshotSource {
  readonly epoch: number
  /** Timestamp of the batches written: now. */
  readonly timestampMs: number
  /** Timestamp of the last batch of the log that the content reflects; 0 in bootstrap.checkpoint. */
  readonly lastContainedLogTimestampMs: number
  readonly records: Iterable<MetadataRecord>
}

/** The file piece by piece, so that a large image can be written over several turns of the loop. */
export function* snapshotChunks(source: SnapshotSource): Generator<Buffer, void, undefined> {
  const { epoch, timestampMs } = source
  let offset = 0
  const header = controlRecord(ControlRecordType.snapshotHeader, snapshotHeaderRecord, {
    lastContainedLogTimestamp: source.lastContainedLogTimestampMs,
  })
  yield buildBatch({
    baseOffset: offset++,
    partitionLeaderEpoch: epoch,
    timestampMs,
    isControl: true,
    records: [header],
  })
  let pending: MetadataRecord[] = []
  const batch = (): Buffer => {
    const built = buildMetadataBatch({ baseOffset: offset, epoch, timestampMs }, pending)
    offset += pending.length
    pending = []
    return built
  }
  for (const record of source.records) {
    pending.push(record)
    if (pending.length === RECORDS_PER_BATCH) yield batch()
  }
  if (pending.length > 0) yield batch()
  const footer = controlRecord(ControlRecordType.snapshotFooter, snapshotFooterRecord, {})
  yield buildBatch({ baseOffset: offset, partitionLeaderEpoch: epoch, timestampMs, isControl: true, records: [footer] })
}

/** The chunks of a snapshot of `image`. */
export function imageSnapshotChunks(image: MetadataImage, nowMs: number): Generator<Buffer, void, undefined> {
  const records = imageRecords(image)
  return snapshotChunks({
    epoch: image.epoch,
    timestampMs: nowMs,
    lastContainedLogTimestampMs: image.timestampMs,
    records,
  })
}

export interface SnapshotContent {
  readonly records: readonly MetadataRecord[]
  /** When the snapshot was written. */
  readonly timestampMs: number
}

/** What a snapshot or bootstrap file holds. Throws DecodeError when it is malformed or incomplete. */
export function readSnapshot(bytes: Buffer): SnapshotContent {
  const batches = readMetadataBatches(bytes)
  if (batches[0]?.controlTypes[0] !== ControlRecordType.snapshotHeader) throw new DecodeError('snapshot has no header')
  if (batches.at(-1)?.controlTypes[0] !== ControlRecordType.snapshotFooter)
    throw new DecodeError('snapshot has no footer')
  const size = batches.reduce((sum, batch) => sum + batch.sizeBytes, 0)
  if (size !== bytes.length) throw new DecodeError(`snapshot has ${bytes.length - size} bytes after its last batch`)
  const records = batches.flatMap((batch) => batch.records)
  for (const { type } of records) {
    if (type >= RecordType.BEGIN_TRANSACTION && type <= RecordType.ABORT_TRANSACTION) {
      throw new DecodeError('snapshot holds a transaction record')
    }
  }
  return { records, timestampMs: batches[0]?.timestampMs ?? 0 }
}

/** The image a snapshot file holds. Throws as readSnapshot. */
export function imageFromSnapshot(bytes: Buffer, id: SnapshotId): MetadataImage {
  const { records, timestampMs } = readSnapshot(bytes)
  const delta = new MetadataDelta(emptyImage)
  for (const record of records) delta.replay(record)
  return delta.finish({ offset: id.endOffset - 1, epoch: id.epoch, timestampMs }).image
}
