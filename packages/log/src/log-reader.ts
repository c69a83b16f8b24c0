/**
 * Reads whole batches by offset: from the tail cache, else from the file. `read` answers at once or not at all (null):
 * small reads of what is likely in the page cache; `readCold` goes through the thread pool and may load indexes first.
 */
import type { Clock } from '@millrace/base/host'
import { BATCH_HEADER_BYTES, batchSizeBytes, lastOffset, recordCount } from '@millrace/protocol/records/batch-header'
import type { FrameLease } from './arena.ts'
import { problemOf } from './batch-scan.ts'
import { CorruptBatch } from './corrupt-batch.ts'
import { deviceClock } from './device-clock.ts'
import type { LogContext } from './log-context.ts'
import type { LogRead, ReadRequest } from './log-types.ts'
import { isBrokenSeal } from './sealing/broken-seal.ts'
import type { Segment } from './segment.ts'
import type { SegmentList } from './segment-list.ts'
import type { TailCache } from './tail-cache.ts'

/** What is read besides the wanted bytes: the way from the index entry to the batch. */
const SLACK_BYTES = 8 * 1024
const SYNC_BYTES_MAX = 1024 * 1024
/** One read returns no more, whatever is asked for, unless a single batch is larger: it fits a slab. */
const READ_BYTES_MAX = 4 * 1024 * 1024 - SLACK_BYTES
/**
 * Bytes of file reads that answers under way hold, over all logs. Above it an answer gets its first partition only: many
 * readers that take nothing must not hold as many whole answers.
 */
export const READ_BYTES_HELD_MAX: number = 256 * 1024 * 1024
/**
 * Reads that took longer came from the device, not from the page cache: go asynchronous for a while. One alone says
 * nothing on a busy machine, where the process may just have lost its core.
 */
const SLOW_READ_MS = 2
const SLOW_READS_MAX = 2
const SLOW_PERIOD_MS = 1000
/** Only the youngest segments are read on the loop; older ones are unlikely to be in the page cache. */
const SYNC_SEGMENTS_MAX = 2
const SIZE_PROBLEM = 'batch size cannot be'
const SHORT_PROBLEM = 'batch cannot be read as a whole'

/** What the reader sees of its log. */
export interface ReadableLog {
  readonly segments: SegmentList
  readonly tail: TailCache
  readonly logEndOffset: number
  /** Changes with each truncation. */
  readonly generation: number
}

/** A search for a batch in a file: where to read next, and what came of it. */
interface Search {
  segment: Segment
  position: number
  length: number
}

type ChunkOutcome = LogRead | CorruptBatch | 'again' | 'end'

export class LogReader {
  readonly #log: ReadableLog
  readonly #context: LogContext
  readonly #clock: Clock
  #slowUntilMs = -1
  /** One after the other, up to now. */
  #slowReads = 0

  constructor(log: ReadableLog, context: LogContext) {
    this.#log = log
    this.#context = context
    this.#clock = deviceClock(context.host)
  }

  read(request: ReadRequest): LogRead | null {
    const bounded = this.#bounded(request)
    if (bounded === null) return nothing(request)
    const cached = this.#log.tail.read(bounded)
    if (cached !== null) {
      this.#context.arena?.tailRead()
      return cached
    }
    if (this.#mustWait(bounded)) return nothing(request)
    const read = this.#readFileSync(bounded)
    // Who has reached the end will come back for what is appended next.
    if (read !== null && read.lastOffset + 1 >= bounded.endOffset) this.#context.arena?.tailRead()
    const hasOnlyEmpty = read !== null && read.sizeBytes === 0 && bounded.skipsEmptyBatches === true
    return hasOnlyEmpty ? this.#readFileSync({ ...bounded, skipsEmptyBatches: false }) : read
  }

  readCold(request: ReadRequest, callback: (error: Error | null, read: LogRead | null) => void): void {
    const bounded = this.#bounded(request)
    if (bounded === null || this.#mustWait(bounded)) {
      callback(null, nothing(request))
      return
    }
    this.#readSegment(this.#log.segments.floor(bounded.offset), bounded, (error, read) => {
      const hasOnlyEmpty = read !== null && read.sizeBytes === 0 && bounded.skipsEmptyBatches === true
      if (hasOnlyEmpty) this.readCold({ ...bounded, skipsEmptyBatches: false }, callback)
      else callback(error, read)
    })
  }

  /** Never for what an answer begins with: everyone makes progress. */
  #mustWait(request: ReadRequest): boolean {
    return !request.atLeastOne && this.#context.readArena.liveBytes > READ_BYTES_HELD_MAX
  }

  #bounded(request: ReadRequest): ReadRequest | null {
    const endOffset = Math.min(request.endOffset, this.#log.logEndOffset)
    if (request.offset >= endOffset) return null
    return endOffset === request.endOffset ? request : { ...request, endOffset }
  }

  #readFileSync(request: ReadRequest): LogRead | null {
    let segment: Segment | undefined = this.#log.segments.floor(request.offset)
    if (request.maxBytes > SYNC_BYTES_MAX || !this.#isYoung(segment)) return null
    const startedMs = this.#clock.monotonicMs()
    if (startedMs < this.#slowUntilMs) return null
    for (; segment !== undefined; segment = this.#log.segments.after(segment)) {
      if (!segment.indexesLoaded) return null
      const search = this.#start(segment, request)
      while (search.position < segment.log.sizeBytes) {
        if (search.length > SYNC_BYTES_MAX + SLACK_BYTES) return null
        const lease = this.#context.readArena.reserve(search.length)
        const length = readSyncInto(lease, search)
        // A failed read is told by readCold, which meets it again.
        if (length < 0) return null
        const outcome = this.#take(lease, length, search, request)
        if (outcome instanceof CorruptBatch) return null
        if (outcome === 'end') break
        if (outcome === 'again') continue
        this.#noteDuration(startedMs)
        return outcome
      }
    }
    return nothing(request)
  }

  #noteDuration(startedMs: number): void {
    const endedMs = this.#clock.monotonicMs()
    this.#slowReads = endedMs - startedMs > SLOW_READ_MS ? this.#slowReads + 1 : 0
    if (this.#slowReads < SLOW_READS_MAX) return
    this.#slowReads = 0
    this.#slowUntilMs = endedMs + SLOW_PERIOD_MS
  }

  #readSegment(
    segment: Segment | undefined,
    request: ReadRequest,
    callback: (error: Error | null, read: LogRead | null) => void,
  ): void {
    if (segment === undefined) {
      callback(null, nothing(request))
      return
    }
    segment.loadIndexes(this.#context.corruption, (error) => {
      if (error !== null) {
        callback(error, null)
        return
      }
      if (segment !== this.#log.segments.active && segment.log.exists) this.#context.indexMemory.touch(segment)
      this.#readChunk(this.#start(segment, request), request, callback)
    })
  }

  #readChunk(
    search: Search,
    request: ReadRequest,
    callback: (error: Error | null, read: LogRead | null) => void,
  ): void {
    const { segment } = search
    if (search.position >= segment.log.sizeBytes) {
      this.#readSegment(this.#log.segments.after(segment), request, callback)
      return
    }
    const generation = this.#log.generation
    const lease = this.#context.readArena.reserve(search.length)
    segment.log.read(lease.slab.bytes, lease.start, search.length, search.position, (error, length) => {
      if (error === null && generation === this.#log.generation) {
        const outcome = this.#take(lease, length, search, request)
        if (outcome === 'again') this.#readChunk(search, request, callback)
        else if (outcome === 'end') this.#readSegment(this.#log.segments.after(segment), request, callback)
        else if (outcome instanceof CorruptBatch) {
          this.#context.corruption.found(outcome)
          callback(outcome, null)
        } else callback(null, outcome)
        return
      }
      lease.slab.release()
      if (isBrokenSeal(error)) {
        const corrupt = new CorruptBatch(segment.log.path, search.position, (error as Error).message)
        this.#context.corruption.found(corrupt)
        callback(corrupt, null)
      } else if (error !== null) callback(error, null)
      else this.readCold(request, callback)
    })
  }

  #start(segment: Segment, request: ReadRequest): Search {
    const position = segment.offsetIndex.lookup(request.offset)
    const remaining = Math.max(BATCH_HEADER_BYTES, segment.log.sizeBytes - position)
    return { segment, position, length: Math.min(chunkBytes(request), remaining) }
  }

  /**
   * Looks for the batches in the chunk. Releases the lease unless it returns a read that holds it. 'again': `search`
   * tells where to go on; 'end': nothing in the rest of this segment.
   */
  #take(lease: FrameLease, length: number, search: Search, request: ReadRequest): ChunkOutcome {
    const { segment } = search
    const bytes = lease.slab.bytes
    const end = lease.start + length
    const corrupt = (problem: string): CorruptBatch => {
      lease.slab.release()
      return new CorruptBatch(segment.log.path, startPosition + at - lease.start, problem)
    }
    const startPosition = search.position
    const isSizePossible = (): boolean =>
      size >= BATCH_HEADER_BYTES && startPosition + at - lease.start + size <= segment.log.sizeBytes
    // A sealed file is read up to what is broken in it.
    const isShort = length < Math.min(search.length, segment.log.sizeBytes - search.position)
    let at = lease.start
    let size = 0
    while (at + BATCH_HEADER_BYTES <= end) {
      size = batchSizeBytes(bytes, at)
      if (!isSizePossible()) return corrupt(SIZE_PROBLEM)
      const isWanted = request.skipsEmptyBatches !== true || recordCount(bytes, at) > 0
      if (isWanted && lastOffset(bytes, at) >= request.offset) break
      at += size
    }
    if (isShort && length > 0 && at === lease.start && (length < BATCH_HEADER_BYTES || at + size > end))
      return corrupt(SHORT_PROBLEM)
    search.position += at - lease.start
    if (at + BATCH_HEADER_BYTES > end) {
      lease.slab.release()
      search.length = chunkBytes(request)
      return length === 0 ? 'end' : 'again'
    }
    const from = at
    const checks = !this.#isYoung(segment)
    let last = request.offset - 1
    while (at + BATCH_HEADER_BYTES <= end) {
      size = batchSizeBytes(bytes, at)
      const isFirst = at === from
      if (!isSizePossible()) {
        if (isFirst) return corrupt(SIZE_PROBLEM)
        break
      }
      if (at - from + size > request.maxBytes && !(isFirst && request.atLeastOne)) break
      const batchLast = lastOffset(bytes, at)
      if (batchLast >= request.endOffset) break
      if (at + size > end) {
        if (!isFirst) break
        lease.slab.release()
        search.length = size
        return 'again'
      }
      const problem = checks ? problemOf(bytes, at, segment.baseOffset) : null
      if (problem !== null) {
        // What comes before is good, and whoever reads on meets it at the front.
        if (isFirst) return corrupt(problem)
        break
      }
      last = batchLast
      at += size
    }
    if (at === from) {
      lease.slab.release()
      return nothing(request)
    }
    const { slab } = lease
    return {
      buffers: [bytes.subarray(from, at)],
      sizeBytes: at - from,
      release: () => slab.release(),
      lastOffset: last,
    }
  }

  #isYoung(segment: Segment): boolean {
    const { all } = this.#log.segments
    return all.indexOf(segment, Math.max(0, all.length - SYNC_SEGMENTS_MAX)) >= 0
  }
}

function chunkBytes(request: ReadRequest): number {
  return Math.min(Math.max(0, request.maxBytes), READ_BYTES_MAX) + SLACK_BYTES
}

/** Count of bytes read; -1, and the lease released, when the disk refused. */
function readSyncInto(lease: FrameLease, search: Search): number {
  try {
    return search.segment.log.readSync(lease.slab.bytes, lease.start, search.length, search.position)
  } catch {
    lease.slab.release()
    return -1
  }
}

function nothing(request: ReadRequest): LogRead {
  return { buffers: [], sizeBytes: 0, release: null, lastOffset: request.offset - 1 }
}
