/** `partition.metadata`: which topic id the directory belongs to. Two lines, no newline at the end. */
import { isUuid, type Uuid, ZERO_UUID } from '@millrace/base/uuid'

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
