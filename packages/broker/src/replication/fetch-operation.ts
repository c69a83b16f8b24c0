/**
 * One Fetch under way: reads its partitions in order, and if there is too little to say, waits for them to move. The
 * answer is always made by a fresh read, so nothing read early is held while waiting. One timer per waiting fetch.
 *
 *   check ─▶ read ─▶ enough? ─▶ answer
 *                      └─▶ wait (woken or timed out) ─▶ read ─▶ answer
 *
 * A consumer that had better ask a follower in its zone is told so and gets no records (KIP-392); a replica that is
 * throttled and over its rate is passed over (KIP-73).
 *
 * Limits: `maxBytes` over all and each partition's own; the first batch of the answer is returned whole even when it is
 * larger, so that every reader gets on (KIP-74). Facts: kafka-protocol §4.5.
 */
import type { Host, TimerHandle } from '@millrace/base/host'
import { CorruptBatch } from '@millrace/log/corrupt-batch'
import type { LogRead } from '@millrace/log/log-types'
import { ErrorCode } from '@millrace/protocol/errors'
import type { FetchPartition, FetchPartitionResult, FetchRequestSpec, FetchWaiter } from './fetch-types.ts'
import type { ReplicaThrottle } from '../quotas/replica-throttle.ts'
import type { Partition } from './partition.ts'
import { divergence, type EpochEnd } from './truncation.ts'

export interface FetchSurroundings {
  readonly host: Host
  get(topic: string, partition: number): Partition | undefined
  /** Error code of a partition that is not hosted here. */
  missingPartition(topic: string, partition: number): number
  storageFailed(partition: Partition, error: Error): void
  /** What this broker sends to followers that are not in sync. */
  readonly leaderThrottle: ReplicaThrottle
  /** Consumers read from followers: these hear of a new high watermark at once, not with the next records. */
  readonly followersServe: boolean
  /** The follower that a consumer of this rack should ask for `fetchOffset`; -1: the leader. */
  preferredReplica(partition: Partition, fetchOffset: number, rackId: string): number
  abortedTransactions(
    partition: Partition,
    fetchOffset: number,
    lastOffset: number,
  ): readonly { readonly producerId: number; readonly firstOffset: number }[]
}

/** What the checks of one partition came to. */
interface Checked<P extends FetchPartition> {
  readonly request: P
  readonly partition: Partition | undefined
  errorCode: number
  divergingEpoch: EpochEnd | null
  preferredReplica: number
  records: LogRead | null
}

export class FetchOperation<P extends FetchPartition> implements FetchWaiter {
  readonly request: FetchRequestSpec<P>
  readonly #around: FetchSurroundings
  readonly #callback: (results: FetchPartitionResult<P>[]) => void
  readonly #watched: Partition[] = []
  #timer: TimerHandle | null = null
  #wakeScheduled = false
  #state: 'reading' | 'waiting' | 'done' = 'reading'

  constructor(
    around: FetchSurroundings,
    request: FetchRequestSpec<P>,
    callback: (results: FetchPartitionResult<P>[]) => void,
  ) {
    this.#around = around
    this.request = request
    this.#callback = callback
  }

  /** True while it waits for a partition to move. */
  get waiting(): boolean {
    return this.#state === 'waiting'
  }

  /** Takes note of a follower's progress, then answers or waits at most `maxWaitMs`. */
  start(maxWaitMs: number): void {
    const checked = this.request.partitions.map((request) => this.#check(request, true))
    const atOnce =
      maxWaitMs <= 0 ||
      this.request.completeNow ||
      checked.length === 0 ||
      checked.some(
        (each) => each.errorCode !== ErrorCode.NONE || each.divergingEpoch !== null || each.preferredReplica >= 0,
      ) ||
      (this.request.replicaId >= 0 && checked.some((each) => isBehindLogStart(each) || this.#isUntold(each)))
    if (atOnce || this.#availableBytes(checked) >= this.request.minBytes) return this.#answer(checked)
    this.#wait(checked, maxWaitMs)
  }

  wake(mustAnswer: boolean): void {
    if (this.#state !== 'waiting') return
    if (mustAnswer) return this.complete()
    if (this.#wakeScheduled) return
    // A flush moves several partitions in one turn: the answer is made once all of them have moved.
    this.#wakeScheduled = true
    this.#around.host.tick(() => {
      this.#wakeScheduled = false
      if (this.#state !== 'waiting') return
      const checked = this.request.partitions.map((request) => this.#check(request, false))
      if (this.#availableBytes(checked) < this.request.minBytes) return
      this.#stopWaiting()
      this.#answer(checked)
    })
  }

  /** Answers with what there is now. */
  complete(): void {
    if (this.#state !== 'waiting') return
    this.#stopWaiting()
    this.#answer(this.request.partitions.map((request) => this.#check(request, false)))
  }

  /** The asker is gone. */
  cancel(): void {
    if (this.#state === 'waiting') this.#stopWaiting()
    this.#state = 'done'
  }

  #wait(checked: readonly Checked<P>[], maxWaitMs: number): void {
    this.#state = 'waiting'
    const follows = this.request.replicaId >= 0
    for (const { partition } of checked) {
      if (partition === undefined) continue
      const waiters = follows ? partition.followerWaiters : partition.consumerWaiters
      waiters.add(this)
      this.#watched.push(partition)
    }
    this.#timer = this.#around.host.timers.set(maxWaitMs, () => {
      this.#timer = null
      this.complete()
    })
  }

  #stopWaiting(): void {
    this.#state = 'reading'
    if (this.#timer !== null) this.#around.host.timers.clear(this.#timer)
    this.#timer = null
    for (const partition of this.#watched) {
      partition.followerWaiters.delete(this)
      partition.consumerWaiters.delete(this)
    }
    this.#watched.length = 0
  }

  #check(request: P, takesNote: boolean): Checked<P> {
    const { replicaId, replicaEpoch } = this.request
    const partition = this.#around.get(request.topic, request.partition)
    const checked: Checked<P> = {
      request,
      partition,
      errorCode: ErrorCode.NONE,
      divergingEpoch: null,
      preferredReplica: -1,
      records: null,
    }
    if (partition === undefined) {
      checked.errorCode = this.#around.missingPartition(request.topic, request.partition)
      return checked
    }
    checked.errorCode = partition.checkRequest(request.currentLeaderEpoch, this.request.leaderOnly)
    if (checked.errorCode !== ErrorCode.NONE) return checked
    if (request.lastFetchedEpoch >= 0) {
      const ownEnd = partition.log.leaderEpochs.endOffsetFor(request.lastFetchedEpoch)
      if (ownEnd.epoch < 0) {
        checked.errorCode = ErrorCode.OFFSET_OUT_OF_RANGE
        return checked
      }
      checked.divergingEpoch = divergence(ownEnd, request.lastFetchedEpoch, request.fetchOffset)
      if (checked.divergingEpoch !== null) return checked
    }
    if (request.fetchOffset < partition.logStartOffset || request.fetchOffset > partition.logEndOffset) {
      checked.errorCode = ErrorCode.OFFSET_OUT_OF_RANGE
    } else if (
      takesNote &&
      replicaId >= 0 &&
      !partition.followerFetched(replicaId, replicaEpoch, request.fetchOffset, request.logStartOffset)
    ) {
      checked.errorCode = ErrorCode.NOT_LEADER_OR_FOLLOWER
    } else if (replicaId < 0 && this.#around.followersServe && partition.isLeader) {
      checked.preferredReplica = this.#around.preferredReplica(partition, request.fetchOffset, this.request.rackId)
    }
    return checked
  }

  #visibleEnd(partition: Partition): number {
    if (this.request.replicaId >= 0) return partition.logEndOffset
    return this.request.readCommitted ? partition.lastStableOffset : partition.highWatermark
  }

  /** The replica is not in sync, throttled, and its broker has sent what it may. */
  #isHeldBack(partition: Partition): boolean {
    const { leaderThrottle } = this.#around
    const { replicaId } = this.request
    if (replicaId < 0 || !leaderThrottle.active || partition.isr.includes(replicaId)) return false
    return leaderThrottle.throttles(partition.topic, partition.partition) && leaderThrottle.exceeded
  }

  /** Consumers of the follower wait for a high watermark that it has not heard of. */
  #isUntold({ partition }: Checked<P>): boolean {
    if (!this.#around.followersServe || partition === undefined) return false
    const follower = partition.followers.find(({ brokerId }) => brokerId === this.request.replicaId)
    return follower !== undefined && follower.toldHighWatermark < partition.highWatermark
  }

  /** Bytes that an answer now would hold, as far as it matters: at least minBytes, or all. A cold read counts as enough. */
  #availableBytes(checked: readonly Checked<P>[]): number {
    const wanted = this.request.minBytes
    let available = 0
    for (const { request, partition, errorCode } of checked) {
      if (partition === undefined || errorCode !== ErrorCode.NONE) return Infinity
      const endOffset = this.#visibleEnd(partition)
      if (endOffset <= request.fetchOffset || this.#isHeldBack(partition)) continue
      if (wanted <= 1) return 1
      const read = partition.log.read({
        offset: request.fetchOffset,
        maxBytes: Math.min(request.maxBytes, wanted),
        endOffset,
        atLeastOne: true,
      })
      if (read === null) return Infinity
      available += read.sizeBytes
      read.release?.()
      if (available >= wanted) return available
    }
    return available
  }

  #answer(checked: readonly Checked<P>[]): void {
    this.#readFrom(checked, 0, this.request.maxBytes, true)
  }

  /** Reads partition after partition; goes on in a later turn after a cold one. */
  #readFrom(checked: readonly Checked<P>[], first: number, bytesLeft: number, nothingYet: boolean): void {
    let left = bytesLeft
    let empty = nothingYet
    for (let index = first; index < checked.length; index++) {
      const each = checked[index] as Checked<P>
      const { partition, request } = each
      if (partition === undefined || each.errorCode !== ErrorCode.NONE || each.divergingEpoch !== null) continue
      if (each.preferredReplica >= 0 || this.#isHeldBack(partition)) continue
      const endOffset = this.#visibleEnd(partition)
      if (endOffset <= request.fetchOffset || (left <= 0 && !empty)) continue
      const readRequest = {
        offset: request.fetchOffset,
        maxBytes: Math.max(0, Math.min(request.maxBytes, left)),
        endOffset,
        atLeastOne: empty,
        skipsEmptyBatches: this.request.replicaId < 0 && partition.log.config.cleanupPolicy.compact,
      }
      const read = partition.log.read(readRequest)
      if (read === null) {
        partition.log.readCold(readRequest, (error, cold) => {
          if (this.#state === 'done') return cold?.release?.()
          if (error !== null) {
            const isCorrupt = error instanceof CorruptBatch
            each.errorCode = isCorrupt ? ErrorCode.CORRUPT_MESSAGE : ErrorCode.KAFKA_STORAGE_ERROR
            if (!isCorrupt) this.#around.storageFailed(partition, error)
          }
          each.records = cold
          const size = cold?.sizeBytes ?? 0
          this.#sent(partition, size)
          this.#readFrom(checked, index + 1, left - size, empty && size === 0)
        })
        return
      }
      each.records = read
      this.#sent(partition, read.sizeBytes)
      left -= read.sizeBytes
      if (read.sizeBytes > 0) empty = false
    }
    this.#state = 'done'
    this.#callback(checked.map((each) => this.#result(each)))
  }

  #sent({ topic, partition }: Partition, bytes: number): void {
    const { leaderThrottle } = this.#around
    if (this.request.replicaId < 0 || !leaderThrottle.active) return
    if (leaderThrottle.throttles(topic, partition)) leaderThrottle.record(bytes)
  }

  #told(partition: Partition): void {
    if (this.request.replicaId < 0 || !this.#around.followersServe) return
    const follower = partition.followers.find(({ brokerId }) => brokerId === this.request.replicaId)
    if (follower !== undefined) follower.toldHighWatermark = partition.highWatermark
  }

  #result(checked: Checked<P>): FetchPartitionResult<P> {
    const { request, partition, errorCode, records } = checked
    if (errorCode !== ErrorCode.NONE || partition === undefined) {
      records?.release?.()
      const movedOn = errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER || errorCode === ErrorCode.FENCED_LEADER_EPOCH
      const currentLeader =
        movedOn && partition !== undefined && partition.leaderId >= 0
          ? { leaderId: partition.leaderId, leaderEpoch: partition.leaderEpoch }
          : null
      return {
        request,
        errorCode,
        highWatermark: -1,
        lastStableOffset: -1,
        logStartOffset: -1,
        divergingEpoch: null,
        currentLeader,
        preferredReadReplica: -1,
        abortedTransactions: null,
        records: null,
      }
    }
    this.#told(partition)
    const committedOnly = this.request.readCommitted && this.request.replicaId < 0
    return {
      request,
      errorCode,
      highWatermark: partition.highWatermark,
      lastStableOffset: partition.lastStableOffset,
      logStartOffset: partition.logStartOffset,
      divergingEpoch: checked.divergingEpoch,
      currentLeader: null,
      preferredReadReplica: checked.preferredReplica,
      abortedTransactions: committedOnly
        ? records === null
          ? []
          : this.#around.abortedTransactions(partition, request.fetchOffset, records.lastOffset)
        : null,
      records,
    }
  }
}

/**
 * A follower that has not heard of deleted records is told at once: it may be in the ISR from this fetch on, and as a
 * leader it would show them again.
 */
function isBehindLogStart({ request, partition }: Checked<FetchPartition>): boolean {
  return partition !== undefined && request.logStartOffset >= 0 && request.logStartOffset < partition.logStartOffset
}
