import { afterEach, beforeEach, expect, test } from 'vitest'
import { callContext, ControlPlane, provisioned } from '../testing/control-plane.ts'

let plane: ControlPlane

beforeEach(async () => {
  plane = await ControlPlane.open()
  await plane.start()
})

afterEach(() => plane.close())

async function configuration(): Promise<{ Arn: string; Revision: number }> {
  const { Arn = '' } = await plane.call('CreateConfiguration', {
    Name: `tuned-${plane.clock().getTime()}`,
    ServerProperties: Buffer.from('num.partitions=7\nmin.insync.replicas=1'),
  })
  return { Arn, Revision: 1 }
}

/** Lets the n-th matching call hang for ever, as if the process died in it. */
function hang(call: string, nth = 1): { reached: Promise<void> } {
  let seen = 0
  let reach: () => void
  const reached = new Promise<void>((resolve) => (reach = resolve))
  plane.engine.gate = (name) => {
    if (name !== call || ++seen !== nth) return Promise.resolve()
    reach()
    return new Promise(() => {})
  }
  return { reached }
}

test('a new cluster is applied and becomes ACTIVE, with MSK defaults and one zone per subnet', async () => {
  const cluster = await plane.activeCluster()
  expect(cluster.state).toBe('ACTIVE')
  expect(cluster.observed).toEqual(cluster.desired)
  expect(plane.engine.calls).toEqual(['apply orders'])
  const spec = plane.engine.running.get(cluster.id)
  expect(spec?.brokers).toEqual([
    { nodeId: 1, zoneId: 'use1-az1' },
    { nodeId: 2, zoneId: 'use1-az2' },
    { nodeId: 3, zoneId: 'use1-az4' },
  ])
  expect(spec?.controllers).toEqual([{ nodeId: 10001 }])
  expect(spec?.properties).toMatchObject({ 'min.insync.replicas': '2', 'default.replication.factor': '3' })
})

test('a cluster that cannot be created is FAILED with the reason, and nothing of it stays', async () => {
  plane.engine.fail = (call) =>
    call.startsWith('apply') ? new Error('broker 1 does not start: port 9092 is taken') : null
  const cluster = await plane.activeCluster()
  expect(cluster).toMatchObject({ state: 'FAILED', stateMessage: 'broker 1 does not start: port 9092 is taken' })
  expect(plane.engine.calls).toEqual(['apply orders', 'destroy'])
})

test('a create that was under way in a crash is taken up again', async () => {
  const { reached } = hang('apply orders')
  const { ClusterArn = '' } = await plane.call('CreateClusterV2', { ClusterName: 'orders', Provisioned: provisioned() })
  await reached
  expect((await plane.cluster(ClusterArn)).state).toBe('CREATING')
  await plane.crashAndStart()
  await plane.idle()
  expect((await plane.cluster(ClusterArn)).state).toBe('ACTIVE')
  expect(plane.engine.calls).toEqual(['apply orders', 'apply orders'])
})

test('a dead broker makes the cluster HEALING until it runs again', async () => {
  const cluster = await plane.activeCluster()
  let release = (): void => {}
  const reached = new Promise<void>((resolve) => {
    plane.engine.gate = () => {
      resolve()
      return new Promise((go) => (release = go))
    }
  })
  plane.engine.kill(cluster.id, 2)
  await reached
  expect(await plane.cluster(cluster.arn)).toMatchObject({
    state: 'HEALING',
    stateMessage: 'broker 2 was ended by SIGKILL',
  })
  release()
  await plane.idle()
  expect(await plane.cluster(cluster.arn)).toMatchObject({ state: 'ACTIVE', stateCode: null, stateMessage: null })
})

test('what cannot be healed stays HEALING with the reason, and heals when the node comes up', async () => {
  const cluster = await plane.activeCluster()
  plane.engine.fail = () => new Error('port 9092 is taken by another program')
  plane.engine.kill(cluster.id, 1)
  await expect
    .poll(async () => (await plane.cluster(cluster.arn)).stateMessage)
    .toBe('port 9092 is taken by another program')
  expect((await plane.cluster(cluster.arn)).state).toBe('HEALING')
  plane.engine.fail = () => null
  plane.engine.revive(cluster.id, 1)
  await expect.poll(async () => (await plane.cluster(cluster.arn)).state).toBe('ACTIVE')
})

test('nodes that are gone when the control plane starts are a difference like any other', async () => {
  const cluster = await plane.activeCluster()
  plane.engine.running.clear()
  await plane.crashAndStart()
  await plane.idle()
  expect((await plane.cluster(cluster.arn)).state).toBe('ACTIVE')
  expect(plane.engine.running.has(cluster.id)).toBe(true)
})

test('nodes that still run when the control plane starts are left alone', async () => {
  await plane.activeCluster()
  plane.engine.calls.length = 0
  await plane.crashAndStart()
  await plane.idle()
  expect(plane.engine.calls).toEqual([])
})

test('a configuration update runs its steps, ends, and gives the cluster a new version', async () => {
  const cluster = await plane.activeCluster()
  const reference = await configuration()
  const { ClusterOperationArn = '' } = await plane.call('UpdateClusterConfiguration', {
    ClusterArn: cluster.arn,
    CurrentVersion: cluster.currentVersion,
    ConfigurationInfo: reference,
  })
  expect((await plane.cluster(cluster.arn)).activeOperationArn).toBe(ClusterOperationArn)
  await plane.idle()
  const after = await plane.cluster(cluster.arn)
  expect(after).toMatchObject({ state: 'ACTIVE', activeOperationArn: null })
  expect(after.observed?.ConfigurationInfo).toEqual(reference)
  expect(after.currentVersion).not.toBe(cluster.currentVersion)
  expect(plane.engine.running.get(cluster.id)?.properties).toMatchObject({
    'num.partitions': '7',
    'min.insync.replicas': '1',
  })
  const operation = await plane.store.operation(ClusterOperationArn)
  expect(operation).toMatchObject({ state: 'UPDATE_COMPLETE', errorCode: null, clientRequestId: callContext.requestId })
  expect(operation?.endedAt).not.toBeNull()
  expect(operation?.steps.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED'])
})

test('an update that fails goes back to what was, and the cluster is ACTIVE with its old version', async () => {
  const cluster = await plane.activeCluster()
  const reference = await configuration()
  let applies = 0
  plane.engine.fail = () => (++applies === 1 ? new Error('broker 1 does not start') : null)
  const { ClusterOperationArn = '' } = await plane.call('UpdateClusterConfiguration', {
    ClusterArn: cluster.arn,
    CurrentVersion: cluster.currentVersion,
    ConfigurationInfo: reference,
  })
  await plane.idle()
  const after = await plane.cluster(cluster.arn)
  expect(after).toMatchObject({ state: 'ACTIVE', activeOperationArn: null, currentVersion: cluster.currentVersion })
  expect(after.desired.ConfigurationInfo).toBeNull()
  expect(plane.engine.running.get(cluster.id)?.properties['num.partitions']).toBe('1')
  expect(await plane.store.operation(ClusterOperationArn)).toMatchObject({
    state: 'UPDATE_FAILED',
    errorMessage: 'broker 1 does not start',
  })
})

test('an update goes on after a crash in its rolling restart', async () => {
  const cluster = await plane.activeCluster()
  const reference = await configuration()
  const { reached } = hang('apply orders')
  const { ClusterOperationArn = '' } = await plane.call('UpdateClusterConfiguration', {
    ClusterArn: cluster.arn,
    CurrentVersion: cluster.currentVersion,
    ConfigurationInfo: reference,
  })
  await reached
  expect((await plane.store.operation(ClusterOperationArn))?.steps.map(({ status }) => status)).toEqual([
    'COMPLETED',
    'IN_PROGRESS',
    'PENDING',
  ])
  await plane.crashAndStart()
  await plane.idle()
  expect((await plane.store.operation(ClusterOperationArn))?.state).toBe('UPDATE_COMPLETE')
  expect((await plane.cluster(cluster.arn)).observed?.ConfigurationInfo).toEqual(reference)
})

test('a reboot restarts each broker once, and after a crash not those that are done', async () => {
  const cluster = await plane.activeCluster()
  plane.engine.calls.length = 0
  const { reached } = hang('restart 2')
  const { ClusterOperationArn = '' } = await plane.call('RebootBroker', {
    ClusterArn: cluster.arn,
    BrokerIds: ['1', '2'],
  })
  await reached
  expect((await plane.cluster(cluster.arn)).state).toBe('REBOOTING_BROKER')
  await plane.crashAndStart()
  await plane.idle()
  expect(plane.engine.calls).toEqual(['restart 1', 'restart 2', 'restart 2'])
  expect((await plane.store.operation(ClusterOperationArn))?.state).toBe('REBOOT_COMPLETE')
  expect(await plane.cluster(cluster.arn)).toMatchObject({ state: 'ACTIVE', currentVersion: cluster.currentVersion })
})

test('a reboot that fails is told, and the cluster is looked after', async () => {
  const cluster = await plane.activeCluster()
  plane.engine.fail = (call) => (call === 'restart 3' ? new Error('broker 3 has not caught up') : null)
  const { ClusterOperationArn = '' } = await plane.call('RebootBroker', { ClusterArn: cluster.arn, BrokerIds: ['3'] })
  await plane.idle()
  expect(await plane.store.operation(ClusterOperationArn)).toMatchObject({ state: 'REBOOT_FAILED' })
  expect((await plane.cluster(cluster.arn)).state).toBe('ACTIVE')
})

test('a broker that dies during an update is looked after when the update has ended', async () => {
  const cluster = await plane.activeCluster()
  const reference = await configuration()
  plane.engine.gate = async (call) => {
    if (call === 'apply orders' && plane.engine.calls.length === 2) plane.engine.kill(cluster.id, 3)
  }
  await plane.call('UpdateClusterConfiguration', {
    ClusterArn: cluster.arn,
    CurrentVersion: cluster.currentVersion,
    ConfigurationInfo: reference,
  })
  await plane.idle()
  expect((await plane.cluster(cluster.arn)).state).toBe('ACTIVE')
  expect(plane.engine.down.size).toBe(0)
})

test('a deleted cluster is destroyed and forgotten, also when the first try was cut off', async () => {
  const cluster = await plane.activeCluster()
  const { reached } = hang('destroy')
  await plane.call('DeleteCluster', { ClusterArn: cluster.arn })
  await reached
  expect((await plane.cluster(cluster.arn)).state).toBe('DELETING')
  await plane.crashAndStart()
  await plane.idle()
  expect(await plane.store.cluster(cluster.arn)).toBeNull()
  expect(plane.engine.running.size).toBe(0)
})

test('a cluster that cannot be destroyed is FAILED and may be deleted again', async () => {
  const cluster = await plane.activeCluster()
  plane.engine.fail = () => new Error('the disk does not answer')
  await plane.call('DeleteCluster', { ClusterArn: cluster.arn })
  await plane.idle()
  expect(await plane.cluster(cluster.arn)).toMatchObject({ state: 'FAILED', stateMessage: 'the disk does not answer' })
  plane.engine.fail = () => null
  await plane.call('DeleteCluster', { ClusterArn: cluster.arn })
  await plane.idle()
  expect(await plane.store.cluster(cluster.arn)).toBeNull()
})

test('clusters are worked on side by side', async () => {
  const { reached } = hang('apply slow')
  await plane.call('CreateClusterV2', { ClusterName: 'slow', Provisioned: provisioned() })
  await reached
  const { ClusterArn = '' } = await plane.call('CreateClusterV2', { ClusterName: 'quick', Provisioned: provisioned() })
  await expect.poll(async () => (await plane.cluster(ClusterArn)).state).toBe('ACTIVE')
  await plane.crashAndStart()
})
