/**
 * ShareStateShard: the share partitions whose log is one partition of `__share_group_state` that this broker leads. One
 * owner, the broker's loop. Lives for one leader epoch: loads by replaying the partition, serves, and is closed when
 * leadership goes. What is in memory is committed; work on one share partition is done one piece after the other.
 *
 *   loading ─replayed, all of it committed▶ active ─an append of which it is not known whether it counts▶ loading
 */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { DecodeError } from '@millrace/protocol/primitives/decode-error'
import { ErrorCode } from '@millrace/protocol/errors'
import { baseOffset, isControl } from '@millrace/protocol/records/batch-header'
import { buildBatch, type RecordInput } from '@millrace/protocol/records/build-batch'
import { readRecords } from '@millrace/protocol/records/records'
import { GroupQueue } from '../groups/modern/group-queue.ts'
import { replayPartition } from '../coordination/replay-partition.ts'
import { coordinatorError } from '../groups/shard.ts'
import type { Partition } from '../replication/partition.ts'
import { merged, type ShareState, type StateDecision } from './share-state.ts'
import {
  readShareRecord,
  shareKey,
  snapshotRecord,
  updateRecord,
  type SharePartitionId,
} from './share-state-records.ts'

export interface ShareStateShardOptions {
  readonly host: Host
  readonly logger: Logger
  readonly partition: Partition
  /** The leader epoch this shard lives for. */
  readonly leaderEpoch: number
  /** share.coordinator.write.timeout.ms */
  readonly writeTimeoutMs: number
}

/** `state` is the state after the decision; null with an error, or when nothing is known. */
export type DecidedCallback = (errorCode: number, message: string | null, state: ShareState | null) => void

interface Kept {
  readonly id: SharePartitionId
  state: ShareState
  /** Where the last snapshot lies: the log below the smallest of these is not needed any more. */
  snapshotOffset: number
}

export class ShareStateShard {
  readonly leaderEpoch: number
  readonly partition: Partition
  readonly #options: ShareStateShardOptions
  readonly #kept: Map<string, Kept> = new Map()
  readonly #queue: GroupQueue = new GroupQueue()
  #state: 'loading' | 'active' | 'closed' = 'loading'
  /** Behind the last record that was replayed or written. */
  #endOffset = 0
  /** Behind the last record that was replayed; served is from when it is committed. */
  #loadedOffset = 0

  constructor(options: ShareStateShardOptions) {
    this.#options = options
    this.leaderEpoch = options.leaderEpoch
    this.partition = options.partition
  }

  /** NONE, or what a request for a share partition of this shard is told. */
  get errorCode(): number {
    if (this.#state === 'closed') return ErrorCode.NOT_COORDINATOR
    const isLoaded = this.#state === 'active' && this.partition.highWatermark >= this.#loadedOffset
    return isLoaded ? ErrorCode.NONE : ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
  }

  get(id: SharePartitionId): ShareState | undefined {
    return this.#kept.get(shareKey(id))?.state
  }

  load(): void {
    const { host, logger, partition } = this.#options
    replayPartition({
      host,
      partition,
      goesOn: () => this.#state === 'loading',
      visit: (bytes, at) => this.#replayBatch(bytes, at),
      done: (error) => {
        if (error === null) {
          this.#state = 'active'
          this.#loadedOffset = this.#endOffset
        } else
          logger.error('loading the state of share groups failed; the partition stays unavailable', {
            partition: partition.partition,
            cause: error.message,
          })
      },
    })
  }

  close(): void {
    this.#state = 'closed'
  }

  /** Decides on the state of `id` once everything before is committed, writes what was decided, and tells. */
  decide(
    id: SharePartitionId,
    decide: (known: ShareState | undefined, nowMs: number) => StateDecision,
    done: DecidedCallback,
  ): void {
    const key = shareKey(id)
    this.#queue.run(key, (finished) => {
      const finish: DecidedCallback = (errorCode, message, state) => {
        done(errorCode, message, state)
        finished()
      }
      if (this.errorCode !== ErrorCode.NONE) return finish(this.errorCode, null, null)
      const known = this.#kept.get(key)
      const decision = decide(known?.state, this.#options.host.clock.nowMs())
      if (decision.kind === 'refused') return finish(decision.errorCode, decision.message, null)
      if (decision.kind === 'unchanged') return finish(ErrorCode.NONE, null, known?.state ?? null)
      const { state } = decision
      const isSnapshot = decision.kind === 'snapshot'
      const record = isSnapshot ? snapshotRecord(id, state) : updateRecord(id, state, decision.delta)
      this.#append([record], (errorCode, offset) => {
        if (errorCode !== ErrorCode.NONE) return finish(errorCode, null, null)
        const snapshotOffset = isSnapshot ? offset : (known?.snapshotOffset ?? offset)
        this.#kept.set(key, { id, state, snapshotOffset })
        finish(ErrorCode.NONE, null, state)
      })
    })
  }

  /** Forgets a share partition. NONE also when nothing was known of it. */
  delete(id: SharePartitionId, done: (errorCode: number) => void): void {
    const key = shareKey(id)
    this.#queue.run(key, (finished) => {
      const finish = (errorCode: number): void => {
        done(errorCode)
        finished()
      }
      if (this.errorCode !== ErrorCode.NONE) return finish(this.errorCode)
      if (!this.#kept.has(key)) return finish(ErrorCode.NONE)
      this.#append([snapshotRecord(id, null)], (errorCode) => {
        if (errorCode === ErrorCode.NONE) this.#kept.delete(key)
        finish(errorCode)
      })
    })
  }

  /** Writes anew what was last written before `untilMs` and holds back the pruning, and prunes. */
  refreshCold(untilMs: number): void {
    for (const { id, state, snapshotOffset } of [...this.#kept.values()]) {
      if (state.writeTimestampMs >= untilMs || snapshotOffset >= this.#endOffset - this.#kept.size) continue
      this.decide(
        id,
        (known, nowMs) =>
          known === undefined || known !== state
            ? { kind: 'unchanged' }
            : {
                kind: 'snapshot',
                state: { ...known, snapshotEpoch: known.snapshotEpoch + 1, writeTimestampMs: nowMs, updates: 0 },
              },
        (errorCode) => {
          if (errorCode === ErrorCode.NONE) this.prune()
        },
      )
    }
  }

  /** Deletes the records that no load needs any more: none as long as snapshots were loaded that may yet be cut off. */
  prune(): void {
    if (this.errorCode !== ErrorCode.NONE) return
    let needed = this.#endOffset
    for (const { snapshotOffset } of this.#kept.values()) needed = Math.min(needed, snapshotOffset)
    needed = Math.min(needed, this.partition.highWatermark)
    if (needed > this.partition.logStartOffset) this.partition.advanceLogStart(needed)
  }

  #append(records: readonly RecordInput[], done: (errorCode: number, baseOffset: number) => void): void {
    const { host, partition, writeTimeoutMs } = this.#options
    const batch = buildBatch({ records, timestampMs: host.clock.nowMs() })
    const options = { acks: -1, timeoutMs: writeTimeoutMs, origin: 'coordinator' } as const
    partition.appendAsLeader(null, batch, 0, batch.length, options, (errorCode, offset) => {
      if (this.#state === 'closed') return done(ErrorCode.NOT_COORDINATOR, -1)
      if (errorCode === ErrorCode.NONE) this.#endOffset = Math.max(this.#endOffset, offset + records.length)
      else if (isUncertain(errorCode)) this.#loadAgain()
      done(coordinatorError(errorCode), offset)
    })
  }

  /** A record is in the log, and may yet be committed: what is built on the state without it would not be what a load makes. */
  #loadAgain(): void {
    if (this.#state !== 'active') return
    this.#state = 'loading'
    this.#kept.clear()
    this.load()
  }

  #replayBatch(bytes: Buffer, at: number): void {
    if (isControl(bytes, at)) return
    for (const { key, value, offset } of readRecords(bytes, at)) {
      this.#endOffset = offset + 1
      if (key === null) continue
      try {
        this.#replay(key, value, offset)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        this.#options.logger.warn('skipped an unreadable record of a share partition', {
          partition: this.partition.partition,
          batch: baseOffset(bytes, at),
          cause: error.message,
        })
      }
    }
  }

  #replay(key: Buffer, value: Buffer | null, offset: number): void {
    const read = readShareRecord(key, value)
    if (read.kind === 'unknown') return
    const name = shareKey(read.id)
    if (read.kind === 'snapshot') {
      if (read.state === null) this.#kept.delete(name)
      else this.#kept.set(name, { id: read.id, state: read.state, snapshotOffset: offset })
      return
    }
    const kept = this.#kept.get(name)
    // An update of an older snapshot's epoch was overtaken; one without a snapshot belongs to a deleted share partition.
    if (kept === undefined || kept.state.snapshotEpoch !== read.update.snapshotEpoch) return
    kept.state = merged(kept.state, read.update, kept.state.writeTimestampMs)
  }
}

/** The record was written here, and not by enough replicas as long as it was waited for. */
function isUncertain(errorCode: number): boolean {
  return errorCode === ErrorCode.REQUEST_TIMED_OUT || errorCode === ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND
}
