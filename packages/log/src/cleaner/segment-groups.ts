/** Which neighbouring segments become one: small ones are put together up to segment.bytes (and the size of an index). */
import type { LogConfig } from '../log-config.ts'
import type { Segment } from '../segment.ts'

const RELATIVE_OFFSET_MAX = 0x7fff_ffff
/** The files of a group are renamed in one turn of the loop. */
const GROUP_SEGMENTS_MAX = 64

/** Runs of `segments` in order, none empty; together no larger than a segment may be, unless a single one is. */
export function groupSegments(segments: readonly Segment[], config: LogConfig): Segment[][] {
  const groups: Segment[][] = []
  let bytes = 0
  let offsetIndexBytes = 0
  let timeIndexBytes = 0
  for (const segment of segments) {
    const group = groups.at(-1)
    bytes += segment.log.sizeBytes
    offsetIndexBytes += segment.offsetIndex.file.sizeBytes
    timeIndexBytes += segment.timeIndex.file.sizeBytes
    const fits =
      group !== undefined &&
      group.length < GROUP_SEGMENTS_MAX &&
      bytes <= config.segmentBytes &&
      offsetIndexBytes <= config.segmentIndexBytes &&
      timeIndexBytes <= config.segmentIndexBytes &&
      segment.nextOffset - 1 - (group[0] as Segment).baseOffset <= RELATIVE_OFFSET_MAX
    if (fits) {
      group.push(segment)
      continue
    }
    groups.push([segment])
    bytes = segment.log.sizeBytes
    offsetIndexBytes = segment.offsetIndex.file.sizeBytes
    timeIndexBytes = segment.timeIndex.file.sizeBytes
  }
  return groups
}
