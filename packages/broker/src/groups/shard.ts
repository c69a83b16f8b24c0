/**
 * GroupShard: the groups whose log is one partition of `__consumer_offsets` that this broker leads. One owner, the
 * broker's loop. Lives for one leader epoch: it loads by replaying the partition, serves, and is closed when leadership
 * goes; what was waiting is then answered NOT_COORDINATOR.
 */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { ErrorCode } from '@millrace/protocol/errors'
import { isControl, isTransactional, producerId as producerIdOf } from '@millrace/protocol/records/batch-header'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { readRecords } from '@millrace/protocol/records/records'
import { readTransactionMarker } from '@millrace/log/transaction-marker'
import { replayPartition } from '../coordination/replay-partition.ts'
import type { AppendOptions } from '../replication/append-types.ts'
import type { Partition } from '../replication/partition.ts'
import type { Group } from './group.ts'
import { offsetRecord, readCoordinatorRecord, type CoordinatorRecord, type ReadRecord } from './offset-records.ts'
import { GroupQueue } from './modern/group-queue.ts'
import { PendingOffsets, type PendingOffset } from './pending-offsets.ts'
import { replay } from './replay.ts'

export interface ShardOptions {
  readonly host: Host
  readonly logger: Logger
  readonly partition: Partition
  /** The leader epoch this shard lives for. */
  readonly leaderEpoch: number
  /** offsets.commit.timeout.ms */
  readonly appendTimeoutMs: number
}

export class GroupShard {
  readonly groups: Map<string, Group> = new Map()
  /** Operations that decide on a group's membership take turns here. */
  readonly queue: GroupQueue = new GroupQueue()
  /** What transactions that have not ended committed. */
  readonly pendingOffsets: PendingOffsets = new PendingOffsets()
  readonly host: Host
  readonly leaderEpoch: number
  readonly partition: Partition
  readonly #logger: Logger
  readonly #appendOptions: AppendOptions
  #state: 'loading' | 'active' | 'closed' = 'loading'

  constructor(options: ShardOptions) {
    this.host = options.host
    this.leaderEpoch = options.leaderEpoch
    this.#logger = options.logger
    this.partition = options.partition
    this.#appendOptions = { acks: -1, timeoutMs: options.appendTimeoutMs, origin: 'coordinator' }
  }

  get state(): 'loading' | 'active' | 'closed' {
    return this.#state
  }

  /** NONE, or what a request for a group of this shard is told. */
  get errorCode(): number {
    // With its storage gone a coordinator knows only what was, while another has long taken over.
    if (this.#state === 'closed' || !this.partition.isLeader) return ErrorCode.NOT_COORDINATOR
    return this.#state === 'loading' ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NONE
  }

  /** Replays the partition up to its log end, a piece per turn; `loaded` when the shard is active. */
  load(loaded: () => void): void {
    replayPartition({
      host: this.host,
      partition: this.partition,
      goesOn: () => this.#state === 'loading',
      visit: (bytes, at) => this.#replayBatch(bytes, at),
      done: (error) => {
        if (error !== null) {
          this.#logger.error('loading groups failed; the partition stays unavailable', {
            partition: this.partition.partition,
            cause: error.message,
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

  /** The marker of a producer's transaction is committed in this partition: its offsets take effect, or are forgotten. */
  transactionEnded(producerId: number, commit: boolean): void {
    const nowMs = this.host.clock.nowMs()
    for (const { groupId, topic, partition, committed } of this.pendingOffsets.take(producerId)) {
      // A plain commit behind it in the log is the newer one, although it took effect first.
      const present = this.groups.get(groupId)?.offsets.get(topic, partition)
      const isOlder = (committed.recordOffset ?? -1) < (present?.recordOffset ?? -1)
      if (commit && !isOlder) replay(this.groups, { kind: 'offset', groupId, topic, partition, committed }, nowMs)
    }
  }

  /** One record outside of transactions takes effect, live and at load alike. */
  #apply(record: ReadRecord, recordOffset: number, nowMs: number): void {
    if (record.kind !== 'offset') return replay(this.groups, record, nowMs)
    const { groupId, topic, partition, committed } = record
    if (committed !== null) return replay(this.groups, { ...record, committed: { ...committed, recordOffset } }, nowMs)
    this.pendingOffsets.forget(groupId, topic, partition)
    return replay(this.groups, record, nowMs)
  }

  #replayBatch(bytes: Buffer, at: number): void {
    if (isControl(bytes, at)) {
      const marker = readTransactionMarker(bytes, at)
      if (marker !== null) this.transactionEnded(producerIdOf(bytes, at), marker.committed)
      return
    }
    const producerId = isTransactional(bytes, at) ? producerIdOf(bytes, at) : null
    for (const record of readRecords(bytes, at)) {
      if (record.key === null) continue
      try {
        // Strings are copied out by decoding; member metadata is copied by replay.
        const read = readCoordinatorRecord(record.key, record.value)
        if (producerId === null) this.#apply(read, record.offset, this.host.clock.nowMs())
        else if (read.kind === 'offset' && read.committed !== null)
          this.pendingOffsets.add(producerId, {
            ...read,
            committed: { ...read.committed, recordOffset: record.offset },
          })
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        this.#logger.warn('skipped an unreadable record of a group', {
          partition: this.partition.partition,
          offset: record.offset,
          cause: error.message,
        })
      }
    }
  }

  /**
   * Appends `records` as one batch with acks=all and applies them once they are committed, in the order of the calls;
   * `done` gets NONE, or the error as group clients are to see it (kafka-protocol §5.0). With `apply` false the caller
   * holds the newer state itself (a group's own metadata).
   */
  append(
    records: readonly CoordinatorRecord[],
    options: { readonly apply: boolean },
    done: (errorCode: number) => void,
  ): void {
    const timestampMs = this.host.clock.nowMs()
    const batch = buildBatch({ records, timestampMs })
    this.partition.appendAsLeader(null, batch, 0, batch.length, this.#appendOptions, (errorCode, baseOffset) => {
      if (this.#state === 'closed') {
        done(ErrorCode.NOT_COORDINATOR)
        return
      }
      if (errorCode === ErrorCode.NONE && options.apply) {
        records.forEach(({ key, value }, index) =>
          this.#apply(readCoordinatorRecord(key, value), baseOffset + index, timestampMs),
        )
      }
      done(coordinatorError(errorCode))
    })
  }

  /**
   * Appends offsets of a producer's transaction as one transactional batch with acks=all; they are pending from then on.
   * INVALID_PRODUCER_EPOCH for a producer that has been fenced here.
   */
  appendTransactional(
    producer: { readonly producerId: number; readonly producerEpoch: number },
    offsets: readonly PendingOffset[],
    done: (errorCode: number) => void,
  ): void {
    const { producerId, producerEpoch } = producer
    const known = this.partition.log.producers.get(producerId)
    if (known !== undefined && producerEpoch < known.epoch) return done(ErrorCode.INVALID_PRODUCER_EPOCH)
    const batch = buildBatch({
      records: offsets.map(({ groupId, topic, partition, committed }) =>
        offsetRecord(groupId, topic, partition, committed),
      ),
      timestampMs: this.host.clock.nowMs(),
      producerId,
      producerEpoch,
      isTransactional: true,
    })
    this.partition.appendAsLeader(null, batch, 0, batch.length, this.#appendOptions, (errorCode, baseOffset) => {
      if (this.#state === 'closed') return done(ErrorCode.NOT_COORDINATOR)
      if (errorCode === ErrorCode.NONE) {
        offsets.forEach((offset, index) => {
          const committed = { ...offset.committed, recordOffset: baseOffset + index }
          this.pendingOffsets.add(producerId, { ...offset, committed })
        })
      }
      done(coordinatorError(errorCode))
    })
  }
}

/** Maps an error of the log to what clients of a coordinator understand and retry. */
export function coordinatorError(errorCode: number): number {
  switch (errorCode) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
    case ErrorCode.INVALID_FETCH_SIZE:
      return ErrorCode.UNKNOWN_SERVER_ERROR
    default:
      return errorCode
  }
}
