/** What goes into and comes out of a PartitionLog. Offsets are record offsets, sizes bytes, times ms since the epoch. */

export interface ReadRequest {
  readonly offset: number
  readonly maxBytes: number
  /** Exclusive: only batches that end below it are returned (high watermark, last stable offset, or the log end). */
  readonly endOffset: number
  /** Return the first batch even when it is larger than `maxBytes`. */
  readonly atLeastOne: boolean
  /**
   * For consumers of compacted logs: what is read begins with a batch that has records, as long as there is one.
   * librdkafka and kafkajs do not get beyond an answer of emptied batches alone; followers need those as well.
   */
  readonly skipsEmptyBatches?: boolean
}

/**
 * Whole batches in offset order, in one or several pieces (a piece may hold several batches, none is split).
 * The bytes stay valid until `release` is called, exactly once, by the receiver; null needs no release.
 */
export interface LogRead {
  readonly buffers: readonly Buffer[]
  readonly sizeBytes: number
  readonly release: (() => void) | null
  /** Last offset of the last batch; `offset - 1` of the request when nothing was returned. */
  readonly lastOffset: number
}

/** A record found by timestamp; `leaderEpoch` is the epoch of its batch. */
export interface TimestampOffset {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

export type TimestampCallback = (error: Error | null, found: TimestampOffset | null) => void

/** A transaction that ended in ABORT, as a Fetch response lists it. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

/** `logAppendTimeMs` is -1 unless the topic stamps LogAppendTime. */
export type AppendCallback = (error: Error | null, baseOffset: number, logAppendTimeMs: number) => void
