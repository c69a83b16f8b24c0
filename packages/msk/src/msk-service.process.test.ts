/** The managed service on the embedded engine: real processes, real Kafka, one control plane after the other. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AdminClient } from '@millrace/client/admin'
import { createNodeHost } from '@millrace/host/node-host'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { provisioned } from './testing/control-plane.ts'
import { RealControlPlane } from './testing/real-control-plane.ts'

let dataDir: string
let plane: RealControlPlane

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'msk-'))
  plane = await RealControlPlane.open(dataDir)
})

afterAll(async () => {
  await plane.msk.stop({ keepBrokers: false })
  rmSync(dataDir, { recursive: true, force: true })
})

async function withAdmin<T>(bootstrap: string, work: (admin: AdminClient) => Promise<T>): Promise<T> {
  const admin = new AdminClient({ host: createNodeHost(), bootstrap, timeoutMs: 15_000 })
  try {
    return await work(admin)
  } finally {
    admin.close()
  }
}

test(
  'a cluster is created, used, configured, rebooted, healed, adopted and deleted',
  { timeout: 120_000 },
  async () => {
    const { ClusterArn = '' } = await plane.call('CreateClusterV2', {
      ClusterName: 'orders',
      Provisioned: provisioned(),
    })
    await plane.msk.idle()
    const created = await plane.call('DescribeClusterV2', { ClusterArn })
    expect(created.ClusterInfo?.State).toBe('ACTIVE')
    const { BootstrapBrokerString = '' } = await plane.call('GetBootstrapBrokers', { ClusterArn })
    expect(BootstrapBrokerString.split(',')).toHaveLength(3)

    await plane.call('CreateTopic', {
      ClusterArn,
      TopicName: 'rides',
      PartitionCount: 3,
      ReplicationFactor: 3,
      Configs: Buffer.from('retention.ms=3600000').toString('base64'),
    })
    const described = await plane.call('DescribeTopic', { ClusterArn, TopicName: 'rides' })
    expect(described).toMatchObject({
      PartitionCount: 3,
      ReplicationFactor: 3,
      Configs: Buffer.from('retention.ms=3600000\n').toString('base64'),
    })
    const { brokers } = await withAdmin(BootstrapBrokerString, (admin) => admin.describeCluster())
    expect(brokers.map(({ id, rack }) => [id, rack])).toEqual([
      [1, 'use1-az1'],
      [2, 'use1-az2'],
      [3, 'use1-az4'],
    ])

    const { Arn = '' } = await plane.call('CreateConfiguration', {
      Name: 'tuned',
      ServerProperties: Buffer.from('num.partitions=7'),
    })
    const first = await plane.pids()
    await plane.call('UpdateClusterConfiguration', {
      ClusterArn,
      CurrentVersion: created.ClusterInfo?.CurrentVersion ?? '',
      ConfigurationInfo: { Arn, Revision: 1 },
    })
    await plane.msk.idle()
    const { ClusterOperationInfoList = [] } = await plane.call('ListClusterOperations', { ClusterArn })
    expect(ClusterOperationInfoList[0]).toMatchObject({ OperationState: 'UPDATE_COMPLETE' })
    const second = await plane.pids()
    for (const [node, pid] of second) expect(pid).not.toBe(first.get(node))
    const [config] = await withAdmin(BootstrapBrokerString, (admin) =>
      admin.describeConfigs([{ type: 'broker', name: '2', keys: ['num.partitions'] }]),
    )
    expect(config?.entries[0]).toMatchObject({ name: 'num.partitions', value: '7' })

    await plane.call('RebootBroker', { ClusterArn, BrokerIds: ['2'] })
    await plane.msk.idle()
    const third = await plane.pids()
    expect(third.get(2)).not.toBe(second.get(2))
    expect(third.get(1)).toBe(second.get(1))

    process.kill(third.get(3) ?? -1, 'SIGKILL')
    await expect
      .poll(async () => (await plane.call('DescribeClusterV2', { ClusterArn })).ClusterInfo?.State)
      .toBe('HEALING')
    await expect
      .poll(async () => (await plane.call('DescribeClusterV2', { ClusterArn })).ClusterInfo?.State, { timeout: 20_000 })
      .toBe('ACTIVE')
    await expect
      .poll(async () => (await plane.call('ListTopics', { ClusterArn })).Topics?.[0]?.OutOfSyncReplicaCount, {
        timeout: 20_000,
      })
      .toBe(0)

    const fourth = await plane.pids()
    await plane.msk.stop({ keepBrokers: true })
    plane = await RealControlPlane.open(dataDir)
    await plane.msk.idle()
    expect(await plane.pids()).toEqual(fourth)
    expect((await plane.call('DescribeClusterV2', { ClusterArn })).ClusterInfo?.State).toBe('ACTIVE')
    expect(await plane.call('GetBootstrapBrokers', { ClusterArn })).toMatchObject({ BootstrapBrokerString })

    await plane.msk.stop({ keepBrokers: false })
    plane = await RealControlPlane.open(dataDir)
    await plane.msk.idle()
    expect((await plane.call('DescribeClusterV2', { ClusterArn })).ClusterInfo?.State).toBe('ACTIVE')
    expect((await plane.call('DescribeTopic', { ClusterArn, TopicName: 'rides' })).PartitionCount).toBe(3)

    await plane.call('DeleteCluster', { ClusterArn })
    await plane.msk.idle()
    expect(await plane.msk.overview()).toEqual([])
  },
)

test(
  'a broker whose port is taken when it comes back is down with the port named, and heals when the port is free',
  {
    timeout: 180_000,
  },
  async () => {
    const { ClusterArn = '' } = await plane.call('CreateClusterV2', {
      ClusterName: 'ports',
      Provisioned: provisioned(),
    })
    await plane.msk.idle()
    const [cluster] = await plane.msk.overview()
    const port = cluster?.nodes.find(({ nodeId }) => nodeId === 2)?.ports.plaintext ?? -1
    await plane.msk.stop({ keepBrokers: false })
    const squatter = createServer()
    squatter.listen(port, '127.0.0.1')
    await once(squatter, 'listening')
    plane = await RealControlPlane.open(dataDir)
    await plane.msk.idle()
    const { ClusterInfo } = await plane.call('DescribeClusterV2', { ClusterArn })
    expect(ClusterInfo).toMatchObject({ State: 'HEALING', StateInfo: { Code: 'NodeDown' } })
    expect(ClusterInfo?.StateInfo?.Message).toContain(String(port))
    // What is wrong with one node is told at once; the others may still be on their way.
    const states = async (): Promise<unknown> =>
      (await plane.msk.overview())[0]?.nodes.map(({ nodeId, state }) => [nodeId, state])
    await expect.poll(states, { timeout: 60_000 }).toEqual([
      [1, 'running'],
      [2, 'starting'],
      [3, 'running'],
      [10001, 'running'],
    ])
    squatter.close()
    await expect.poll(() => plane.state(), { timeout: 60_000 }).toBe('ACTIVE')
    await plane.call('DeleteCluster', { ClusterArn })
    await plane.msk.idle()
  },
)

test('a second control plane on the same data directory is refused and told who the first is', async () => {
  await expect(RealControlPlane.open(dataDir)).rejects.toThrow(`${dataDir} is in use by process ${process.pid}`)
})
