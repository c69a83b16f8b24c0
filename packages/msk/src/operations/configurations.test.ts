import { afterEach, beforeEach, expect, test } from 'vitest'
import { ControlPlane } from '../testing/control-plane.ts'

let plane: ControlPlane

beforeEach(async () => {
  plane = await ControlPlane.open()
  await plane.start()
})

afterEach(() => plane.close())

const text = (properties: string): Uint8Array => Buffer.from(properties)
const unknownArn = 'arn:aws:kafka:us-east-1:000000000000:configuration/none/5f1d3a52-7d3e-4a4b-9c53-2f1f5a0b6c11-2'

async function create(name = 'tuned', change: { KafkaVersions?: string[] } = {}): Promise<string> {
  const { Arn = '' } = await plane.call('CreateConfiguration', {
    Name: name,
    ServerProperties: text('num.partitions=3'),
    ...change,
  })
  return Arn
}

test('a configuration is ACTIVE at once with revision 1, and every update adds a revision', async () => {
  const created = await plane.call('CreateConfiguration', {
    Name: 'tuned',
    Description: 'first',
    ServerProperties: text('# ours\nnum.partitions=3\n'),
  })
  expect(created).toMatchObject({
    Name: 'tuned',
    State: 'ACTIVE',
    LatestRevision: { Revision: 1, Description: 'first' },
  })
  expect(created.Arn).toMatch(/:configuration\/tuned\/[0-9a-f-]{36}-\d{1,2}$/)
  const Arn = created.Arn ?? ''
  const updated = await plane.call('UpdateConfiguration', {
    Arn,
    Description: 'second',
    ServerProperties: text('num.partitions=4'),
  })
  expect(updated.LatestRevision).toMatchObject({ Revision: 2, Description: 'second' })
  const described = await plane.call('DescribeConfiguration', { Arn })
  expect(described).toMatchObject({ Description: 'first', KafkaVersions: [], LatestRevision: { Revision: 2 } })
  const first = await plane.call('DescribeConfigurationRevision', { Arn, Revision: 1 })
  expect(Buffer.from(first.ServerProperties ?? []).toString()).toBe('# ours\nnum.partitions=3\n')
  const { Revisions = [] } = await plane.call('ListConfigurationRevisions', { Arn })
  expect(Revisions.map(({ Revision }) => Revision)).toEqual([1, 2])
  const { Configurations = [] } = await plane.call('ListConfigurations', {})
  expect(Configurations).toEqual([described])
})

test('bad names, descriptions, versions and properties are refused', async () => {
  const ServerProperties = text('num.partitions=3')
  expect(await plane.refusal('CreateConfiguration', { Name: 'a_b', ServerProperties })).toMatchObject({
    invalidParameter: 'name',
  })
  expect(
    await plane.refusal('CreateConfiguration', { Name: 'a', Description: 'x'.repeat(1025), ServerProperties }),
  ).toMatchObject({
    invalidParameter: 'description',
  })
  expect(
    await plane.refusal('CreateConfiguration', { Name: 'a', KafkaVersions: ['9'], ServerProperties }),
  ).toMatchObject({
    invalidParameter: 'kafkaVersions',
  })
  expect(
    await plane.refusal('CreateConfiguration', { Name: 'a', ServerProperties: text('broker.id=1') }),
  ).toMatchObject({
    name: 'BadRequestException',
    invalidParameter: 'serverProperties',
  })
  await create('a')
  expect(await plane.refusal('CreateConfiguration', { Name: 'a', ServerProperties })).toMatchObject({
    name: 'ConflictException',
  })
})

test('an unknown configuration or revision is not found, a bad ARN is refused', async () => {
  const Arn = await create()
  const ServerProperties = text('')
  for (const name of ['DescribeConfiguration', 'DeleteConfiguration', 'ListConfigurationRevisions'] as const) {
    expect(await plane.refusal(name, { Arn: unknownArn })).toMatchObject({ name: 'NotFoundException' })
    expect(await plane.refusal(name, { Arn: 'x' })).toMatchObject({
      name: 'BadRequestException',
      invalidParameter: 'arn',
    })
  }
  expect(await plane.refusal('UpdateConfiguration', { Arn: unknownArn, ServerProperties })).toMatchObject({
    name: 'NotFoundException',
  })
  expect(await plane.refusal('DescribeConfigurationRevision', { Arn, Revision: 2 })).toMatchObject({
    name: 'NotFoundException',
    invalidParameter: 'revision',
  })
})

test('a configuration has fifty revisions at most', async () => {
  const Arn = await create()
  for (let revision = 2; revision <= 50; revision++)
    await plane.call('UpdateConfiguration', { Arn, ServerProperties: text('') })
  expect(await plane.refusal('UpdateConfiguration', { Arn, ServerProperties: text('') })).toMatchObject({
    name: 'BadRequestException',
  })
  const page = await plane.call('ListConfigurationRevisions', { Arn, MaxResults: 49 })
  const rest = await plane.call('ListConfigurationRevisions', { Arn, MaxResults: 49, NextToken: page.NextToken })
  expect(rest.Revisions?.map(({ Revision }) => Revision)).toEqual([50])
})

test('a configuration in use cannot be deleted', async () => {
  const Arn = await create()
  const cluster = await plane.activeCluster('orders', { ConfigurationInfo: { Arn, Revision: 1 } })
  expect(plane.engine.running.get(cluster.id)?.properties['num.partitions']).toBe('3')
  const refusal = await plane.refusal('DeleteConfiguration', { Arn })
  expect(refusal).toMatchObject({ name: 'BadRequestException', invalidParameter: 'arn' })
  expect(refusal.message).toContain('in use by orders')
  await plane.call('DeleteCluster', { ClusterArn: cluster.arn })
  await plane.idle()
  expect(await plane.call('DeleteConfiguration', { Arn })).toEqual({ Arn, State: 'DELETING' })
  expect(await plane.refusal('DescribeConfiguration', { Arn })).toMatchObject({ name: 'NotFoundException' })
})

test('a cluster is created only with a revision that exists and fits its version', async () => {
  const Arn = await create('new', { KafkaVersions: ['4.0.x.kraft'] })
  const refuse = (ConfigurationInfo: { Arn: string; Revision: number }, KafkaVersion: string) =>
    plane.activeCluster('orders', { ConfigurationInfo, KafkaVersion })
  await expect(refuse({ Arn, Revision: 1 }, '3.9.x')).rejects.toThrow('is for Kafka 4.0.x.kraft')
  await expect(refuse({ Arn, Revision: 2 }, '4.0.x.kraft')).rejects.toThrow('has no revision 2')
  await expect(refuse({ Arn: unknownArn, Revision: 1 }, '4.0.x.kraft')).rejects.toThrow('Invalid Configuration ARN')
  expect((await refuse({ Arn, Revision: 1 }, '4.0.x.kraft')).state).toBe('ACTIVE')
})

test('UpdateClusterConfiguration refuses a stale version, a revision that is not there, and a busy cluster', async () => {
  const Arn = await create()
  const cluster = await plane.activeCluster()
  const input = {
    ClusterArn: cluster.arn,
    ConfigurationInfo: { Arn, Revision: 1 },
    CurrentVersion: cluster.currentVersion,
  }
  expect(await plane.refusal('UpdateClusterConfiguration', { ...input, CurrentVersion: 'KOLD' })).toMatchObject({
    name: 'BadRequestException',
    invalidParameter: 'currentVersion',
  })
  expect(
    await plane.refusal('UpdateClusterConfiguration', { ...input, ConfigurationInfo: { Arn, Revision: 9 } }),
  ).toMatchObject({
    invalidParameter: 'configurationInfo.revision',
  })
  plane.engine.gate = () => new Promise(() => {})
  await plane.call('UpdateClusterConfiguration', input)
  const refusal = await plane.refusal('UpdateClusterConfiguration', input)
  expect(refusal).toMatchObject({ name: 'BadRequestException', invalidParameter: 'clusterArn' })
  expect(refusal.message).toContain('UPDATING')
  expect(await plane.refusal('RebootBroker', { ClusterArn: cluster.arn, BrokerIds: ['1'] })).toMatchObject({
    invalidParameter: 'clusterArn',
  })
  expect(await plane.refusal('DeleteCluster', { ClusterArn: cluster.arn })).toMatchObject({
    invalidParameter: 'clusterArn',
  })
  plane.engine.gate = () => Promise.resolve()
  await plane.crashAndStart()
})
