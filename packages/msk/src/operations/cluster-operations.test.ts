import { afterEach, beforeEach, expect, test } from 'vitest'
import { ControlPlane } from '../testing/control-plane.ts'

let plane: ControlPlane

beforeEach(async () => {
  plane = await ControlPlane.open()
  await plane.start()
})

afterEach(() => plane.close())

test('operations are listed newest first, in pages, and described by both APIs', async () => {
  const cluster = await plane.activeCluster()
  const arns: string[] = []
  for (const broker of ['1', '2', '3']) {
    const { ClusterOperationArn = '' } = await plane.call('RebootBroker', {
      ClusterArn: cluster.arn,
      BrokerIds: [broker],
    })
    arns.push(ClusterOperationArn)
    await plane.idle()
  }
  const first = await plane.call('ListClusterOperations', { ClusterArn: cluster.arn, MaxResults: 2 })
  expect(first.ClusterOperationInfoList?.map(({ OperationArn }) => OperationArn)).toEqual([arns[2], arns[1]])
  const second = await plane.call('ListClusterOperations', {
    ClusterArn: cluster.arn,
    MaxResults: 2,
    NextToken: first.NextToken,
  })
  expect(second.ClusterOperationInfoList?.map(({ OperationArn }) => OperationArn)).toEqual([arns[0]])
  const summaries = await plane.call('ListClusterOperationsV2', { ClusterArn: cluster.arn })
  expect(summaries.ClusterOperationInfoList?.[0]).toMatchObject({
    ClusterType: 'PROVISIONED',
    OperationType: 'REBOOT_NODE',
    StartTime: expect.any(Date),
  })
  expect(summaries.ClusterOperationInfoList?.[0]).not.toHaveProperty('Provisioned')

  const ClusterOperationArn = arns[0] ?? ''
  const { ClusterOperationInfo: flat } = await plane.call('DescribeClusterOperation', { ClusterOperationArn })
  expect(flat).toMatchObject({
    ClusterArn: cluster.arn,
    OperationType: 'REBOOT_NODE',
    OperationState: 'REBOOT_COMPLETE',
    CreationTime: expect.any(Date),
    EndTime: expect.any(Date),
    OperationSteps: [{ StepName: 'REBOOT_BROKER_1', StepInfo: { StepStatus: 'COMPLETED' } }],
  })
  const { ClusterOperationInfo: nested } = await plane.call('DescribeClusterOperationV2', { ClusterOperationArn })
  expect(nested).toMatchObject({
    ClusterType: 'PROVISIONED',
    StartTime: flat?.CreationTime,
    Provisioned: { OperationSteps: flat?.OperationSteps },
  })
})

test('an operation that failed carries its error', async () => {
  const cluster = await plane.activeCluster()
  plane.engine.fail = (call) => (call === 'restart 1' ? new Error('broker 1 does not start') : null)
  const { ClusterOperationArn = '' } = await plane.call('RebootBroker', { ClusterArn: cluster.arn, BrokerIds: ['1'] })
  await plane.idle()
  const { ClusterOperationInfo } = await plane.call('DescribeClusterOperation', { ClusterOperationArn })
  expect(ClusterOperationInfo).toMatchObject({
    OperationState: 'REBOOT_FAILED',
    ErrorInfo: { ErrorString: 'broker 1 does not start' },
  })
})

test('unknown operations are not found, bad ARNs are refused', async () => {
  for (const name of ['DescribeClusterOperation', 'DescribeClusterOperationV2'] as const) {
    expect(await plane.refusal(name, { ClusterOperationArn: 'x' })).toMatchObject({
      name: 'BadRequestException',
      invalidParameter: 'clusterOperationArn',
    })
    expect(
      await plane.refusal(name, {
        ClusterOperationArn: 'arn:aws:kafka:us-east-1:000000000000:cluster-operation/orders/u-2/o',
      }),
    ).toMatchObject({ name: 'NotFoundException' })
  }
})

test.each([[[]], [['0']], [['4']], [['one']], [['1', '-1']]])('brokers %j cannot be rebooted', async (BrokerIds) => {
  const cluster = await plane.activeCluster()
  expect(await plane.refusal('RebootBroker', { ClusterArn: cluster.arn, BrokerIds })).toMatchObject({
    name: 'BadRequestException',
    invalidParameter: 'brokerIds',
  })
})

test('versions are listed, and compatible ones lead forward only', async () => {
  const { KafkaVersions = [] } = await plane.call('ListKafkaVersions', {})
  expect(KafkaVersions).toContainEqual({ Version: '3.9.x', Status: 'ACTIVE' })
  const cluster = await plane.activeCluster()
  const { CompatibleKafkaVersions } = await plane.call('GetCompatibleKafkaVersions', { ClusterArn: cluster.arn })
  expect(CompatibleKafkaVersions).toEqual([{ SourceVersion: '3.9.x', TargetVersions: ['3.9.x.kraft'] }])
  const matrix = await plane.call('GetCompatibleKafkaVersions', {})
  expect(matrix.CompatibleKafkaVersions).toContainEqual({
    SourceVersion: '3.9.x.kraft',
    TargetVersions: ['4.0.x.kraft', '4.1.x.kraft'],
  })
  expect(matrix.CompatibleKafkaVersions).toContainEqual({ SourceVersion: '3.7.x', TargetVersions: ['3.8.x', '3.9.x'] })
  expect(await plane.refusal('GetCompatibleKafkaVersions', { ClusterArn: 'x' })).toMatchObject({
    invalidParameter: 'clusterArn',
  })
})

test('tags of clusters and configurations are added, replaced, listed and removed', async () => {
  const cluster = await plane.activeCluster()
  const { Arn = '' } = await plane.call('CreateConfiguration', { Name: 'tuned', ServerProperties: Buffer.from('') })
  for (const ResourceArn of [cluster.arn, Arn]) {
    await plane.call('TagResource', { ResourceArn, Tags: { env: 'dev', team: 'a' } })
    await plane.call('TagResource', { ResourceArn, Tags: { env: 'prod' } })
    await plane.call('UntagResource', { ResourceArn, TagKeys: ['team', 'absent'] })
    expect(await plane.call('ListTagsForResource', { ResourceArn })).toEqual({ Tags: { env: 'prod' } })
    expect(await plane.refusal('TagResource', { ResourceArn, Tags: { 'aws:x': '1' } })).toMatchObject({
      invalidParameter: 'tags',
    })
  }
  expect(await plane.refusal('ListTagsForResource', { ResourceArn: 'x' })).toMatchObject({
    invalidParameter: 'resourceArn',
  })
  expect(
    await plane.refusal('TagResource', { ResourceArn: cluster.arn.replace('orders', 'other'), Tags: {} }),
  ).toMatchObject({
    name: 'NotFoundException',
  })
})
