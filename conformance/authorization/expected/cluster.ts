/** Administration of the cluster: one operation on the cluster; and what is for every client that may connect. */
import type { Row } from './row.ts'

type ClusterRow = Pick<Row, 'key' | 'name' | 'version' | 'body' | 'read' | 'allowed'> &
  Partial<Pick<Row, 'apache' | 'what' | 'cases' | 'silent'>> & { readonly refused: string }

const on = (acl: string, iam: string, others: Row['cases'], rows: readonly ClusterRow[]): Row[] =>
  rows.map(({ refused, ...row }) => ({
    ...row,
    needs: [{ acl: `${acl} cluster`, iam: `${iam} cluster`, refused }],
    cases: [...(others ?? []).map(([kind, given]) => [kind, given, refused] as const), ...(row.cases ?? [])],
  }))
const anyAcl = {
  resourceTypeFilter: 2,
  resourceNameFilter: 'nowhere',
  patternTypeFilter: 3,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}
const newAcl = {
  resourceType: 2,
  resourceName: 'nowhere',
  resourcePatternType: 3,
  principal: 'User:nobody',
  host: '*',
  operation: 3,
  permissionType: 3,
}
const open: Pick<Row, 'needs'> = { needs: [] }

export const rows: readonly Row[] = [
  ...on(
    'DESCRIBE',
    'DescribeCluster',
    [
      ['acl', '+DESCRIBE_CONFIGS cluster, +ALTER_CONFIGS cluster, +CREATE cluster, +ALL topic *, +ALL group *', ''],
      ['iam', '+AlterCluster cluster, +*ClusterDynamicConfiguration cluster, +* topic *', ''],
    ],
    [
      { key: 29, name: 'DescribeAcls', version: 3, body: anyAcl, read: 'errorCode', allowed: '0', refused: '31' },
      {
        key: 35,
        name: 'DescribeLogDirs',
        version: 4,
        body: { topics: [] },
        read: 'errorCode',
        allowed: '0',
        refused: '31',
      },
      {
        key: 46,
        name: 'ListPartitionReassignments',
        version: 0,
        body: { timeoutMs: 10_000, topics: null },
        read: 'errorCode',
        allowed: '0',
        refused: '31',
      },
      {
        key: 50,
        name: 'DescribeUserScramCredentials',
        version: 0,
        body: { users: [{ name: 'nobody' }] },
        read: { '': 'errorCode', user: 'results[user].errorCode' },
        allowed: '0 user:nobody=91',
        refused: '31 user:=31',
      },
      {
        key: 55,
        name: 'DescribeQuorum',
        version: 2,
        body: { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] },
        read: 'errorCode',
        allowed: '0',
        refused: '31',
        cases: [
          ['acl', '+ALTER cluster', '0'],
          ['acl', '+ALTER cluster, -DESCRIBE cluster', '31'],
          ['acl', '+ALL cluster, -ALTER cluster', '0'],
        ],
      },
    ],
  ),
  ...on(
    'ALTER',
    'AlterCluster',
    [
      ['acl', '+DESCRIBE cluster, +ALTER_CONFIGS cluster, +CLUSTER_ACTION cluster, +ALL topic *', ''],
      ['iam', '+DescribeCluster cluster, +AlterClusterDynamicConfiguration cluster, +AlterTopic topic *', ''],
    ],
    [
      {
        key: 30,
        name: 'CreateAcls',
        version: 3,
        body: { creations: [newAcl, newAcl] },
        read: 'results[#].errorCode',
        allowed: '0=0 1=0',
        refused: '0=31 1=31',
      },
      {
        key: 31,
        name: 'DeleteAcls',
        version: 3,
        body: { filters: [{ ...anyAcl, resourceNameFilter: 'nothing' }] },
        read: 'filterResults[#].errorCode',
        allowed: '0=0',
        refused: '0=31',
      },
      {
        key: 34,
        name: 'AlterReplicaLogDirs',
        version: 2,
        body: { dirs: [{ path: '/nowhere', topics: [{ name: 'orders', partitions: [0] }] }] },
        read: 'results[topicName].partitions[partitionIndex].errorCode',
        allowed: 'orders/0=57',
        refused: 'orders/0=31',
      },
      {
        key: 43,
        name: 'ElectLeaders',
        version: 2,
        body: { electionType: 0, topicPartitions: [{ topic: 'orders', partitions: [0] }], timeoutMs: 10_000 },
        read: { '': 'errorCode', partition: 'replicaElectionResults[topic].partitionResult[partitionId].errorCode' },
        allowed: '0 partition:orders/0=84',
        refused: '31 partition:orders/0=31',
      },
      {
        key: 45,
        name: 'AlterPartitionReassignments',
        version: 0,
        body: { timeoutMs: 10_000, topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, replicas: null }] }] },
        read: { '': 'errorCode', partition: 'responses[name].partitions[partitionIndex].errorCode' },
        allowed: '0 partition:orders/0=85',
        refused: '31 partition:orders/0=31',
      },
      {
        key: 51,
        name: 'AlterUserScramCredentials',
        version: 0,
        body: { deletions: [{ name: 'nobody', mechanism: 2 }], upsertions: [] },
        read: 'results[user].errorCode',
        allowed: 'nobody=91',
        refused: 'nobody=31',
      },
      {
        key: 57,
        name: 'UpdateFeatures',
        version: 1,
        body: {
          timeoutMs: 10_000,
          featureUpdates: [{ feature: 'nothing.version', maxVersionLevel: 1, upgradeType: 1 }],
          validateOnly: true,
        },
        read: 'errorCode',
        allowed: '95',
        refused: '31',
      },
      {
        key: 64,
        name: 'UnregisterBroker',
        version: 0,
        body: { brokerId: 77 },
        read: 'errorCode',
        allowed: '102',
        refused: '31',
      },
    ],
  ),
  ...on(
    'DESCRIBE_CONFIGS',
    'DescribeClusterDynamicConfiguration',
    [
      ['acl', '+DESCRIBE cluster, +ALTER cluster', ''],
      ['iam', '+DescribeCluster cluster, +AlterCluster cluster', ''],
    ],
    [
      {
        key: 48,
        name: 'DescribeClientQuotas',
        version: 1,
        body: { components: [], strict: false },
        read: 'errorCode',
        allowed: '0',
        refused: '31',
      },
    ],
  ),
  ...on(
    'ALTER_CONFIGS',
    'AlterClusterDynamicConfiguration',
    [
      ['acl', '+DESCRIBE_CONFIGS cluster, +ALTER cluster', ''],
      ['iam', '+DescribeClusterDynamicConfiguration cluster, +AlterCluster cluster', ''],
    ],
    [
      {
        key: 49,
        name: 'AlterClientQuotas',
        version: 1,
        body: {
          entries: [
            {
              entity: [{ entityType: 'user', entityName: 'nobody' }],
              ops: [{ key: 'producer_byte_rate', value: 1e9, remove: false }],
            },
          ],
          validateOnly: true,
        },
        read: 'entries[#].errorCode',
        allowed: '0=0',
        refused: '0=31',
      },
    ],
  ),
  {
    key: 17,
    name: 'SaslHandshake',
    version: 1,
    what: 'after the login',
    body: { mechanism: 'SCRAM-SHA-512' },
    read: 'errorCode',
    ...open,
    allowed: '34',
  },
  {
    key: 36,
    name: 'SaslAuthenticate',
    version: 2,
    what: 'after the login',
    body: { authBytes: '@nothing' },
    read: 'errorCode',
    ...open,
    allowed: '34',
  },
  {
    key: 18,
    name: 'ApiVersions',
    version: 3,
    body: { clientSoftwareName: 'table', clientSoftwareVersion: '1' },
    read: 'errorCode',
    ...open,
    allowed: '0',
  },
  {
    key: 71,
    name: 'GetTelemetrySubscriptions',
    version: 0,
    body: { clientInstanceId: 'AAAAAAAAAAAAAAAAAAAAAA' },
    read: 'errorCode',
    ...open,
    allowed: '0',
    apache: { skipped: 'it needs a telemetry receiver' },
  },
  {
    key: 72,
    name: 'PushTelemetry',
    version: 0,
    body: {
      clientInstanceId: 'AAAAAAAAAAAAAAAAAAAAAQ',
      subscriptionId: 1,
      terminating: false,
      compressionType: 0,
      metrics: '@nothing',
    },
    read: 'errorCode',
    ...open,
    allowed: '*',
    apache: { skipped: 'it needs a telemetry receiver' },
  },
]
