/**
 * GroupShard: the groups whose log is one partition of `__consumer_offsets` that this broker leads. One owner, the
 * broker's loop. Lives for one leader epoch: it loads by replaying the partition, serves, and is closed when leadership
 * goes; what was waiting is then answered NOT_COORDINATOR.
 */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { ErrorCode } from '@millrace/protocol/errors'
import { batchSizeBytes, isControl, nextOffset } from '@millrace/protocol/records/batch-header'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { readRecords } from '@millrace/protocol/records/records'
import type { LogRead } from '@millrace/log/log-types'
import type { Partition } from '../replication/partition.ts'
import type { ClassicGroup } from './classic-group.ts'
import { readCoordinatorRecord, type CoordinatorRecord } from './offset-records.ts'
import { replay } from './replay.ts'

/** Bytes replayed per turn while loading: bounds the pause of the loop. */
const LOAD_BYTES_PER_TURN = 256 * 1024

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
  readonly groups: Map<string, ClassicGroup> = new Map()
  readonly host: Host
  readonly leaderEpoch: number
  readonly #logger: Logger
  readonly #partition: Partition
  readonly #appendTimeoutMs: number
  #state: 'loading' | 'active' | 'closed' = 'loading'

  constructor(options: ShardOptions) {
    this.host = options.host
    this.leaderEpoch = options.leaderEpoch
    this.#logger = options.logger
    this.#partition = options.partition
    this.#appendTimeoutMs = options.appendTimeoutMs
  }

  get state(): 'loading' | 'active' | 'closed' {
    return this.#state
  }

  /** NONE, or what a request for a group of this shard is told. */
  get errorCode(): number {
    if (this.#state === 'active') return ErrorCode.NONE
    return this.#state === 'loading' ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NOT_COORDINATOR
  }

  /** Replays the partition up to its log end, a piece per turn; `loaded` when the shard is active. */
  load(loaded: () => void): void {
    this.#loadFrom(this.#partition.logStartOffset, loaded)
  }

  close(): void {
    this.#state = 'closed'
  }

  #loadFrom(offset: number, loaded: () => void): void {
    if (this.#state !== 'loading') return
    const endOffset = this.#partition.logEndOffset
    if (offset >= endOffset) {
      this.#state = 'active'
      loaded()
      return
    }
    const request = { offset, maxBytes: LOAD_BYTES_PER_TURN, endOffset, atLeastOne: true }
    const continueWith = (read: LogRead): void => {
      const next = this.#replayRead(read, offset)
      read.release?.()
      this.host.tick(() => this.#loadFrom(next, loaded))
    }
    const hot = this.#partition.log.read(request)
    if (hot !== null) {
      continueWith(hot)
      return
    }
    this.#partition.log.readCold(request, (error, read) => {
      if (error !== null || read === null) {
        this.#logger.error('loading groups failed; the partition stays unavailable', {
          partition: this.#partition.partition,
          cause: error?.message,
        })
        return
      }
      continueWith(read)
    })
  }

  /** Applies every record of `read` and returns the offset behind its last batch. */
  #replayRead(read: LogRead, from: number): number {
    let next = from
    for (const bytes of read.buffers) {
      let at = 0
      while (at < bytes.length) {
        next = nextOffset(bytes, at)
        // Markers and transactional commits belong to the transaction coordinator.
        if (!isControl(bytes, at)) this.#replayBatch(bytes, at)
        at += batchSizeBytes(bytes, at)
      }
    }
    return Math.max(next, from + 1)
  }

  #replayBatch(bytes: Buffer, at: number): void {
    for (const record of readRecords(bytes, at)) {
      if (record.key === null) continue
      try {
        // Strings are copied out by decoding; member metadata is copied by replay.
        replay(this.groups, readCoordinatorRecord(record.key, record.value), this.host.clock.nowMs())
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        this.#logger.warn('skipped an unreadable record of a group', {
          partition: this.#partition.partition,
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
    this.#partition.appendAsLeader(
      null,
      batch,
      0,
      batch.length,
      { acks: -1, timeoutMs: this.#appendTimeoutMs, origin: 'coordinator' },
      (errorCode) => {
        if (this.#state === 'closed') {
          done(ErrorCode.NOT_COORDINATOR)
          return
        }
        if (errorCode === ErrorCode.NONE && options.apply) {
          for (const { key, value } of records) replay(this.groups, readCoordinatorRecord(key, value), timestampMs)
        }
        done(coordinatorError(errorCode))
      },
    )
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
