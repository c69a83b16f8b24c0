/**
 * The log directory as a whole: whom it belongs to (`meta.properties`), whether the last stop was clean
 * (`.kafka_cleanshutdown`), and the checkpoints of all partitions.
 */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { randomUuid, type Uuid } from '@millrace/base/uuid'
import {
  CheckpointFile,
  CLEANER_CHECKPOINT,
  decodeOffsetCheckpoint,
  HIGH_WATERMARK_CHECKPOINT,
  LOG_START_CHECKPOINT,
  RECOVERY_POINT_CHECKPOINT,
} from './checkpoints.ts'
import { partitionDirectoryName } from './file-names.ts'
import { decodeMetaProperties, encodeMetaProperties, META_PROPERTIES_FILE } from './meta-properties.ts'
import { isBrokenSeal } from './sealing/broken-seal.ts'
import { StorageError } from './storage-error.ts'

const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown'

export interface LogDirectoryOptions {
  readonly host: Host
  readonly logger: Logger
  readonly directory: string
  readonly clusterId: string
  readonly nodeId: number
}

export class LogDirectory {
  readonly path: string
  readonly directoryId: Uuid
  /** Whether the process that used the directory before ended cleanly. */
  readonly wasClean: boolean
  /** Broker epoch of that process; -1 after an unclean stop. */
  readonly previousBrokerEpoch: number
  readonly recoveryPoints: ReadonlyMap<string, number>
  readonly highWatermarks: ReadonlyMap<string, number>
  readonly logStartOffsets: ReadonlyMap<string, number>
  /** First dirty offsets of compacted logs. */
  readonly firstDirtyOffsets: ReadonlyMap<string, number>
  readonly recoveryPointFile: CheckpointFile
  readonly highWatermarkFile: CheckpointFile
  readonly logStartFile: CheckpointFile
  readonly cleanerFile: CheckpointFile
  readonly #host: Host

  /**
   * Takes the directory into use: creates it if there is none, and consumes the mark of a clean stop. Throws an Error
   * that says what is wrong: it belongs to another cluster or node, or holds partitions without a `meta.properties`.
   */
  constructor(options: LogDirectoryOptions) {
    const { host, directory } = options
    this.#host = host
    this.path = directory
    host.disk.makeDirectory(directory)
    this.directoryId = claim(options)
    const previous = readCleanShutdown(options)
    this.wasClean = previous !== null
    this.previousBrokerEpoch = previous ?? -1
    host.disk.removeFile(`${directory}/${CLEAN_SHUTDOWN_FILE}`)
    // If the mark came back with the machine, a crash would pass for a clean stop.
    host.disk.syncDirectory(directory)
    this.recoveryPointFile = new CheckpointFile(host.disk, `${directory}/${RECOVERY_POINT_CHECKPOINT}`)
    this.highWatermarkFile = new CheckpointFile(host.disk, `${directory}/${HIGH_WATERMARK_CHECKPOINT}`)
    this.logStartFile = new CheckpointFile(host.disk, `${directory}/${LOG_START_CHECKPOINT}`)
    this.cleanerFile = new CheckpointFile(host.disk, `${directory}/${CLEANER_CHECKPOINT}`)
    this.recoveryPoints = readOffsets(this.recoveryPointFile, options.logger)
    this.highWatermarks = readOffsets(this.highWatermarkFile, options.logger)
    this.logStartOffsets = readOffsets(this.logStartFile, options.logger)
    this.firstDirtyOffsets = readOffsets(this.cleanerFile, options.logger)
  }

  /** The last thing before the process ends: everything else is on disk. */
  writeCleanShutdown(brokerEpoch: number): void {
    const path = `${this.path}/${CLEAN_SHUTDOWN_FILE}`
    try {
      this.#host.disk.writeFileAtomic(path, Buffer.from(JSON.stringify({ version: 0, brokerEpoch })), { sync: true })
    } catch (error) {
      throw new StorageError('write', path, error)
    }
  }
}

/** Key of the maps above. */
export function partitionKey(topic: string, partition: number): string {
  return partitionDirectoryName(topic, partition)
}

function claim(options: LogDirectoryOptions): Uuid {
  const { host, directory, clusterId, nodeId } = options
  const path = `${directory}/${META_PROPERTIES_FILE}`
  const write = (): Uuid => {
    const directoryId = randomUuid(host.random)
    host.disk.writeFileAtomic(path, encodeMetaProperties({ clusterId, nodeId, directoryId }), { sync: true })
    return directoryId
  }
  if (!host.disk.exists(path)) {
    const partition = host.disk
      .list(directory)
      .find((name) => host.disk.status(`${directory}/${name}`).isDirectory && /-\d+$/.test(name))
    if (partition !== undefined)
      throw new Error(`${directory} holds ${partition} but no ${META_PROPERTIES_FILE}: it is not formatted`)
    return write()
  }
  const found = decodeMetaProperties(host.disk.readFile(path))
  if (found.clusterId !== clusterId)
    throw new Error(`${directory} belongs to cluster ${found.clusterId}, not ${clusterId}`)
  if (found.nodeId !== nodeId) throw new Error(`${directory} belongs to node ${found.nodeId}, not ${nodeId}`)
  return found.directoryId ?? write()
}

/** The broker epoch of a clean stop; null after an unclean one. The file's existence alone means clean. */
function readCleanShutdown({ host, directory, logger }: LogDirectoryOptions): number | null {
  const path = `${directory}/${CLEAN_SHUTDOWN_FILE}`
  if (!host.disk.exists(path)) return null
  try {
    const content: unknown = JSON.parse(Buffer.from(host.disk.readFile(path)).toString())
    if (typeof content === 'object' && content !== null && 'brokerEpoch' in content) return Number(content.brokerEpoch)
  } catch (error) {
    // Nobody knows who wrote it.
    if (isBrokenSeal(error)) {
      logger.error('the mark of a clean stop is not as it was sealed and does not count', { path })
      return null
    }
    // An unreadable epoch is an unknown one.
  }
  return -1
}

/** A malformed file costs time or a position, never data: it is told and taken as empty. */
function readOffsets(file: CheckpointFile, logger: Logger): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>()
  try {
    const content = file.read()
    if (content === null) return offsets
    for (const { topic, partition, offset } of decodeOffsetCheckpoint(content)) {
      offsets.set(partitionKey(topic, partition), offset)
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && !isBrokenSeal(error)) throw error
    logger.warn('a checkpoint is malformed and taken as empty', { path: file.path, error: String(error) })
  }
  return offsets
}
