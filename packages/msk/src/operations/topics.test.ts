import { KafkaError } from '@millrace/client/kafka-error'
import { ErrorCode } from '@millrace/protocol/errors'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Cluster } from '../store/records.ts'
import { ControlPlane, provisioned } from '../testing/control-plane.ts'

let plane: ControlPlane
let cluster: Cluster

beforeEach(async () => {
  plane = await ControlPlane.open()
  await plane.start()
  cluster = await plane.activeCluster()
})

afterEach(() => plane.close())

const base64 = (text: string): string => Buffer.from(text).toString('base64')

function create(
  TopicName: string,
  change: { PartitionCount?: number; ReplicationFactor?: number; Configs?: string } = {},
): Promise<unknown> {
  return plane.call('CreateTopic', {
    ClusterArn: cluster.arn,
    TopicName,
    PartitionCount: 3,
    ReplicationFactor: 3,
    ...change,
  })
}

test('a topic is created, described, changed and deleted', async () => {
  const ClusterArn = cluster.arn
  const TopicName = 'rides'
  const TopicArn = `${cluster.arn.replace(':cluster/', ':topic/')}/rides`
  expect(await create('rides', { Configs: base64('retention.ms=3600000\ncleanup.policy=compact\n') })).toEqual({
    TopicArn,
    TopicName,
    Status: 'CREATING',
  })
  expect(await plane.call('DescribeTopic', { ClusterArn, TopicName })).toEqual({
    TopicArn,
    TopicName,
    PartitionCount: 3,
    ReplicationFactor: 3,
    Configs: base64('cleanup.policy=compact\nretention.ms=3600000\n'),
    Status: 'ACTIVE',
  })
  expect(await plane.call('UpdateTopic', { ClusterArn, TopicName, PartitionCount: 5 })).toEqual({
    TopicArn,
    TopicName,
    Status: 'UPDATING',
  })
  await plane.call('UpdateTopic', { ClusterArn, TopicName, Configs: base64('retention.ms=1') })
  const page = await plane.call('DescribeTopicPartitions', { ClusterArn, TopicName, MaxResults: 4 })
  expect(page.Partitions?.[0]).toEqual({ Partition: 0, Leader: 1, Replicas: [1, 2, 3], Isr: [1, 2, 3] })
  const rest = await plane.call('DescribeTopicPartitions', {
    ClusterArn,
    TopicName,
    MaxResults: 4,
    NextToken: page.NextToken,
  })
  expect(rest.Partitions?.map(({ Partition }) => Partition)).toEqual([4])
  expect(await plane.call('DeleteTopic', { ClusterArn, TopicName })).toEqual({
    TopicArn,
    TopicName,
    Status: 'DELETING',
  })
  expect((await plane.call('ListTopics', { ClusterArn })).Topics).toEqual([])
})

test('topics are listed by prefix and in pages, and every connection is closed', async () => {
  for (const name of ['b', 'pay-2', 'pay-1']) await create(name)
  const { Topics = [] } = await plane.call('ListTopics', { ClusterArn: cluster.arn, TopicNameFilter: 'pay' })
  expect(Topics.map(({ TopicName }) => TopicName)).toEqual(['pay-1', 'pay-2'])
  expect(Topics[0]).toMatchObject({ PartitionCount: 3, ReplicationFactor: 3, OutOfSyncReplicaCount: 0 })
  const page = await plane.call('ListTopics', { ClusterArn: cluster.arn, MaxResults: 2 })
  const rest = await plane.call('ListTopics', { ClusterArn: cluster.arn, MaxResults: 2, NextToken: page.NextToken })
  expect(rest.Topics?.map(({ TopicName }) => TopicName)).toEqual(['pay-2'])
  expect(plane.topics.closes).toBe(6)
})

test("a broker's refusals are told in the Topics API's words", async () => {
  await create('rides')
  const ClusterArn = cluster.arn
  const input = { ClusterArn, TopicName: 'rides', PartitionCount: 1, ReplicationFactor: 1 }
  expect(await plane.refusal('CreateTopic', input)).toMatchObject({ name: 'TopicExistsException' })
  expect(await plane.refusal('CreateTopic', { ...input, TopicName: 'x', ReplicationFactor: 4 })).toMatchObject({
    name: 'KafkaRequestException',
  })
  expect(await plane.refusal('UpdateTopic', { ClusterArn, TopicName: 'rides', PartitionCount: 3 })).toMatchObject({
    name: 'KafkaRequestException',
  })
  expect(await plane.refusal('DeleteTopic', { ClusterArn, TopicName: 'none' })).toMatchObject({
    name: 'UnknownTopicOrPartitionException',
  })
  expect(await plane.refusal('DescribeTopic', { ClusterArn, TopicName: 'none' })).toMatchObject({
    name: 'NotFoundException',
  })
  expect(await plane.refusal('DescribeTopicPartitions', { ClusterArn, TopicName: 'none' })).toMatchObject({
    name: 'NotFoundException',
  })
  plane.topics.broken = new KafkaError(ErrorCode.NETWORK_EXCEPTION)
  expect(await plane.refusal('DeleteTopic', { ClusterArn, TopicName: 'rides' })).toMatchObject({
    name: 'ClusterConnectivityException',
  })
  expect(await plane.refusal('ListTopics', { ClusterArn })).toMatchObject({ name: 'ServiceUnavailableException' })
  plane.topics.broken = new KafkaError(ErrorCode.REQUEST_TIMED_OUT)
  expect(await plane.refusal('CreateTopic', input)).toMatchObject({ name: 'KafkaTimeoutException' })
})

test('bad names, bad configs, and both kinds of change at once are refused', async () => {
  const ClusterArn = cluster.arn
  for (const TopicName of ['', '..', 'a b', 'x'.repeat(250)]) {
    expect(await plane.refusal('DeleteTopic', { ClusterArn, TopicName })).toMatchObject({
      invalidParameter: 'topicName',
    })
  }
  expect(
    await plane.refusal('CreateTopic', {
      ClusterArn,
      TopicName: 'a',
      PartitionCount: 1,
      ReplicationFactor: 1,
      Configs: 'retention.ms=1',
    }),
  ).toMatchObject({ name: 'BadRequestException', invalidParameter: 'configs' })
  expect(await plane.refusal('UpdateTopic', { ClusterArn, TopicName: 'a' })).toMatchObject({
    invalidParameter: 'configs',
  })
  expect(
    await plane.refusal('UpdateTopic', { ClusterArn, TopicName: 'a', PartitionCount: 2, Configs: base64('a=b') }),
  ).toMatchObject({
    invalidParameter: 'configs',
  })
})

test('topics of a cluster that is not ACTIVE cannot be worked with', async () => {
  plane.engine.gate = () => new Promise(() => {})
  const { ClusterArn = '' } = await plane.call('CreateClusterV2', { ClusterName: 'slow', Provisioned: provisioned() })
  const refusal = await plane.refusal('ListTopics', { ClusterArn })
  expect(refusal).toMatchObject({ name: 'BadRequestException', invalidParameter: 'clusterArn' })
  expect(refusal.message).toContain('CREATING')
  plane.engine.gate = () => Promise.resolve()
  await plane.crashAndStart()
})
