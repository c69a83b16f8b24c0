/**
 * MetadataLog: the controller's `__cluster_metadata-0`. Batches get their final offsets here, are written and fsynced
 * (one fsync for all that wait), and only what is fsynced is committed: below the high watermark, shown to brokers,
 * answered. A failed write or fsync is the end of this controller's term; the next start recovers from what is on disk.
 */
import type { Host } from '@millrace/base/host'
import { invariant } from '@millrace/base/invariant'
import type { LogRead } from '@millrace/log/log-types'
import type { PartitionLog } from '@millrace/log/partition-log'
import type { MetadataBatch } from '@millrace/metadata/metadata-batch'
import {
  METADATA_BATCH_BYTES_MAX,
  RECORDS_PER_APPEND_MAX,
  buildLeaderChangeBatch,
  buildMetadataBatch,
  builtMetadataBatch,
  readMetadataBatch,
} from '@millrace/metadata/metadata-batch'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'

export interface MetadataLogOptions {
  readonly host: Host
  readonly log: PartitionLog
  /** The epoch this controller leads. */
  readonly epoch: number
  readonly leaderId: number
  /** Batches of `endOffset − previous` became durable; called once per group. */
  readonly onCommit: (highWatermark: number) => void
  /** Nothing can be written any more. Called once. */
  readonly onFailure: (error: Error) => void
}

export class MetadataLog {
  readonly #options: MetadataLogOptions
  readonly #log: PartitionLog
  #nextOffset: number
  #highWatermark: number
  #failed = false

  constructor(options: MetadataLogOptions) {
    this.#options = options
    this.#log = options.log
    this.#nextOffset = options.log.nextOffset
    // What an earlier term left is committed with the first batch of this one.
    this.#highWatermark = options.log.logStartOffset
  }

  get epoch(): number {
    return this.#options.epoch
  }

  get leaderId(): number {
    return this.#options.leaderId
  }

  get nextOffset(): number {
    return this.#nextOffset
  }

  get logStartOffset(): number {
    return this.#log.logStartOffset
  }

  /** Exclusive: everything below is durable. */
  get highWatermark(): number {
    return this.#highWatermark
  }

  get sizeBytes(): number {
    return this.#log.sizeBytes
  }

  /** End of `epoch` in this log, as PartitionLog.leaderEpochs tells it. */
  endOffsetFor(epoch: number): { readonly epoch: number; readonly endOffset: number } {
    return this.#log.leaderEpochs.endOffsetFor(epoch)
  }

  /** Opens this term: the LeaderChange control batch. */
  appendLeaderChange(): MetadataBatch {
    const { epoch, leaderId, host } = this.#options
    const position = { baseOffset: this.#nextOffset, epoch, timestampMs: host.clock.nowMs() }
    const bytes = buildLeaderChangeBatch(position, leaderId)
    return this.#append(bytes, readMetadataBatch(bytes, 0))
  }

  /** Appends the records as one batch, the unit of atomicity. Returns the batch as a reader of the log will see it. */
  append(records: readonly MetadataRecord[]): MetadataBatch {
    invariant(records.length > 0 && records.length <= RECORDS_PER_APPEND_MAX, 'an append has 1 to 10000 records', {
      count: records.length,
    })
    const { epoch, host } = this.#options
    const position = { baseOffset: this.#nextOffset, epoch, timestampMs: host.clock.nowMs() }
    const bytes = buildMetadataBatch(position, records)
    invariant(bytes.length <= METADATA_BATCH_BYTES_MAX, 'a metadata batch is at most 8 MiB', { bytes: bytes.length })
    return this.#append(bytes, builtMetadataBatch(position, records, bytes.length))
  }

  /** Committed batches from `offset` on. */
  read(offset: number, maxBytes: number, callback: (error: Error | null, read: LogRead | null) => void): void {
    const request = { offset, maxBytes, endOffset: this.#highWatermark, atLeastOne: true }
    const read = this.#log.read(request)
    if (read !== null) callback(null, read)
    else this.#log.readCold(request, callback)
  }

  /** Forgets what a snapshot at `offset` has made superfluous; whole segments below it are removed. */
  truncateBefore(offset: number): void {
    this.#log.advanceLogStart(offset)
    const { all } = this.#log.segments
    const removable = all.slice(0, -1).filter((segment) => segment.nextOffset <= offset).length
    if (removable === 0) return
    for (const segment of this.#log.dropOldestSegments(removable)) {
      segment.close()
      for (const file of segment.files) file.remove()
    }
  }

  close(callback: (error: Error | null) => void): void {
    this.#failed = true
    this.#log.close(callback)
  }

  #append(bytes: Buffer, batch: MetadataBatch): MetadataBatch {
    const endOffset = batch.lastOffset + 1
    this.#nextOffset = endOffset
    this.#log.appendAndSync(bytes, 0, bytes.length, (error) => {
      if (this.#failed) return
      if (error !== null) {
        this.#failed = true
        this.#options.onFailure(error)
        return
      }
      if (endOffset <= this.#highWatermark) return
      this.#highWatermark = endOffset
      this.#options.onCommit(endOffset)
    })
    return batch
  }
}
