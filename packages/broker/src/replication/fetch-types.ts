/** What a Fetch asks of the replica manager and what it gets, free of versions and sessions. */
import type { LogRead } from '@millrace/log/log-types'

export interface FetchPartition {
  readonly topic: string
  readonly partition: number
  /** -1: not checked. */
  readonly currentLeaderEpoch: number
  readonly fetchOffset: number
  /** -1: no check for divergence. */
  readonly lastFetchedEpoch: number
  /** The follower's log start; -1 from consumers. */
  readonly logStartOffset: number
  readonly maxBytes: number
}

export interface FetchRequestSpec<P extends FetchPartition = FetchPartition> {
  /** -1 for consumers. */
  readonly replicaId: number
  /** Whether a follower must refuse: for followers, and for consumers of versions before KIP-392. */
  readonly leaderOnly: boolean
  /** The consumer's rack; '': none. */
  readonly rackId: string
  /** Broker epoch of the follower, -1 when the version has none. */
  readonly replicaEpoch: number
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly readCommitted: boolean
  /** True: answer at once (another partition of the request already failed). */
  readonly completeNow: boolean
  /** In the order in which they are to be served. */
  readonly partitions: readonly P[]
}

export interface FetchPartitionResult<P extends FetchPartition = FetchPartition> {
  readonly request: P
  readonly errorCode: number
  /** -1 on error, as are the next two. */
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly divergingEpoch: { readonly epoch: number; readonly endOffset: number } | null
  /** Set with NOT_LEADER_OR_FOLLOWER and FENCED_LEADER_EPOCH when the leader is known. */
  readonly currentLeader: { readonly leaderId: number; readonly leaderEpoch: number } | null
  /** The follower that the consumer should fetch from; then there are no records. -1: this one. */
  readonly preferredReadReplica: number
  /** null for read_uncommitted. */
  readonly abortedTransactions: readonly { readonly producerId: number; readonly firstOffset: number }[] | null
  /** null: empty. `records.release` is the reader's to call once the bytes have been written or dropped. */
  readonly records: LogRead | null
}

/** Someone who waits for one of several partitions to move. */
export interface FetchWaiter {
  /** The partition's log end, high watermark, log start or role changed; `mustAnswer` when waiting on makes no sense. */
  wake(mustAnswer: boolean): void
}
