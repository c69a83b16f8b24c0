/** APIs that write and read records: WRITE or READ on each topic; what is refused is told by partition. */
import type { Row } from './row.ts'

const partition = { index: 0 }
const at0 = { partitionIndex: 0 }
const PRODUCED = 'responses[name].partitionResponses[index].errorCode'
const produce = (records: string): object[] => [
  { name: 'orders', topicId: '#orders', partitionData: [{ ...partition, records }] },
  { name: 'invoices', topicId: '#invoices', partitionData: [{ ...partition, records }] },
]
const fetched = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }
const fetch = { maxWaitMs: 0, minBytes: 0, maxBytes: 1, isolationLevel: 0, forgottenTopicsData: [], rackId: '' }

/** What an API over both topics answers when one operation on each is all it needs. */
const onTopics = (acl: string, iam: string, clusterAcl = ''): Pick<Row, 'needs' | 'allowed' | 'silent'> => ({
  needs: [
    { acl: `${acl} topic orders${clusterAcl}`, iam: `${iam} topic orders`, refused: 'orders/0=29 invoices/0=0' },
    { acl: `${acl} topic invoices${clusterAcl}`, iam: `${iam} topic invoices`, refused: 'orders/0=0 invoices/0=29' },
  ],
  allowed: 'orders/0=0 invoices/0=0',
  silent: 'orders/0=29 invoices/0=29',
})

export const rows: readonly Row[] = [
  {
    key: 0,
    name: 'Produce',
    version: 9,
    body: { acks: -1, timeoutMs: 10_000, topicData: produce('@batch') },
    read: PRODUCED,
    ...onTopics('WRITE', 'WriteData'),
    cases: [
      ['acl', '+WRITE topic *', 'orders/0=0 invoices/0=0'],
      ['acl', '+ALL topic orders', 'orders/0=0 invoices/0=29'],
      ['acl', '+WRITE topic prefix:ord', 'orders/0=0 invoices/0=29'],
      ['acl', '+WRITE topic prefix:orders-', 'orders/0=29 invoices/0=29'],
      ['acl', '+WRITE topic *, -WRITE topic prefix:inv', 'orders/0=0 invoices/0=29'],
      ['acl', '+WRITE topic *, -ALL topic orders', 'orders/0=29 invoices/0=0'],
      ['acl', '+WRITE topic *, -DESCRIBE topic orders', 'orders/0=0 invoices/0=0'],
      ['acl', '+READ topic *, +DESCRIBE topic *, +ALTER topic *, +CREATE topic *', 'orders/0=29 invoices/0=29'],
      ['acl', '+ALL cluster', 'orders/0=29 invoices/0=29'],
      ['acl', '+ALL group orders', 'orders/0=29 invoices/0=29'],
      ['iam', '+WriteData topic *', 'orders/0=0 invoices/0=0'],
      ['iam', '+WriteData topic ord*', 'orders/0=0 invoices/0=29'],
      ['iam', '+WriteData topic *, -WriteData topic inv*', 'orders/0=0 invoices/0=29'],
      ['iam', '+* topic *, -*Data topic orders', 'orders/0=29 invoices/0=0'],
      ['iam', '+*Topic topic *, +ReadData topic *', 'orders/0=29 invoices/0=29'],
      ['iam', '+* cluster', 'orders/0=29 invoices/0=29'],
      ['iam', '+WriteData group orders', 'orders/0=29 invoices/0=29'],
    ],
  },
  {
    key: 0,
    name: 'Produce',
    version: 13,
    what: 'by topic id',
    body: { acks: -1, timeoutMs: 10_000, topicData: produce('@batch') },
    read: 'responses[topicId].partitionResponses[index].errorCode',
    ...onTopics('WRITE', 'WriteData'),
  },
  {
    key: 0,
    name: 'Produce',
    version: 9,
    what: 'idempotent: no more than WRITE since Kafka 3.0',
    body: { acks: -1, timeoutMs: 10_000, topicData: produce('@idempotent') },
    read: PRODUCED,
    ...onTopics('WRITE', 'WriteData'),
  },
  {
    key: 0,
    name: 'Produce',
    version: 9,
    what: 'acks=0: a refusal closes the connection',
    body: { acks: 0, timeoutMs: 10_000, topicData: produce('@batch') },
    read: PRODUCED,
    needs: [
      { acl: 'WRITE topic orders', iam: 'WriteData topic orders', refused: 'closed' },
      { acl: 'WRITE topic invoices', iam: 'WriteData topic invoices', refused: 'closed' },
    ],
    allowed: 'none',
  },
  {
    key: 0,
    name: 'Produce',
    version: 11,
    what: 'transactional',
    body: { acks: -1, timeoutMs: 10_000, transactionalId: 'tx', topicData: produce('@transactional') },
    read: PRODUCED,
    needs: [
      {
        acl: 'WRITE transactional-id tx',
        iam: 'AlterTransactionalId transactional-id tx',
        refused: 'orders/0=53 invoices/0=53',
      },
      { acl: 'WRITE topic orders', iam: 'WriteData topic orders', refused: 'orders/0=29 invoices/0=49' },
      { acl: 'WRITE topic invoices', iam: 'WriteData topic invoices', refused: 'orders/0=49 invoices/0=29' },
    ],
    allowed: 'orders/0=49 invoices/0=49',
  },
  ...[
    { version: 11, read: 'responses[topic].partitions[partitionIndex].errorCode' },
    { version: 17, read: 'responses[topicId].partitions[partitionIndex].errorCode', what: 'by topic id' },
  ].map((each): Row => ({
    key: 1,
    name: 'Fetch',
    ...each,
    body: {
      ...fetch,
      topics: [
        { topic: 'orders', topicId: '#orders', partitions: [fetched] },
        { topic: 'invoices', topicId: '#invoices', partitions: [fetched] },
      ],
    },
    ...onTopics('READ', 'ReadData'),
    cases: [
      ['acl', '+READ topic prefix:o', 'orders/0=0 invoices/0=29'],
      ['acl', '+WRITE topic *, +DESCRIBE topic *', 'orders/0=29 invoices/0=29'],
      ['acl', '+CLUSTER_ACTION cluster', 'orders/0=29 invoices/0=29'],
      ['iam', '+ReadData topic ?rders', 'orders/0=0 invoices/0=29'],
      ['iam', '+WriteData topic *, +*Topic topic *', 'orders/0=29 invoices/0=29'],
    ],
  })),
  {
    key: 2,
    name: 'ListOffsets',
    version: 7,
    body: {
      replicaId: -1,
      isolationLevel: 0,
      topics: ['orders', 'invoices'].map((name) => ({ name, partitions: [{ ...at0, timestamp: -1 }] })),
    },
    read: 'topics[name].partitions[partitionIndex].errorCode',
    ...onTopics('DESCRIBE', 'DescribeTopic'),
    cases: [
      ['acl', '+READ topic orders, +WRITE topic invoices', 'orders/0=0 invoices/0=0'],
      ['acl', '+DELETE topic orders, +ALTER topic invoices', 'orders/0=0 invoices/0=0'],
      ['acl', '+CREATE topic orders, +ALTER_CONFIGS topic invoices', 'orders/0=29 invoices/0=29'],
      ['acl', '+READ topic orders, -DESCRIBE topic orders', 'orders/0=29 invoices/0=29'],
      ['acl', '+DESCRIBE topic orders, -READ topic orders', 'orders/0=0 invoices/0=29'],
      ['iam', '+ReadData topic orders, +WriteData topic invoices', 'orders/0=29 invoices/0=29'],
    ],
  },
  {
    key: 21,
    name: 'DeleteRecords',
    version: 2,
    body: {
      timeoutMs: 10_000,
      topics: ['orders', 'invoices'].map((name) => ({ name, partitions: [{ ...at0, offset: 0 }] })),
    },
    read: 'topics[name].partitions[partitionIndex].errorCode',
    ...onTopics('DELETE', 'DeleteTopic'),
  },
  {
    key: 23,
    name: 'OffsetForLeaderEpoch',
    version: 4,
    body: {
      replicaId: -1,
      topics: ['orders', 'invoices'].map((topic) => ({ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] })),
    },
    read: 'topics[topic].partitions[partition].errorCode',
    ...onTopics('DESCRIBE', 'DescribeTopic', ' | CLUSTER_ACTION cluster'),
  },
  {
    key: 61,
    name: 'DescribeProducers',
    version: 0,
    body: { topics: ['orders', 'invoices'].map((name) => ({ name, partitionIndexes: [0] })) },
    read: 'topics[name].partitions[partitionIndex].errorCode',
    ...onTopics('READ', 'ReadData'),
  },
]
