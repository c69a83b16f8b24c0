/** APIs of transactions: WRITE or DESCRIBE on the transactional id, and what the transaction is about. */
import type { Need, Row } from './row.ts'

const producer = { producerId: 999_999, producerEpoch: 0 }
const mayWrite = (refused: string): Need => ({
  acl: 'WRITE transactional-id tx',
  iam: 'AlterTransactionalId transactional-id tx',
  refused,
})
const committed = (name: string): object => ({
  name,
  partitions: [{ partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: '' }],
})

export const rows: readonly Row[] = [
  {
    key: 22,
    name: 'InitProducerId',
    version: 4,
    what: 'of a transactional producer',
    body: { transactionalId: 'tx', transactionTimeoutMs: 10_000 },
    read: 'errorCode',
    needs: [mayWrite('53')],
    allowed: '0',
    cases: [
      ['acl', '+DESCRIBE transactional-id tx, +WRITE topic *, +IDEMPOTENT_WRITE cluster', '53'],
      ['acl', '+WRITE transactional-id prefix:t', '0'],
      ['iam', '+DescribeTransactionalId transactional-id *, +WriteDataIdempotently cluster, +WriteData topic *', '53'],
    ],
  },
  {
    key: 22,
    name: 'InitProducerId',
    version: 4,
    what: 'of an idempotent producer (KIP-679)',
    body: { transactionalId: null, transactionTimeoutMs: 10_000 },
    read: 'errorCode',
    needs: [
      {
        acl: 'IDEMPOTENT_WRITE cluster | WRITE topic orders',
        iam: 'WriteDataIdempotently cluster | WriteData topic orders',
        refused: '31',
      },
    ],
    allowed: '0',
    cases: [
      ['acl', '+WRITE topic anything', '0'],
      ['acl', '+WRITE topic prefix:x', '0'],
      ['acl', '+WRITE topic orders, -WRITE topic *', '31'],
      ['acl', '+WRITE topic prefix:ord, -WRITE topic prefix:o', '31'],
      ['acl', '+WRITE topic prefix:ord, -WRITE topic orders', '0'],
      ['acl', '+READ topic *, +WRITE transactional-id *, +ALTER cluster', '31'],
      ['iam', '+WriteData topic anything', '0'],
      ['iam', '+ReadData topic *, +AlterTransactionalId transactional-id *, +AlterCluster cluster', '31'],
    ],
  },
  {
    key: 24,
    name: 'AddPartitionsToTxn',
    version: 3,
    what: 'all or none: beside a refused topic the others are not attempted (55)',
    body: {
      v3AndBelowTransactionalId: 'tx',
      v3AndBelowProducerId: 999_999,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: ['orders', 'invoices'].map((name) => ({ name, partitions: [0] })),
    },
    read: 'resultsByTopicV3AndBelow[name].resultsByPartition[partitionIndex].partitionErrorCode',
    needs: [
      mayWrite('orders/0=53 invoices/0=53'),
      { acl: 'WRITE topic orders', iam: 'WriteData topic orders', refused: 'orders/0=29 invoices/0=55' },
      { acl: 'WRITE topic invoices', iam: 'WriteData topic invoices', refused: 'orders/0=55 invoices/0=29' },
    ],
    allowed: 'orders/0=49 invoices/0=49',
    cases: [['acl', '+WRITE transactional-id tx, +READ topic *', 'orders/0=29 invoices/0=29']],
  },
  {
    key: 24,
    name: 'AddPartitionsToTxn',
    version: 4,
    what: 'of brokers (KIP-890)',
    body: {
      transactions: [
        { transactionalId: 'tx', ...producer, verifyOnly: true, topics: [{ name: 'orders', partitions: [0] }] },
      ],
    },
    read: 'errorCode',
    needs: [{ acl: 'CLUSTER_ACTION cluster', iam: 'never', refused: '31' }],
    allowed: '0',
    cases: [['acl', '+WRITE transactional-id tx, +WRITE topic orders, +ALTER cluster', '31']],
  },
  {
    key: 25,
    name: 'AddOffsetsToTxn',
    version: 3,
    body: { transactionalId: 'tx', ...producer, groupId: 'team' },
    read: 'errorCode',
    needs: [mayWrite('53'), { acl: 'READ group team', iam: 'AlterGroup group team', refused: '30' }],
    allowed: '49',
    cases: [['acl', '+WRITE transactional-id tx, +DESCRIBE group team', '30']],
  },
  {
    key: 26,
    name: 'EndTxn',
    version: 3,
    body: { transactionalId: 'tx', ...producer, committed: true },
    read: 'errorCode',
    needs: [mayWrite('53')],
    allowed: '49',
    cases: [['acl', '+DESCRIBE transactional-id tx', '53']],
  },
  {
    key: 27,
    name: 'WriteTxnMarkers',
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
    read: 'markers[producerId].topics[name].partitions[partitionIndex].errorCode',
    needs: [
      { acl: 'ALTER cluster | CLUSTER_ACTION cluster', iam: 'AlterCluster cluster', refused: '999999/orders/0=31' },
    ],
    allowed: '999999/orders/0=0',
    cases: [
      ['acl', '+WRITE topic *, +WRITE transactional-id *, +DESCRIBE cluster', '999999/orders/0=31'],
      ['acl', '+CLUSTER_ACTION cluster, -ALTER cluster', '999999/orders/0=0'],
    ],
  },
  {
    key: 28,
    name: 'TxnOffsetCommit',
    version: 3,
    body: {
      transactionalId: 'tx',
      groupId: 'team',
      ...producer,
      generationId: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [committed('orders'), committed('invoices')],
    },
    read: 'topics[name].partitions[partitionIndex].errorCode',
    needs: [
      mayWrite('orders/0=53 invoices/0=53'),
      { acl: 'READ group team', iam: 'AlterGroup group team', refused: 'orders/0=30 invoices/0=30' },
      { acl: 'READ topic orders', iam: 'ReadData topic orders', refused: 'orders/0=29 invoices/0=49' },
      { acl: 'READ topic invoices', iam: 'ReadData topic invoices', refused: 'orders/0=49 invoices/0=29' },
    ],
    allowed: 'orders/0=49 invoices/0=49',
  },
  {
    key: 65,
    name: 'DescribeTransactions',
    version: 0,
    body: { transactionalIds: ['tx', 'ty'] },
    read: 'transactionStates[transactionalId].errorCode',
    needs: [
      {
        acl: 'DESCRIBE transactional-id tx',
        iam: 'DescribeTransactionalId transactional-id tx',
        refused: 'tx=53 ty=105',
      },
      {
        acl: 'DESCRIBE transactional-id ty',
        iam: 'DescribeTransactionalId transactional-id ty',
        refused: 'tx=105 ty=53',
      },
    ],
    allowed: 'tx=105 ty=105',
    silent: 'tx=53 ty=53',
    cases: [['acl', '+WRITE transactional-id tx', 'tx=105 ty=53']],
  },
  {
    key: 65,
    name: 'DescribeTransactions',
    version: 0,
    what: 'one that exists',
    body: { transactionalIds: ['tx'] },
    before: ['transaction tx'],
    read: 'transactionStates[transactionalId].errorCode',
    needs: [
      { acl: 'DESCRIBE transactional-id tx', iam: 'DescribeTransactionalId transactional-id tx', refused: 'tx=53' },
    ],
    allowed: 'tx=0',
  },
  {
    key: 66,
    name: 'ListTransactions',
    version: 1,
    what: 'a list',
    body: { stateFilters: [], producerIdFilters: [], durationFilter: -1 },
    before: ['transaction tx', 'transaction ty'],
    read: { '': 'errorCode', state: 'transactionStates[transactionalId].transactionState' },
    needs: [],
    allowed: '0',
    cases: [
      ['acl', '+DESCRIBE transactional-id tx', '0 state:tx=Empty'],
      ['acl', '+WRITE transactional-id *', '0 state:tx=Empty state:ty=Empty'],
      ['acl', '+WRITE transactional-id *, -DESCRIBE transactional-id prefix:tx', '0 state:ty=Empty'],
      ['acl', '+DESCRIBE cluster', '0'],
      ['iam', '+DescribeTransactionalId transactional-id tx', '0 state:tx=Empty'],
      ['iam', '+AlterTransactionalId transactional-id *, +DescribeCluster cluster', '0'],
    ],
  },
]
