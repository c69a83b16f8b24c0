/**
 * ControllerRuntime: the one owner of the cluster's state. A decision is taken on the latest image, its records are
 * appended and replayed at once, so that the next decision sees them, and its answer is given when the records are
 * durable. What fails here ends the term: a controller whose log and image may differ must not decide anything.
 *
 *   request ─▶ decide (pure) ─▶ append ─▶ replay ─▶ … fsync … ─▶ answer, brokers' fetches, snapshots
 */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import type { PartitionLog } from '@millrace/log/partition-log'
import { brokerNumber } from '@millrace/metadata/configs/effective'
import type { MetadataImage } from '@millrace/metadata/image'
import { RECORDS_PER_APPEND_MAX } from '@millrace/metadata/metadata-batch'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { MetadataReplayer } from '@millrace/metadata/replayer'
import type { ControllerConfig } from './controller-config.ts'
import type { ControlState, Decision } from './decision.ts'
import { configContext } from './decision.ts'
import { MetadataLog } from './metadata-log.ts'
import { CommittedOffset } from './storage/committed-offset.ts'
import type { SnapshotStore } from './storage/snapshot-store.ts'
import { SnapshotKeeper } from './storage/snapshot-keeper.ts'

export interface ControllerRuntimeOptions {
  readonly host: Host
  readonly logger: Logger
  readonly config: ControllerConfig
  readonly log: PartitionLog
  readonly snapshots: SnapshotStore
  readonly replayer: MetadataReplayer
  /** Epoch of this term. */
  readonly epoch: number
  /** The term is over: nothing will be answered any more. */
  readonly onFailure: (error: Error) => void
}

export interface Submitted<Response> {
  readonly response: Response
  /** Last offset written; −1 when the decision wrote nothing. */
  readonly wroteUpTo: number
}

interface Waiting {
  readonly offset: number
  readonly callback: () => void
}

export class ControllerRuntime {
  readonly log: MetadataLog
  readonly #options: ControllerRuntimeOptions
  readonly #replayer: MetadataReplayer
  readonly #snapshots: SnapshotKeeper
  readonly #committedOffset: CommittedOffset
  readonly #onCommit: (() => void)[] = []
  /** In order of offset. */
  #waiting: Waiting[] = []
  #ended = false

  constructor(options: ControllerRuntimeOptions) {
    const { host, log, config, epoch } = options
    this.#options = options
    this.#replayer = options.replayer
    this.log = new MetadataLog({
      host,
      log,
      epoch,
      leaderId: config.nodeId,
      onCommit: () => this.#committed(),
      onFailure: (error) => this.fail(error),
    })
    this.#committedOffset = new CommittedOffset(host, options.logger, config.directory)
    this.#snapshots = new SnapshotKeeper({
      host,
      logger: options.logger,
      store: options.snapshots,
      log: this.log,
      setting: (name) => brokerNumber(configContext(this.state), name),
    })
  }

  /** The latest image, decided but perhaps not yet durable. */
  get image(): MetadataImage {
    return this.#replayer.image
  }

  get state(): ControlState {
    const { config, host } = this.#options
    return {
      image: this.#replayer.image,
      nextOffset: this.log.nextOffset,
      properties: config.properties,
      nodeId: config.nodeId,
      clusterId: config.clusterId,
      random: host.random,
    }
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Whether the log that was loaded ends inside a metadata transaction. */
  get inTransaction(): boolean {
    return this.#replayer.inTransaction
  }

  /** Opens the term with its LeaderChange batch. */
  begin(): void {
    this.#replayer.replay(this.log.appendLeaderChange())
  }

  /**
   * Takes the decision and calls `answer` when it, and all before it, is durable; never after a failure. Returns what
   * was decided, null when the term is over.
   */
  submit<Response>(
    decide: (state: ControlState) => Decision<Response>,
    answer: (response: Response) => void,
  ): Submitted<Response> | null {
    if (this.#ended) return null
    const { records, response } = decide(this.state)
    this.#apply(records)
    const lastOffset = this.log.nextOffset - 1
    this.whenCommitted(lastOffset, () => answer(response))
    return { response, wroteUpTo: records.length > 0 ? lastOffset : -1 }
  }

  /** Calls back once everything up to and including `offset` is durable; at once if it is. */
  whenCommitted(offset: number, callback: () => void): void {
    if (offset < this.log.highWatermark) callback()
    else this.#waiting.push({ offset, callback })
  }

  /** `listener` is called after every move of the high watermark, when those who waited have been answered. */
  onCommit(listener: () => void): void {
    this.#onCommit.push(listener)
  }

  fail(error: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#waiting = []
    this.#options.logger.error('the controller cannot go on', { error: error.message })
    this.#options.onFailure(error)
  }

  close(callback: (error: Error | null) => void): void {
    this.#ended = true
    this.#waiting = []
    // Before the first commit of a term the high watermark says less than the file does.
    if (this.log.highWatermark > this.log.logStartOffset) this.#committedOffset.close(this.log.highWatermark)
    this.log.close(callback)
  }

  /** A change of up to 10000 records is one batch; only fencing or balancing very many partitions takes several. */
  #apply(records: readonly MetadataRecord[]): void {
    try {
      for (let start = 0; start < records.length; start += RECORDS_PER_APPEND_MAX) {
        const batch = this.log.append(records.slice(start, start + RECORDS_PER_APPEND_MAX))
        this.#replayer.replay(batch)
        this.#snapshots.appended(batch.sizeBytes)
      }
    } catch (error) {
      this.fail(error as Error)
      throw error
    }
  }

  #committed(): void {
    const { highWatermark } = this.log
    const due = this.#waiting.findIndex(({ offset }) => offset >= highWatermark)
    const ready = this.#waiting.splice(0, due === -1 ? this.#waiting.length : due)
    for (const { callback } of ready) callback()
    for (const listener of this.#onCommit) listener()
    this.#snapshots.committed(this.#replayer.image)
    this.#committedOffset.moved(highWatermark)
  }
}
