/** For tests of decisions: a state made by replaying records on an empty image. */
import type { ControlState, Decision } from '../decision.ts'
import { MetadataDelta } from '@millrace/metadata/delta'
import { emptyImage } from '@millrace/metadata/image'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import { SeededRandom } from '@millrace/testkit/seeded-random'

export const TOPIC_ID = 'dG9waWMgaWQgb2YgdGVzdA'

export interface StateOptions {
  readonly level?: number
  /** Finalized besides metadata.version. */
  readonly features?: Readonly<Record<string, number>>
  readonly properties?: Readonly<Record<string, string>>
  readonly seed?: number
}

/** A cluster that has come to be by `records`, metadata.version first. */
export function stateOf(records: readonly MetadataRecord[], options: StateOptions = {}): ControlState {
  const { level = 21, features = {}, properties = {}, seed = 1 } = options
  const levels = Object.entries({ 'metadata.version': level, ...features })
  const all: MetadataRecord[] = [
    ...levels.map(([name, featureLevel]): MetadataRecord => ({
      type: RecordType.FEATURE_LEVEL,
      version: 0,
      body: { name, featureLevel },
    })),
    ...records,
  ]
  const delta = new MetadataDelta(emptyImage)
  for (const record of all) delta.replay(record)
  const image = delta.finish({ offset: 99, epoch: 1, timestampMs: 0 }).image
  return { image, nextOffset: 100, properties, nodeId: 10_001, clusterId: 'cluster', random: new SeededRandom(seed) }
}

/** The state after a decision. */
export function after(state: ControlState, { records }: Decision<unknown>): ControlState {
  const delta = new MetadataDelta(state.image)
  for (const record of records) delta.replay(record)
  const offset = state.image.offset + records.length
  return { ...state, nextOffset: offset + 1, image: delta.finish({ offset, epoch: 1, timestampMs: 0 }).image }
}

export function broker(
  id: number,
  options: {
    readonly rack?: string
    readonly fenced?: boolean
    readonly leaving?: boolean
    readonly epoch?: number
  } = {},
): MetadataRecord {
  const { rack = null, fenced = false, leaving = false, epoch = id } = options
  return {
    type: RecordType.REGISTER_BROKER,
    version: 3,
    body: {
      brokerId: id,
      isMigratingZkBroker: false,
      incarnationId: incarnation(id),
      brokerEpoch: epoch,
      endPoints: [{ name: 'CLIENT', host: 'localhost', port: 9092, securityProtocol: 0 }],
      features: [],
      rack,
      fenced,
      inControlledShutdown: leaving,
      logDirs: [directory(id)],
    },
  }
}

export function incarnation(id: number): string {
  return Buffer.from(`incarnation ${String(id).padStart(4, '0')}`).toString('base64url')
}

export function directory(id: number): string {
  return Buffer.from(`directory of ${String(id).padStart(3, '0')}`).toString('base64url')
}

export interface PartitionOptions {
  readonly replicas: readonly number[]
  readonly isr?: readonly number[]
  readonly leader?: number
  readonly leaderEpoch?: number
  readonly partitionEpoch?: number
  readonly recovering?: boolean
  readonly removing?: readonly number[]
  readonly adding?: readonly number[]
  readonly eligible?: readonly number[]
  readonly lastKnown?: readonly number[]
}

/** A topic with the given partitions. */
export function topic(name: string, topicId: string, partitions: readonly PartitionOptions[]): MetadataRecord[] {
  return [
    { type: RecordType.TOPIC, version: 0, body: { name, topicId } },
    ...partitions.map((options, partitionId): MetadataRecord => ({
      type: RecordType.PARTITION,
      version: 2,
      body: {
        partitionId,
        topicId,
        replicas: [...options.replicas],
        isr: [...(options.isr ?? options.replicas)],
        removingReplicas: [...(options.removing ?? [])],
        addingReplicas: [...(options.adding ?? [])],
        leader: options.leader ?? options.replicas[0] ?? -1,
        leaderRecoveryState: options.recovering === true ? 1 : 0,
        leaderEpoch: options.leaderEpoch ?? 5,
        partitionEpoch: options.partitionEpoch ?? 7,
        directories: options.replicas.map(directory),
        eligibleLeaderReplicas: options.eligible === undefined ? null : [...options.eligible],
        lastKnownElr: options.lastKnown === undefined ? null : [...options.lastKnown],
      },
    })),
  ]
}

export function topicConfigRecord(resourceName: string, name: string, value: string): MetadataRecord {
  return { type: RecordType.CONFIG, version: 0, body: { resourceType: 2, resourceName, name, value } }
}
