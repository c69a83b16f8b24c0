/** The managed service on the embedded engine: real processes, real Kafka, one control plane after the other. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CallContext } from '@millrace/aws/call-context'
import type { Input, OperationName, Output } from '@millrace/aws/operation-types'
import { silentLogger } from '@millrace/base/logger'
import { AdminClient } from '@millrace/client/admin'
import { EmbeddedEngine } from '@millrace/engine/embedded/embedded-engine'
import { readPartitions } from '@millrace/engine/embedded/read-partitions'
import { createNodeHost } from '@millrace/host/node-host'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMskService, type MskService } from './msk-service.ts'
import { callContext, provisioned } from './testing/control-plane.ts'
import { openKafkaTopics } from './topics/kafka-topics.ts'

const tsx = createRequire(import.meta.url).resolve('tsx')
const entry = (role: string): string =>
  fileURLToPath(import.meta.resolve(`@millrace/engine/embedded/process/${role}-main`))

let dataDir: string
let msk: MskService

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'msk-'))
  await open()
})

afterAll(async () => {
  await msk.stop({ keepBrokers: false })
  rmSync(dataDir, { recursive: true, force: true })
})

async function open(): Promise<void> {
  const host = createNodeHost()
  const engine = new EmbeddedEngine({
    root: dataDir,
    listenHost: '127.0.0.1',
    ephemeral: false,
    nodeScripts: { broker: entry('broker'), controller: entry('controller'), execArgv: ['--conditions', 'millrace-source', '--import', tsx] },
    logger: silentLogger,
    readPartitions,
  })
  msk = await createMskService({ dataDir, engine, logger: silentLogger, openTopics: openKafkaTopics(engine, host) })
  await msk.start()
}

async function call<Name extends OperationName<'kafka'>>(name: Name, input: Input<'kafka', Name>): Promise<Output<'kafka', Name>> {
  const operation = msk.service.operations.get(name)
  if (operation === undefined) throw new Error(`${name} has no code`)
  return (await operation(input as Readonly<Record<string, unknown>>, callContext satisfies CallContext)) as Output<'kafka', Name>
}

async function pids(): Promise<Map<number, number | null>> {
  const [cluster] = await msk.overview()
  return new Map(cluster?.nodes.map(({ nodeId, pid }) => [nodeId, pid]))
}

async function withAdmin<T>(bootstrap: string, work: (admin: AdminClient) => Promise<T>): Promise<T> {
  const admin = new AdminClient({ host: createNodeHost(), bootstrap, timeoutMs: 15_000 })
  try {
    return await work(admin)
  } finally {
    admin.close()
  }
}

test('a cluster is created, used, configured, rebooted, healed, adopted and deleted', { timeout: 120_000 }, async () => {
  const { ClusterArn = '' } = await call('CreateClusterV2', { ClusterName: 'orders', Provisioned: provisioned() })
  await msk.idle()
  const created = await call('DescribeClusterV2', { ClusterArn })
  expect(created.ClusterInfo?.State).toBe('ACTIVE')
  const { BootstrapBrokerString = '' } = await call('GetBootstrapBrokers', { ClusterArn })
  expect(BootstrapBrokerString.split(',')).toHaveLength(3)

  await call('CreateTopic', { ClusterArn, TopicName: 'rides', PartitionCount: 3, ReplicationFactor: 3, Configs: Buffer.from('retention.ms=3600000').toString('base64') })
  const described = await call('DescribeTopic', { ClusterArn, TopicName: 'rides' })
  expect(described).toMatchObject({ PartitionCount: 3, ReplicationFactor: 3, Configs: Buffer.from('retention.ms=3600000\n').toString('base64') })
  const { brokers } = await withAdmin(BootstrapBrokerString, (admin) => admin.describeCluster())
  expect(brokers.map(({ id, rack }) => [id, rack])).toEqual([
    [1, 'use1-az1'],
    [2, 'use1-az2'],
    [3, 'use1-az4'],
  ])

  const { Arn = '' } = await call('CreateConfiguration', { Name: 'tuned', ServerProperties: Buffer.from('num.partitions=7') })
  const first = await pids()
  await call('UpdateClusterConfiguration', {
    ClusterArn,
    CurrentVersion: created.ClusterInfo?.CurrentVersion ?? '',
    ConfigurationInfo: { Arn, Revision: 1 },
  })
  await msk.idle()
  const { ClusterOperationInfoList = [] } = await call('ListClusterOperations', { ClusterArn })
  expect(ClusterOperationInfoList[0]).toMatchObject({ OperationState: 'UPDATE_COMPLETE' })
  const second = await pids()
  for (const [node, pid] of second) expect(pid).not.toBe(first.get(node))
  const [config] = await withAdmin(BootstrapBrokerString, (admin) => admin.describeConfigs([{ type: 'broker', name: '2', keys: ['num.partitions'] }]))
  expect(config?.entries[0]).toMatchObject({ name: 'num.partitions', value: '7' })

  await call('RebootBroker', { ClusterArn, BrokerIds: ['2'] })
  await msk.idle()
  const third = await pids()
  expect(third.get(2)).not.toBe(second.get(2))
  expect(third.get(1)).toBe(second.get(1))

  process.kill(third.get(3) ?? -1, 'SIGKILL')
  await expect.poll(async () => (await call('DescribeClusterV2', { ClusterArn })).ClusterInfo?.State).toBe('HEALING')
  await expect.poll(async () => (await call('DescribeClusterV2', { ClusterArn })).ClusterInfo?.State, { timeout: 20_000 }).toBe('ACTIVE')
  await expect
    .poll(async () => (await call('ListTopics', { ClusterArn })).Topics?.[0]?.OutOfSyncReplicaCount, { timeout: 20_000 })
    .toBe(0)

  const fourth = await pids()
  await msk.stop({ keepBrokers: true })
  await open()
  await msk.idle()
  expect(await pids()).toEqual(fourth)
  expect((await call('DescribeClusterV2', { ClusterArn })).ClusterInfo?.State).toBe('ACTIVE')
  expect(await call('GetBootstrapBrokers', { ClusterArn })).toEqual({ BootstrapBrokerString })

  await msk.stop({ keepBrokers: false })
  await open()
  await msk.idle()
  expect((await call('DescribeClusterV2', { ClusterArn })).ClusterInfo?.State).toBe('ACTIVE')
  expect((await call('DescribeTopic', { ClusterArn, TopicName: 'rides' })).PartitionCount).toBe(3)

  await call('DeleteCluster', { ClusterArn })
  await msk.idle()
  expect(await msk.overview()).toEqual([])
})

test('a second control plane on the same data directory is refused and told who the first is', async () => {
  const engine = new EmbeddedEngine({
    root: dataDir,
    listenHost: '127.0.0.1',
    ephemeral: false,
    nodeScripts: { broker: '', controller: '', execArgv: [] },
    logger: silentLogger,
    readPartitions,
  })
  await expect(
    createMskService({ dataDir, engine, logger: silentLogger, openTopics: openKafkaTopics(engine, createNodeHost()) }),
  ).rejects.toThrow(`${dataDir} is in use by process ${process.pid}`)
})
