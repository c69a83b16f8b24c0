/**
 * What a broker of a given Kafka release offers: version ranges per API, the metadata.version level and the features.
 * Clients guess the broker's release from the largest versions in ApiVersions, so a cluster follows one release's column
 * as a whole. Releases up to 3.9 use the 3.9 column: its ranges contain theirs, and only the metadata.version differs.
 *
 * Data, no policy: a server leaves out of ApiVersions what it has no handler for.
 * Source: the API versions of Kafka 3.9.0, 4.0.0, 4.1.0, 4.2.0 and 4.3; KIP-896 (old versions removed), KIP-584 (features).
 */
import { ApiKey } from './apis.ts'
import { parseVersions, type VersionRange } from './definition.ts'

export type ProfileName = '3.9' | '4.0' | '4.1' | '4.2' | '4.3'

export interface FeatureLevels {
  readonly name: string
  /** Lowest and highest level that the release supports. */
  readonly min: number
  readonly max: number
  /** Level that a new cluster of the release finalizes; 0 is not told to clients. */
  readonly level: number
}

export interface VersionProfile {
  readonly name: ProfileName
  /** Level and name of the newest metadata.version of the release: what a new cluster finalizes. */
  readonly metadataVersion: { readonly level: number; readonly name: string }
  /** metadata.version first, then by name. */
  readonly features: readonly FeatureLevels[]
}

const COLUMNS: readonly ProfileName[] = ['3.9', '4.0', '4.1', '4.2', '4.3']

/** Per API key what each release advertises, in the order of COLUMNS; '-': not there. */
const RANGES: Readonly<Record<number, string>> = {
  0: '0-11 0-12 0-13 0-13 0-13', // Produce
  1: '0-17 4-17 4-18 4-18 4-18', // Fetch
  2: '0-9 1-10 1-10 1-11 1-11', // ListOffsets
  3: '0-12 0-13 0-13 0-13 0-13', // Metadata
  7: '0-3 - - - -', // ControlledShutdown
  8: '0-9 2-9 2-9 2-10 2-10', // OffsetCommit
  9: '0-9 1-9 1-9 1-10 1-10', // OffsetFetch
  10: '0-6 0-6 0-6 0-6 0-6', // FindCoordinator
  11: '0-9 2-9 0-9 0-9 0-9', // JoinGroup
  12: '0-4 0-4 0-4 0-4 0-4', // Heartbeat
  13: '0-5 0-5 0-5 0-5 0-5', // LeaveGroup
  14: '0-5 0-5 0-5 0-5 0-5', // SyncGroup
  15: '0-5 0-6 0-6 0-6 0-6', // DescribeGroups
  16: '0-5 0-5 0-5 0-5 0-5', // ListGroups
  17: '0-1 0-1 0-1 0-1 0-1', // SaslHandshake
  18: '0-4 0-4 0-4 0-4 0-4', // ApiVersions
  19: '0-7 2-7 2-7 2-7 2-7', // CreateTopics
  20: '0-6 1-6 1-6 1-6 1-6', // DeleteTopics
  21: '0-2 0-2 0-2 0-2 0-2', // DeleteRecords
  22: '0-5 0-5 0-5 0-5 0-5', // InitProducerId
  23: '0-4 2-4 2-4 2-4 2-4', // OffsetForLeaderEpoch
  24: '0-5 0-5 0-5 0-5 0-5', // AddPartitionsToTxn
  25: '0-4 0-4 0-4 0-4 0-4', // AddOffsetsToTxn
  26: '0-4 0-5 0-5 0-5 0-5', // EndTxn
  27: '0-1 1 1 1-2 1-2', // WriteTxnMarkers
  28: '0-4 0-5 0-5 0-5 0-5', // TxnOffsetCommit
  29: '0-3 1-3 1-3 1-3 1-3', // DescribeAcls
  30: '0-3 1-3 1-3 1-3 1-3', // CreateAcls
  31: '0-3 1-3 1-3 1-3 1-3', // DeleteAcls
  32: '0-4 1-4 1-4 1-4 1-4', // DescribeConfigs
  33: '0-2 0-2 0-2 0-2 0-2', // AlterConfigs
  34: '0-2 1-2 1-2 1-2 1-2', // AlterReplicaLogDirs
  35: '0-4 1-4 1-4 1-4 1-5', // DescribeLogDirs
  36: '0-2 0-2 0-2 0-2 0-2', // SaslAuthenticate
  37: '0-3 0-3 0-3 0-3 0-3', // CreatePartitions
  38: '0-3 1-3 1-3 1-3 1-3', // CreateDelegationToken
  39: '0-2 1-2 1-2 1-2 1-2', // RenewDelegationToken
  40: '0-2 1-2 1-2 1-2 1-2', // ExpireDelegationToken
  41: '0-3 1-3 1-3 1-3 1-3', // DescribeDelegationToken
  42: '0-2 0-2 0-2 0-2 0-2', // DeleteGroups
  43: '0-2 0-2 0-2 0-2 0-2', // ElectLeaders
  44: '0-1 0-1 0-1 0-1 0-1', // IncrementalAlterConfigs
  45: '0 0 0-1 0-1 0-1', // AlterPartitionReassignments
  46: '0 0 0 0 0', // ListPartitionReassignments
  47: '0 0 0 0 0', // OffsetDelete
  48: '0-1 0-1 0-1 0-1 0-1', // DescribeClientQuotas
  49: '0-1 0-1 0-1 0-1 0-1', // AlterClientQuotas
  50: '0 0 0 0 0', // DescribeUserScramCredentials
  51: '0 0 0 0 0', // AlterUserScramCredentials
  52: '0-1 0-2 0-2 0-2 0-2', // Vote
  53: '0-1 0-1 0-1 0-1 0-1', // BeginQuorumEpoch
  54: '0-1 0-1 0-1 0-1 0-1', // EndQuorumEpoch
  55: '0-2 0-2 0-2 0-2 0-2', // DescribeQuorum
  56: '0-3 2-3 2-3 2-3 2-3', // AlterPartition
  57: '0-1 0-2 0-2 0-2 0-2', // UpdateFeatures
  58: '0 0 0 0 0', // Envelope
  59: '0-1 0-1 0-1 0-1 0-1', // FetchSnapshot
  60: '0-1 0-2 0-2 0-2 0-2', // DescribeCluster
  61: '0 0 0 0 0', // DescribeProducers
  62: '0-4 0-4 0-4 0-4 0-4', // BrokerRegistration
  63: '0-1 0-1 0-1 0-1 0-2', // BrokerHeartbeat
  64: '0 0 0 0 0', // UnregisterBroker
  65: '0 0 0 0 0', // DescribeTransactions
  66: '0-1 0-1 0-2 0-2 0-2', // ListTransactions
  67: '0 0 0 0 0', // AllocateProducerIds
  68: '0 0-1 0-1 0-1 0-1', // ConsumerGroupHeartbeat
  69: '0 0-1 0-1 0-1 0-1', // ConsumerGroupDescribe
  70: '0 0 0 0 0', // ControllerRegistration
  71: '0 0 0 0 0', // GetTelemetrySubscriptions
  72: '0 0 0 0 0', // PushTelemetry
  73: '0 0 0 0 0', // AssignReplicasToDirs
  74: '0 0 0-1 0-1 0-1', // ListConfigResources
  75: '0 0 0 0 0', // DescribeTopicPartitions
  76: '- - 1 1 1', // ShareGroupHeartbeat
  77: '- - 1 1 1', // ShareGroupDescribe
  78: '- - 1 1-2 1-2', // ShareFetch
  79: '- - 1 1-2 1-2', // ShareAcknowledge
  80: '0 0 0 0-1 0-1', // AddRaftVoter
  81: '0 0 0 0 0', // RemoveRaftVoter
  82: '0 0 0 0 0', // UpdateRaftVoter
  83: '- - 0 0 0', // InitializeShareGroupState
  84: '- - 0 0 0', // ReadShareGroupState
  85: '- - 0 0-1 0-1', // WriteShareGroupState
  86: '- - 0 0 0', // DeleteShareGroupState
  87: '- - 0 0-1 0-1', // ReadShareGroupStateSummary
  88: '- - - 0 0', // StreamsGroupHeartbeat
  89: '- - - 0 0', // StreamsGroupDescribe
  90: '- - 0 0-1 0-1', // DescribeShareGroupOffsets
  91: '- - 0 0 0', // AlterShareGroupOffsets
  92: '- - 0 0 0', // DeleteShareGroupOffsets
}

/** Offered by controllers only; between the nodes of a cluster brokers use them, clients never. */
const CONTROLLER_ONLY: ReadonlySet<number> = new Set<number>([
  ApiKey.ControlledShutdown,
  ApiKey.Vote,
  ApiKey.BeginQuorumEpoch,
  ApiKey.EndQuorumEpoch,
  ApiKey.AlterPartition,
  ApiKey.Envelope,
  ApiKey.FetchSnapshot,
  ApiKey.BrokerRegistration,
  ApiKey.BrokerHeartbeat,
  ApiKey.AllocateProducerIds,
  ApiKey.ControllerRegistration,
  ApiKey.AssignReplicasToDirs,
  ApiKey.UpdateRaftVoter,
])

/** First release (as major * 100 + minor) of each metadata.version that was some release's newest. */
const METADATA_VERSIONS: readonly { readonly release: number; readonly level: number; readonly name: string }[] = [
  { release: 0, level: 7, name: '3.3-IV3' },
  { release: 304, level: 8, name: '3.4-IV0' },
  { release: 305, level: 11, name: '3.5-IV2' },
  { release: 306, level: 14, name: '3.6-IV2' },
  { release: 307, level: 19, name: '3.7-IV4' },
  { release: 308, level: 20, name: '3.8-IV0' },
  { release: 309, level: 21, name: '3.9-IV0' },
  { release: 400, level: 25, name: '4.0-IV3' },
  { release: 401, level: 27, name: '4.1-IV1' },
  { release: 402, level: 29, name: '4.2-IV1' },
]

/** Features with code behind them here: what brokers advertise, and what may be finalized. */
export const IMPLEMENTED_FEATURES: ReadonlySet<string> = new Set([
  'metadata.version',
  'eligible.leader.replicas.version',
  'group.version',
  'share.version',
  'transaction.version',
])

/**
 * Features besides metadata.version: from which release they exist, and from which metadata.version a new cluster
 * finalizes which level.
 */
const FEATURES: readonly {
  readonly name: string
  readonly release: number
  readonly max: number
  readonly fromMetadataVersion: number
  readonly level: number
}[] = [
  { name: 'eligible.leader.replicas.version', release: 400, max: 1, fromMetadataVersion: 26, level: 1 },
  { name: 'group.version', release: 400, max: 1, fromMetadataVersion: 22, level: 1 },
  { name: 'kraft.version', release: 309, max: 1, fromMetadataVersion: Infinity, level: 0 },
  { name: 'share.version', release: 401, max: 1, fromMetadataVersion: 28, level: 1 },
  { name: 'streams.version', release: 402, max: 1, fromMetadataVersion: 29, level: 1 },
  { name: 'transaction.version', release: 400, max: 2, fromMetadataVersion: 24, level: 2 },
]

/**
 * The profile of a Kafka version as Amazon MSK writes it: '3.5.1', '3.9.x', '3.7.x.kraft', '4.0.x'. Anything after 4.3 is
 * served as 4.3. Throws RangeError for a text that names no version.
 *
 * Clusters before 3.3, which Kafka ran with ZooKeeper, get 3.3's metadata.version: the oldest that KRaft has for production.
 */
export function profileOf(kafkaVersion: string): VersionProfile {
  const match = /^(\d+)\.(\d+)(?:\.|$)/.exec(kafkaVersion)
  if (match === null) throw new RangeError(`Kafka version "${kafkaVersion}"`)
  const release = Number(match[1]) * 100 + Number(match[2])
  const metadataVersion = METADATA_VERSIONS.findLast((candidate) => candidate.release <= release)
  if (metadataVersion === undefined) throw new RangeError(`Kafka version "${kafkaVersion}"`)
  const { level, name } = metadataVersion
  const features = FEATURES.filter((feature) => feature.release <= release).map((feature) => ({
    name: feature.name,
    min: 0,
    max: feature.max,
    level: level >= feature.fromMetadataVersion ? feature.level : 0,
  }))
  const lowest = release >= 400 ? 7 : 1
  return {
    name: columnOf(release),
    metadataVersion: { level, name },
    features: [{ name: 'metadata.version', min: lowest, max: level, level }, ...features],
  }
}

function columnOf(release: number): ProfileName {
  if (release < 400) return '3.9'
  return COLUMNS[Math.min(release - 399, COLUMNS.length - 1)] as ProfileName
}

/**
 * The versions of an API that the release advertises, null for an API that it does not have. Telemetry (71, 72) is in the
 * table, yet Kafka advertises it only with a receiver configured. For controller-only APIs see isControllerApi.
 */
export function apiVersionRange(profile: VersionProfile, apiKey: number): VersionRange | null {
  const text = RANGES[apiKey]?.split(' ')[COLUMNS.indexOf(profile.name)]
  return text === undefined || text === '-' ? null : parseVersions(text, -1)
}

/** True for APIs that only a controller's listener offers. */
export function isControllerApi(apiKey: number): boolean {
  return CONTROLLER_ONLY.has(apiKey)
}

/**
 * The versions that a request may really have. They differ from what is advertised for Produce, whose minimum 0 is there
 * for librdkafka's sake (it turns compression off otherwise, KAFKA-18659), and for Fetch: below Produce 3 and Fetch 4 the
 * old message formats would be needed, which are refused.
 */
export function acceptedVersionRange(profile: VersionProfile, apiKey: number): VersionRange | null {
  const range = apiVersionRange(profile, apiKey)
  if (range === null) return null
  const lowest = apiKey === ApiKey.Produce ? 3 : apiKey === ApiKey.Fetch ? 4 : 0
  return { min: Math.max(range.min, lowest), max: range.max }
}
