/** The broker's copy of the metadata on disk: `__cluster_metadata-0` with log and snapshots, as Kafka lays it out. */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { METADATA_TOPIC_ID } from '@millrace/base/uuid'
import { defaultLogConfig } from '@millrace/log/log-config'
import { PartitionLog } from '@millrace/log/partition-log'
import { emptyImage, type MetadataImage } from '@millrace/metadata/image'
import { METADATA_BATCH_BYTES_MAX, readMetadataBatches } from '@millrace/metadata/metadata-batch'
import { MetadataReplayer } from '@millrace/metadata/replayer'
import {
  imageFromSnapshot,
  parseSnapshotFileName,
  snapshotFileName,
  type SnapshotId,
} from '@millrace/metadata/snapshot-format'

const TOPIC = '__cluster_metadata'
const READ_BYTES = 4 * 1024 * 1024

export interface MetadataStore {
  readonly directory: string
  readonly log: PartitionLog
  /** Has replayed the newest snapshot and the log behind it. */
  readonly replayer: MetadataReplayer
}

/** Opens the copy below `logDirectory`, and replays it. */
export function openMetadataStore(
  host: Host,
  logger: Logger,
  logDirectory: string,
  callback: (error: Error | null, store: MetadataStore | null) => void,
): void {
  const directory = `${logDirectory}/${TOPIC}-0`
  const config = { ...defaultLogConfig, maxMessageBytes: METADATA_BATCH_BYTES_MAX, retentionMs: -1 }
  const options = { topic: TOPIC, partition: 0, topicId: METADATA_TOPIC_ID, config, directory, host, logger }
  host.disk.makeDirectory(directory)
  PartitionLog.openStandalone(options, (error, log) => {
    if (error !== null || log === null) return callback(error, null)
    try {
      const image = newestSnapshot(host, directory, log)
      replayLog(log, new MetadataReplayer(image), (replayError, replayer) => {
        callback(replayError, replayer === null ? null : { directory, log, replayer })
      })
    } catch (failure) {
      callback(failure as Error, null)
    }
  })
}

/**
 * Keeps a snapshot that was fetched and starts the log behind it. Returns its image; throws when it is malformed or
 * cannot be written.
 */
export function saveSnapshot(host: Host, store: MetadataStore, id: SnapshotId, bytes: Buffer): MetadataImage {
  const image = imageFromSnapshot(bytes, id)
  const older = snapshotsIn(host, store.directory)
  host.disk.writeFileAtomic(`${store.directory}/${snapshotFileName(id)}`, bytes)
  store.log.truncateFullyAndStartAt(id.endOffset)
  for (const each of older) {
    if (each.endOffset !== id.endOffset) host.disk.removeFile(`${store.directory}/${snapshotFileName(each)}`)
  }
  return image
}

/** Newest first. */
function snapshotsIn(host: Host, directory: string): SnapshotId[] {
  return host.disk
    .list(directory)
    .map(parseSnapshotFileName)
    .filter((id) => id !== null)
    .sort((a, b) => b.endOffset - a.endOffset)
}

function newestSnapshot(host: Host, directory: string, log: PartitionLog): MetadataImage {
  const newest = snapshotsIn(host, directory)[0]
  if (newest === undefined) {
    if (log.logStartOffset > 0) log.truncateFullyAndStartAt(0)
    return emptyImage
  }
  // A crash between writing the snapshot and emptying the log leaves a log that ends before it.
  if (log.logEndOffset < newest.endOffset) log.truncateFullyAndStartAt(newest.endOffset)
  const bytes = host.disk.readFile(`${directory}/${snapshotFileName(newest)}`)
  return imageFromSnapshot(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), newest)
}

function replayLog(
  log: PartitionLog,
  replayer: MetadataReplayer,
  callback: (error: Error | null, replayer: MetadataReplayer | null) => void,
): void {
  const endOffset = log.logEndOffset
  if (replayer.nextOffset >= endOffset) return callback(null, replayer)
  const request = { offset: replayer.nextOffset, maxBytes: READ_BYTES, endOffset, atLeastOne: true }
  log.readCold(request, (error, read) => {
    if (error !== null || read === null) return callback(error ?? new Error('the metadata log cannot be read'), null)
    try {
      for (const buffer of read.buffers) {
        // Decoded records may keep views of their bytes; the read buffer is used again.
        for (const batch of readMetadataBatches(Buffer.from(buffer))) replayer.replay(batch)
      }
    } catch (failure) {
      return callback(failure as Error, null)
    } finally {
      read.release?.()
    }
    replayLog(log, replayer, callback)
  })
}
