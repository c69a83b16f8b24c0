/**
 * One replica of one partition on this broker: leader or follower state, in-sync replicas, high watermark, and the
 * requests that wait for it to move. Single owner: the broker's loop.
 */
import type { Uuid } from '@millrace/base/uuid'
import type { FrameLease, Slab } from '@millrace/log/arena'
import type { LogRead, PartitionLog } from '@millrace/log/partition-log'

/** Why a batch was refused, beyond its error code. */
export interface AppendRefusal {
  readonly message: string | null
  readonly recordErrors: readonly { readonly batchIndex: number; readonly message: string | null }[] | null
}

/** baseOffset and logAppendTimeMs are -1 on error; logAppendTimeMs is -1 for CreateTime topics. */
export type AppendCallback = (
  errorCode: number,
  baseOffset: number,
  logAppendTimeMs: number,
  refusal: AppendRefusal | null,
) => void

export interface AppendOptions {
  /** -1, 0 or 1 (checked by the caller). */
  readonly acks: number
  readonly timeoutMs: number
  /** 'coordinator' may write control batches and skips the checks made for clients. */
  readonly origin: 'client' | 'coordinator'
}

export interface OffsetResult {
  readonly timestampMs: number
  readonly offset: number
  readonly leaderEpoch: number
}

export interface Partition {
  readonly topic: string
  readonly partition: number
  readonly topicId: Uuid
  /** -1: none. */
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly isLeader: boolean
  readonly replicas: readonly number[]
  /** As the controller committed it. */
  readonly isr: readonly number[]
  readonly log: PartitionLog
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly highWatermark: number
  /** Where read_committed consumers stop. */
  readonly lastStableOffset: number
  /** True when acks=all would be refused. */
  readonly underMinIsr: boolean

  /**
   * Appends one batch `bytes[start, end)`: checks it, assigns offsets in place. The slab (null: bytes nobody reuses)
   * is retained by the log as long as it needs it. `done` is called exactly once, possibly before this returns
   * (refusals), with acks=1/0 after the write, with acks=-1 once the high watermark passed it.
   */
  appendAsLeader(slab: Slab | null, bytes: Buffer, start: number, end: number, options: AppendOptions, done: AppendCallback): void

  /**
   * NONE, NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH or KAFKA_STORAGE_ERROR for a request that
   * names `currentLeaderEpoch` (-1: not checked).
   */
  checkRequest(currentLeaderEpoch: number, leaderOnly: boolean): number

  /** ListOffsets for one partition. timestampMs: a time, or one of the negative sentinels (§3.8). */
  listOffset(
    request: { readonly timestampMs: number; readonly currentLeaderEpoch: number; readonly replicaId: number; readonly readCommitted: boolean },
    done: (errorCode: number, result: OffsetResult | null) => void,
  ): void

  /** OffsetForLeaderEpoch: epoch and endOffset are -1 when undefined. */
  offsetForLeaderEpoch(currentLeaderEpoch: number, leaderEpoch: number): { readonly errorCode: number; readonly leaderEpoch: number; readonly endOffset: number }

  /** DeleteRecords up to `offset` (-1: high watermark); answers when every live replica's log start has passed it. */
  deleteRecords(offset: number, timeoutMs: number, done: (errorCode: number, lowWatermark: number) => void): void
}

export type { FrameLease, LogRead, Slab }
