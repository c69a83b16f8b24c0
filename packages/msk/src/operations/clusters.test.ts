import { afterEach, beforeEach, expect, test } from 'vitest'
import { ControlPlane, provisioned } from '../testing/control-plane.ts'

let plane: ControlPlane

beforeEach(async () => {
  plane = await ControlPlane.open()
  await plane.start()
})

afterEach(() => plane.close())

const unknownArn = 'arn:aws:kafka:us-east-1:000000000000:cluster/none/5f1d3a52-7d3e-4a4b-9c53-2f1f5a0b6c11-2'

test('Describe shows the cluster flat in the first API and nested in the second', async () => {
  const cluster = await plane.activeCluster('orders', { ClientAuthentication: { Unauthenticated: { Enabled: true } } })
  const { ClusterInfo: first } = await plane.call('DescribeCluster', { ClusterArn: cluster.arn })
  expect(first).toMatchObject({
    ClusterArn: cluster.arn,
    State: 'ACTIVE',
    CurrentVersion: expect.stringMatching(/^K[0-9A-Z]{8,13}$/),
    NumberOfBrokerNodes: 3,
    CurrentBrokerSoftwareInfo: { KafkaVersion: '3.9.x' },
    EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS_PLAINTEXT', InCluster: true } },
    BrokerNodeGroupInfo: { BrokerAZDistribution: 'DEFAULT', ZoneIds: ['use1-az1', 'use1-az2', 'use1-az4'] },
    EnhancedMonitoring: 'DEFAULT',
    StorageMode: 'LOCAL',
    CustomerActionStatus: 'NONE',
  })
  expect(first?.CreationTime).toBeInstanceOf(Date)
  expect(first).not.toHaveProperty('StateInfo')
  expect(first).not.toHaveProperty('ZookeeperConnectString')
  const { ClusterInfo: second } = await plane.call('DescribeClusterV2', { ClusterArn: cluster.arn })
  expect(second).toMatchObject({ ClusterType: 'PROVISIONED', Provisioned: { NumberOfBrokerNodes: 3 }, State: 'ACTIVE' })
  expect(second).not.toHaveProperty('NumberOfBrokerNodes')
})

for (const name of [
  'DescribeCluster',
  'DescribeClusterV2',
  'DeleteCluster',
  'GetBootstrapBrokers',
  'ListNodes',
  'ListClusterOperations',
  'ListClusterOperationsV2',
] as const) {
  test(`${name} refuses what is no ARN, and does not find what is not there or somebody else's`, async () => {
    for (const ClusterArn of [
      'orders',
      'arn:aws:kafka:us-east-1:000000000000:cluster/orders',
      'arn:aws:s3:::bucket',
      unknownArn.replace('cluster/', 'topic/'),
    ]) {
      expect(await plane.refusal(name, { ClusterArn })).toMatchObject({
        name: 'BadRequestException',
        invalidParameter: 'clusterArn',
      })
    }
    expect(await plane.refusal(name, { ClusterArn: unknownArn })).toMatchObject({ name: 'NotFoundException' })
    const { arn } = await plane.activeCluster()
    expect(await plane.refusal(name, { ClusterArn: arn }, { accountId: '111111111111' })).toMatchObject({
      name: 'NotFoundException',
    })
    expect(await plane.refusal(name, { ClusterArn: arn }, { region: 'eu-west-1' })).toMatchObject({
      name: 'NotFoundException',
    })
  })
}

test('lists filter by prefix and type, and page', async () => {
  for (const name of ['pay-1', 'pay-2', 'pay-3', 'web']) await plane.activeCluster(name)
  const first = await plane.call('ListClustersV2', { ClusterNameFilter: 'pay', MaxResults: 2 })
  expect(first.ClusterInfoList?.map(({ ClusterName }) => ClusterName)).toEqual(['pay-1', 'pay-2'])
  const second = await plane.call('ListClustersV2', {
    ClusterNameFilter: 'pay',
    MaxResults: 2,
    NextToken: first.NextToken,
  })
  expect(second.ClusterInfoList?.map(({ ClusterName }) => ClusterName)).toEqual(['pay-3'])
  expect(second).not.toHaveProperty('NextToken')
  expect((await plane.call('ListClusters', {})).ClusterInfoList).toHaveLength(4)
  expect((await plane.call('ListClustersV2', { ClusterTypeFilter: 'PROVISIONED' })).ClusterInfoList).toHaveLength(4)
  expect((await plane.call('ListClustersV2', { ClusterTypeFilter: 'SERVERLESS' })).ClusterInfoList).toEqual([])
  expect((await plane.call('ListClusters', {}, { region: 'eu-west-1' })).ClusterInfoList).toEqual([])
  expect(await plane.refusal('ListClustersV2', { ClusterTypeFilter: 'ALL' })).toMatchObject({
    invalidParameter: 'clusterTypeFilter',
  })
  expect(await plane.refusal('ListClusters', { MaxResults: 0 })).toMatchObject({ invalidParameter: 'maxResults' })
  expect(await plane.refusal('ListClusters', { NextToken: first.NextToken })).toMatchObject({
    invalidParameter: 'nextToken',
  })
})

test('DeleteCluster wants the current version if one is given, and a cluster that can go', async () => {
  const cluster = await plane.activeCluster()
  expect(await plane.refusal('DeleteCluster', { ClusterArn: cluster.arn, CurrentVersion: 'K0' })).toMatchObject({
    name: 'BadRequestException',
    invalidParameter: 'currentVersion',
  })
  const answer = await plane.call('DeleteCluster', { ClusterArn: cluster.arn, CurrentVersion: cluster.currentVersion })
  expect(answer).toEqual({ ClusterArn: cluster.arn, State: 'DELETING' })
  expect(await plane.refusal('DeleteCluster', { ClusterArn: cluster.arn })).toMatchObject({
    name: 'BadRequestException',
  })
  await plane.idle()
  expect(await plane.refusal('DescribeCluster', { ClusterArn: cluster.arn })).toMatchObject({
    name: 'NotFoundException',
  })
})

test('bootstrap brokers have the host by which the API was reached, one per zone first, three at most', async () => {
  const cluster = await plane.activeCluster('orders', {
    NumberOfBrokerNodes: 4,
    BrokerNodeGroupInfo: { ...provisioned().BrokerNodeGroupInfo, ClientSubnets: ['subnet-a', 'subnet-b'] },
  })
  const answer = await plane.call('GetBootstrapBrokers', { ClusterArn: cluster.arn }, { apiHost: 'kafka.local' })
  expect(answer).toEqual({
    BootstrapBrokerString: 'kafka.local:9092,kafka.local:20020,kafka.local:20030',
    BootstrapBrokerStringTls: 'kafka.local:9094,kafka.local:20021,kafka.local:20031',
  })
  expect(plane.engine.calls).toContain('reached by kafka.local')
  const six = await plane.call('GetBootstrapBrokers', { ClusterArn: cluster.arn }, { apiHost: '::1' })
  expect(six.BootstrapBrokerString).toMatch(/^\[::1\]:9092,/)
})

test('bootstrap brokers are refused while CREATING and when FAILED', async () => {
  plane.engine.gate = () => new Promise(() => {})
  const { ClusterArn = '' } = await plane.call('CreateClusterV2', { ClusterName: 'slow', Provisioned: provisioned() })
  expect(await plane.refusal('GetBootstrapBrokers', { ClusterArn })).toMatchObject({
    name: 'BadRequestException',
    message: "You can't get bootstrap broker nodes for a cluster in CREATING state.",
  })
  plane.engine.gate = () => Promise.resolve()
  plane.engine.fail = (call) => (call === 'apply broken' ? new Error('no') : null)
  const broken = await plane.call('CreateClusterV2', { ClusterName: 'broken', Provisioned: provisioned() })
  await expect.poll(async () => (await plane.cluster(broken.ClusterArn ?? '')).state).toBe('FAILED')
  expect((await plane.refusal('GetBootstrapBrokers', { ClusterArn: broken.ClusterArn ?? '' })).message).toContain(
    'FAILED state',
  )
  await plane.crashAndStart()
})

test('ListNodes shows brokers with subnet and host, and the controller', async () => {
  const cluster = await plane.activeCluster()
  const { NodeInfoList = [] } = await plane.call('ListNodes', { ClusterArn: cluster.arn }, { apiHost: 'localhost' })
  expect(NodeInfoList).toHaveLength(4)
  expect(NodeInfoList[1]).toMatchObject({
    NodeType: 'BROKER',
    InstanceType: 'm5.large',
    NodeARN: `${cluster.arn.replace(':cluster/', ':broker/')}/2`,
    BrokerNodeInfo: {
      BrokerId: 2,
      ClientSubnet: 'subnet-b',
      Endpoints: ['localhost'],
      AttachedENIId: expect.stringMatching(/^eni-[0-9a-f]{17}$/),
    },
  })
  expect(NodeInfoList[3]).toEqual({
    AddedToClusterTime: cluster.createdAt,
    ControllerNodeInfo: { Endpoints: ['localhost'] },
  })
  const page = await plane.call('ListNodes', { ClusterArn: cluster.arn, MaxResults: 3 })
  expect(
    (await plane.call('ListNodes', { ClusterArn: cluster.arn, MaxResults: 3, NextToken: page.NextToken })).NodeInfoList,
  ).toHaveLength(1)
})
