/** Producer states at start and after a truncation: from a snapshot file and the batches behind it. */
import type { Disk } from '@millrace/base/host'
import { lastOffset, nextOffset } from '@millrace/protocol/records/batch-header'
import { scanBatchesSync } from './batch-scan.ts'
import { parseSegmentFileName, segmentFileName } from './file-names.ts'
import type { LogContext } from './log-context.ts'
import { decodeProducerSnapshot } from './producer-snapshot.ts'
import type { ProducerStates } from './producer-states.ts'
import { isBrokenSeal } from './sealing/broken-seal.ts'
import type { SegmentList } from './segment-list.ts'

/**
 * Loads the newest snapshot at or below `offsetMax` that is whole; a corrupt one is removed and the one before it
 * tried. Returns its offset; -1, and no states, when there is none.
 */
export function loadNewestSnapshot(
  context: LogContext,
  directory: string,
  producers: ProducerStates,
  offsetMax: number,
): number {
  const { disk, clock } = context.host
  const offsets: number[] = []
  for (const name of disk.list(directory)) {
    const parsed = parseSegmentFileName(name)
    if (parsed?.suffix === '.snapshot' && parsed.baseOffset <= offsetMax) offsets.push(parsed.baseOffset)
  }
  for (const offset of offsets.sort((a, b) => b - a)) {
    const path = `${directory}/${segmentFileName(offset, '.snapshot')}`
    const entries = readSnapshot(disk, path)
    if (entries !== null) {
      producers.loadSnapshot(entries, offset, clock.nowMs())
      return offset
    }
    context.logger.warn('a producer snapshot is corrupt and was removed', { path })
    disk.removeFile(path)
  }
  producers.clear()
  return -1
}

function readSnapshot(disk: Disk, path: string): ReturnType<typeof decodeProducerSnapshot> {
  try {
    return decodeProducerSnapshot(Buffer.from(disk.readFile(path)))
  } catch (error) {
    if (isBrokenSeal(error)) return null
    throw error
  }
}

/** Takes in the batches of [from, end). */
export function replayProducers(segments: SegmentList, producers: ProducerStates, from: number, end: number): void {
  const first = segments.floor(from)
  for (const segment of segments.all) {
    if (segment.baseOffset < first.baseOffset || segment.baseOffset >= end || !segment.log.exists) continue
    if (segment.baseOffset < from) segment.loadIndexesSync()
    const position = segment.baseOffset < from ? segment.offsetIndex.lookup(from) : 0
    scanBatchesSync(segment.log, { position, verify: false, minOffset: segment.baseOffset }, (bytes, at) => {
      if (nextOffset(bytes, at) > end) return 'stop'
      if (lastOffset(bytes, at) >= from) producers.update(bytes, at)
      return 'continue'
    })
  }
}

/** Removes snapshots that belong to no segment; the newest one stays if it is not older than the active segment. */
export function removeStraySnapshots(context: LogContext, directory: string, segments: SegmentList): void {
  const { disk } = context.host
  const bases = new Set(segments.all.map((segment) => segment.baseOffset))
  const stray: number[] = []
  for (const name of disk.list(directory)) {
    const parsed = parseSegmentFileName(name)
    if (parsed?.suffix === '.snapshot' && !bases.has(parsed.baseOffset)) stray.push(parsed.baseOffset)
  }
  const newest = Math.max(-1, ...stray)
  for (const offset of stray) {
    if (offset === newest && offset >= segments.active.baseOffset) continue
    disk.removeFile(`${directory}/${segmentFileName(offset, '.snapshot')}`)
  }
}
