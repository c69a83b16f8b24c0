/**
 * Follows one leader broker: a single Fetch asks for all partitions that broker leads for us, its answer is appended,
 * and the next Fetch leaves as soon as everything has been written, since its offsets acknowledge what this broker has.
 *
 *   ready partitions ─▶ Fetch (long poll) ─▶ check, one copy into the arena, append ─▶ written ─▶ Fetch …
 *
 * The answer is limited to less than half a slab, so that it fits the arena next to what clients send (performance §8).
 * A partition that failed waits alone, with growing pauses; the others go on. Owner: the broker's loop.
 */
import type { Host, TimerHandle } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { AppendError } from '@millrace/log/append-error'
import type { Arena } from '@millrace/log/arena'
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import { fetchRequest, fetchResponse, type FetchResponse } from '@millrace/protocol/messages/01-fetch'
import type { PeerChannel } from '../lifecycle/controller-channel.ts'
import type { BrokerMetrics } from '../metrics/broker-metrics.ts'
import type { ReplicaThrottle } from '../quotas/replica-throttle.ts'
import { Backoff } from './backoff.ts'
import { findStartOffset } from './out-of-range.ts'
import type { Partition } from './partition.ts'
import { truncationOffset, wholeBatchStart } from './truncation.ts'

/** ReplicaState with the broker epoch needs 15; 17 is the newest that Kafka 3.9 speaks. */
const FETCH_VERSION = 17
const REQUEST_TIMEOUT_MS = 30_000
const RETRY_MS = 20
const RETRY_MS_MAX = 1_000

type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

interface Followed {
  readonly partition: Partition
  readonly backoff: Backoff
  /** 'apart': waits for its pause to end, or for the leader to say where to start. */
  state: 'ready' | 'appending' | 'apart'
  /** Leader epoch under which the Fetch in flight asks; an answer to an older question is dropped. */
  askedEpoch: number
}

export interface FetcherOptions {
  readonly host: Host
  readonly logger: Logger
  readonly nodeId: number
  readonly brokerEpoch: () => number
  readonly clusterId: string
  readonly channel: PeerChannel
  readonly arena: Arena
  readonly metrics: BrokerMetrics
  /** What this broker fetches for its replicas that are not in sync. */
  readonly throttle: ReplicaThrottle
  /** replica.fetch.wait.max.ms, .min.bytes, .max.bytes, .response.max.bytes as they are now. */
  readonly limits: () => {
    readonly waitMsMax: number
    readonly bytesMin: number
    readonly partitionBytesMax: number
    readonly responseBytesMax: number
  }
}

export class Fetcher {
  readonly #options: FetcherOptions
  readonly #followed: Map<Partition, Followed> = new Map()
  readonly #byId: Map<string, Map<number, Followed>> = new Map()
  readonly #backoff: Backoff
  #inFlight = false
  /** While an answer is being handed out, refusals that come back at once start no new Fetch. */
  #taking = false
  #appending = 0
  #pause: TimerHandle | null = null
  #closed = false

  constructor(options: FetcherOptions) {
    this.#options = options
    this.#backoff = new Backoff(RETRY_MS, RETRY_MS_MAX)
  }

  get size(): number {
    return this.#followed.size
  }

  add(partition: Partition): void {
    if (this.#followed.has(partition)) return
    const backoff = new Backoff(RETRY_MS, RETRY_MS_MAX)
    const followed: Followed = { partition, backoff, state: 'ready', askedEpoch: -1 }
    this.#followed.set(partition, followed)
    let partitions = this.#byId.get(partition.topicId)
    if (partitions === undefined) this.#byId.set(partition.topicId, (partitions = new Map()))
    partitions.set(partition.partition, followed)
    this.#options.host.tick(() => this.#fetch())
  }

  /** Appends that are queued still happen; nothing more is asked for. */
  remove(partition: Partition): void {
    if (!this.#followed.delete(partition)) return
    const partitions = this.#byId.get(partition.topicId)
    partitions?.delete(partition.partition)
    if (partitions?.size === 0) this.#byId.delete(partition.topicId)
  }

  close(): void {
    this.#closed = true
    this.#followed.clear()
    this.#byId.clear()
    if (this.#pause !== null) this.#options.host.timers.clear(this.#pause)
    this.#pause = null
  }

  #fetch(): void {
    if (this.#inFlight || this.#taking || this.#closed || this.#appending > 0 || this.#pause !== null) return
    const limits = this.#options.limits()
    const topics = []
    let heldBack = false
    for (const [topicId, partitions] of this.#byId) {
      const asked = []
      for (const followed of partitions.values()) {
        if (followed.state !== 'ready') continue
        const { partition } = followed
        if (this.#isHeldBack(partition)) {
          heldBack = true
          continue
        }
        followed.askedEpoch = partition.leaderEpoch
        asked.push({
          partition: partition.partition,
          currentLeaderEpoch: partition.leaderEpoch,
          fetchOffset: partition.logEndOffset,
          lastFetchedEpoch: partition.log.leaderEpochs.latest,
          logStartOffset: partition.logStartOffset,
          partitionMaxBytes: Math.min(limits.partitionBytesMax, limits.responseBytesMax),
        })
      }
      if (asked.length > 0) topics.push({ topicId, partitions: asked })
    }
    if (topics.length === 0) {
      if (heldBack) this.#pauseFor(this.#options.throttle.waitMs)
      return
    }
    const body = {
      clusterId: this.#options.clusterId,
      replicaState: { replicaId: this.#options.nodeId, replicaEpoch: this.#options.brokerEpoch() },
      maxWaitMs: limits.waitMsMax,
      minBytes: limits.bytesMin,
      maxBytes: limits.responseBytesMax,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics,
      forgottenTopicsData: [],
      rackId: '',
    }
    this.#inFlight = true
    const timeoutMs = REQUEST_TIMEOUT_MS + limits.waitMsMax
    const answered = (error: Error | null, response: FetchResponse | null): void => {
      this.#inFlight = false
      if (this.#closed) return
      if (error !== null || response === null || response.errorCode !== ErrorCode.NONE) {
        this.#options.logger.debug('a follower fetch failed', {
          error: error?.message ?? null,
          errorCode: response?.errorCode ?? null,
        })
        this.#pauseFor(this.#backoff.next())
        return
      }
      this.#backoff.reset()
      this.#taking = true
      this.#take(response)
      this.#taking = false
      this.#fetch()
    }
    this.#options.channel.send(fetchRequest, fetchResponse, FETCH_VERSION, body, answered, timeoutMs)
  }

  /** Throttled (KIP-73), and this broker has fetched what it may. */
  #isHeldBack({ topic, partition, isr }: Partition): boolean {
    const { throttle, nodeId } = this.#options
    if (!throttle.active || isr.includes(nodeId)) return false
    return throttle.throttles(topic, partition) && throttle.exceeded
  }

  #pauseFor(delayMs: number): void {
    this.#pause = this.#options.host.timers.set(delayMs, () => {
      this.#pause = null
      this.#fetch()
    })
  }

  #take(response: FetchResponse): void {
    for (const topic of response.responses) {
      const partitions = this.#byId.get(topic.topicId)
      if (partitions === undefined) continue
      let served: Followed | null = null
      for (const answer of topic.partitions) {
        const followed = partitions.get(answer.partitionIndex)
        if (followed === undefined || followed.askedEpoch !== followed.partition.leaderEpoch) continue
        if (followed.state !== 'ready' || followed.partition.role !== 'follower') continue
        this.#takePartition(followed, answer)
        if (answer.records !== null && answer.records.length > 0) served = followed
      }
      if (served === null) continue
      // Who was served goes to the back, so that a busy partition does not starve the others.
      partitions.delete(served.partition.partition)
      partitions.set(served.partition.partition, served)
      this.#byId.delete(topic.topicId)
      this.#byId.set(topic.topicId, partitions)
    }
  }

  #takePartition(followed: Followed, answer: PartitionAnswer): void {
    const { partition } = followed
    if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return this.#startAgain(followed)
    if (answer.errorCode !== ErrorCode.NONE) {
      const { topic, partition: index, leaderId } = partition
      this.#options.logger.debug('a leader refused a follower fetch', {
        topic,
        partition: index,
        leaderId,
        error: errorName(answer.errorCode),
      })
      return this.#setApart(followed)
    }
    if (answer.divergingEpoch.endOffset >= 0) {
      const ownEnd = partition.log.leaderEpochs.endOffsetFor(answer.divergingEpoch.epoch)
      const offset = truncationOffset(answer.divergingEpoch, ownEnd, partition.logEndOffset)
      this.#options.logger.info('a follower truncates to what its leader has', {
        topic: partition.topic,
        partition: partition.partition,
        offset,
        logEndOffset: partition.logEndOffset,
      })
      partition.truncateTo(offset)
      return
    }
    if (answer.records === null || answer.records.length === 0) {
      followed.backoff.reset()
      partition.followerLearned(answer.highWatermark, answer.logStartOffset)
      return
    }
    this.#append(followed, answer.records, answer.highWatermark, answer.logStartOffset)
  }

  #append(followed: Followed, records: Buffer, highWatermark: number, logStartOffset: number): void {
    const { partition } = followed
    const start = wholeBatchStart(partition.log, records)
    if (start !== null) partition.truncateFullyAndStartAt(start)
    this.#options.metrics.replicationBytesIn += records.length
    const { throttle } = this.#options
    if (throttle.active && throttle.throttles(partition.topic, partition.partition)) throttle.record(records.length)
    const lease = this.#options.arena.reserve(records.length)
    records.copy(lease.slab.bytes, lease.start)
    followed.state = 'appending'
    this.#appending++
    partition.log.appendAsFollower(lease.slab, lease.slab.bytes, lease.start, lease.end, (error) => {
      this.#appending--
      if (error !== null) this.#appendFailed(followed, error)
      else {
        followed.backoff.reset()
        if (followed.state === 'appending') followed.state = 'ready'
        partition.followerLearned(highWatermark, logStartOffset)
      }
      if (this.#appending === 0) this.#fetch()
    })
    lease.slab.release()
  }

  /** What the log refuses is asked for again; a log that has gone offline has told so itself. */
  #appendFailed(followed: Followed, error: Error): void {
    const { partition } = followed
    if (partition.log.offline !== null || this.#followed.get(partition) !== followed) return
    if (!(error instanceof AppendError) || error.reason !== 'truncated') {
      this.#options.logger.error('a follower could not append what its leader sent', {
        topic: partition.topic,
        partition: partition.partition,
        error: error.message,
      })
    }
    this.#setApart(followed)
  }

  #setApart(followed: Followed): void {
    followed.state = 'apart'
    this.#options.host.timers.set(followed.backoff.next(), () => this.#backIn(followed))
  }

  #backIn(followed: Followed): void {
    if (followed.state !== 'apart' || this.#followed.get(followed.partition) !== followed) return
    followed.state = 'ready'
    this.#fetch()
  }

  #startAgain(followed: Followed): void {
    followed.state = 'apart'
    const { partition } = followed
    findStartOffset(this.#options.channel, this.#options.nodeId, partition, (error, offsets) => {
      const current = this.#followed.get(partition) === followed && followed.askedEpoch === partition.leaderEpoch
      if (!current || partition.role !== 'follower') return this.#backIn(followed)
      if (error !== null || offsets === null) return this.#setApart(followed)
      this.#options.logger.warn("a follower is outside its leader's log", {
        topic: partition.topic,
        partition: partition.partition,
        logEndOffset: partition.logEndOffset,
        leaderLogStart: offsets.logStartOffset,
        leaderLogEnd: offsets.logEndOffset,
      })
      if (offsets.logEndOffset < partition.logEndOffset) partition.truncateTo(offsets.logEndOffset)
      else if (offsets.logStartOffset > partition.logEndOffset)
        partition.truncateFullyAndStartAt(offsets.logStartOffset)
      this.#backIn(followed)
    })
  }
}
