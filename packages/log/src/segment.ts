/**
 * One segment: a `.log` file with its indexes. `noteBatch` runs when a batch is queued and keeps the indexes and
 * `plannedBytes` ahead of what is written; `log.sizeBytes` is what is. Readers go by the log end offset, which follows
 * the writes, so an entry that is ahead leads nobody beyond them.
 */
import { batchSizeBytes, lastOffset, maxTimestamp, recordCount } from '@millrace/protocol/records/batch-header'
import type { LogConfig } from './log-config.ts'
import { segmentFileName } from './file-names.ts'
import {
  doWithoutIndex,
  loadIndex,
  loadIndexSync,
  persistIndex,
  persistIndexSync,
  type FiledIndex,
} from './index-file.ts'
import { OffsetIndex } from './offset-index.ts'
import type { CorruptionReport } from './corrupt-batch.ts'
import { isBrokenSeal } from './sealing/broken-seal.ts'
import { SegmentFile, type FileAccess } from './segment-file.ts'
import { TimeIndex } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

const RELATIVE_OFFSET_MAX = 0x7fff_ffff

export class Segment {
  readonly baseOffset: number
  readonly log: SegmentFile
  readonly offsetIndex: OffsetIndex
  readonly timeIndex: TimeIndex
  readonly transactionIndex: TransactionIndex
  /** Bytes of the log, what is queued included. */
  plannedBytes: number
  /** Offset after the last batch, queued ones included. */
  nextOffset: number
  /** Greatest timestamp; -1 when there is none. */
  maxTimestamp = -1
  /** Last offset of the batch that has it. */
  maxTimestampOffset: number
  /** Of the first batch: the base of segment.ms. -1 when there is none. */
  firstTimestamp = -1
  createdMs: number
  /** Drawn once from segment.jitter.ms. */
  readonly jitterMs: number
  /** Producer state at `baseOffset`, until it is written as `.snapshot`. */
  startSnapshot: Buffer | null = null
  #bytesSinceIndexEntry = 0

  /** With the files that are in `directory`, if any. */
  constructor(
    access: FileAccess,
    options: {
      readonly directory: string
      readonly baseOffset: number
      readonly createdMs: number
      readonly jitterMs: number
      /** False for a segment that has no files yet: spares looking. */
      readonly onDisk: boolean
      /** Behind the ordinary file names, while the segment is not part of its log. */
      readonly suffix?: string
    },
  ) {
    const { directory, baseOffset } = options
    const file = (suffix: '.log' | '.index' | '.timeindex' | '.txnindex'): SegmentFile => {
      const path = `${directory}/${segmentFileName(baseOffset, suffix)}${options.suffix ?? ''}`
      return options.onDisk ? SegmentFile.at(access, path) : new SegmentFile(access, path, null)
    }
    this.baseOffset = baseOffset
    this.log = file('.log')
    this.offsetIndex = new OffsetIndex(baseOffset, file('.index'))
    this.timeIndex = new TimeIndex(baseOffset, file('.timeindex'))
    this.transactionIndex = new TransactionIndex(file('.txnindex'))
    this.plannedBytes = this.log.sizeBytes
    this.nextOffset = baseOffset
    this.maxTimestampOffset = baseOffset
    this.createdMs = options.createdMs
    this.jitterMs = options.jitterMs
  }

  /** Files in the order in which they are removed: a log without indexes is repaired, indexes without a log are litter. */
  get files(): readonly SegmentFile[] {
    return [this.log, this.offsetIndex.file, this.timeIndex.file, this.transactionIndex.file]
  }

  get indexesLoaded(): boolean {
    return this.offsetIndex.isLoaded && this.timeIndex.isLoaded
  }

  /** Creates the files of a new segment; the log with `preallocatedBytes` on disk. */
  create(preallocatedBytes: number): void {
    this.log.create()
    if (preallocatedBytes > 0) this.log.preallocate(preallocatedBytes)
    this.offsetIndex.file.create()
    this.timeIndex.file.create()
  }

  /** Whether the batch must start a new segment (kafka-configs: segment.bytes, segment.ms, segment.index.bytes). */
  mustRollBefore(bytes: Buffer, at: number, config: LogConfig, nowMs: number): boolean {
    if (lastOffset(bytes, at) - this.baseOffset > RELATIVE_OFFSET_MAX) return true
    if (this.plannedBytes === 0) return false
    if (this.plannedBytes + batchSizeBytes(bytes, at) > config.segmentBytes) return true
    if (this.offsetIndex.isFull(config.segmentIndexBytes) || this.timeIndex.isFull(config.segmentIndexBytes))
      return true
    const timestamp = maxTimestamp(bytes, at)
    const ageMs = this.firstTimestamp >= 0 && timestamp >= 0 ? timestamp - this.firstTimestamp : nowMs - this.createdMs
    const { segmentMs } = config
    // The active segment is not compacted: it must end before its first record has waited too long.
    const limitMs = config.cleanupPolicy.compact ? Math.min(segmentMs, config.maxCompactionLagMs) : segmentMs
    return ageMs > limitMs - Math.min(this.jitterMs, limitMs)
  }

  /**
   * The batch at `at` comes next. What compaction emptied has a timestamp but no record that a search could find. One
   * index entry per more than `indexIntervalBytes`, tested before the batch counts.
   */
  noteBatch(bytes: Buffer, at: number, indexIntervalBytes: number): void {
    const last = lastOffset(bytes, at)
    const timestamp = maxTimestamp(bytes, at)
    const size = batchSizeBytes(bytes, at)
    if (timestamp > this.maxTimestamp && recordCount(bytes, at) > 0) {
      this.maxTimestamp = timestamp
      this.maxTimestampOffset = last
    }
    if (this.plannedBytes === 0) this.firstTimestamp = timestamp
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      this.offsetIndex.append(last, this.plannedBytes)
      this.timeIndex.maybeAppend(this.maxTimestamp, this.maxTimestampOffset)
      this.#bytesSinceIndexEntry = 0
    }
    this.#bytesSinceIndexEntry += size
    this.plannedBytes += size
    this.nextOffset = last + 1
  }

  /** No more batches follow for now (roll, clean close): the greatest timestamp gets its entry. */
  seal(): void {
    this.timeIndex.maybeAppend(this.maxTimestamp, this.maxTimestampOffset)
  }

  /** Forgets all that `noteBatch` learned; the caller then notes every batch again. */
  resetIndexes(): void {
    this.offsetIndex.clear()
    this.timeIndex.clear()
    this.transactionIndex.clear()
    this.plannedBytes = 0
    this.nextOffset = this.baseOffset
    this.maxTimestamp = -1
    this.maxTimestampOffset = this.baseOffset
    this.firstTimestamp = -1
    this.#bytesSinceIndexEntry = 0
  }

  /**
   * Cuts the indexes and the plan to `offset` at `position`. `maxTimestamp` becomes that of the last time entry that is
   * left: the caller notes again what lies behind the last offset entry.
   */
  cut(offset: number, position: number): void {
    this.offsetIndex.truncateTo(offset)
    this.timeIndex.truncateTo(offset)
    this.transactionIndex.truncateTo(offset)
    this.plannedBytes = position
    this.nextOffset = offset
    this.maxTimestamp = this.timeIndex.lastTimestamp
    this.maxTimestampOffset = this.timeIndex.lastOffset
    this.#bytesSinceIndexEntry = 0
    if (position === 0) this.firstTimestamp = -1
  }

  /** Takes in a batch that the indexes already cover, or lie before: timestamps and the distance to the last entry. */
  noteIndexedBatch(bytes: Buffer, at: number): void {
    const timestamp = maxTimestamp(bytes, at)
    if (timestamp > this.maxTimestamp && recordCount(bytes, at) > 0) {
      this.maxTimestamp = timestamp
      this.maxTimestampOffset = lastOffset(bytes, at)
    }
    this.#bytesSinceIndexEntry += batchSizeBytes(bytes, at)
    this.nextOffset = lastOffset(bytes, at) + 1
  }

  persistIndexesSync(): void {
    persistIndexSync(this.offsetIndex)
    persistIndexSync(this.timeIndex)
    this.transactionIndex.persistSync()
  }

  /** Writes the index files and makes them and the log durable. */
  persistAndSync(callback: (error: Error | null) => void): void {
    const steps: ((next: (error: Error | null) => void) => void)[] = [
      (next) => persistIndex(this.offsetIndex, next),
      (next) => persistIndex(this.timeIndex, next),
      (next) => this.transactionIndex.persist(next),
      ...this.files.map((file) => (next: (error: Error | null) => void) => file.sync(next)),
    ]
    runSteps(steps, callback)
  }

  /** An index file that is not as it was sealed is told of and done without. */
  loadIndexes(report: CorruptionReport, callback: (error: Error | null) => void): void {
    const load = (index: FiledIndex, next: (error: Error | null) => void): void =>
      loadIndex(index, (error) => {
        if (!isBrokenSeal(error)) return next(error)
        report.brokenIndex(index.file.path)
        doWithoutIndex(index)
        next(null)
      })
    load(this.offsetIndex, (error) => {
      if (error !== null) callback(error)
      else load(this.timeIndex, callback)
    })
  }

  loadIndexesSync(): void {
    loadIndexSync(this.offsetIndex)
    loadIndexSync(this.timeIndex)
  }

  close(): void {
    for (const file of this.files) file.close()
  }
}

function runSteps(
  steps: readonly ((next: (error: Error | null) => void) => void)[],
  callback: (error: Error | null) => void,
  index = 0,
): void {
  const step = steps[index]
  if (step === undefined) {
    callback(null)
    return
  }
  step((error) => {
    if (error !== null) callback(error)
    else runSteps(steps, callback, index + 1)
  })
}
