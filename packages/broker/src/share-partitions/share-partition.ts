/**
 * SharePartition: one group's share of a partition that this broker leads (KIP-932). Loads its durable state from the share
 * coordinator, hands out records, takes acknowledgements, and ends locks that last too long. Lives for one leader epoch.
 *
 *   initializing ─state is read, start offset known▶ active ─fenced, leadership gone, given up▶ closed
 *
 * One write to the coordinator is on its way at a time; what comes meanwhile goes together with the next.
 */
import type { TimerHandle } from '@millrace/base/host'
import { ErrorCode } from '@millrace/protocol/errors'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { FetchWaiter } from '../replication/fetch-types.ts'
import { OffsetTimestamp } from '../replication/list-offset.ts'
import type { Partition } from '../replication/partition.ts'
import type { SharePersister } from '../share-coordinator/persister.ts'
import type { StateBatch } from '../share-coordinator/share-state.ts'
import type { SharePartitionId } from '../share-coordinator/share-state-records.ts'
import { combineBatches } from '../share-coordinator/state-batches.ts'
import { acquireFrom, type AcquiredBatches, type ReadBatches } from './acquire-batches.ts'
import { InFlightRecords, type AcknowledgementBatch, type AcquiredRange } from './in-flight-records.ts'
import { resetDurationMs, shareSettings, type ShareSettings } from './share-settings.ts'

export interface SharePartitionOptions {
  readonly runtime: BrokerRuntime
  readonly persister: SharePersister
  readonly id: SharePartitionId
  readonly partition: Partition
  /** It has closed itself and is not to be used any more. */
  readonly onClosed: () => void
}

export interface AcquireRequest {
  readonly memberId: string
  readonly recordsMax: number
  readonly batchSize: number
  /** Not one record more than recordsMax. */
  readonly isStrict: boolean
}

interface QueuedWrite {
  readonly batches: readonly StateBatch[]
  /** 0: nothing to settle. */
  readonly settling: number
  readonly done: ((errorCode: number) => void) | null
}

export class SharePartition {
  readonly id: SharePartitionId
  readonly partition: Partition
  readonly leaderEpoch: number
  /** Share fetches that wait for records of this group to come free. */
  readonly waiters: Set<FetchWaiter> = new Set()
  readonly #options: SharePartitionOptions
  #state: 'initializing' | 'active' | 'closed' = 'initializing'
  #closedBy: number = ErrorCode.NONE
  #stateEpoch = 0
  #records: InFlightRecords = new InFlightRecords(0, [], () => 1)
  #queued: QueuedWrite[] = []
  #writing = false
  #flushScheduled = false
  #lockTimer: TimerHandle | null = null
  #lockTimerMs = Infinity
  #retired = false

  constructor(options: SharePartitionOptions) {
    this.#options = options
    this.id = options.id
    this.partition = options.partition
    this.leaderEpoch = options.partition.leaderEpoch
  }

  get isActive(): boolean {
    return this.#state === 'active'
  }

  /** NONE while it is active or about to be; else why it closed. */
  get errorCode(): number {
    return this.#closedBy
  }

  /**
   * Nobody of the group is here any more: it closes once its writes are done, since a read of the state that overtakes
   * them would not see what they say. Until then it may be taken up again: `isRetired` false.
   */
  set isRetired(retired: boolean) {
    this.#retired = retired
    this.#closeIfRetired()
  }

  get startOffset(): number {
    return this.#records.startOffset
  }

  get settings(): ShareSettings {
    return shareSettings(this.#options.runtime, this.id.groupId)
  }

  /** Reads the durable state, and decides where to begin when there is none. */
  start(): void {
    const { persister } = this.#options
    persister.read(this.id, this.leaderEpoch, (errorCode, stored) => {
      if (this.#state !== 'initializing') return
      if (stored === null) return this.close(toldToClients(errorCode))
      this.#stateEpoch = stored.stateEpoch
      if (stored.startOffset >= 0) return this.#activate(stored.startOffset, stored.stateBatches)
      this.#resetOffset((resetError, offset) => {
        if (this.#state !== 'initializing') return
        if (resetError !== ErrorCode.NONE) return this.close(resetError)
        this.#writeStart(offset)
      })
    })
  }

  close(errorCode: number): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#closedBy = errorCode
    if (this.#lockTimer !== null) this.#options.runtime.host.timers.clear(this.#lockTimer)
    this.#lockTimer = null
    for (const { done } of this.#queued) done?.(errorCode)
    this.#queued = []
    this.#wake()
    this.#options.onClosed()
  }

  /** Where to read next; null when there is nothing to hand out until something comes back. */
  nextOffset(): number | null {
    if (this.#state !== 'active') return null
    const { logStartOffset } = this.partition
    if (logStartOffset > this.#records.startOffset) this.#records.logStartMoved(logStartOffset)
    const next = this.#records.nextOffset()
    return next === this.#records.endOffset && this.#records.size >= this.settings.windowMax ? null : next
  }

  /** Acquires records of what was read. */
  acquire(read: ReadBatches, request: AcquireRequest): AcquiredBatches {
    const { recordLockMs, windowMax } = this.settings
    const deadlineMs = this.#nowMs() + recordLockMs
    const acquired = acquireFrom(this.#records, read, { ...request, deadlineMs, windowMax })
    if (acquired.recordCount > 0) this.#armLockTimer(deadlineMs)
    return acquired
  }

  /** `done` when the acknowledgements are durable, or with why they do not count: INVALID_RECORD_STATE, INVALID_REQUEST … */
  acknowledge(memberId: string, batches: readonly AcknowledgementBatch[], done: (errorCode: number) => void): void {
    if (this.#state !== 'active') return done(this.#closedBy === ErrorCode.NONE ? NOT_READY : this.#closedBy)
    const renewedMs = this.#nowMs() + this.settings.recordLockMs
    const taken = this.#records.acknowledge(memberId, batches, renewedMs)
    if (taken === 'invalid-state') return done(ErrorCode.INVALID_RECORD_STATE)
    if (taken === 'out-of-range') return done(ErrorCode.INVALID_REQUEST)
    this.#armLockTimer(this.#records.nextDeadlineMs())
    if (taken.batches.length === 0) return done(ErrorCode.NONE)
    this.#enqueue({ ...taken, done })
  }

  /** The member's session has ended: what it holds is available to others. */
  release(memberId: string): void {
    if (this.#state === 'active') this.#givenBack(this.#records.release(memberId))
  }

  /** What was acquired for the member will not reach it: others may have it. */
  giveBack(memberId: string, ranges: readonly AcquiredRange[]): void {
    if (this.#state === 'active') this.#givenBack(this.#records.giveBack(memberId, ranges))
  }

  #activate(startOffset: number, batches: readonly StateBatch[]): void {
    this.#records = new InFlightRecords(startOffset, batches, () => this.settings.deliveryCountMax)
    this.#state = 'active'
    this.#closeIfRetired()
    this.#wake()
  }

  /** Decided once: a leader after this one must not choose another beginning. */
  #writeStart(startOffset: number): void {
    const { persister } = this.#options
    const state = { leaderEpoch: this.leaderEpoch, stateEpoch: this.#stateEpoch, startOffset }
    persister.write(this.id, { ...state, deliveryCompleteCount: 0, stateBatches: [] }, (errorCode) => {
      if (this.#state !== 'initializing') return
      if (errorCode === ErrorCode.NONE) this.#activate(startOffset, [])
      else this.close(toldToClients(errorCode))
    })
  }

  #resetOffset(done: (errorCode: number, offset: number) => void): void {
    const { autoOffsetReset, readCommitted } = this.settings
    const durationMs = resetDurationMs(autoOffsetReset)
    const latest = { timestampMs: OffsetTimestamp.LATEST, currentLeaderEpoch: -1, replicaId: -1, readCommitted }
    const timestampMs =
      durationMs !== null
        ? Math.max(0, this.#options.runtime.host.clock.nowMs() - durationMs)
        : autoOffsetReset === 'earliest'
          ? OffsetTimestamp.EARLIEST
          : OffsetTimestamp.LATEST
    this.partition.listOffset({ ...latest, timestampMs }, (errorCode, found) => {
      if (errorCode !== ErrorCode.NONE || found === null) return done(toldToClients(errorCode), -1)
      if (found.offset >= 0) return done(ErrorCode.NONE, found.offset)
      // No record is as young as that.
      this.partition.listOffset(latest, (latestError, end) =>
        done(toldToClients(latestError), end?.offset ?? this.partition.highWatermark),
      )
    })
  }

  #givenBack(batches: readonly StateBatch[]): void {
    if (batches.length === 0) return
    this.#enqueue({ batches, settling: 0, done: null })
    this.#wake()
  }

  #enqueue(write: QueuedWrite): void {
    this.#queued.push(write)
    if (this.#writing || this.#flushScheduled) return
    // Acknowledgements that arrive in one turn travel together.
    this.#flushScheduled = true
    this.#options.runtime.host.tick(() => {
      this.#flushScheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#writing || this.#queued.length === 0 || this.#state !== 'active') return
    const writes = this.#queued
    this.#queued = []
    this.#writing = true
    const settled = new Set(writes.map(({ settling }) => settling))
    const startOffset = this.#records.startOffsetAfter(settled)
    const batches = writes.flatMap((write) => write.batches)
    const state = {
      leaderEpoch: this.leaderEpoch,
      stateEpoch: this.#stateEpoch,
      startOffset,
      deliveryCompleteCount: this.#records.completeCount(settled) - (startOffset - this.#records.startOffset),
      stateBatches: combineBatches([], batches, startOffset),
    }
    this.#options.persister.write(this.id, state, (errorCode) => {
      this.#writing = false
      for (const { settling } of writes)
        if (settling !== 0) this.#records.settle(settling, errorCode === ErrorCode.NONE)
      for (const { done } of writes) done?.(toldToClients(errorCode))
      if (isFenced(errorCode)) return this.close(toldToClients(errorCode))
      if (this.#state !== 'active') return
      this.#armLockTimer(this.#records.nextDeadlineMs())
      this.#wake()
      this.#flush()
      this.#closeIfRetired()
    })
  }

  #closeIfRetired(): void {
    const isBusy = this.#writing || this.#queued.length > 0 || this.#state === 'initializing'
    if (this.#retired && !isBusy) this.close(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  }

  #armLockTimer(deadlineMs: number): void {
    const { timers } = this.#options.runtime.host
    if (deadlineMs === Infinity || deadlineMs >= this.#lockTimerMs || this.#state !== 'active') return
    if (this.#lockTimer !== null) timers.clear(this.#lockTimer)
    this.#lockTimerMs = deadlineMs
    this.#lockTimer = timers.set(Math.max(1, deadlineMs - this.#nowMs()), () => {
      this.#lockTimer = null
      this.#lockTimerMs = Infinity
      this.#givenBack(this.#records.expire(this.#nowMs()))
      this.#armLockTimer(this.#records.nextDeadlineMs())
    })
  }

  #wake(): void {
    if (this.waiters.size > 0) for (const waiter of [...this.waiters]) waiter.wake(false)
  }

  #nowMs(): number {
    return this.#options.runtime.host.clock.monotonicMs()
  }
}

/** Acknowledgements that come before the state is loaded: whoever sends them acquired from an earlier leader. */
const NOT_READY: number = ErrorCode.INVALID_RECORD_STATE

/** The coordinator knows of a later leader, of a later state, or of none: this share partition must be loaded again. */
function isFenced(errorCode: number): boolean {
  switch (errorCode) {
    case ErrorCode.FENCED_LEADER_EPOCH:
    case ErrorCode.FENCED_STATE_EPOCH:
    case ErrorCode.INVALID_REQUEST:
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.GROUP_ID_NOT_FOUND:
      return true
    default:
      return false
  }
}

/** The coordinator's errors as a consumer is to see them: fencing means that it should look for the leader again. */
function toldToClients(errorCode: number): number {
  switch (errorCode) {
    case ErrorCode.FENCED_LEADER_EPOCH:
    case ErrorCode.FENCED_STATE_EPOCH:
      return ErrorCode.NOT_LEADER_OR_FOLLOWER
    case ErrorCode.NOT_COORDINATOR:
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.NETWORK_EXCEPTION:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    default:
      return errorCode
  }
}
