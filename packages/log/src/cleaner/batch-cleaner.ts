/**
 * What becomes of each batch in a cleaning, with the rules of Kafka's cleaner (KIP-98, KIP-534): the last record of a
 * key stays; a tombstone stays until the delete horizon that its first cleaning sets; aborted data goes at once, its
 * marker after a horizon of its own; the last batch of a producer stays, empty if need be, since it holds the sequence
 * that the producer continues.
 *
 * The last batch of each new segment stays as well, so that a segment always ends where the next one begins: recovery
 * takes a hole between segments for lost data.
 */
import { decompress } from '@millrace/protocol/compression/compression'
import {
  BATCH_HEADER_BYTES,
  baseOffset,
  baseTimestamp,
  batchSizeBytes,
  compressionCodec,
  hasDeleteHorizon,
  isControl,
  lastOffset,
  producerEpoch,
  producerId,
  recordCount,
} from '@millrace/protocol/records/batch-header'
import { DECOMPRESSED_BYTES_MAX } from '@millrace/protocol/records/records'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { OffsetMap } from './offset-map.ts'
import { batchWithRecords, emptyBatch, type MetRecord, type RetainedRecord, walkRecords } from './retained-batch.ts'

export interface BatchCleanerOptions {
  readonly map: OffsetMap
  /** Exclusive: records from here on are not in the map and stay. */
  readonly mapEndOffset: number
  readonly transactions: CleanedTransactions
  readonly lastOfProducers: readonly LastOfProducer[]
  readonly nowMs: number
  /** delete.retention.ms */
  readonly deleteRetentionMs: number
}

/** What a producer wrote last: its batch stays, since it holds the sequence that the producer continues. */
export interface LastOfProducer {
  readonly producerId: number
  /** -1: only a marker is known. */
  readonly dataOffset: number
  readonly epoch: number
}

export class BatchCleaner {
  readonly #options: BatchCleanerOptions
  readonly #lastOfProducers = new Map<number, LastOfProducer>()

  constructor(options: BatchCleanerOptions) {
    this.#options = options
    for (const last of options.lastOfProducers) this.#lastOfProducers.set(last.producerId, last)
  }

  /**
   * What is left of the batch at `at`: a view of it when nothing changes, a new batch, or null. Throws DecodeError or
   * CompressionError for records that cannot be read.
   * @param isLastOfSegment the batch ends the new segment
   */
  clean(bytes: Buffer, at: number, isLastOfSegment: boolean): Buffer | null {
    const { transactions } = this.#options
    const canDiscard = transactions.canDiscard(bytes, at)
    const control = isControl(bytes, at)
    const isDiscarded = canDiscard && (!control || this.#isPastHorizon(bytes, at))
    const mustStay = isLastOfSegment || this.#isLastOfProducer(bytes, at)
    if (isDiscarded) return this.#discarded(bytes, at, mustStay, control)
    if (recordCount(bytes, at) === 0) return mustStay ? original(bytes, at) : null
    if (control) return this.#marker(bytes, at, canDiscard)
    return this.#data(bytes, at, mustStay)
  }

  #discarded(bytes: Buffer, at: number, mustStay: boolean, control: boolean): Buffer | null {
    if (!mustStay) return null
    // A marker that only ends its segment stays whole: it costs little, and not every reader knows empty ones.
    const keepsWhole = recordCount(bytes, at) === 0 || (control && !this.#isLastOfProducer(bytes, at))
    return keepsWhole ? original(bytes, at) : emptyBatch(bytes, at)
  }

  /** A marker stays; when its transaction has no data any more, its time begins to run. */
  #marker(bytes: Buffer, at: number, isOfEmptyTransaction: boolean): Buffer {
    if (!isOfEmptyTransaction || hasDeleteHorizon(bytes, at)) return original(bytes, at)
    const records = recordsOf(bytes, at)
    const all: RetainedRecord[] = []
    walkRecords(records, recordCount(bytes, at), (record) => void all.push(record))
    return batchWithRecords(bytes, at, records, all, this.#newHorizonMs)
  }

  #data(bytes: Buffer, at: number, mustStay: boolean): Buffer | null {
    const records = recordsOf(bytes, at)
    const count = recordCount(bytes, at)
    const firstOffset = baseOffset(bytes, at)
    const keepsTombstones = !this.#isPastHorizon(bytes, at)
    const retained: RetainedRecord[] = []
    let hasTombstones = false
    walkRecords(records, count, (record) => {
      if (!this.#isRetained(record, firstOffset + record.offsetDelta, keepsTombstones)) return
      retained.push(record)
      if (!record.hasValue) hasTombstones = true
    })
    if (retained.length === 0) return mustStay ? emptyBatch(bytes, at) : null
    const newHorizonMs = hasTombstones && !hasDeleteHorizon(bytes, at) ? this.#newHorizonMs : null
    if (retained.length === count && newHorizonMs === null) return original(bytes, at)
    return batchWithRecords(bytes, at, records, retained, newHorizonMs)
  }

  #isRetained(record: MetRecord, offset: number, keepsTombstones: boolean): boolean {
    const { map, mapEndOffset } = this.#options
    if (offset >= mapEndOffset) return true
    // From before the topic was compacted.
    if (record.key === null) return false
    return (record.hasValue || keepsTombstones) && offset >= map.get(record.key)
  }

  get #newHorizonMs(): number {
    // Beyond the safe integers (delete.retention.ms may be Long.MAX_VALUE) record timestamps would lose precision.
    return Math.min(this.#options.nowMs + this.#options.deleteRetentionMs, Number.MAX_SAFE_INTEGER)
  }

  #isPastHorizon(bytes: Buffer, at: number): boolean {
    return hasDeleteHorizon(bytes, at) && baseTimestamp(bytes, at) <= this.#options.nowMs
  }

  #isLastOfProducer(bytes: Buffer, at: number): boolean {
    const last = this.#lastOfProducers.get(producerId(bytes, at))
    if (last === undefined) return false
    if (last.dataOffset >= 0) return lastOffset(bytes, at) === last.dataOffset
    return isControl(bytes, at) && producerEpoch(bytes, at) === last.epoch
  }
}

/** The batch's records, decompressed; a view when they are not compressed. */
export function recordsOf(bytes: Buffer, at: number): Buffer {
  const payload = bytes.subarray(at + BATCH_HEADER_BYTES, at + batchSizeBytes(bytes, at))
  const codec = compressionCodec(bytes, at)
  return codec === 0 ? payload : decompress(codec, payload, DECOMPRESSED_BYTES_MAX)
}

function original(bytes: Buffer, at: number): Buffer {
  return bytes.subarray(at, at + batchSizeBytes(bytes, at))
}
