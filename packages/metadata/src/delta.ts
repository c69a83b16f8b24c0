/**
 * MetadataDelta: replays records on top of an image and makes the next one. The one place where a record's effect is
 * written down (kafka-records §2), used live by the controller, by brokers, and by both at load. Copies only the maps
 * it touches. A record that contradicts the image (unknown topic, wrong broker epoch, …) is an InvariantError: the log
 * and the image have parted, and going on would be worse than stopping.
 */
import { invariant } from '@millrace/base/invariant'
import type { Uuid } from '@millrace/base/uuid'
import type { MetadataChanges } from './changes.ts'
import type { BrokerRegistration, MetadataImage, TopicImage } from './image.ts'
import { ConfigResourceType, configResourceKey, quotaEntityKey, scramKey } from './image.ts'
import { changePartition, partitionFromRecord } from './partition-replay.ts'
import type { PartitionState } from './partition-state.ts'
import type { BrokerRegistrationChangeRecord } from './records/broker-records.ts'
import type { ClientQuotaRecord, ConfigRecord, FeatureLevelRecord } from './records/cluster-records.ts'
import { RecordType } from './records/metadata-record.ts'
import type { MetadataRecord } from './records/metadata-record.ts'
import type { PartitionChangeRecord, PartitionRecord, TopicRecord } from './records/topic-records.ts'

export interface DeltaResult {
  readonly image: MetadataImage
  readonly changes: MetadataChanges
}

/** A map that is copied at its first change. */
class Draft<K, V> {
  readonly #base: ReadonlyMap<K, V>
  #copy: Map<K, V> | null = null

  constructor(base: ReadonlyMap<K, V>) {
    this.#base = base
  }

  get read(): ReadonlyMap<K, V> {
    return this.#copy ?? this.#base
  }

  get write(): Map<K, V> {
    this.#copy ??= new Map(this.#base)
    return this.#copy
  }

  get touched(): boolean {
    return this.#copy !== null
  }
}

/** A topic whose partitions are being changed: its array is this delta's own until finish(). */
type OwnTopic = TopicImage & { readonly partitions: PartitionState[] }

export class MetadataDelta {
  readonly #base: MetadataImage
  readonly #brokers
  readonly #controllers
  readonly #topicsByName
  readonly #topicsById
  readonly #configs
  readonly #features
  readonly #clientQuotas
  readonly #acls
  readonly #scramCredentials
  readonly #delegationTokens
  #nextProducerId: number
  #zkMigrationState: number
  readonly #ownTopics = new Map<Uuid, OwnTopic>()
  readonly #ownConfigs = new Set<string>()
  readonly #changedPartitions = new Map<Uuid, Set<number>>()
  readonly #deletedTopics = new Map<Uuid, TopicImage>()
  readonly #changedBrokers = new Set<number>()
  readonly #changedConfigs = new Set<string>()

  constructor(base: MetadataImage) {
    this.#base = base
    this.#brokers = new Draft(base.brokers)
    this.#controllers = new Draft(base.controllers)
    this.#topicsByName = new Draft(base.topicsByName)
    this.#topicsById = new Draft(base.topicsById)
    this.#configs = new Draft(base.configs)
    this.#features = new Draft(base.features)
    this.#clientQuotas = new Draft(base.clientQuotas)
    this.#acls = new Draft(base.acls)
    this.#scramCredentials = new Draft(base.scramCredentials)
    this.#delegationTokens = new Draft(base.delegationTokens)
    this.#nextProducerId = base.nextProducerId
    this.#zkMigrationState = base.zkMigrationState
  }

  /** Applies one record. Transaction brackets are the caller's business (replayer.ts) and change nothing here. */
  replay(record: MetadataRecord): void {
    switch (record.type) {
      case RecordType.REGISTER_BROKER: {
        const {
          brokerId,
          brokerEpoch,
          incarnationId,
          endPoints,
          features,
          rack,
          fenced,
          inControlledShutdown,
          logDirs,
        } = record.body
        this.#setBroker({
          id: brokerId,
          epoch: brokerEpoch,
          incarnationId,
          endpoints: endPoints,
          features,
          rack,
          fenced,
          inControlledShutdown,
          directoryIds: logDirs,
        })
        break
      }
      case RecordType.UNREGISTER_BROKER:
        this.#broker(record.body.brokerId, record.body.brokerEpoch)
        this.#brokers.write.delete(record.body.brokerId)
        this.#changedBrokers.add(record.body.brokerId)
        break
      case RecordType.TOPIC:
        this.#createTopic(record.body)
        break
      case RecordType.PARTITION:
        this.#createPartition(record.body)
        break
      case RecordType.CONFIG:
        this.#setConfig(record.body)
        break
      case RecordType.PARTITION_CHANGE:
        this.#changePartition(record.body)
        break
      case RecordType.FENCE_BROKER:
        this.#setBroker({ ...this.#broker(record.body.id, record.body.epoch), fenced: true })
        break
      case RecordType.UNFENCE_BROKER:
        this.#setBroker({ ...this.#broker(record.body.id, record.body.epoch), fenced: false })
        break
      case RecordType.REMOVE_TOPIC:
        this.#removeTopic(record.body.topicId)
        break
      case RecordType.DELEGATION_TOKEN:
        this.#delegationTokens.write.set(record.body.tokenId, record.body)
        break
      case RecordType.USER_SCRAM_CREDENTIAL:
        this.#scramCredentials.write.set(scramKey(record.body.mechanism, record.body.name), ownBytes(record.body))
        break
      case RecordType.FEATURE_LEVEL:
        this.#setFeature(record.body)
        break
      case RecordType.CLIENT_QUOTA:
        this.#setQuota(record.body)
        break
      case RecordType.PRODUCER_IDS:
        invariant(record.body.nextProducerId > this.#nextProducerId, 'producer ids go back', {
          next: record.body.nextProducerId,
          current: this.#nextProducerId,
        })
        this.#nextProducerId = record.body.nextProducerId
        break
      case RecordType.BROKER_REGISTRATION_CHANGE:
        this.#changeBroker(record.body)
        break
      case RecordType.ACCESS_CONTROL_ENTRY:
        invariant(!this.#acls.read.has(record.body.id), 'ACL id is taken', { id: record.body.id })
        this.#acls.write.set(record.body.id, record.body)
        break
      case RecordType.REMOVE_ACCESS_CONTROL_ENTRY:
        invariant(this.#acls.write.delete(record.body.id), 'removed ACL is unknown', { id: record.body.id })
        break
      case RecordType.ZK_MIGRATION_STATE:
        this.#zkMigrationState = record.body.zkMigrationState
        break
      case RecordType.REMOVE_USER_SCRAM_CREDENTIAL:
        this.#scramCredentials.write.delete(scramKey(record.body.mechanism, record.body.name))
        break
      case RecordType.REMOVE_DELEGATION_TOKEN:
        this.#delegationTokens.write.delete(record.body.tokenId)
        break
      case RecordType.REGISTER_CONTROLLER: {
        const { controllerId, incarnationId, endPoints, features } = record.body
        this.#controllers.write.set(controllerId, { id: controllerId, incarnationId, endpoints: endPoints, features })
        break
      }
      case RecordType.CLEAR_ELR:
        this.#clearElr(record.body.topicName)
        break
      case RecordType.NO_OP:
      case RecordType.BEGIN_TRANSACTION:
      case RecordType.END_TRANSACTION:
      case RecordType.ABORT_TRANSACTION:
        break
    }
  }

  /** The next image, which contains everything up to `offset`. The delta must not be used afterwards. */
  finish(end: { readonly offset: number; readonly epoch: number; readonly timestampMs: number }): DeltaResult {
    const image: MetadataImage = {
      offset: end.offset,
      epoch: end.epoch,
      timestampMs: end.timestampMs,
      brokers: this.#brokers.read,
      controllers: this.#controllers.read,
      topicsByName: this.#topicsByName.read,
      topicsById: this.#topicsById.read,
      configs: this.#configs.read,
      features: this.#features.read,
      nextProducerId: this.#nextProducerId,
      clientQuotas: this.#clientQuotas.read,
      acls: this.#acls.read,
      scramCredentials: this.#scramCredentials.read,
      delegationTokens: this.#delegationTokens.read,
      zkMigrationState: this.#zkMigrationState,
    }
    const changes: MetadataChanges = {
      topics: this.#changedPartitions,
      deletedTopics: this.#deletedTopics,
      brokers: this.#changedBrokers,
      configs: this.#changedConfigs,
      features: this.#features.touched,
      clientQuotas: this.#clientQuotas.touched,
      acls: this.#acls.touched,
      scramCredentials: this.#scramCredentials.touched,
    }
    return { image, changes }
  }

  #broker(id: number, epoch: number): BrokerRegistration {
    const broker = this.#brokers.read.get(id)
    invariant(broker !== undefined, 'record names an unknown broker', { id })
    invariant(broker.epoch === epoch, 'record names another epoch of the broker', { id, epoch, current: broker.epoch })
    return broker
  }

  #setBroker(broker: BrokerRegistration): void {
    this.#brokers.write.set(broker.id, broker)
    this.#changedBrokers.add(broker.id)
  }

  #changeBroker(change: BrokerRegistrationChangeRecord): void {
    const broker = this.#broker(change.brokerId, change.brokerEpoch)
    this.#setBroker({
      ...broker,
      fenced: change.fenced === 0 ? broker.fenced : change.fenced === 1,
      inControlledShutdown: change.inControlledShutdown === 1 ? true : broker.inControlledShutdown,
      directoryIds: change.logDirs.length > 0 ? change.logDirs : broker.directoryIds,
    })
  }

  #createTopic({ name, topicId }: TopicRecord): void {
    invariant(!this.#topicsByName.read.has(name), 'topic name is taken', { name })
    invariant(!this.#topicsById.read.has(topicId), 'topic id is taken', { topicId })
    this.#putTopic({ name, id: topicId, partitions: [] })
  }

  #putTopic(topic: OwnTopic): OwnTopic {
    this.#topicsByName.write.set(topic.name, topic)
    this.#topicsById.write.set(topic.id, topic)
    this.#ownTopics.set(topic.id, topic)
    return topic
  }

  #ownTopic(id: Uuid): OwnTopic {
    const own = this.#ownTopics.get(id)
    if (own !== undefined) return own
    const topic = this.#topicsById.read.get(id)
    invariant(topic !== undefined, 'record names an unknown topic', { topicId: id })
    return this.#putTopic({ name: topic.name, id, partitions: [...topic.partitions] })
  }

  #createPartition(record: PartitionRecord): void {
    const topic = this.#ownTopic(record.topicId)
    invariant(record.partitionId === topic.partitions.length, 'partition ids have no gaps', {
      partition: record.partitionId,
      topic: topic.name,
    })
    topic.partitions.push(partitionFromRecord(record))
    this.#markPartition(topic.id, record.partitionId)
  }

  #changePartition(record: PartitionChangeRecord): void {
    const topic = this.#ownTopic(record.topicId)
    const partition = topic.partitions[record.partitionId]
    invariant(partition !== undefined, 'record names an unknown partition', {
      topic: topic.name,
      partition: record.partitionId,
    })
    topic.partitions[record.partitionId] = changePartition(partition, record)
    this.#markPartition(topic.id, record.partitionId)
  }

  #markPartition(id: Uuid, partition: number): void {
    let partitions = this.#changedPartitions.get(id)
    if (partitions === undefined) this.#changedPartitions.set(id, (partitions = new Set()))
    partitions.add(partition)
  }

  #removeTopic(id: Uuid): void {
    const topic = this.#topicsById.read.get(id)
    invariant(topic !== undefined, 'removed topic is unknown', { topicId: id })
    this.#topicsById.write.delete(id)
    this.#topicsByName.write.delete(topic.name)
    this.#ownTopics.delete(id)
    this.#changedPartitions.delete(id)
    const before = this.#base.topicsById.get(id)
    if (before !== undefined) this.#deletedTopics.set(id, before)
    const key = configResourceKey(ConfigResourceType.TOPIC, topic.name)
    if (!this.#configs.read.has(key)) return
    this.#configs.write.delete(key)
    this.#changedConfigs.add(key)
  }

  #clearElr(topicName: string): void {
    for (const topic of this.#topicsById.read.values()) {
      if (topicName !== '' && topic.name !== topicName) continue
      topic.partitions.forEach((partition, index) => {
        if (partition.eligibleLeaderReplicas.length === 0 && partition.lastKnownElr.length === 0) return
        this.#ownTopic(topic.id).partitions[index] = {
          ...partition,
          eligibleLeaderReplicas: [],
          lastKnownElr: [],
          partitionEpoch: partition.partitionEpoch + 1,
        }
        this.#markPartition(topic.id, index)
      })
    }
  }

  #setConfig({ resourceType, resourceName, name, value }: ConfigRecord): void {
    const key = configResourceKey(resourceType, resourceName)
    const values = this.#ownConfig(key)
    if (value === null) values.delete(name)
    else values.set(name, value)
    if (values.size === 0) {
      this.#configs.write.delete(key)
      this.#ownConfigs.delete(key)
    }
    this.#changedConfigs.add(key)
  }

  #ownConfig(key: string): Map<string, string> {
    const current = this.#configs.read.get(key)
    if (this.#ownConfigs.has(key)) return current as Map<string, string>
    const copy = new Map(current)
    this.#configs.write.set(key, copy)
    this.#ownConfigs.add(key)
    return copy
  }

  #setFeature({ name, featureLevel }: FeatureLevelRecord): void {
    if (featureLevel === 0) this.#features.write.delete(name)
    else this.#features.write.set(name, featureLevel)
  }

  #setQuota({ entity, key, value, remove }: ClientQuotaRecord): void {
    const entityKey = quotaEntityKey(entity)
    const values = new Map(this.#clientQuotas.read.get(entityKey)?.values)
    if (remove) values.delete(key)
    else values.set(key, value)
    if (values.size === 0) this.#clientQuotas.write.delete(entityKey)
    else this.#clientQuotas.write.set(entityKey, { entity, values })
  }
}

/** Decoded bytes are views over a buffer that will be reused; an image keeps its own. */
function ownBytes<T extends { readonly salt: Buffer; readonly storedKey: Buffer; readonly serverKey: Buffer }>(
  body: T,
): T {
  return {
    ...body,
    salt: Buffer.from(body.salt),
    storedKey: Buffer.from(body.storedKey),
    serverKey: Buffer.from(body.serverKey),
  }
}
