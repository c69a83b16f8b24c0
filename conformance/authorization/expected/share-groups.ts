/** Share groups (KIP-932): READ on the group and READ on its topics. */
import type { Need, Row } from './row.ts'

const mayRead = (refused: string): Need => ({ acl: 'READ group team', iam: 'AlterGroup group team', refused })
const shared = (topicId: string): object => ({
  topicId,
  partitions: [{ partitionIndex: 0, acknowledgementBatches: [] }],
})
const SHARED = 'responses[topicId].partitions[partitionIndex].errorCode'
const sharer = { groupId: 'team', memberId: 'AAAAAAAAAAAAAAAAAAAAAQ' }
const openSession = {
  ...sharer,
  shareSessionEpoch: 0,
  maxWaitMs: 0,
  minBytes: 0,
  maxBytes: 1,
  maxRecords: 1,
  batchSize: 1,
  topics: [shared('#orders'), shared('#invoices')],
  forgottenTopicsData: [],
}
const acknowledge = { ...sharer, shareSessionEpoch: 1, topics: [shared('#orders'), shared('#invoices')] }

export const rows: readonly Row[] = [
  {
    key: 76,
    name: 'ShareGroupHeartbeat',
    version: 1,
    body: {
      groupId: 'team',
      memberId: 'AAAAAAAAAAAAAAAAAAAAAQ',
      memberEpoch: 0,
      subscribedTopicNames: ['orders', 'invoices'],
    },
    read: 'errorCode',
    needs: [
      mayRead('30'),
      { acl: 'DESCRIBE topic orders', iam: 'DescribeTopic topic orders', refused: '29' },
      { acl: 'DESCRIBE topic invoices', iam: 'DescribeTopic topic invoices', refused: '29' },
    ],
    allowed: '0',
  },
  {
    key: 77,
    name: 'ShareGroupDescribe',
    version: 1,
    body: { groupIds: ['team', 'crew'], includeAuthorizedOperations: false },
    read: 'groups[groupId].errorCode',
    needs: [
      { acl: 'DESCRIBE group team', iam: 'DescribeGroup group team', refused: 'team=30 crew=69' },
      { acl: 'DESCRIBE group crew', iam: 'DescribeGroup group crew', refused: 'team=69 crew=30' },
    ],
    allowed: 'team=69 crew=69',
    silent: 'team=30 crew=30',
  },
  {
    key: 77,
    name: 'ShareGroupDescribe',
    version: 1,
    what: 'whose members read topics: all of them must be described',
    body: { groupIds: ['team'], includeAuthorizedOperations: false },
    before: ['share-group team', 'sharer team'],
    read: {
      '': 'groups[groupId].errorCode',
      topic: 'groups[groupId].members[#].assignment.topicPartitions[topicName].topicName',
    },
    needs: [
      { acl: 'DESCRIBE group team', iam: 'DescribeGroup group team', refused: 'team=30' },
      { acl: 'DESCRIBE topic orders', iam: 'DescribeTopic topic orders', refused: 'team=29' },
    ],
    allowed: 'team=0 topic:team/0/orders=orders',
  },
  {
    key: 78,
    name: 'ShareFetch',
    version: 1,
    body: openSession,
    read: { '': 'errorCode', partition: SHARED },
    needs: [mayRead('30')],
    allowed: '0 partition:orders/0=29 partition:invoices/0=29',
    cases: [
      ['acl', '+READ group team, +READ topic *', '*'],
      ['acl', '+READ group team, +READ topic orders', 'partition:invoices/0=29 *'],
      ['acl', '+READ group team, +DESCRIBE topic *', '0 partition:orders/0=29 partition:invoices/0=29'],
      ['acl', '+DESCRIBE group team, +READ topic *', '30'],
      ['iam', '+AlterGroup group team, +ReadData topic *', '*'],
      ['iam', '+AlterGroup group team, +*Topic topic *', '0 partition:orders/0=29 partition:invoices/0=29'],
    ],
  },
  {
    key: 79,
    name: 'ShareAcknowledge',
    version: 1,
    what: 'outside a share session (122)',
    body: acknowledge,
    read: { '': 'errorCode', partition: SHARED },
    needs: [mayRead('30')],
    allowed: '122',
    cases: [['acl', '+READ group team, +READ topic orders', '122']],
  },
  {
    key: 79,
    name: 'ShareAcknowledge',
    version: 1,
    what: 'in a share session',
    first: { key: 78, version: 1, body: openSession },
    body: acknowledge,
    read: { '': 'errorCode', partition: SHARED },
    needs: [
      mayRead('30'),
      {
        acl: 'READ topic orders',
        iam: 'ReadData topic orders',
        refused: '0 partition:orders/0=29 *',
      },
      {
        acl: 'READ topic invoices',
        iam: 'ReadData topic invoices',
        refused: '0 partition:invoices/0=29 *',
      },
    ],
    allowed: '0 *',
  },
  {
    key: 90,
    name: 'DescribeShareGroupOffsets',
    version: 0,
    body: {
      groups: [
        {
          groupId: 'team',
          topics: [
            { topicName: 'orders', partitions: [0] },
            { topicName: 'invoices', partitions: [0] },
          ],
        },
      ],
    },
    before: ['share-group team'],
    read: {
      '': 'groups[groupId].errorCode',
      topic: 'groups[groupId].topics[topicName].partitions[partitionIndex].errorCode',
    },
    needs: [
      { acl: 'DESCRIBE group team', iam: 'DescribeGroup group team', refused: 'team=30' },
      {
        acl: 'DESCRIBE topic orders',
        iam: 'DescribeTopic topic orders',
        refused: 'team=0 topic:team/orders/0=29 topic:team/invoices/0=0',
      },
      {
        acl: 'DESCRIBE topic invoices',
        iam: 'DescribeTopic topic invoices',
        refused: 'team=0 topic:team/orders/0=0 topic:team/invoices/0=29',
      },
    ],
    allowed: 'team=0 topic:team/orders/0=0 topic:team/invoices/0=0',
  },
  {
    key: 91,
    name: 'AlterShareGroupOffsets',
    version: 0,
    body: {
      groupId: 'team',
      topics: ['orders', 'invoices'].map((topicName) => ({
        topicName,
        partitions: [{ partitionIndex: 0, startOffset: 0 }],
      })),
    },
    before: ['share-group team'],
    read: { '': 'errorCode', topic: 'responses[topicName].partitions[partitionIndex].errorCode' },
    needs: [
      mayRead('30'),
      { acl: 'READ topic orders', iam: 'ReadData topic orders', refused: '0 topic:orders/0=29 *' },
      { acl: 'READ topic invoices', iam: 'ReadData topic invoices', refused: '0 topic:invoices/0=29 *' },
    ],
    allowed: '0 *',
    apache: { note: 'it tells of a topic only when that failed' },
  },
  {
    key: 92,
    name: 'DeleteShareGroupOffsets',
    version: 0,
    body: { groupId: 'team', topics: [{ topicName: 'orders' }, { topicName: 'invoices' }] },
    before: ['share-group team'],
    read: { '': 'errorCode', topic: 'responses[topicName].errorCode' },
    needs: [
      { acl: 'DELETE group team', iam: 'DeleteGroup group team', refused: '30' },
      { acl: 'READ topic orders', iam: 'ReadData topic orders', refused: '0 topic:orders=29 topic:invoices=0' },
      { acl: 'READ topic invoices', iam: 'ReadData topic invoices', refused: '0 topic:orders=0 topic:invoices=29' },
    ],
    allowed: '0 topic:orders=0 topic:invoices=0',
  },
]
