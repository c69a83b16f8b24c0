/** The cases of share groups (KIP-932), see guard-cases-fixture.ts. */
import { TOPIC_ID } from '../handlers/handler-fixture.ts'
import { GROUP, TOPIC, type Case } from './guard-cases-fixture.ts'

const shareAnswer = { acquisitionLockTimeoutMs: 0, nodeEndpoints: [], responses: [] }

export const SHARE_CASES: readonly Case[] = [
  {
    api: 'ShareGroupHeartbeat',
    version: 1,
    body: { groupId: 'team', memberId: '', memberEpoch: 0, subscribedTopicNames: ['orders'] },
    answer: { memberEpoch: 0, heartbeatIntervalMs: 0 },
    needs: [
      ['READ', 'GROUP', GROUP],
      ['DESCRIBE', 'TOPIC', TOPIC],
    ],
  },
  {
    api: 'ShareGroupDescribe',
    version: 1,
    body: { groupIds: ['team'], includeAuthorizedOperations: false },
    needs: [['DESCRIBE', 'GROUP', GROUP]],
  },
  {
    api: 'ShareFetch',
    version: 1,
    body: {
      groupId: 'team',
      memberId: 'm',
      shareSessionEpoch: 0,
      maxWaitMs: 0,
      minBytes: 0,
      maxRecords: 1,
      batchSize: 1,
      topics: [{ topicId: TOPIC_ID, partitions: [{ partitionIndex: 0, acknowledgementBatches: [] }] }],
      forgottenTopicsData: [],
    },
    answer: shareAnswer,
    needs: [
      ['READ', 'GROUP', GROUP],
      ['READ', 'TOPIC', TOPIC],
    ],
  },
  {
    api: 'ShareAcknowledge',
    version: 1,
    body: {
      groupId: 'team',
      memberId: 'm',
      shareSessionEpoch: 1,
      topics: [{ topicId: TOPIC_ID, partitions: [{ partitionIndex: 0, acknowledgementBatches: [] }] }],
    },
    answer: shareAnswer,
    needs: [
      ['READ', 'GROUP', GROUP],
      ['READ', 'TOPIC', TOPIC],
    ],
  },
  {
    api: 'DescribeShareGroupOffsets',
    version: 0,
    body: { groups: [{ groupId: 'team', topics: [{ topicName: 'orders', partitions: [0] }] }] },
    answer: { groups: [{ groupId: 'team', topics: [], errorCode: 0, errorMessage: null }] },
    needs: [
      ['DESCRIBE', 'GROUP', GROUP],
      ['DESCRIBE', 'TOPIC', TOPIC],
    ],
  },
  {
    api: 'AlterShareGroupOffsets',
    version: 0,
    body: {
      groupId: 'team',
      topics: [{ topicName: 'orders', partitions: [{ partitionIndex: 0, startOffset: 0 }] }],
    },
    needs: [
      ['READ', 'GROUP', GROUP],
      ['READ', 'TOPIC', TOPIC],
    ],
  },
  {
    api: 'DeleteShareGroupOffsets',
    version: 0,
    body: { groupId: 'team', topics: [{ topicName: 'orders' }] },
    needs: [
      ['DELETE', 'GROUP', GROUP],
      ['READ', 'TOPIC', TOPIC],
    ],
  },
]
