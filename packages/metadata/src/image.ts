/**
 * MetadataImage: everything the cluster has agreed on up to one offset of the metadata log. Immutable: a MetadataDelta
 * makes the next one and shares every map it did not touch. Controller and brokers hold the same type, made by the
 * same replay, so what a broker serves is what the controller decided.
 */
import type { Uuid } from '@millrace/base/uuid'
import type { PartitionState } from './partition-state.ts'

export interface BrokerEndpoint {
  readonly name: string
  /** `*` stands for the local address of the asking connection. */
  readonly host: string
  readonly port: number
  /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number
}

export interface FeatureRange {
  readonly name: string
  readonly minSupportedVersion: number
  readonly maxSupportedVersion: number
}

export interface BrokerRegistration {
  readonly id: number
  /** Offset of the registration in the metadata log: unique among all incarnations of all brokers. */
  readonly epoch: number
  readonly incarnationId: Uuid
  readonly endpoints: readonly BrokerEndpoint[]
  readonly features: readonly FeatureRange[]
  readonly rack: string | null
  /** Fenced brokers are not shown to clients and hold no leadership. */
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  /** directory.id of each online log directory. */
  readonly directoryIds: readonly Uuid[]
}

export interface ControllerRegistration {
  readonly id: number
  readonly incarnationId: Uuid
  readonly endpoints: readonly BrokerEndpoint[]
  readonly features: readonly FeatureRange[]
}

export interface TopicImage {
  readonly name: string
  readonly id: Uuid
  /** Index = partition id; ids have no gaps. */
  readonly partitions: readonly PartitionState[]
}

export interface ScramCredential {
  readonly name: string
  /** 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
  readonly mechanism: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
  readonly iterations: number
}

export interface AclBinding {
  readonly id: Uuid
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

export interface QuotaEntityPart {
  /** 'user', 'client-id' or 'ip'. */
  readonly entityType: string
  /** null: the default of this entity type. */
  readonly entityName: string | null
}

export interface ClientQuota {
  readonly entity: readonly QuotaEntityPart[]
  readonly values: ReadonlyMap<string, number>
}

export interface DelegationToken {
  readonly tokenId: string
  readonly owner: string
  readonly requester: string
  readonly renewers: readonly string[]
  readonly issueTimestamp: number
  readonly maxTimestamp: number
  readonly expirationTimestamp: number
}

/** Config resource types of the wire (kafka-protocol §7). */
export const ConfigResourceType = { TOPIC: 2, BROKER: 4, BROKER_LOGGER: 8, CLIENT_METRICS: 16, GROUP: 32 } as const

export interface MetadataImage {
  /** Offset of the last record contained; -1 when nothing is. */
  readonly offset: number
  /** Raft epoch of that record; -1 when nothing is contained. */
  readonly epoch: number
  /** Timestamp of the batch of that record, ms since the epoch. */
  readonly timestampMs: number
  readonly brokers: ReadonlyMap<number, BrokerRegistration>
  readonly controllers: ReadonlyMap<number, ControllerRegistration>
  readonly topicsByName: ReadonlyMap<string, TopicImage>
  readonly topicsById: ReadonlyMap<Uuid, TopicImage>
  /** Dynamic configs by configResourceKey(); resources without a key are absent. */
  readonly configs: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** Finalized features by name, metadata.version among them; level 0 is absent. */
  readonly features: ReadonlyMap<string, number>
  /** First id of the next producer id block; 0 when none was given out. */
  readonly nextProducerId: number
  /** By quotaEntityKey(). */
  readonly clientQuotas: ReadonlyMap<string, ClientQuota>
  readonly acls: ReadonlyMap<Uuid, AclBinding>
  /** By `<mechanism>:<user>`. */
  readonly scramCredentials: ReadonlyMap<string, ScramCredential>
  readonly delegationTokens: ReadonlyMap<string, DelegationToken>
  /** State of the ZkMigrationStateRecord: 0 none. */
  readonly zkMigrationState: number
}

export const emptyImage: MetadataImage = {
  offset: -1,
  epoch: -1,
  timestampMs: 0,
  brokers: new Map(),
  controllers: new Map(),
  topicsByName: new Map(),
  topicsById: new Map(),
  configs: new Map(),
  features: new Map(),
  nextProducerId: 0,
  clientQuotas: new Map(),
  acls: new Map(),
  scramCredentials: new Map(),
  delegationTokens: new Map(),
  zkMigrationState: 0,
}

/** The key of `MetadataImage.configs`. A broker resource with name '' is the cluster-wide default. */
export function configResourceKey(type: number, name: string): string {
  return `${type}:${name}`
}

const NO_CONFIGS: ReadonlyMap<string, string> = new Map()

/** The dynamic configs of a resource; empty when it has none. */
export function dynamicConfigs(image: MetadataImage, type: number, name: string): ReadonlyMap<string, string> {
  return image.configs.get(configResourceKey(type, name)) ?? NO_CONFIGS
}

/** The partition, or undefined when topic or partition is unknown. */
export function partitionByName(image: MetadataImage, topic: string, partition: number): PartitionState | undefined {
  return image.topicsByName.get(topic)?.partitions[partition]
}

/** The partition, or undefined when topic or partition is unknown. */
export function partitionById(image: MetadataImage, topicId: Uuid, partition: number): PartitionState | undefined {
  return image.topicsById.get(topicId)?.partitions[partition]
}

/** Registered and not fenced: shown to clients, may lead. */
export function isLive(image: MetadataImage, brokerId: number): boolean {
  const broker = image.brokers.get(brokerId)
  return broker !== undefined && !broker.fenced
}

/** Live and not shutting down: may become a leader or join an ISR. */
export function isActive(image: MetadataImage, brokerId: number): boolean {
  const broker = image.brokers.get(brokerId)
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}

/** Parts sorted by type, so that one entity has one key. */
export function quotaEntityKey(entity: readonly QuotaEntityPart[]): string {
  return JSON.stringify(
    entity.map((part) => [part.entityType, part.entityName]).sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
  )
}

export function scramKey(mechanism: number, user: string): string {
  return `${mechanism}:${user}`
}
