/**
 * The controller's directory: `meta.properties` says whose it is, `bootstrap.checkpoint` what a new log begins with
 * (kafka-records §1.5). A missing or empty directory is formatted; one that belongs to another cluster or node, or has
 * a metadata log but no meta.properties, stops the start.
 */
import type { Host } from '@millrace/base/host'
import { randomUuid } from '@millrace/base/uuid'
import type { Uuid } from '@millrace/base/uuid'
import { META_PROPERTIES_FILE, decodeMetaProperties, encodeMetaProperties } from '@millrace/log/meta-properties'
import { readSnapshot, snapshotChunks } from '@millrace/metadata/snapshot-format'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { ControllerConfig } from '../controller-config.ts'
import { bootstrapRecords } from '../feature-control.ts'

export const METADATA_TOPIC = '__cluster_metadata'
const BOOTSTRAP_FILE = 'bootstrap.checkpoint'

export interface ControllerDirectory {
  readonly path: string
  readonly directoryId: Uuid
  /** Of the metadata log and its snapshots. */
  readonly metadataPath: string
}

/** Opens the directory, formatting a new one. Throws an Error that says what does not fit. */
export function openDirectory(host: Host, config: ControllerConfig): ControllerDirectory {
  const { disk } = host
  const path = config.directory
  const propertiesPath = `${path}/${META_PROPERTIES_FILE}`
  const metadataPath = `${path}/${METADATA_TOPIC}-0`
  disk.makeDirectory(path)
  if (!disk.exists(propertiesPath)) {
    if (disk.exists(metadataPath)) {
      throw new Error(
        `${path} has a metadata log but no ${META_PROPERTIES_FILE}: it is not this controller's, or was damaged`,
      )
    }
    return { path, metadataPath, directoryId: format(host, config) }
  }
  const properties = decodeMetaProperties(disk.readFile(propertiesPath))
  if (properties.clusterId !== config.clusterId) {
    throw new Error(`${path} belongs to cluster ${properties.clusterId}, not ${config.clusterId}`)
  }
  if (properties.nodeId !== config.nodeId) {
    throw new Error(`${path} belongs to node ${properties.nodeId}, not ${config.nodeId}`)
  }
  disk.makeDirectory(metadataPath)
  return { path, metadataPath, directoryId: properties.directoryId ?? writeProperties(host, config) }
}

/** meta.properties comes last: a directory that has it is complete. */
function format(host: Host, config: ControllerConfig): Uuid {
  const { disk, clock } = host
  const records = bootstrapRecords(config.kafkaVersion)
  const chunks = [...snapshotChunks({ epoch: 0, timestampMs: clock.nowMs(), lastContainedLogTimestampMs: 0, records })]
  disk.writeFileAtomic(`${config.directory}/${BOOTSTRAP_FILE}`, Buffer.concat(chunks), { sync: true })
  const directoryId = writeProperties(host, config)
  disk.makeDirectory(`${config.directory}/${METADATA_TOPIC}-0`)
  disk.syncDirectory(config.directory)
  return directoryId
}

function writeProperties({ disk, random }: Host, { directory, clusterId, nodeId }: ControllerConfig): Uuid {
  const directoryId = randomUuid(random)
  const content = encodeMetaProperties({ clusterId, nodeId, directoryId })
  disk.writeFileAtomic(`${directory}/${META_PROPERTIES_FILE}`, content, { sync: true })
  return directoryId
}

/** The records a new log begins with: of bootstrap.checkpoint, or of the release when the file is gone. */
export function readBootstrap({ disk }: Host, config: ControllerConfig): readonly MetadataRecord[] {
  const path = `${config.directory}/${BOOTSTRAP_FILE}`
  if (!disk.exists(path)) return bootstrapRecords(config.kafkaVersion)
  const bytes = disk.readFile(path)
  return readSnapshot(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)).records
}
