/** `partition.metadata`: which topic id the directory belongs to. Two lines, no newline at the end. */
import type { Disk } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { isUuid, type Uuid, ZERO_UUID } from '@millrace/base/uuid'
import { isBrokenSeal } from './sealing/broken-seal.ts'

export const PARTITION_METADATA_FILE = 'partition.metadata'

export function encodePartitionMetadata(topicId: Uuid): Buffer {
  return Buffer.from(`version: 0\ntopic_id: ${topicId}`)
}

/** The topic id; null when the content is malformed or the id is zero. */
export function decodePartitionMetadata(content: Uint8Array): Uuid | null {
  const match = /^version: 0\ntopic_id: (\S+)\n?$/.exec(Buffer.from(content).toString())
  const topicId = match?.[1] ?? ''
  return isUuid(topicId) && topicId !== ZERO_UUID ? topicId : null
}

/** null as well when there is no such file, or when it is not as it was sealed: it is not synced when it is written. */
export function readTopicId(disk: Disk, logger: Logger, path: string): Uuid | null {
  if (!disk.exists(path)) return null
  try {
    return decodePartitionMetadata(disk.readFile(path))
  } catch (error) {
    if (!isBrokenSeal(error)) throw error
    logger.error('a topic id is not as it was sealed', { path })
    return null
  }
}
