/** Records about configs, features, producer ids, quotas and transactions of the metadata log itself (kafka-records §2). */
import type { Decoded, MessageDefinition } from '@millrace/protocol/definition'

const config = {
  kind: 'data',
  apiKey: 4,
  name: 'ConfigRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'resourceType', type: 'int8' },
    { name: 'resourceName', type: 'string' },
    { name: 'name', type: 'string' },
    { name: 'value', type: 'string', nullableVersions: '0+', about: 'null deletes the key' },
  ],
} as const

const featureLevel = {
  kind: 'data',
  apiKey: 12,
  name: 'FeatureLevelRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'name', type: 'string' },
    { name: 'featureLevel', type: 'int16', about: '0 removes the feature' },
  ],
} as const

const clientQuota = {
  kind: 'data',
  apiKey: 14,
  name: 'ClientQuotaRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'entity',
      type: '[]struct',
      fields: [
        { name: 'entityType', type: 'string' },
        { name: 'entityName', type: 'string', nullableVersions: '0+', about: 'null: the default entity' },
      ],
    },
    { name: 'key', type: 'string' },
    { name: 'value', type: 'float64' },
    { name: 'remove', type: 'bool' },
  ],
} as const

const producerIds = {
  kind: 'data',
  apiKey: 15,
  name: 'ProducerIdsRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'brokerId', type: 'int32' },
    { name: 'brokerEpoch', type: 'int64', default: -1 },
    { name: 'nextProducerId', type: 'int64', about: 'start of the next block' },
  ],
} as const

const noOp = {
  kind: 'data',
  apiKey: 20,
  name: 'NoOpRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [],
} as const

const zkMigrationState = {
  kind: 'data',
  apiKey: 21,
  name: 'ZkMigrationStateRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [{ name: 'zkMigrationState', type: 'int8', about: '0 none' }],
} as const

const beginTransaction = {
  kind: 'data',
  apiKey: 23,
  name: 'BeginTransactionRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [{ name: 'name', type: 'string', nullableVersions: '0+', tag: 0, default: null }],
} as const

const endTransaction = {
  kind: 'data',
  apiKey: 24,
  name: 'EndTransactionRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [],
} as const

const abortTransaction = {
  kind: 'data',
  apiKey: 25,
  name: 'AbortTransactionRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [{ name: 'reason', type: 'string', nullableVersions: '0+', tag: 0, default: null }],
} as const

export type ConfigRecord = Decoded<typeof config>
export type FeatureLevelRecord = Decoded<typeof featureLevel>
export type ClientQuotaRecord = Decoded<typeof clientQuota>
export type ProducerIdsRecord = Decoded<typeof producerIds>
export type ZkMigrationStateRecord = Decoded<typeof zkMigrationState>
export type BeginTransactionRecord = Decoded<typeof beginTransaction>
export type AbortTransactionRecord = Decoded<typeof abortTransaction>

export const clusterRecords: readonly MessageDefinition[] = [
  config,
  featureLevel,
  clientQuota,
  producerIds,
  noOp,
  zkMigrationState,
  beginTransaction,
  endTransaction,
  abortTransaction,
]
