/** MetadataRecord: one record of the metadata log as typed data, told apart by `type` (the wire's api key). */
import type { MessageDefinition } from '@millrace/protocol/definition'
import type * as broker from './broker-records.ts'
import { brokerRecords } from './broker-records.ts'
import type * as cluster from './cluster-records.ts'
import { clusterRecords } from './cluster-records.ts'
import type * as security from './security-records.ts'
import { securityRecords } from './security-records.ts'
import type * as topic from './topic-records.ts'
import { topicRecords } from './topic-records.ts'

export const RecordType = {
  REGISTER_BROKER: 0,
  UNREGISTER_BROKER: 1,
  TOPIC: 2,
  PARTITION: 3,
  CONFIG: 4,
  PARTITION_CHANGE: 5,
  FENCE_BROKER: 7,
  UNFENCE_BROKER: 8,
  REMOVE_TOPIC: 9,
  DELEGATION_TOKEN: 10,
  USER_SCRAM_CREDENTIAL: 11,
  FEATURE_LEVEL: 12,
  CLIENT_QUOTA: 14,
  PRODUCER_IDS: 15,
  BROKER_REGISTRATION_CHANGE: 17,
  ACCESS_CONTROL_ENTRY: 18,
  REMOVE_ACCESS_CONTROL_ENTRY: 19,
  NO_OP: 20,
  ZK_MIGRATION_STATE: 21,
  REMOVE_USER_SCRAM_CREDENTIAL: 22,
  BEGIN_TRANSACTION: 23,
  END_TRANSACTION: 24,
  ABORT_TRANSACTION: 25,
  REMOVE_DELEGATION_TOKEN: 26,
  REGISTER_CONTROLLER: 27,
  CLEAR_ELR: 28,
} as const

interface RecordOf<Type extends number, Body> {
  readonly type: Type
  /** Record version, chosen by metadata.version: see record-versions.ts. */
  readonly version: number
  readonly body: Body
}

type EmptyBody = Readonly<Record<string, never>>

export type MetadataRecord =
  | RecordOf<0, broker.RegisterBrokerRecord>
  | RecordOf<1, broker.UnregisterBrokerRecord>
  | RecordOf<2, topic.TopicRecord>
  | RecordOf<3, topic.PartitionRecord>
  | RecordOf<4, cluster.ConfigRecord>
  | RecordOf<5, topic.PartitionChangeRecord>
  | RecordOf<7, broker.FenceBrokerRecord>
  | RecordOf<8, broker.UnfenceBrokerRecord>
  | RecordOf<9, topic.RemoveTopicRecord>
  | RecordOf<10, security.DelegationTokenRecord>
  | RecordOf<11, security.UserScramCredentialRecord>
  | RecordOf<12, cluster.FeatureLevelRecord>
  | RecordOf<14, cluster.ClientQuotaRecord>
  | RecordOf<15, cluster.ProducerIdsRecord>
  | RecordOf<17, broker.BrokerRegistrationChangeRecord>
  | RecordOf<18, security.AccessControlEntryRecord>
  | RecordOf<19, security.RemoveAccessControlEntryRecord>
  | RecordOf<20, EmptyBody>
  | RecordOf<21, cluster.ZkMigrationStateRecord>
  | RecordOf<22, security.RemoveUserScramCredentialRecord>
  | RecordOf<23, cluster.BeginTransactionRecord>
  | RecordOf<24, EmptyBody>
  | RecordOf<25, cluster.AbortTransactionRecord>
  | RecordOf<26, security.RemoveDelegationTokenRecord>
  | RecordOf<27, broker.RegisterControllerRecord>
  | RecordOf<28, topic.ClearElrRecord>

const definitions: ReadonlyMap<number, MessageDefinition> = new Map(
  [...brokerRecords, ...topicRecords, ...clusterRecords, ...securityRecords].map((definition) => [
    definition.apiKey ?? -1,
    definition,
  ]),
)

/** The definition of a record type; undefined for types this version does not know. */
export function recordDefinition(type: number): MessageDefinition | undefined {
  return definitions.get(type)
}
