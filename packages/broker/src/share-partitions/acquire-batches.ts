/**
 * From record batches as they were read to the records of them that a member acquires. Works on batch headers only; the
 * batches go out as they are, and the member leaves out what it was not told to have acquired.
 */
import {
  baseOffset,
  batchSizeBytes,
  isControl,
  isTransactional,
  lastOffset,
  producerId,
} from '@millrace/protocol/records/batch-header'
import { readTransactionMarker } from '@millrace/log/transaction-marker'
import type { AcquiredRange, AcquireOptions, InFlightRecords } from './in-flight-records.ts'

export interface ReadBatches {
  /** Whole batches in offset order. */
  readonly buffers: readonly Buffer[]
  /** Where reading began; the first batch may begin before it. */
  readonly offset: number
  /** Transactions in the range that were aborted; null when records of all transactions are delivered. */
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[] | null
}

export interface AcquireFromOptions extends AcquireOptions {
  /** No new record once the window holds so many (group.share.partition.max.record.locks). */
  readonly windowMax: number
  /** How many records a range of the answer has about, in whole record batches. */
  readonly batchSize: number
}

export interface AcquiredBatches {
  readonly ranges: readonly AcquiredRange[]
  readonly recordCount: number
  /** Views of the batches from the first to the last of which something was acquired. */
  readonly buffers: readonly Buffer[]
  readonly sizeBytes: number
}

export function acquireFrom(records: InFlightRecords, read: ReadBatches, options: AcquireFromOptions): AcquiredBatches {
  const ranges: AcquiredRange[] = []
  const kept = new KeptBytes()
  const aborted = read.aborted === null ? null : new AbortedProducers(read.aborted)
  let recordCount = 0
  let next = read.offset
  for (const bytes of read.buffers) {
    for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at)) {
      const first = baseOffset(bytes, at)
      const last = lastOffset(bytes, at)
      // Offsets that compaction has left empty.
      if (first > next) records.archive({ first: next, last: first - 1 })
      next = last + 1
      if (isControl(bytes, at) || aborted?.holds(bytes, at) === true) {
        aborted?.ended(bytes, at)
        records.archive({ first, last })
        continue
      }
      const left = options.recordsMax - recordCount
      const isNew = last >= records.endOffset
      if (left <= 0 || (isNew && records.size >= options.windowMax)) return finish()
      const acquired = records.acquire({ first, last }, { ...options, recordsMax: left })
      for (const range of acquired) {
        recordCount += range.lastOffset - range.firstOffset + 1
        addRange(ranges, range, options.batchSize)
      }
      if (acquired.length > 0) kept.keep(bytes, at)
      else kept.skip(bytes, at)
    }
  }
  return finish()

  function finish(): AcquiredBatches {
    return { ranges, recordCount, buffers: kept.buffers, sizeBytes: kept.sizeBytes }
  }
}

/** Neighbours of one delivery count go into one range until it has `batchSize` records. */
function addRange(ranges: AcquiredRange[], range: AcquiredRange, batchSize: number): void {
  const last = ranges.at(-1)
  const joins =
    last !== undefined &&
    last.lastOffset + 1 === range.firstOffset &&
    last.deliveryCount === range.deliveryCount &&
    last.lastOffset - last.firstOffset + 1 < batchSize
  if (joins) ranges[ranges.length - 1] = { ...last, lastOffset: range.lastOffset }
  else ranges.push(range)
}

/** The bytes from the first kept batch to the last, whatever lies between. */
class KeptBytes {
  readonly buffers: Buffer[] = []
  sizeBytes = 0
  /** Batches since the last kept one: they go along only when another kept one follows. */
  readonly #between: Buffer[] = []

  keep(bytes: Buffer, at: number): void {
    for (const skipped of this.#between) this.#add(skipped)
    this.#between.length = 0
    this.#add(bytes.subarray(at, at + batchSizeBytes(bytes, at)))
  }

  skip(bytes: Buffer, at: number): void {
    if (this.buffers.length > 0) this.#between.push(bytes.subarray(at, at + batchSizeBytes(bytes, at)))
  }

  /** Neighbours in memory become one view: fewer pieces to write. */
  #add(piece: Buffer): void {
    const last = this.buffers.at(-1)
    this.sizeBytes += piece.length
    if (last !== undefined && last.buffer === piece.buffer && last.byteOffset + last.length === piece.byteOffset)
      this.buffers[this.buffers.length - 1] = Buffer.from(last.buffer, last.byteOffset, last.length + piece.length)
    else this.buffers.push(piece)
  }
}

/** Follows aborted transactions through batches in offset order. */
class AbortedProducers {
  readonly #coming: { readonly producerId: number; readonly firstOffset: number }[]
  readonly #open: Set<number> = new Set()

  constructor(aborted: readonly { readonly producerId: number; readonly firstOffset: number }[]) {
    this.#coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Whether the batch belongs to an aborted transaction. */
  holds(bytes: Buffer, at: number): boolean {
    while ((this.#coming[0]?.firstOffset ?? Infinity) <= lastOffset(bytes, at)) {
      const begun = this.#coming.shift()
      if (begun !== undefined) this.#open.add(begun.producerId)
    }
    return isTransactional(bytes, at) && this.#open.has(producerId(bytes, at))
  }

  /** A marker ends its producer's transaction. */
  ended(bytes: Buffer, at: number): void {
    if (!isControl(bytes, at)) return
    const marker = readTransactionMarker(bytes, at)
    if (marker !== null && !marker.committed) this.#open.delete(producerId(bytes, at))
  }
}
