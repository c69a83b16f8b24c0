/**
 * One replica of one partition on this broker: leader or follower state, in-sync replicas, high watermark, and the
 * requests that wait for it to move. Single owner: the broker's loop.
 *
 *   none ──▶ follower ◀──▶ leader          (only `apply`, with what the controller decided, moves it)
 *
 * Invariants: logStart ≤ high watermark ≤ log end; the high watermark of a leader never falls; acks=-1 is answered only
 * when every member of the maximal ISR has the batch. Facts: kafka-protocol §2.5, §3.1, §4.2.
 */
import type { Uuid } from '@millrace/base/uuid'
import type { Slab } from '@millrace/log/arena'
import type { PartitionLog } from '@millrace/log/partition-log'
import type { PartitionState } from '@millrace/metadata/partition-state'
import { ErrorCode } from '@millrace/protocol/errors'
import { type Admission, Admissions } from './admissions.ts'
import { checkAppend, writeErrorCode } from './append-checks.ts'
import type { AppendCallback, AppendOptions } from './append-types.ts'
import type { PreparedBatch } from './batch-preparation.ts'
import { DelayedProduces } from './delayed-produces.ts'
import type { FetchWaiter } from './fetch-types.ts'
import { deleteRecords } from './delete-records.ts'
import type { FollowerProgress } from './follower-progress.ts'
import { InSyncReplicas } from './in-sync-replicas.ts'
import type { EpochEndResult, OffsetRequest, OffsetResult } from './list-offset.ts'
import { listOffset, offsetForLeaderEpoch } from './list-offset.ts'
import type { PartitionEnvironment } from './partition-environment.ts'
import { RefusedBatches } from './refused-batches.ts'

export type PartitionRole = 'none' | 'leader' | 'follower'

const NO_REPLICAS: readonly number[] = []

export class Partition {
  readonly topic: string
  readonly partition: number
  readonly topicId: Uuid
  readonly log: PartitionLog
  /** Fetches woken by what only followers see: the log end. */
  readonly followerWaiters: Set<FetchWaiter> = new Set()
  /** Fetches woken by the high watermark. */
  readonly consumerWaiters: Set<FetchWaiter> = new Set()
  /** Called when a follower's progress, the log start or the role changed: deletions wait for the low watermark. */
  readonly lowWatermarkWaiters: Set<() => void> = new Set()

  readonly #environment: PartitionEnvironment
  readonly #delayedProduces: DelayedProduces
  readonly #inSync: InSyncReplicas
  readonly #admissions: Admissions
  readonly #refused: RefusedBatches = new RefusedBatches()
  #role: PartitionRole = 'none'
  #leaderId = -1
  #leaderEpoch = -1
  #partitionEpoch = -1
  #replicas: readonly number[] = NO_REPLICAS
  #leaderEpochStartOffset = -1
  #highWatermark: number

  constructor(log: PartitionLog, highWatermark: number, environment: PartitionEnvironment) {
    this.topic = log.topic
    this.partition = log.partition
    this.topicId = log.topicId
    this.log = log
    this.#environment = environment
    this.#admissions = new Admissions(log.topic, environment, (admission, batch) => this.#append(admission, batch))
    this.#delayedProduces = new DelayedProduces(environment.host, ErrorCode.REQUEST_TIMED_OUT)
    this.#inSync = new InSyncReplicas(log, environment, (partitionEpoch) => {
      this.#partitionEpoch = partitionEpoch
      this.#advanceHighWatermark()
    })
    this.#highWatermark = Math.min(Math.max(highWatermark, log.logStartOffset), log.logEndOffset)
    log.highWatermark = this.#highWatermark
    log.onLogEndMoved = () => this.#logEndMoved()
    log.onOffline = (error) => environment.storageFailed(this, error)
  }

  get role(): PartitionRole {
    return this.#role
  }

  get isLeader(): boolean {
    return this.#role === 'leader'
  }

  /** -1: none. */
  get leaderId(): number {
    return this.#leaderId
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  get partitionEpoch(): number {
    return this.#partitionEpoch
  }

  get replicas(): readonly number[] {
    return this.#replicas
  }

  /** As the controller committed it. */
  get isr(): readonly number[] {
    return this.#inSync.committed
  }

  /** The leader has proposed another ISR and waits for the controller. */
  get proposesIsr(): boolean {
    return this.#inSync.hasProposal
  }

  /** What the leader knows of its followers; empty on a follower. */
  get followers(): readonly FollowerProgress[] {
    return this.#inSync.followers
  }

  get logStartOffset(): number {
    return this.log.logStartOffset
  }

  get logEndOffset(): number {
    return this.log.logEndOffset
  }

  get highWatermark(): number {
    return this.#highWatermark
  }

  /** Where the current leader epoch began; consumers' lookups wait until the high watermark has reached it. */
  get leaderEpochStartOffset(): number {
    return this.#leaderEpochStartOffset
  }

  /** Where read_committed consumers stop: before the first record whose transaction is not decided. */
  get lastStableOffset(): number {
    return this.log.lastStableOffset(this.#highWatermark)
  }

  /** True when acks=-1 would be refused. */
  get underMinIsr(): boolean {
    return this.#inSync.underMin
  }

  /** Smallest log start over the live replicas: what DeleteRecords answers. */
  get lowWatermark(): number {
    return this.#inSync.lowWatermark
  }

  /** Takes what the controller decided. Older decisions than the one in force are ignored. */
  apply(state: PartitionState): void {
    if (state.partitionEpoch < this.#partitionEpoch) return
    const leads = state.leader === this.#environment.nodeId
    const newEpoch = state.leaderEpoch !== this.#leaderEpoch
    const wasLeader = this.isLeader
    this.#leaderId = state.leader
    this.#leaderEpoch = state.leaderEpoch
    this.#partitionEpoch = state.partitionEpoch
    this.#replicas = state.replicas
    this.#inSync.apply(state, leads, newEpoch || !wasLeader)
    if (leads) this.#lead(newEpoch || !wasLeader)
    else this.#follow(wasLeader)
    if (newEpoch || wasLeader !== leads) this.#wakeAll(true)
  }

  /** The replica leaves this broker or its log went offline: everyone waiting is told. */
  stop(errorCode: number): void {
    this.#role = 'none'
    this.#inSync.clear()
    this.#delayedProduces.fail(errorCode)
    this.#wakeAll(true)
    this.#wakeLowWatermark()
  }

  /**
   * Appends one batch `bytes[start, end)`: checks it, assigns offsets in place. The slab (null: bytes nobody reuses)
   * is retained by the log as long as it needs it. `done` is called exactly once, possibly before this returns
   * (refusals), with acks=1/0 after the write, with acks=-1 once the high watermark passed it.
   */
  appendAsLeader(
    slab: Slab | null,
    bytes: Buffer,
    start: number,
    end: number,
    options: AppendOptions,
    done: AppendCallback,
  ): void {
    const refusal = this.#refusal(options)
    if (refusal !== ErrorCode.NONE) return this.#refuse(bytes, start, end, refusal, done)
    this.#admissions.admit({ slab, bytes, start, end, options, done })
  }

  /** For a reason that passes. */
  #refuse(bytes: Buffer, start: number, end: number, errorCode: number, done: AppendCallback): void {
    this.#refused.note(bytes, start, end, errorCode)
    done(errorCode, -1, -1, null)
  }

  #refusal(options: AppendOptions): number {
    if (this.log.offline !== null) return ErrorCode.KAFKA_STORAGE_ERROR
    if (!this.isLeader) return ErrorCode.NOT_LEADER_OR_FOLLOWER
    return options.acks === -1 && this.underMinIsr ? ErrorCode.NOT_ENOUGH_REPLICAS : ErrorCode.NONE
  }

  /** A batch whose turn has come. Its preparation may have taken time: what was asked before is asked again. */
  #append({ slab, bytes, start, end, options, done }: Admission, { rejection, recompressed }: PreparedBatch): void {
    const refusal = this.#refusal(options)
    if (refusal !== ErrorCode.NONE) return this.#refuse(bytes, start, end, refusal, done)
    if (rejection !== null) return done(rejection.errorCode, -1, -1, rejection)
    const check = checkAppend(this.log, this.#environment, bytes, start, end, options)
    if (check.kind !== 'duplicate') {
      const before = this.#refused.before(bytes, start, end)
      if (before !== null) return this.#refuse(bytes, start, end, before, done)
      if (check.kind === 'refused') return done(check.errorCode, -1, -1, check.refusal)
    }
    this.#refused.taken(bytes, start)
    const deadlineMs = options.acks === -1 ? this.#environment.host.clock.monotonicMs() + options.timeoutMs : Infinity
    if (check.kind === 'duplicate') {
      this.#answerDuplicate(check.baseOffset, check.lastOffset, check.logAppendTimeMs, options.acks, deadlineMs, done)
      return
    }
    const leaderEpoch = this.#leaderEpoch
    const written = (error: Error | null, baseOffset: number, logAppendTimeMs: number): void => {
      if (error !== null) return this.#refuse(bytes, start, end, writeErrorCode(this.log, error), done)
      if (options.acks !== -1) return done(ErrorCode.NONE, baseOffset, logAppendTimeMs, null)
      this.#awaitHighWatermark(
        baseOffset + check.recordCount,
        deadlineMs,
        baseOffset,
        logAppendTimeMs,
        leaderEpoch,
        done,
      )
    }
    if (recompressed !== null) this.log.appendAsLeader(null, recompressed, 0, recompressed.length, leaderEpoch, written)
    else if (slab === null) this.log.appendAsLeader(null, bytes, start, end, leaderEpoch, written)
    else {
      // A decoded request holds views; the log keeps places in the slab.
      const shift = bytes.byteOffset - slab.bytes.byteOffset
      this.log.appendAsLeader(slab, slab.bytes, start + shift, end + shift, leaderEpoch, written)
    }
    this.#environment.metrics.messagesIn += check.recordCount
  }

  /** ListOffsets for one partition; see list-offset.ts. */
  listOffset(request: OffsetRequest, done: (errorCode: number, result: OffsetResult | null) => void): void {
    listOffset(this, request, done)
  }

  /** OffsetForLeaderEpoch for one partition: epoch and endOffset are -1 when undefined. */
  offsetForLeaderEpoch(currentLeaderEpoch: number, leaderEpoch: number): EpochEndResult {
    return offsetForLeaderEpoch(this, currentLeaderEpoch, leaderEpoch)
  }

  /** DeleteRecords up to `offset` (-1: high watermark); answers when every live replica's log start has passed it. */
  deleteRecords(offset: number, timeoutMs: number, done: (errorCode: number, lowWatermark: number) => void): void {
    deleteRecords(this.#environment.host, this, offset, timeoutMs, done)
  }

  /** NONE, or why a request that names `currentLeaderEpoch` (-1: not checked) is not for this replica. */
  checkRequest(currentLeaderEpoch: number, leaderOnly: boolean): number {
    if (this.log.offline !== null) return ErrorCode.KAFKA_STORAGE_ERROR
    if (currentLeaderEpoch >= 0) {
      if (currentLeaderEpoch < this.#leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
      if (currentLeaderEpoch > this.#leaderEpoch) return ErrorCode.UNKNOWN_LEADER_EPOCH
    }
    if (this.#role === 'none' || (leaderOnly && !this.isLeader)) return ErrorCode.NOT_LEADER_OR_FOLLOWER
    return ErrorCode.NONE
  }

  /** The leader takes note of a follower's fetch. False: this broker is no replica here. */
  followerFetched(brokerId: number, brokerEpoch: number, fetchOffset: number, followerLogStart: number): boolean {
    const fetch = { brokerId, brokerEpoch, fetchOffset, logStartOffset: followerLogStart }
    if (!this.#inSync.fetched(fetch, this.#highWatermark, this.#leaderEpochStartOffset)) return false
    this.#advanceHighWatermark()
    this.#wakeLowWatermark()
    return true
  }

  /** The leader's upkeep each replica.lag.time.max.ms/2: proposes an ISR without those that fell behind. */
  checkIsr(): void {
    if (this.isLeader) this.#inSync.checkLag()
  }

  /** What a follower learns from its leader with each fetch. */
  followerLearned(leaderHighWatermark: number, leaderLogStart: number): void {
    if (this.#role !== 'follower') return
    if (leaderLogStart > this.log.logStartOffset && leaderLogStart <= this.log.logEndOffset) {
      this.log.advanceLogStart(leaderLogStart)
    }
    if (this.#highWatermark < this.log.logStartOffset) this.#raiseHighWatermark(this.log.logStartOffset)
    this.#raiseHighWatermark(Math.min(leaderHighWatermark, this.log.logEndOffset))
  }

  /** A follower cuts its log; what it believed committed beyond that was another leader's. */
  truncateTo(offset: number): void {
    if (offset < this.#highWatermark) {
      this.#environment.logger.warn('a follower truncates below its high watermark', {
        topic: this.topic,
        partition: this.partition,
        offset,
        highWatermark: this.#highWatermark,
      })
      this.#highWatermark = Math.max(offset, this.log.logStartOffset)
      this.log.highWatermark = this.#highWatermark
    }
    this.log.truncateTo(offset)
  }

  /** A follower that has nothing in common with its leader any more starts again at the leader's log start. */
  truncateFullyAndStartAt(offset: number): void {
    this.log.truncateFullyAndStartAt(offset)
    this.#highWatermark = offset
    this.log.highWatermark = offset
  }

  /** min.insync.replicas may have changed. */
  settingsChanged(): void {
    this.#advanceHighWatermark()
  }

  /** DeleteRecords on the leader, and what follows from it. */
  advanceLogStart(offset: number): void {
    this.log.advanceLogStart(offset)
    this.#wakeAll(true)
    this.#wakeLowWatermark()
  }

  #lead(newEpoch: boolean): void {
    this.#role = 'leader'
    if (newEpoch) {
      // Batches of an earlier epoch may be queued and not yet written: the new epoch begins after them.
      this.#leaderEpochStartOffset = this.log.nextOffset
      this.log.leaderEpochs.assign(this.#leaderEpoch, this.log.nextOffset)
      this.#delayedProduces.fail(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    }
    this.#advanceHighWatermark()
  }

  #follow(wasLeader: boolean): void {
    this.#role = 'follower'
    this.#leaderEpochStartOffset = -1
    if (!wasLeader) return
    this.#delayedProduces.fail(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    this.#wakeLowWatermark()
  }

  #answerDuplicate(
    baseOffset: number,
    last: number,
    logAppendTimeMs: number,
    acks: number,
    deadlineMs: number,
    done: AppendCallback,
  ): void {
    if (acks === -1) {
      this.#awaitHighWatermark(last + 1, deadlineMs, baseOffset, logAppendTimeMs, this.#leaderEpoch, done)
    } else if (last < this.log.logEndOffset) done(ErrorCode.NONE, baseOffset, logAppendTimeMs, null)
    else {
      // The first try is queued and not yet written: answering now would promise what a failed write takes back.
      this.log.whenWritten((error) => {
        if (error === null) done(ErrorCode.NONE, baseOffset, logAppendTimeMs, null)
        else done(writeErrorCode(this.log, error), -1, -1, null)
      })
    }
  }

  #awaitHighWatermark(
    requiredOffset: number,
    deadlineMs: number,
    baseOffset: number,
    logAppendTimeMs: number,
    leaderEpoch: number,
    done: AppendCallback,
  ): void {
    if (!this.isLeader || leaderEpoch !== this.#leaderEpoch) return done(ErrorCode.NOT_LEADER_OR_FOLLOWER, -1, -1, null)
    if (this.#highWatermark < requiredOffset) {
      this.#delayedProduces.add({ requiredOffset, deadlineMs, baseOffset, logAppendTimeMs, done })
    } else if (this.underMinIsr) done(ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND, -1, -1, null)
    else done(ErrorCode.NONE, baseOffset, logAppendTimeMs, null)
  }

  /** A group of appends is written: once per group, before any of them is acknowledged. */
  #logEndMoved(): void {
    this.#advanceHighWatermark()
    if (this.followerWaiters.size > 0) for (const waiter of this.followerWaiters) waiter.wake(false)
  }

  #advanceHighWatermark(): void {
    if (this.isLeader) this.#raiseHighWatermark(this.#inSync.highWatermark(this.#highWatermark))
  }

  #raiseHighWatermark(offset: number): void {
    if (offset <= this.#highWatermark) return
    this.#highWatermark = offset
    this.log.highWatermark = offset
    if (this.#delayedProduces.size > 0) {
      const errorCode = this.underMinIsr ? ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND : ErrorCode.NONE
      this.#delayedProduces.complete(offset, errorCode)
    }
    if (this.consumerWaiters.size > 0) for (const waiter of this.consumerWaiters) waiter.wake(false)
    if (this.#environment.followersServe) for (const waiter of this.followerWaiters) waiter.wake(true)
  }

  #wakeLowWatermark(): void {
    if (this.lowWatermarkWaiters.size > 0) for (const look of this.lowWatermarkWaiters) look()
  }

  #wakeAll(mustAnswer: boolean): void {
    for (const waiter of this.followerWaiters) waiter.wake(mustAnswer)
    for (const waiter of this.consumerWaiters) waiter.wake(mustAnswer)
  }
}
