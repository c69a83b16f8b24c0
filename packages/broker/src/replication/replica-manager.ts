/**
 * All replicas this broker hosts: makes them what the metadata says (leaders, followers, gone), runs one fetcher per
 * leader broker and the ISR check, and serves requests across partitions.
 * Single owner: the broker's loop.
 */
import type { Host, TimerHandle } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import type { Uuid } from '@millrace/base/uuid'
import type { Arena } from '@millrace/log/arena'
import type { LogManager } from '@millrace/log/log-manager'
import { isOutOfSpace } from '@millrace/log/storage-error'
import type { MetadataChanges } from '@millrace/metadata/changes'
import {
  ConfigResourceType,
  emptyImage,
  isActive,
  isLive,
  partitionByName,
  type MetadataImage,
} from '@millrace/metadata/image'
import type { PartitionState } from '@millrace/metadata/partition-state'
import { ErrorCode } from '@millrace/protocol/errors'
import type { ControllerChannel } from '../lifecycle/controller-channel.ts'
import type { BrokerSettings } from '../metadata/broker-settings.ts'
import type { BrokerMetrics } from '../metrics/broker-metrics.ts'
import type { ReplicaThrottle, ReplicaThrottles } from '../quotas/replica-throttle.ts'
import { BatchPreparation } from './batch-preparation.ts'
import { FetchOperation, type FetchSurroundings } from './fetch-operation.ts'
import type { FetchPartition, FetchPartitionResult, FetchRequestSpec } from './fetch-types.ts'
import { Fetchers, type OpenChannel } from './fetchers.ts'
import { isRackAware, preferredReplica } from './replica-selector.ts'
import { IsrSender } from './isr-sender.ts'
import { NewFollowers } from './new-followers.ts'
import type { PartitionEnvironment } from './partition-environment.ts'
import { Partition } from './partition.ts'
import { runSliced } from './sliced-work.ts'

export interface LogDirDescription {
  readonly path: string
  readonly directoryId: Uuid
  /** KAFKA_STORAGE_ERROR when the directory failed. */
  readonly errorCode: number
  /** Of its volume; -1: not known, since it failed. */
  readonly totalBytes: number
  readonly usableBytes: number
  readonly replicas: readonly {
    readonly topic: string
    readonly partition: number
    readonly sizeBytes: number
    /** How far the log end is behind the high watermark; 0 for a sound replica. */
    readonly offsetLag: number
  }[]
}

export interface ReplicaManagerOptions {
  readonly host: Host
  readonly logger: Logger
  readonly nodeId: number
  readonly clusterId: Uuid
  readonly directory: string
  readonly logs: LogManager
  readonly arena: Arena
  readonly settings: BrokerSettings
  readonly metrics: BrokerMetrics
  readonly throttles: ReplicaThrottles
  /** KIP-966: see PartitionEnvironment. */
  readonly holdsUnderMinIsr: boolean
  readonly brokerEpoch: () => number
  readonly controllerChannel: ControllerChannel
  readonly openChannel: OpenChannel
  /**
   * The log directory is unusable; every replica answers KAFKA_STORAGE_ERROR from now on. Called once, and once more if
   * a directory that was only full turns out to be broken.
   */
  readonly onDirectoryFailed: (error: Error) => void
}

const NO_PARTITIONS: readonly (Partition | undefined)[] = []

export class ReplicaManager implements FetchSurroundings {
  readonly host: Host
  readonly leaderThrottle: ReplicaThrottle
  readonly followersServe: boolean
  readonly #options: ReplicaManagerOptions
  readonly #environment: PartitionEnvironment
  readonly #isrSender: IsrSender
  #fetchers: Fetchers
  readonly #newFollowers: NewFollowers
  readonly #preparation: BatchPreparation
  readonly #topics: Map<string, (Partition | undefined)[]> = new Map()
  #image: MetadataImage = emptyImage
  #failure: Error | null = null
  #isrTimer: TimerHandle | null = null
  #closed = false

  constructor(options: ReplicaManagerOptions) {
    this.#options = options
    this.host = options.host
    const { host, logger, nodeId, settings, brokerEpoch } = options
    this.leaderThrottle = options.throttles.leader
    this.followersServe = isRackAware(settings.string('replica.selector.class'))
    this.#isrSender = new IsrSender({ host, logger, nodeId, channel: options.controllerChannel, brokerEpoch })
    this.#newFollowers = new NewFollowers(host)
    this.#preparation = new BatchPreparation(host)
    const manager = this
    this.#environment = {
      host,
      logger,
      nodeId,
      metrics: options.metrics,
      holdsUnderMinIsr: options.holdsUnderMinIsr,
      get brokerEpoch() {
        return brokerEpoch()
      },
      get replicaLagMsMax() {
        return settings.number('replica.lag.time.max.ms')
      },
      followersServe: this.followersServe,
      validateHeadersOnly: settings.validateHeadersOnly,
      preparation: this.#preparation,
      topicSettings: (topic) => settings.topic(topic),
      activeBrokerEpoch: (id) =>
        isActive(manager.#image, id) ? (manager.#image.brokers.get(id)?.epoch ?? null) : null,
      isLive: (id) => isLive(manager.#image, id),
      proposeIsr: (proposal, callback) => manager.#isrSender.propose(proposal, callback),
      storageFailed: (partition, error) => manager.storageFailed(partition, error),
    }
    this.#fetchers = new Fetchers(options)
  }

  /** Starts the periodic ISR check. */
  start(): void {
    this.#scheduleIsrCheck()
  }

  /** Stops replication and fails what waits; the logs stay open for the LogManager to close. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#isrTimer !== null) this.host.timers.clear(this.#isrTimer)
    this.#fetchers.close()
    this.#isrSender.close()
    this.#preparation.close()
    for (const partition of this.all()) partition.stop(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  }

  /** A replica hosted here, led or followed; undefined otherwise. */
  get(topic: string, partition: number): Partition | undefined {
    return this.#topics.get(topic)?.[partition]
  }

  *all(): Generator<Partition> {
    for (const partitions of this.#topics.values()) {
      for (const partition of partitions) if (partition !== undefined) yield partition
    }
  }

  /** Why the log directory is unusable; null while it is sound. */
  get failure(): Error | null {
    return this.#failure
  }

  /**
   * Makes the replicas what `image` says. `changes` lead from the image before to this one. Takes several turns when
   * there is much to do; meanwhile each replica is as before or as it should be. One call at a time.
   */
  apply(image: MetadataImage, changes: MetadataChanges, done: () => void): void {
    this.#image = image
    runSliced(this.host, this.#steps(image, changes), { isGivenUp: () => this.#closed, done })
  }

  *#steps(image: MetadataImage, changes: MetadataChanges): Generator<void> {
    for (const topic of changes.deletedTopics.values()) {
      for (const partition of this.#topics.get(topic.name) ?? NO_PARTITIONS) {
        if (partition === undefined || partition.topicId !== topic.id) continue
        this.#remove(partition, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        yield
      }
    }
    for (const [topicId, indexes] of changes.topics) {
      const topic = image.topicsById.get(topicId)
      if (topic === undefined) continue
      for (const index of indexes) {
        const state = topic.partitions[index]
        if (state === undefined) continue
        this.#applyPartition(topic.name, topicId, index, state)
        yield
      }
    }
    if (changes.configs.size > 0) this.#applyConfigs(changes.configs)
    if (changes.brokers.size > 0) this.#fetchers.brokersChanged(image, changes.brokers)
  }

  /**
   * After the first image: logs of replicas that this broker does not have (any more) are set aside, as Kafka does. The
   * image decides, not what is hosted: while the log directory is offline nothing is hosted, and all of it comes back.
   */
  setStrayLogsAside(): void {
    for (const log of [...this.#options.logs.all()]) {
      const state = partitionByName(this.#image, log.topic, log.partition)
      if (state?.replicas.includes(this.#options.nodeId) === true) continue
      this.#options.logger.warn('setting aside a log without a replica', {
        topic: log.topic,
        partition: log.partition,
        topicId: log.topicId,
      })
      this.#options.logs.markStray(log.topic, log.partition)
    }
  }

  /**
   * Reads several partitions; waits up to maxWaitMs for minBytes. `callback` exactly once, one result per requested
   * partition in request order. The returned function gives up (the connection closed): no callback follows then.
   */
  fetch<P extends FetchPartition>(
    request: FetchRequestSpec<P>,
    callback: (results: FetchPartitionResult<P>[]) => void,
  ): () => void {
    const operation = new FetchOperation(this, request, (results) => {
      if (request.replicaId >= 0) this.#newFollowers.answered(request.replicaId, operation)
      callback(results)
    })
    const maxWaitMs =
      request.replicaId >= 0 ? this.#newFollowers.waitMs(request.replicaId, request.maxWaitMs) : request.maxWaitMs
    operation.start(maxWaitMs)
    if (request.replicaId >= 0 && operation.waiting) this.#newFollowers.parked(request.replicaId, operation)
    return () => {
      if (request.replicaId >= 0) this.#newFollowers.answered(request.replicaId, operation)
      operation.cancel()
    }
  }

  /** DeleteRecords for one partition, hosted here or not; see delete-records.ts. */
  deleteRecords(
    topic: string,
    index: number,
    offset: number,
    timeoutMs: number,
    done: (errorCode: number, lowWatermark: number) => void,
  ): void {
    const partition = this.get(topic, index)
    if (partition === undefined) done(this.missingPartition(topic, index), -1)
    else partition.deleteRecords(offset, timeoutMs, done)
  }

  /** Error code for a partition that is not hosted here: 6 when others host it, 3 when nobody does. */
  missingPartition(topic: string, partition: number): number {
    if (this.#failure !== null) return ErrorCode.KAFKA_STORAGE_ERROR
    const known = partitionByName(this.#image, topic, partition) !== undefined
    return known ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  }

  abortedTransactions(
    partition: Partition,
    fetchOffset: number,
    lastOffset: number,
  ): readonly { readonly producerId: number; readonly firstOffset: number }[] {
    return partition.log.abortedTransactions(fetchOffset, lastOffset + 1)
  }

  preferredReplica(partition: Partition, fetchOffset: number, rackId: string): number {
    const { isr, followers } = partition
    const view = { nodeId: this.#options.nodeId, isr, followers }
    const rackOf = (id: number): string | null => this.#image.brokers.get(id)?.rack ?? null
    const preferred = preferredReplica(view, fetchOffset, rackId, rackOf)
    return preferred >= 0 && isLive(this.#image, preferred) ? preferred : -1
  }

  describeLogDir(): LogDirDescription {
    const replicas = [...this.all()].map((partition) => ({
      topic: partition.topic,
      partition: partition.partition,
      sizeBytes: partition.log.sizeBytes,
      offsetLag: Math.max(0, partition.highWatermark - partition.logEndOffset),
    }))
    const unknown = { totalBytes: -1, usableBytes: -1 }
    return {
      ...(this.#failure === null ? this.host.disk.volume(this.#options.directory) : unknown),
      path: this.#options.directory,
      directoryId: this.#options.logs.directoryId,
      errorCode: this.#failure === null ? ErrorCode.NONE : ErrorCode.KAFKA_STORAGE_ERROR,
      replicas,
    }
  }

  storageFailed(partition: Partition, error: Error): void {
    this.#directoryFailed(error, { topic: partition.topic, partition: partition.partition })
  }

  /** The volume turned out to be full, by a write of somebody else. */
  noRoom(error: Error): void {
    this.#directoryFailed(error, {})
  }

  /** The logs have been brought back: replicas become again what the metadata says. */
  directoryRecovered(): void {
    if (this.#closed) return
    this.#failure = null
    this.#fetchers = new Fetchers(this.#options)
    for (const topic of this.#image.topicsById.values())
      topic.partitions.forEach((state, index) => this.#applyPartition(topic.name, topic.id, index, state))
  }

  /**
   * A write or read failed. There is one log directory, so the disk under every partition is the same: all replicas go
   * offline, and the controller moves their leaderships once it is told.
   */
  #directoryFailed(error: Error, where: { readonly topic?: string; readonly partition?: number }): void {
    if (this.#closed) return
    if (this.#failure !== null && (!isOutOfSpace(this.#failure) || isOutOfSpace(error))) return
    this.#failure = error
    const { logger, directory } = this.#options
    logger.error('the log directory failed', { ...where, directory, error: error.message })
    this.#fetchers.close()
    for (const each of this.all()) {
      each.log.offline ??= error
      each.stop(ErrorCode.KAFKA_STORAGE_ERROR)
    }
    this.#options.onDirectoryFailed(error)
  }

  #applyPartition(topic: string, topicId: Uuid, index: number, state: PartitionState): void {
    const existing = this.get(topic, index)
    if (!state.replicas.includes(this.#options.nodeId)) {
      if (existing !== undefined) this.#remove(existing, ErrorCode.NOT_LEADER_OR_FOLLOWER)
      return
    }
    if (this.#failure !== null) return
    const partition = existing ?? this.#tryCreate(topic, topicId, index)
    if (partition === null) return
    const ledBefore = partition.isLeader && partition.leaderEpoch === state.leaderEpoch
    partition.apply(state)
    this.#fetchers.place(partition, this.#image)
    if (partition.isLeader && !ledBefore) this.#newFollowers.expect(partition)
  }

  #tryCreate(topic: string, topicId: Uuid, index: number): Partition | null {
    try {
      return this.#create(topic, topicId, index)
    } catch (error) {
      this.#directoryFailed(error as Error, { topic, partition: index })
      return null
    }
  }

  #create(topic: string, topicId: Uuid, index: number): Partition {
    const { logs, settings } = this.#options
    let log = logs.get(topic, index)
    if (log !== undefined && log.topicId !== topicId) {
      // The topic was deleted and created again while this broker was away.
      logs.remove(topic, index)
      log = undefined
    }
    // Its disk failed between the start and now, when nobody listened.
    if (log !== undefined && log.offline !== null) throw log.offline
    const highWatermark = log === undefined ? 0 : logs.highWatermark(topic, index)
    log ??= logs.create({ topic, partition: index, topicId, config: settings.topic(topic) })
    log.config = settings.topic(topic)
    const partition = new Partition(log, highWatermark, this.#environment)
    let partitions = this.#topics.get(topic)
    if (partitions === undefined) this.#topics.set(topic, (partitions = []))
    partitions[index] = partition
    return partition
  }

  #remove(partition: Partition, errorCode: number): void {
    this.#fetchers.remove(partition)
    partition.stop(errorCode)
    const partitions = this.#topics.get(partition.topic)
    if (partitions !== undefined) {
      partitions[partition.partition] = undefined
      if (partitions.every((each) => each === undefined)) this.#topics.delete(partition.topic)
    }
    if (this.#failure !== null && !isOutOfSpace(this.#failure)) return
    try {
      this.#options.logs.remove(partition.topic, partition.partition)
    } catch (error) {
      this.#directoryFailed(error as Error, { topic: partition.topic, partition: partition.partition })
    }
  }

  /** The settings have been updated already; running logs take theirs over at once. */
  #applyConfigs(changed: ReadonlySet<string>): void {
    const broker = [...changed].some((key) => key.startsWith(`${ConfigResourceType.BROKER}:`))
    for (const partition of this.all()) {
      if (!broker && !changed.has(`${ConfigResourceType.TOPIC}:${partition.topic}`)) continue
      partition.log.config = this.#options.settings.topic(partition.topic)
      partition.settingsChanged()
    }
  }

  #scheduleIsrCheck(): void {
    this.#isrTimer = this.host.timers.set(this.#environment.replicaLagMsMax / 2, () => {
      for (const partition of this.all()) partition.checkIsr()
      this.#scheduleIsrCheck()
    })
  }
}
