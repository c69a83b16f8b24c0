/**
 * What every API checks (kafka-protocol §6.3), as data: the operations that a request needs, each with the error of its
 * absence. For guards.test.ts only.
 */
import { CLUSTER_NAME, type AclOperation, type ResourceType } from '@millrace/policy/acl/acl'
import type { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode } from '@millrace/protocol/errors'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { TOPIC_ID } from '../handlers/handler-fixture.ts'

export const TOPIC: number = ErrorCode.TOPIC_AUTHORIZATION_FAILED
export const GROUP: number = ErrorCode.GROUP_AUTHORIZATION_FAILED
export const CLUSTER: number = ErrorCode.CLUSTER_AUTHORIZATION_FAILED
const TXN = ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED

type Operation = keyof typeof AclOperation
export type Resource = Exclude<keyof typeof ResourceType, 'ANY'>
export type Need = readonly [operation: Operation, resource: Resource, errorCode: number]

export interface Case {
  readonly api: keyof typeof ApiKey
  readonly version: number
  /** The lowest version in which the body asks for this, and the answer has an error; 0 unless told. */
  readonly since?: number
  readonly body: object
  /** All of them. */
  readonly needs: readonly Need[]
  /** One of them is enough, instead of `needs`; the error is that of the last. */
  readonly oneOf?: readonly Need[]
  /** What the handler is said to answer, where the guard looks at it. */
  readonly answer?: object
}

/** Names that every case uses, so that an ACL can be made for any need. */
export const NAMES: Readonly<Record<Resource, string>> = {
  TOPIC: 'orders',
  GROUP: 'team',
  CLUSTER: CLUSTER_NAME,
  TRANSACTIONAL_ID: 'tx',
  DELEGATION_TOKEN: 'token',
  USER: 'user',
}

const transactional = buildBatch({
  records: [{ value: Buffer.from('v') }],
  timestampMs: 1,
  producerId: 9,
  producerEpoch: 0,
  baseSequence: 0,
  isTransactional: true,
})
const plain = buildBatch({ records: [{ value: Buffer.from('v') }], timestampMs: 1 })
const produced = (records: Buffer): object[] => [
  { name: 'orders', topicId: TOPIC_ID, partitionData: [{ index: 0, records }] },
]
const commit = [
  { name: 'orders', topicId: TOPIC_ID, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] },
]
const commitByName = [
  { name: 'orders', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] },
]
const producer = { producerId: 1, producerEpoch: 0 }
const member = { groupId: 'team', memberId: 'm', generationId: 1, groupInstanceId: null }
const config = (resourceType: number, resourceName: string): object => ({
  resources: [{ resourceType, resourceName, configurationKeys: null }],
})

export const CASES: readonly Case[] = [
  { api: 'Produce', version: 9, body: { acks: 1, topicData: produced(plain) }, needs: [['WRITE', 'TOPIC', TOPIC]] },
  { api: 'Produce', version: 13, body: { acks: 1, topicData: produced(plain) }, needs: [['WRITE', 'TOPIC', TOPIC]] },
  {
    api: 'Produce',
    version: 11,
    body: { acks: -1, transactionalId: 'tx', topicData: produced(transactional) },
    needs: [
      ['WRITE', 'TOPIC', TOPIC],
      ['WRITE', 'TRANSACTIONAL_ID', TXN],
    ],
  },
  {
    api: 'ListOffsets',
    version: 7,
    body: { replicaId: -1, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -1 }] }] },
    needs: [['DESCRIBE', 'TOPIC', TOPIC]],
  },
  {
    api: 'ListOffsets',
    version: 0,
    body: { replicaId: -1, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -1 }] }] },
    needs: [['DESCRIBE', 'TOPIC', TOPIC]],
  },
  ...[0, 1, 9, 12].map((version): Case => ({
    api: 'Metadata',
    version,
    body: { topics: [{ name: 'orders' }] },
    needs: [['DESCRIBE', 'TOPIC', TOPIC]],
  })),
  {
    api: 'Metadata',
    version: 12,
    since: 12,
    body: { topics: [{ name: null, topicId: TOPIC_ID }] },
    needs: [['DESCRIBE', 'TOPIC', TOPIC]],
  },
  ...[2, 8].map((version): Case => ({
    api: 'OffsetCommit',
    version,
    body: { groupId: 'team', memberId: 'm', topics: commitByName },
    needs: [
      ['READ', 'GROUP', GROUP],
      ['READ', 'TOPIC', TOPIC],
    ],
  })),
  {
    api: 'OffsetCommit',
    version: 10,
    body: { groupId: 'team', memberId: 'm', topics: commit },
    needs: [
      ['READ', 'GROUP', GROUP],
      ['READ', 'TOPIC', TOPIC],
    ],
  },
  ...[1, 5].map((version): Case => ({
    api: 'OffsetFetch',
    version,
    body: { groupId: 'team', topics: [{ name: 'orders', partitionIndexes: [0] }] },
    needs: [
      ['DESCRIBE', 'GROUP', GROUP],
      ['DESCRIBE', 'TOPIC', TOPIC],
    ],
  })),
  ...[8, 10].map((version): Case => ({
    api: 'OffsetFetch',
    version,
    body: { groups: [{ groupId: 'team', topics: [{ name: 'orders', topicId: TOPIC_ID, partitionIndexes: [0] }] }] },
    answer: { groups: [{ groupId: 'team', topics: [] }] },
    needs: [
      ['DESCRIBE', 'GROUP', GROUP],
      ['DESCRIBE', 'TOPIC', TOPIC],
    ],
  })),
  { api: 'FindCoordinator', version: 3, body: { key: 'team', keyType: 0 }, needs: [['DESCRIBE', 'GROUP', GROUP]] },
  {
    api: 'FindCoordinator',
    version: 4,
    body: { coordinatorKeys: ['team'], keyType: 0 },
    needs: [['DESCRIBE', 'GROUP', GROUP]],
  },
  {
    api: 'FindCoordinator',
    version: 4,
    body: { coordinatorKeys: ['tx'], keyType: 1 },
    needs: [['DESCRIBE', 'TRANSACTIONAL_ID', TXN]],
  },
  {
    api: 'FindCoordinator',
    version: 6,
    body: { coordinatorKeys: ['team:x:0'], keyType: 2 },
    needs: [['CLUSTER_ACTION', 'CLUSTER', CLUSTER]],
  },
  ...[0, 6, 9].map((version): Case => ({
    api: 'JoinGroup',
    version,
    body: { groupId: 'team', sessionTimeoutMs: 1, memberId: '', protocolType: 'consumer', protocols: [] },
    needs: [['READ', 'GROUP', GROUP]],
  })),
  { api: 'Heartbeat', version: 4, body: member, needs: [['READ', 'GROUP', GROUP]] },
  { api: 'LeaveGroup', version: 5, body: { groupId: 'team', members: [] }, needs: [['READ', 'GROUP', GROUP]] },
  { api: 'SyncGroup', version: 5, body: { ...member, assignments: [] }, needs: [['READ', 'GROUP', GROUP]] },
  { api: 'DescribeGroups', version: 6, body: { groups: ['team'] }, needs: [['DESCRIBE', 'GROUP', GROUP]] },
  { api: 'ListGroups', version: 4, body: {}, needs: [] },
  {
    api: 'DeleteRecords',
    version: 2,
    body: { topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, offset: 1 }] }], timeoutMs: 1 },
    needs: [['DELETE', 'TOPIC', TOPIC]],
  },
  {
    api: 'InitProducerId',
    version: 4,
    body: { transactionalId: 'tx', transactionTimeoutMs: 1 },
    needs: [['WRITE', 'TRANSACTIONAL_ID', TXN]],
  },
  {
    api: 'InitProducerId',
    version: 4,
    body: { transactionalId: null, transactionTimeoutMs: 1 },
    needs: [],
    oneOf: [
      ['IDEMPOTENT_WRITE', 'CLUSTER', CLUSTER],
      ['WRITE', 'TOPIC', CLUSTER],
    ],
  },
  {
    api: 'OffsetForLeaderEpoch',
    version: 4,
    body: { topics: [{ topic: 'orders', partitions: [{ partition: 0, leaderEpoch: 1 }] }] },
    needs: [],
    oneOf: [
      ['CLUSTER_ACTION', 'CLUSTER', TOPIC],
      ['DESCRIBE', 'TOPIC', TOPIC],
    ],
  },
  {
    api: 'AddPartitionsToTxn',
    version: 3,
    body: {
      v3AndBelowTransactionalId: 'tx',
      v3AndBelowProducerId: 1,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [{ name: 'orders', partitions: [0] }],
    },
    answer: { resultsByTopicV3AndBelow: [] },
    needs: [
      ['WRITE', 'TRANSACTIONAL_ID', TXN],
      ['WRITE', 'TOPIC', TOPIC],
    ],
  },
  {
    api: 'AddPartitionsToTxn',
    version: 4,
    since: 4,
    body: { transactions: [] },
    answer: { resultsByTransaction: [] },
    needs: [['CLUSTER_ACTION', 'CLUSTER', CLUSTER]],
  },
  {
    api: 'AddOffsetsToTxn',
    version: 3,
    body: { transactionalId: 'tx', ...producer, groupId: 'team' },
    needs: [
      ['WRITE', 'TRANSACTIONAL_ID', TXN],
      ['READ', 'GROUP', GROUP],
    ],
  },
  {
    api: 'EndTxn',
    version: 3,
    body: { transactionalId: 'tx', ...producer, committed: true },
    needs: [['WRITE', 'TRANSACTIONAL_ID', TXN]],
  },
  {
    api: 'WriteTxnMarkers',
    version: 1,
    body: {
      markers: [
        {
          ...producer,
          transactionResult: false,
          coordinatorEpoch: 0,
          topics: [{ name: 'orders', partitionIndexes: [0] }],
        },
      ],
    },
    answer: { markers: [] },
    needs: [],
    oneOf: [
      ['ALTER', 'CLUSTER', CLUSTER],
      ['CLUSTER_ACTION', 'CLUSTER', CLUSTER],
    ],
  },
  {
    api: 'TxnOffsetCommit',
    version: 3,
    body: { transactionalId: 'tx', ...producer, ...member, topics: commitByName },
    needs: [
      ['WRITE', 'TRANSACTIONAL_ID', TXN],
      ['READ', 'GROUP', GROUP],
      ['READ', 'TOPIC', TOPIC],
    ],
  },
  {
    api: 'DescribeAcls',
    version: 3,
    body: {
      resourceTypeFilter: 1,
      resourceNameFilter: null,
      patternTypeFilter: 1,
      principalFilter: null,
      hostFilter: null,
      operation: 1,
      permissionType: 1,
    },
    answer: { errorMessage: null, resources: [] },
    needs: [['DESCRIBE', 'CLUSTER', CLUSTER]],
  },
  { api: 'DescribeConfigs', version: 4, body: config(2, 'orders'), needs: [['DESCRIBE_CONFIGS', 'TOPIC', TOPIC]] },
  { api: 'DescribeConfigs', version: 4, body: config(4, '1'), needs: [['DESCRIBE_CONFIGS', 'CLUSTER', CLUSTER]] },
  { api: 'DescribeConfigs', version: 4, body: config(8, '1'), needs: [['DESCRIBE_CONFIGS', 'CLUSTER', CLUSTER]] },
  { api: 'DescribeConfigs', version: 4, body: config(16, 'm'), needs: [['DESCRIBE_CONFIGS', 'CLUSTER', CLUSTER]] },
  { api: 'DescribeConfigs', version: 4, body: config(32, 'team'), needs: [['DESCRIBE_CONFIGS', 'GROUP', GROUP]] },
  {
    api: 'AlterReplicaLogDirs',
    version: 2,
    body: { dirs: [{ path: '/data', topics: [{ name: 'orders', partitions: [0] }] }] },
    needs: [['ALTER', 'CLUSTER', CLUSTER]],
  },
  { api: 'DescribeLogDirs', version: 4, since: 3, body: { topics: null }, needs: [['DESCRIBE', 'CLUSTER', CLUSTER]] },
  { api: 'DeleteGroups', version: 2, body: { groupsNames: ['team'] }, needs: [['DELETE', 'GROUP', GROUP]] },
  {
    api: 'OffsetDelete',
    version: 0,
    body: { groupId: 'team', topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }] }] },
    needs: [
      ['DELETE', 'GROUP', GROUP],
      ['READ', 'TOPIC', TOPIC],
    ],
  },
  {
    api: 'DescribeClientQuotas',
    version: 1,
    body: { components: [], strict: false },
    answer: { errorMessage: null, entries: [] },
    needs: [['DESCRIBE_CONFIGS', 'CLUSTER', CLUSTER]],
  },
  {
    api: 'DescribeUserScramCredentials',
    version: 0,
    body: { users: null },
    answer: { errorMessage: null },
    needs: [['DESCRIBE', 'CLUSTER', CLUSTER]],
  },
  {
    api: 'DescribeCluster',
    version: 1,
    body: { includeClusterAuthorizedOperations: false },
    answer: { errorMessage: null, clusterId: 'c', controllerId: 1, brokers: [] },
    needs: [],
  },
  {
    api: 'DescribeProducers',
    version: 0,
    body: { topics: [{ name: 'orders', partitionIndexes: [0] }] },
    needs: [['READ', 'TOPIC', TOPIC]],
  },
  {
    api: 'DescribeTransactions',
    version: 0,
    body: { transactionalIds: ['tx'] },
    answer: { transactionStates: [] },
    needs: [['DESCRIBE', 'TRANSACTIONAL_ID', TXN]],
  },
  {
    api: 'ListTransactions',
    version: 1,
    body: { stateFilters: [], producerIdFilters: [] },
    answer: { unknownStateFilters: [], transactionStates: [] },
    needs: [],
  },
  {
    api: 'ConsumerGroupHeartbeat',
    version: 0,
    body: { groupId: 'team', memberId: '', memberEpoch: 0, subscribedTopicNames: ['orders'], topicPartitions: null },
    answer: { memberEpoch: 0, heartbeatIntervalMs: 0 },
    needs: [
      ['READ', 'GROUP', GROUP],
      ['DESCRIBE', 'TOPIC', TOPIC],
    ],
  },
  {
    api: 'ConsumerGroupDescribe',
    version: 0,
    body: { groupIds: ['team'], includeAuthorizedOperations: false },
    needs: [['DESCRIBE', 'GROUP', GROUP]],
  },
  {
    api: 'ListConfigResources',
    version: 1,
    body: { resourceTypes: [] },
    answer: { configResources: [] },
    needs: [['DESCRIBE_CONFIGS', 'CLUSTER', CLUSTER]],
  },
  {
    api: 'DescribeTopicPartitions',
    version: 0,
    body: { topics: [{ name: 'orders' }], cursor: null },
    answer: { nextCursor: null },
    needs: [['DESCRIBE', 'TOPIC', TOPIC]],
  },
]

/** Rows without a check in front of the handler, and why. */
export const UNCHECKED: Readonly<Partial<Record<keyof typeof ApiKey, string>>> = {
  Fetch: 'its session knows the partitions: the handler asks (01-fetch.test.ts)',
  InitializeShareGroupState: 'for nodes only: clients are disconnected',
  ReadShareGroupState: 'likewise',
  WriteShareGroupState: 'likewise',
  DeleteShareGroupState: 'likewise',
  ReadShareGroupStateSummary: 'likewise',
  GetTelemetrySubscriptions: 'for every client that may connect',
  PushTelemetry: 'for every client that may connect',
}
