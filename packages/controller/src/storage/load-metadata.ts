/**
 * What the disk says the cluster is: the newest snapshot, then every batch of the log behind it, replayed exactly as
 * they were when live (kafka-records §1.3, §1.6).
 */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { METADATA_TOPIC_ID } from '@millrace/base/uuid'
import { defaultLogConfig } from '@millrace/log/log-config'
import { PartitionLog } from '@millrace/log/partition-log'
import { emptyImage } from '@millrace/metadata/image'
import { METADATA_BATCH_BYTES_MAX, readMetadataBatches } from '@millrace/metadata/metadata-batch'
import { MetadataReplayer } from '@millrace/metadata/replayer'
import { imageFromSnapshot } from '@millrace/metadata/snapshot-format'
import { METADATA_TOPIC } from './directory.ts'
import { SnapshotStore } from './snapshot-store.ts'
import { PARTITION_METADATA_FILE, encodePartitionMetadata } from '@millrace/log/partition-metadata'

export interface LoadedMetadata {
  readonly log: PartitionLog
  readonly snapshots: SnapshotStore
  readonly replayer: MetadataReplayer
}

export interface LoadMetadataOptions {
  readonly host: Host
  readonly logger: Logger
  readonly directory: string
  readonly segmentBytes: number
  readonly segmentMs: number
  /** Of what had been committed nothing may be missing; 0 when nobody knows. */
  readonly committedOffset: number
}

/** Calls back with an Error when the directory's files contradict each other; then the controller must not start. */
export function loadMetadata(
  options: LoadMetadataOptions,
  callback: (error: Error | null, loaded: LoadedMetadata | null) => void,
): void {
  const { host, logger, directory, segmentBytes, segmentMs } = options
  const snapshots = new SnapshotStore(host, directory)
  const identity = `${directory}/${PARTITION_METADATA_FILE}`
  try {
    snapshots.clean()
    if (!host.disk.exists(identity)) {
      host.disk.writeFileAtomic(identity, encodePartitionMetadata(METADATA_TOPIC_ID), { sync: true })
    }
  } catch (error) {
    return callback(error as Error, null)
  }
  const config = {
    ...defaultLogConfig,
    segmentBytes,
    segmentMs,
    retentionMs: -1,
    maxMessageBytes: METADATA_BATCH_BYTES_MAX,
  }
  const identityOfLog = { topic: METADATA_TOPIC, partition: 0, topicId: METADATA_TOPIC_ID, directory }
  const log = { ...identityOfLog, config, host, logger, durableOffset: options.committedOffset }
  PartitionLog.openStandalone(log, (error, opened) => {
    if (error !== null || opened === null) return callback(error, null)
    try {
      const replayer = new MetadataReplayer(startImage(opened, snapshots))
      replayRest(opened, replayer, (failure) => {
        if (failure !== null) callback(failure, null)
        else callback(null, { log: opened, snapshots, replayer })
      })
    } catch (failure) {
      callback(failure as Error, null)
    }
  })
}

function startImage(log: PartitionLog, snapshots: SnapshotStore): ReturnType<typeof imageFromSnapshot> {
  const { latest } = snapshots
  if (latest === null || latest.endOffset < log.logStartOffset) {
    if (log.logStartOffset === 0) return emptyImage
    throw new Error(`the metadata log starts at ${log.logStartOffset} and no snapshot covers what came before`)
  }
  // A snapshot ahead of the log: the log's tail was lost with a machine, the snapshot was synced.
  if (latest.endOffset > log.logEndOffset) log.truncateFullyAndStartAt(latest.endOffset)
  else log.advanceLogStart(oldestEndOffset(snapshots, log))
  return imageFromSnapshot(snapshots.read(latest), latest)
}

/** The log start is not stored: it is where the oldest snapshot within the log ends, if segments below are gone. */
function oldestEndOffset(snapshots: SnapshotStore, log: PartitionLog): number {
  if (log.segments.first.baseOffset === 0) return 0
  const covering = snapshots.list().filter((id) => id.endOffset >= log.segments.first.baseOffset)
  return covering.at(-1)?.endOffset ?? 0
}

const READ_BYTES = 4 * 1024 * 1024

function replayRest(log: PartitionLog, replayer: MetadataReplayer, callback: (error: Error | null) => void): void {
  const endOffset = log.logEndOffset
  if (replayer.nextOffset >= endOffset) return callback(null)
  const request = { offset: replayer.nextOffset, maxBytes: READ_BYTES, endOffset, atLeastOne: true }
  log.readCold(request, (error, read) => {
    if (error !== null || read === null) return callback(error ?? new Error('the metadata log cannot be read'))
    const before = replayer.nextOffset
    try {
      // A copy: decoded records may keep views of their bytes, and the read buffer is used again.
      for (const batch of readMetadataBatches(Buffer.concat([...read.buffers]))) replayer.replay(batch)
    } catch (failure) {
      return callback(failure as Error)
    } finally {
      read.release?.()
    }
    if (replayer.nextOffset === before)
      return callback(new Error(`the metadata log cannot be read at offset ${before}`))
    replayRest(log, replayer, callback)
  })
}
