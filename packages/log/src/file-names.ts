/** Names of files and directories below a log directory, exactly Kafka's. */

export type SegmentSuffix = '.log' | '.index' | '.timeindex' | '.txnindex' | '.snapshot'

export const DELETED_SUFFIX = '.deleted'
const DIRECTORY_NAME_MAX = 255

/** `00000000000000000042.log` */
export function segmentFileName(baseOffset: number, suffix: SegmentSuffix): string {
  return String(baseOffset).padStart(20, '0') + suffix
}

/** Base offset and suffix of a segment's file; null for any other name (`.deleted` and the like included). */
export function parseSegmentFileName(
  name: string,
): { readonly baseOffset: number; readonly suffix: SegmentSuffix } | null {
  const match = /^(\d{20})(\.log|\.index|\.timeindex|\.txnindex|\.snapshot)$/.exec(name)
  if (match === null) return null
  return { baseOffset: Number(match[1]), suffix: match[2] as SegmentSuffix }
}

/** `orders-3` */
export function partitionDirectoryName(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** The last dash splits topic and partition; null for names that are no current partition's. */
export function parsePartitionDirectoryName(
  name: string,
): { readonly topic: string; readonly partition: number } | null {
  const match = /^([a-zA-Z0-9._-]{1,249})-(\d{1,10})$/.exec(name)
  if (match === null) return null
  return { topic: match[1] ?? '', partition: Number(match[2]) }
}

export type DirectoryMark = 'delete' | 'stray' | 'future'

/** `orders-3.<32 hex>-delete`; the topic is cut where the name would pass 255 characters. */
export function markedDirectoryName(
  topic: string,
  partition: number,
  uniqueHex: string,
  mark: 'delete' | 'stray',
): string {
  const tail = `-${partition}.${uniqueHex}-${mark}`
  return topic.slice(0, DIRECTORY_NAME_MAX - tail.length) + tail
}

/** How a directory is marked; null for an ordinary one. */
export function directoryMark(name: string): DirectoryMark | null {
  const match = /-\d+\.[0-9a-f]{32}-(delete|stray|future)$/.exec(name)
  return match === null ? null : (match[1] as DirectoryMark)
}
