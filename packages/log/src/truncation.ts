/** Where a log is cut: at a batch's edge, never inside one. */
import { baseOffset, lastOffset } from '@millrace/protocol/records/batch-header'
import type { Disk } from '@millrace/base/host'
import { scanBatchesSync } from './batch-scan.ts'
import { parseSegmentFileName } from './file-names.ts'
import type { Segment } from './segment.ts'

export interface TruncationPoint {
  /** The log end after the cut; below the wanted offset when that lies inside a batch. */
  readonly offset: number
  /** Of the file. */
  readonly position: number
}

/** The first batch that ends at or above `offset` and all behind it go. Loads the indexes. */
export function truncationPoint(segment: Segment, offset: number): TruncationPoint {
  segment.loadIndexesSync()
  let end = Math.min(offset, segment.nextOffset)
  const position = segment.offsetIndex.lookup(offset)
  const scan = scanBatchesSync(segment.log, { position, verify: false, minOffset: segment.baseOffset }, (bytes, at) => {
    if (lastOffset(bytes, at) < offset) return 'continue'
    end = Math.min(end, baseOffset(bytes, at))
    return 'stop'
  })
  return { offset: end, position: scan.endPosition }
}

/** Cuts indexes and file of `segment`, the active one from now on; indexes first, so that they never point beyond. */
export function cutSegment(segment: Segment, point: TruncationPoint): void {
  segment.cut(point.offset, point.position)
  segment.log.truncate(point.position)
  scanBatchesSync(
    segment.log,
    { position: segment.offsetIndex.lastPosition, verify: false, minOffset: segment.baseOffset },
    (bytes, at) => {
      segment.noteIndexedBatch(bytes, at)
      return 'continue'
    },
  )
  segment.nextOffset = point.offset
}

/** Producer snapshots above `offset` describe what is no more. */
export function removeSnapshotsAbove(disk: Disk, directory: string, offset: number): void {
  for (const name of disk.list(directory)) {
    const parsed = parseSegmentFileName(name)
    if (parsed?.suffix === '.snapshot' && parsed.baseOffset > offset) disk.removeFile(`${directory}/${name}`)
  }
}
