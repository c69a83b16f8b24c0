/**
 * TransactionShard: the transactional ids whose log is one partition of `__transaction_state` that this broker leads. One
 * owner, the broker's loop. Lives for one leader epoch, which is the coordinator epoch of its markers: it loads by
 * replaying the partition, serves, and is closed when leadership goes.
 *
 * Invariant: a transactional id has at most one transition on its way to the log; what is in `transactions` is committed.
 */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { ErrorCode } from '@millrace/protocol/errors'
import { isControl } from '@millrace/protocol/records/batch-header'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { readRecords } from '@millrace/protocol/records/records'
import { replayPartition } from '../coordination/replay-partition.ts'
import { coordinatorError } from '../groups/shard.ts'
import type { Partition } from '../replication/partition.ts'
import type { TransactionMetadata } from './transaction-metadata.ts'
import { readTransactionRecord, transactionRecord } from './transaction-records.ts'
import { checkTransition, type TransactionState } from './transaction-state.ts'

export interface TransactionShardOptions {
  readonly host: Host
  readonly logger: Logger
  readonly partition: Partition
  /** The leader epoch this shard lives for. */
  readonly coordinatorEpoch: number
  /** request.timeout.ms */
  readonly appendTimeoutMs: number
  /** The finalized level of transaction.version. */
  readonly transactionVersion: () => number
}

export class TransactionShard {
  readonly host: Host
  readonly coordinatorEpoch: number
  readonly partitionId: number
  readonly transactions: Map<string, TransactionMetadata> = new Map()
  /** Transactional ids with a transition on its way, and where it leads. */
  readonly pending: Map<string, TransactionState> = new Map()
  readonly #options: TransactionShardOptions
  #state: 'loading' | 'active' | 'closed' = 'loading'

  constructor(options: TransactionShardOptions) {
    this.#options = options
    this.host = options.host
    this.coordinatorEpoch = options.coordinatorEpoch
    this.partitionId = options.partition.partition
  }

  get state(): 'loading' | 'active' | 'closed' {
    return this.#state
  }

  /** NONE, or what a request for a transactional id of this shard is told. */
  get errorCode(): number {
    // With its storage gone a coordinator knows only what was, while another has long taken over.
    if (this.#state === 'closed' || !this.#options.partition.isLeader) return ErrorCode.NOT_COORDINATOR
    return this.#state === 'loading' ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NONE
  }

  /** Replays the partition up to its log end; `loaded` when the shard is active. */
  load(loaded: () => void): void {
    const { logger, partition } = this.#options
    replayPartition({
      host: this.host,
      partition,
      goesOn: () => this.#state === 'loading',
      visit: (bytes, at) => this.#replayBatch(bytes, at),
      done: (error) => {
        if (error !== null) {
          logger.error('loading transactions failed; the partition stays unavailable', {
            partition: this.partitionId,
            error: error.message,
          })
          return
        }
        this.#state = 'active'
        loaded()
      },
    })
  }

  close(): void {
    this.#state = 'closed'
  }

  /**
   * Writes the next state of a transactional id with acks=all, takes it over once it is committed, and calls back with
   * NONE or the error as clients are to see it. null: the id is forgotten. The caller has seen that nothing is pending.
   */
  transition(transactionalId: string, to: TransactionMetadata | null, done: (errorCode: number) => void): void {
    checkTransition(transactionalId, this.transactions.get(transactionalId)?.state ?? null, to?.state ?? 'Dead')
    this.#write(transactionalId, to, done)
  }

  /**
   * Writes a state that was loaded once more: with it everything before is committed. What the last coordinator had not
   * committed could still be lost, and must not be acted upon before.
   */
  confirm(transactionalId: string, loaded: TransactionMetadata, done: (errorCode: number) => void): void {
    this.#write(transactionalId, loaded, done)
  }

  #write(transactionalId: string, to: TransactionMetadata | null, done: (errorCode: number) => void): void {
    const { partition, appendTimeoutMs, transactionVersion } = this.#options
    this.pending.set(transactionalId, to?.state ?? 'Dead')
    const records = [transactionRecord(transactionalId, to, transactionVersion())]
    const batch = buildBatch({ records, timestampMs: this.host.clock.nowMs() })
    const options = { acks: -1, timeoutMs: appendTimeoutMs, origin: 'coordinator' } as const
    partition.appendAsLeader(null, batch, 0, batch.length, options, (errorCode) => {
      this.pending.delete(transactionalId)
      if (this.#state === 'closed') return done(ErrorCode.NOT_COORDINATOR)
      if (errorCode === ErrorCode.NONE) {
        if (to === null) this.transactions.delete(transactionalId)
        else this.transactions.set(transactionalId, to)
      }
      done(coordinatorError(errorCode))
    })
  }

  #replayBatch(bytes: Buffer, at: number): void {
    if (isControl(bytes, at)) return
    for (const { key, value, offset } of readRecords(bytes, at)) {
      if (key === null) continue
      try {
        const read = readTransactionRecord(key, value)
        if (read === null) continue
        if (read.metadata === null) this.transactions.delete(read.transactionalId)
        else this.transactions.set(read.transactionalId, read.metadata)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        this.#options.logger.warn('skipped an unreadable record of a transaction', {
          partition: this.partitionId,
          offset,
          error: error.message,
        })
      }
    }
  }
}
