import { ErrorCode } from '@millrace/protocol/errors'
import { describeClusterRequest, describeClusterResponse } from '@millrace/protocol/messages/60-describe-cluster'
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from '@millrace/protocol/messages/75-describe-topic-partitions'
import { describe, expect, it } from 'vitest'
import { describeClusterHandler } from './60-describe-cluster.ts'
import { describeTopicPartitionsHandler } from './75-describe-topic-partitions.ts'
import {
  CLUSTER_ID,
  OTHER_TOPIC_ID,
  TOPIC_ID,
  ask,
  broker,
  createHandlerFixture,
  endpoint,
  imageOf,
  partitionState,
  topic,
} from './handler-fixture.ts'

describe('DescribeCluster', () => {
  const image = imageOf([broker(1, { endpoints: [endpoint('CLIENT', '*', 9092)] }), broker(2, { fenced: true })], [])
  const describeCluster = (version: number, more: object = {}) => {
    const handler = describeClusterHandler(createHandlerFixture(image).runtime)
    const body = { includeClusterAuthorizedOperations: false, ...more }
    return ask(handler, describeClusterRequest, describeClusterResponse, version, body, {
      connection: { localAddress: '10.9.9.9' },
    }).response
  }

  it.each([0, 1, 2])('tells of the live brokers in version %d', (version) => {
    expect(describeCluster(version)).toMatchObject({
      errorCode: 0,
      clusterId: CLUSTER_ID,
      controllerId: 1,
      brokers: [{ brokerId: 1, host: '10.9.9.9', port: 9092, rack: 'zone-1', isFenced: false }],
      clusterAuthorizedOperations: -2_147_483_648,
    })
  })

  it('includes fenced brokers when asked', () => {
    expect(
      describeCluster(2, { includeFencedBrokers: true })?.brokers.map(({ brokerId, isFenced }) => [brokerId, isFenced]),
    ).toEqual([
      [1, false],
      [2, true],
    ])
  })

  it('refuses to describe controllers, and endpoint types that do not exist', () => {
    expect(describeCluster(1, { endpointType: 2 })?.errorCode).toBe(ErrorCode.MISMATCHED_ENDPOINT_TYPE)
    expect(describeCluster(1, { endpointType: 3 })?.errorCode).toBe(ErrorCode.UNSUPPORTED_ENDPOINT_TYPE)
  })
})

describe('DescribeTopicPartitions', () => {
  const partitions = (count: number) => Array.from({ length: count }, () => partitionState())
  const image = imageOf(
    [broker(1), broker(2), broker(3)],
    [
      topic('b', TOPIC_ID, partitions(3)),
      topic('a', OTHER_TOPIC_ID, partitions(2)),
      topic('c', CLUSTER_ID, partitions(1)),
    ],
  )
  const describeTopics = (
    names: string[],
    responsePartitionLimit = 2000,
    cursor: { topicName: string; partitionIndex: number } | null = null,
  ) => {
    const handler = describeTopicPartitionsHandler(createHandlerFixture(image).runtime)
    const body = { topics: names.map((name) => ({ name })), responsePartitionLimit, cursor }
    const response = ask(handler, describeTopicPartitionsRequest, describeTopicPartitionsResponse, 0, body).response
    return {
      ...response,
      shown: response?.topics.map(({ name, partitions: shown }) => [
        name,
        shown.map(({ partitionIndex }) => partitionIndex),
      ]),
    }
  }

  it('lists all topics by name when none is named', () => {
    const { shown, nextCursor } = describeTopics([])
    expect(shown).toEqual([
      ['a', [0, 1]],
      ['b', [0, 1, 2]],
      ['c', [0]],
    ])
    expect(nextCursor).toBeNull()
  })

  it('gives pages that together hold every partition once', () => {
    const first = describeTopics([], 3)
    expect(first.shown).toEqual([
      ['a', [0, 1]],
      ['b', [0]],
    ])
    expect(first.nextCursor).toEqual({ topicName: 'b', partitionIndex: 1 })
    const second = describeTopics([], 2, first.nextCursor)
    expect(second.shown).toEqual([['b', [1, 2]]])
    expect(second.nextCursor).toEqual({ topicName: 'c', partitionIndex: 0 })
    expect(describeTopics([], 2, second.nextCursor)).toMatchObject({ shown: [['c', [0]]], nextCursor: null })
  })

  it('goes on with the next topic when the one at the cursor is gone', () => {
    expect(describeTopics(['a', 'b', 'bb', 'c'], 10, { topicName: 'bb', partitionIndex: 4 }).shown).toEqual([
      ['c', [0]],
    ])
  })

  it('answers unknown and illegal names in their places', () => {
    const { topics } = describeTopics(['nowhere', 'a', 'bad name'])
    expect(topics?.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['a', 0],
      ['bad name', 17],
      ['nowhere', 3],
    ])
  })

  it('lists no eligible leader replicas rather than null, on which Java fails', () => {
    expect(describeTopics(['c']).topics?.[0]?.partitions[0]).toMatchObject({
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
      leaderId: 1,
      leaderEpoch: 4,
    })
  })
})
