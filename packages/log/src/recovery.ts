/**
 * Opens the directory of a partition log. After a clean stop the files are taken as they are; after a crash every
 * segment from the recovery point on is read, its batches checked, and everything that follows from them (indexes,
 * leader epochs, producer states) rebuilt; the first batch that is not whole and valid ends the log.
 *
 * Blocks, and reads in chunks of 1 MiB: it runs before the partition is served.
 */
import {
  baseOffset,
  lastOffset,
  maxTimestamp,
  nextOffset,
  partitionLeaderEpoch,
} from '@millrace/protocol/records/batch-header'
import { scanBatchesSync, type ScanResult } from './batch-scan.ts'
import { CheckpointFile, decodeEpochCheckpoint, LEADER_EPOCH_CHECKPOINT } from './checkpoints.ts'
import { CorruptBatch } from './corrupt-batch.ts'
import { parseSegmentFileName } from './file-names.ts'
import { finishInterruptedWork } from './interrupted-work.ts'
import { type EpochEntry, LeaderEpochCache } from './leader-epoch-cache.ts'
import type { LogConfig } from './log-config.ts'
import type { LogContext } from './log-context.ts'
import { ProducerStates } from './producer-states.ts'
import { loadNewestSnapshot, removeStraySnapshots, replayProducers } from './producer-recovery.ts'
import { Segment } from './segment.ts'
import type { SegmentFile } from './segment-file.ts'
import { SegmentList } from './segment-list.ts'
import { isBrokenSeal } from './sealing/broken-seal.ts'
import type { AbortedEntry } from './transaction-index.ts'
import { cutSegment, removeSnapshotsAbove } from './truncation.ts'

export interface LoadOptions {
  readonly directory: string
  readonly config: LogConfig
  /** The last stop was clean: nothing needs to be checked. */
  readonly clean: boolean
  /** From the checkpoint; 0 when the partition is not in it. */
  readonly recoveryPoint: number
  /** From the checkpoint; 0 when the partition is not in it. */
  readonly logStartOffset: number
  /** From the checkpoint; Infinity unless given: all is committed. */
  readonly highWatermark?: number
  /** All below was durable once: a log that has less of it was changed, not torn, and is not cut. 0 unless given. */
  readonly durableOffset?: number
}

/** What PartitionLog is made of. */
export interface LoadedLog {
  readonly segments: SegmentList
  readonly producers: ProducerStates
  readonly epochs: readonly EpochEntry[]
  /** The epochs differ from their file. */
  readonly epochsChanged: boolean
  readonly epochFile: CheckpointFile
  readonly logStartOffset: number
  readonly recoveryPoint: number
  /** Offset of the newest producer snapshot. */
  readonly snapshotOffset: number
  /** Rolled segments whose indexes were rebuilt and are not on disk yet. */
  readonly unflushed: readonly Segment[]
  /** Directory entries may not be durable yet. */
  readonly hasNewFiles: boolean
}

/** Loads, and repairs where needed, the log in `options.directory`. Throws StorageError. */
export function loadLog(context: LogContext, options: LoadOptions): LoadedLog {
  const { directory } = options
  const { disk } = context.host
  finishInterruptedWork(context.files, directory)
  const epochFile = new CheckpointFile(disk, `${directory}/${LEADER_EPOCH_CHECKPOINT}`)
  const epochsOnDisk = readEpochs(context, epochFile)
  const clean = options.clean && epochsOnDisk !== null
  const segments = openSegments(context, options)
  const list = new SegmentList(segments)
  const isNew = list.active.log.sizeBytes === 0

  let epochsChanged = epochsOnDisk === null
  const epochs = new LeaderEpochCache({
    entries: epochsOnDisk ?? [],
    logEndOffset: () => list.active.nextOffset,
    onChange: () => {
      epochsChanged = true
    },
  })
  const producers = new ProducerStates(context.producerIdExpirationMs)
  const recoveryPoint = epochsOnDisk === null ? 0 : options.recoveryPoint
  let firstUnsafe = clean
    ? segments.length
    : Math.max(
        0,
        segments.findLastIndex((each) => each.baseOffset <= recoveryPoint),
      )
  const unflushed: Segment[] = []
  for (const [index, segment] of segments.slice(0, firstUnsafe).entries()) {
    const path = openSafely(segment, segments[index + 1])
    if (path === null) continue
    context.logger.warn('rebuilding the indexes of a segment', { baseOffset: segment.baseOffset, path })
    const aborted = abortedOf(segment)
    if (aborted === null) {
      firstUnsafe = index
      break
    }
    const problem = rebuild(context, segment, { ...options, mayBeTorn: false }, () => undefined)
    if (problem !== null) tellCut(context, segment, problem, 0)
    // The batches alone do not tell it without the producer states of that time.
    for (const entry of aborted) segment.transactionIndex.append(entry)
    if (index < segments.length - 1) unflushed.push(segment)
  }

  let snapshotOffset: number
  if (firstUnsafe === segments.length) {
    snapshotOffset = reloadProducers(context, {
      directory,
      segments: list,
      producers,
      endOffset: list.active.nextOffset,
    })
  } else {
    const first = segments[firstUnsafe] as Segment
    // The file may be older than the batches: what they say themselves counts.
    epochs.truncateFromEnd(first.baseOffset)
    const { highWatermark = Infinity } = options
    const endOffset = first.baseOffset
    snapshotOffset = reloadProducers(context, { directory, segments: list, producers, endOffset, highWatermark })
    unflushed.push(...recoverFrom(context, { list, firstUnsafe, epochs, producers, options }))
  }

  const end = list.active.nextOffset
  checkDurable(list.active, `it ends at offset ${end}`, options)
  let logStartOffset = Math.max(options.logStartOffset, list.first.baseOffset)
  if (logStartOffset > end) {
    restart(context, options, list, logStartOffset)
    producers.clear()
    epochs.clear()
    unflushed.length = 0
  } else {
    logStartOffset = Math.min(logStartOffset, end)
  }
  removeSnapshotsAbove(disk, directory, list.active.nextOffset)
  removeStraySnapshots(context, directory, list)
  epochs.truncateFromEnd(list.active.nextOffset)
  epochs.truncateFromStart(logStartOffset)
  return {
    segments: list,
    producers,
    epochs: epochs.entries,
    epochsChanged,
    epochFile,
    logStartOffset,
    recoveryPoint: clean ? list.active.nextOffset : Math.min(recoveryPoint, list.active.nextOffset),
    snapshotOffset,
    hasNewFiles: !clean || isNew,
    unflushed: unflushed.filter((segment) => segment !== list.active && list.has(segment)),
  }
}

/**
 * Producer states as of `endOffset`: the newest usable snapshot and the batches behind it. Returns its offset. Markers at or
 * above the high watermark may be cut off yet, so they are read as batches: a snapshot does not tell what they ended. After
 * a clean stop there is no snapshot above such a marker.
 */
export function reloadProducers(
  context: LogContext,
  options: {
    readonly directory: string
    readonly segments: SegmentList
    readonly producers: ProducerStates
    readonly endOffset: number
    readonly highWatermark?: number
  },
): number {
  const { directory, segments, producers, endOffset, highWatermark = Infinity } = options
  const offset = loadNewestSnapshot(context, directory, producers, Math.min(endOffset, highWatermark))
  const from = Math.max(offset, segments.first.baseOffset)
  if (from < endOffset) replayProducers(segments, producers, from, endOffset)
  return Math.max(offset, segments.first.baseOffset)
}

/** null when the file is malformed: the epochs are then rebuilt from all batches. */
function readEpochs(context: LogContext, file: CheckpointFile): EpochEntry[] | null {
  try {
    const content = file.read()
    return content === null ? [] : decodeEpochCheckpoint(content)
  } catch (error) {
    if (error instanceof Error && 'code' in error && !isBrokenSeal(error)) throw error
    context.logger.warn('the leader epoch file is malformed and will be rebuilt', {
      path: file.path,
      error: String(error),
    })
    return null
  }
}

function openSegments(context: LogContext, options: LoadOptions): Segment[] {
  const { directory } = options
  const { disk, clock } = context.host
  const bases: number[] = []
  for (const name of disk.list(directory)) {
    const parsed = parseSegmentFileName(name)
    if (parsed === null) continue
    if (parsed.suffix === '.log') bases.push(parsed.baseOffset)
  }
  bases.sort((a, b) => a - b)
  const open = (baseOffset: number, onDisk: boolean): Segment =>
    new Segment(context.files, { directory, baseOffset, createdMs: clock.nowMs(), jitterMs: 0, onDisk })
  if (bases.length > 0) return bases.map((baseOffset) => open(baseOffset, true))
  const segment = open(options.logStartOffset, false)
  segment.create(preallocatedBytes(options.config))
  return [segment]
}

/** Takes the files as they are; gives the path of one that is missing or cannot be right. */
function openSafely(segment: Segment, next: Segment | undefined): string | null {
  try {
    return takeAsIs(segment, next)?.path ?? null
  } catch (error) {
    if (isBrokenSeal(error)) return error.path
    throw error
  }
}

/** Of the transaction index; null when it cannot be read: then the batches behind a producer snapshot must tell. */
function abortedOf(segment: Segment): readonly AbortedEntry[] | null {
  try {
    return segment.transactionIndex.isSane(segment.baseOffset) ? [...segment.transactionIndex.entries] : []
  } catch (error) {
    if (isBrokenSeal(error)) return null
    throw error
  }
}

function takeAsIs(segment: Segment, next: Segment | undefined): SegmentFile | null {
  if (!segment.offsetIndex.isSane()) return segment.offsetIndex.file
  if (!segment.timeIndex.isSane()) return segment.timeIndex.file
  if (!segment.transactionIndex.isSane(segment.baseOffset)) return segment.transactionIndex.file
  const last = segment.timeIndex.peekLast()
  segment.maxTimestamp = last?.timestamp ?? -1
  segment.maxTimestampOffset = last?.offset ?? segment.baseOffset
  if (next !== undefined) {
    segment.nextOffset = next.baseOffset
    return null
  }
  segment.loadIndexesSync()
  noteFirstTimestamp(segment)
  const scan = scanBatchesSync(
    segment.log,
    { position: segment.offsetIndex.lastPosition, verify: false, minOffset: segment.baseOffset },
    (bytes, at) => {
      segment.noteIndexedBatch(bytes, at)
      return 'continue'
    },
  )
  if (scan.isSealBroken) throw changedAtRest(segment, scan)
  return scan.problem === null ? null : segment.log
}

/**
 * What has been durable, or was closed cleanly, was not torn: to cut it off would be taken from here by followers too. The
 * error ends the start of the node; other replicas lead.
 */
function changedAtRest(segment: Segment, scan: ScanResult): CorruptBatch {
  return new CorruptBatch(segment.log.path, scan.endPosition, scan.problem ?? '')
}

/** Throws when what was durable would be gone, before anything is cut off. */
function checkDurable(last: Segment, problem: string, { durableOffset = 0 }: LoadOptions): void {
  if (last.nextOffset >= durableOffset) return
  throw new CorruptBatch(
    last.log.path,
    last.log.sizeBytes,
    `${problem}, and all below ${durableOffset} had been durable`,
  )
}

function noteFirstTimestamp(segment: Segment): void {
  scanBatchesSync(segment.log, { position: 0, verify: false, minOffset: segment.baseOffset }, (bytes, at) => {
    segment.firstTimestamp = maxTimestamp(bytes, at)
    return 'stop'
  })
}

interface Recovery {
  readonly list: SegmentList
  readonly firstUnsafe: number
  readonly epochs: LeaderEpochCache
  readonly producers: ProducerStates
  readonly options: LoadOptions
}

/** Checks and rebuilds the segments from `firstUnsafe` on; returns those that stay. */
function recoverFrom(context: LogContext, recovery: Recovery): Segment[] {
  const { list, firstUnsafe, epochs, producers, options } = recovery
  const segments = list.all.slice(firstUnsafe)
  for (const [index, segment] of segments.entries()) {
    if (index > 0) segment.startSnapshot = producers.encodeSnapshot()
    const problem =
      gapBefore(segment, segments[index - 1]) ??
      rebuild(context, segment, { ...options, mayBeTorn: true }, (bytes, at) => {
        const epoch = partitionLeaderEpoch(bytes, at)
        if (epoch > epochs.latest) epochs.assign(epoch, baseOffset(bytes, at))
        const completed = producers.update(bytes, at)
        if (completed === null || !completed.aborted) return
        segment.transactionIndex.append({
          producerId: completed.producerId,
          firstOffset: completed.firstOffset,
          lastOffset: completed.lastOffset,
          lastStableOffset: producers.firstOpenOffset(nextOffset(bytes, at)),
        })
      })
    if (problem === null) continue
    const kept = gapBefore(segment, segments[index - 1]) === null ? segment : (segments[index - 1] as Segment)
    checkDurable(kept, problem, options)
    const lost = list.removeAbove(kept.baseOffset).reverse()
    for (const later of lost) for (const file of later.files) file.remove()
    tellCut(context, kept, problem, lost.length)
    return segments.filter((each) => list.has(each))
  }
  return segments
}

function tellCut(context: LogContext, segment: Segment, problem: string, segmentsRemoved: number): void {
  context.logger.warn('the log was cut at its first invalid batch', {
    path: segment.log.path,
    position: segment.log.sizeBytes,
    problem,
    logEndOffset: segment.nextOffset,
    segmentsRemoved,
  })
}

/** Above the recovery point a segment starts where the one before ends; otherwise what lay between was lost. */
function gapBefore(segment: Segment, previous: Segment | undefined): string | null {
  if (previous === undefined || previous.nextOffset === segment.baseOffset) return null
  return `the segment at ${segment.baseOffset} does not continue the one that ends at ${previous.nextOffset}`
}

/** Reads all of `segment`, rebuilds its indexes and cuts it at the first bad batch; tells what was wrong with it. */
function rebuild(
  context: LogContext,
  segment: Segment,
  { config, durableOffset = 0, mayBeTorn }: LoadOptions & { readonly mayBeTorn: boolean },
  visit: (bytes: Buffer, at: number) => void,
): string | null {
  segment.resetIndexes()
  if (!segment.offsetIndex.file.exists) segment.offsetIndex.file.create()
  if (!segment.timeIndex.file.exists) segment.timeIndex.file.create()
  const { host } = context
  const scan = scanBatchesSync(
    segment.log,
    { position: 0, verify: true, minOffset: segment.baseOffset },
    (bytes, at) => {
      // What goes beyond an index entry's 32 bits is no batch of this segment.
      if (lastOffset(bytes, at) - segment.baseOffset > 0x7fff_ffff) return 'stop'
      segment.noteBatch(bytes, at, config.indexIntervalBytes)
      visit(bytes, at)
      return 'continue'
    },
  )
  if (scan.isSealBroken && !mayBeTorn) throw changedAtRest(segment, scan)
  if (scan.problem !== null && segment.nextOffset < durableOffset) throw changedAtRest(segment, scan)
  segment.createdMs = host.clock.nowMs()
  if (scan.endPosition === segment.log.sizeBytes) {
    segment.seal()
    return scan.problem
  }
  cutSegment(segment, { offset: segment.nextOffset, position: scan.endPosition })
  segment.seal()
  return scan.problem ?? 'offset is too far from the base'
}

/** logStart is beyond the end: everything is gone, the log goes on there. */
function restart(context: LogContext, options: LoadOptions, list: SegmentList, offset: number): void {
  const { directory } = options
  const segment = new Segment(context.files, {
    directory,
    baseOffset: offset,
    createdMs: context.host.clock.nowMs(),
    jitterMs: 0,
    onDisk: false,
  })
  for (const removed of list.replaceAll(segment).reverse()) for (const file of removed.files) file.remove()
  segment.create(preallocatedBytes(options.config))
}

function preallocatedBytes({ preallocate, segmentBytes }: LogConfig): number {
  return preallocate ? segmentBytes : 0
}
