import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLogger } from '@millrace/base/logger'
import { ControlPlane, provisioned } from '../testing/control-plane.ts'
import { keyArn } from '../testing/fake-keys.ts'
import type { ProvisionedRequest } from '../sdk-types.ts'
import { KeyWatch } from './key-watch.ts'
import { storageOf } from './storage-key.ts'

let plane: ControlPlane
let watch: KeyWatch

beforeEach(async () => {
  plane = await ControlPlane.open()
  const { store, engine, wake } = plane.dependencies
  watch = new KeyWatch({
    store,
    engine,
    keys: plane.keys,
    logger: silentLogger,
    wake,
  })
  watch.start()
})

afterEach(async () => {
  watch.close()
  await plane.close()
})

function encryptedBy(key: string): Partial<ProvisionedRequest> {
  return { EncryptionInfo: { EncryptionAtRest: { DataVolumeKMSKeyId: key } } }
}

async function settled(): Promise<void> {
  await watch.idle()
  await plane.idle()
}

test('a cluster with a key asks the engine for encrypted data, and is shown with its key', async () => {
  const key = plane.keys.put('orders')
  const cluster = await plane.activeCluster('orders', encryptedBy(key))
  expect(plane.engine.running.get(cluster.id)?.encryptionAtRest).toEqual({
    keyArn: key,
    clusterArn: cluster.arn,
    underGrant: true,
  })
  const { ClusterInfo } = await plane.call('DescribeCluster', { ClusterArn: cluster.arn })
  expect(ClusterInfo?.EncryptionInfo?.EncryptionAtRest).toEqual({ DataVolumeKMSKeyId: key })
})

test('without a key data is plain, and Describe does not claim otherwise', async () => {
  const cluster = await plane.activeCluster()
  expect(plane.engine.running.get(cluster.id)?.encryptionAtRest).toBeNull()
  const { ClusterInfo } = await plane.call('DescribeCluster', { ClusterArn: cluster.arn })
  expect(ClusterInfo?.EncryptionInfo?.EncryptionAtRest).toBeUndefined()
})

test('where all is encrypted, a cluster without a key has the managed one', async () => {
  plane.alwaysEncrypts = true
  const cluster = await plane.activeCluster()
  expect(plane.engine.running.get(cluster.id)?.encryptionAtRest?.keyArn).toBe(keyArn('managed'))
  const { ClusterInfo } = await plane.call('DescribeCluster', { ClusterArn: cluster.arn })
  expect(ClusterInfo?.EncryptionInfo?.EncryptionAtRest).toEqual({ DataVolumeKMSKeyId: keyArn('managed') })
})

test.each([
  ['is not there', null, 'does not exist in account 000000000000 and region us-east-1'],
  ['is disabled', 'Disabled', 'is disabled'],
  ['is to be deleted', 'PendingDeletion', 'is pending deletion'],
] as const)('a key that %s is refused', async (_what, status, message) => {
  const key = status === null ? keyArn('nobody') : plane.keys.put('orders', status)
  const refusal = await plane.refusal('CreateClusterV2', {
    ClusterName: 'orders',
    Provisioned: provisioned(encryptedBy(key)),
  })
  expect(refusal).toMatchObject({
    name: 'BadRequestException',
    invalidParameter: 'provisioned.encryptionInfo.encryptionAtRest.dataVolumeKMSKeyId',
  })
  expect(refusal.message).toContain(message)
})

test.each(['Disabled', 'PendingDeletion'] as const)(
  'a key that is %s ends the nodes; enabled again, all is as before',
  async (status) => {
    const key = plane.keys.put('orders')
    const cluster = await plane.activeCluster('orders', encryptedBy(key))
    const other = await plane.activeCluster('others', encryptedBy(plane.keys.put('others')))
    plane.keys.put('orders', status)
    await settled()
    expect(plane.engine.calls).toContain('halt')
    expect(await plane.cluster(cluster.arn)).toMatchObject({ state: 'HEALING', stateCode: 'KmsKeyUnavailable' })
    const { ClusterInfo } = await plane.call('DescribeCluster', { ClusterArn: cluster.arn })
    expect(ClusterInfo?.StateInfo?.Message).toContain(key)
    const observed = await plane.engine.observe(cluster.id)
    expect(observed.nodes.every(({ state }) => state !== 'running')).toBe(true)
    expect((await plane.cluster(other.arn)).state).toBe('ACTIVE')

    plane.keys.put('orders')
    await settled()
    expect(await plane.cluster(cluster.arn)).toMatchObject({ state: 'ACTIVE', stateCode: null, stateMessage: null })
  },
)

test('a control plane that starts without the key does not fail the cluster', async () => {
  const key = plane.keys.put('orders')
  const cluster = await plane.activeCluster('orders', encryptedBy(key))
  watch.close()
  plane.keys.put('orders', 'Disabled')
  await plane.crashAndStart()
  await plane.idle()
  expect(await plane.cluster(cluster.arn)).toMatchObject({ state: 'HEALING', stateCode: 'KmsKeyUnavailable' })
  expect(plane.engine.halted).toContain(key)
})

test('a cluster whose key is disabled while it is created waits for it', async () => {
  const key = plane.keys.put('orders')
  plane.engine.gate = (call) => {
    if (call.startsWith('apply')) plane.keys.put('orders', 'Disabled')
    return Promise.resolve()
  }
  plane.engine.fail = (call) => (call.startsWith('apply') ? new Error('no data key') : null)
  const cluster = await plane.activeCluster('orders', encryptedBy(key))
  await settled()
  expect(await plane.cluster(cluster.arn)).toMatchObject({ state: 'CREATING', stateCode: 'KmsKeyUnavailable' })
  plane.engine.gate = () => Promise.resolve()
  plane.engine.fail = () => null
  plane.keys.put('orders')
  await settled()
  expect(await plane.cluster(cluster.arn)).toMatchObject({ state: 'ACTIVE', stateCode: null })
})

test('an update waits for the key, and goes on with it', async () => {
  const key = plane.keys.put('orders')
  const cluster = await plane.activeCluster('orders', encryptedBy(key))
  plane.keys.put('orders', 'Disabled')
  await watch.idle()
  // Accepted in the moment before the state says HEALING.
  await plane.idle()
  await plane.store.updateCluster(cluster.arn, { state: 'ACTIVE' })
  await plane.call('UpdateSecurity', {
    ClusterArn: cluster.arn,
    CurrentVersion: cluster.currentVersion,
    EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS_PLAINTEXT' } },
  })
  await plane.idle()
  expect(await plane.cluster(cluster.arn)).toMatchObject({ state: 'UPDATING', stateCode: 'KmsKeyUnavailable' })
  plane.keys.put('orders')
  await settled()
  expect(await plane.cluster(cluster.arn)).toMatchObject({ state: 'ACTIVE', stateCode: null })
  expect((await plane.cluster(cluster.arn)).observed?.EncryptionInfo.EncryptionInTransit?.ClientBroker).toBe(
    'TLS_PLAINTEXT',
  )
})

test('a cluster without its key can be deleted', async () => {
  const key = plane.keys.put('orders')
  const cluster = await plane.activeCluster('orders', encryptedBy(key))
  plane.keys.put('orders', 'Disabled')
  await settled()
  await plane.call('DeleteCluster', { ClusterArn: cluster.arn })
  await settled()
  expect(await plane.store.cluster(cluster.arn)).toBeNull()
})

test('a customer key is used under a grant, which ends with the cluster', async () => {
  const key = plane.keys.put('orders')
  const cluster = await plane.activeCluster('orders', encryptedBy(key))
  expect(plane.keys.grantedOn(key)).toEqual([cluster.arn])
  expect(plane.engine.running.get(cluster.id)?.encryptionAtRest).toMatchObject({ keyArn: key, underGrant: true })
  const refused = { ClusterName: 'orders', Provisioned: provisioned(encryptedBy(key)) }
  expect((await plane.refusal('CreateClusterV2', refused)).name).toBe('ConflictException')
  expect(plane.keys.grantedOn(key)).toHaveLength(1)
  await plane.call('DeleteCluster', { ClusterArn: cluster.arn })
  await settled()
  expect(plane.keys.grantedOn(key)).toEqual([])
})

test('a grant that is revoked ends the nodes; another one brings all back', async () => {
  const key = plane.keys.put('orders')
  const cluster = await plane.activeCluster('orders', encryptedBy(key))
  await plane.keys.revokeAll(key)
  await settled()
  expect(plane.engine.calls).toContain('halt')
  const halted = await plane.cluster(cluster.arn)
  expect(halted).toMatchObject({ state: 'HEALING', stateCode: 'KmsKeyUnavailable' })
  expect(halted.stateMessage).toContain('aws kms create-grant --key-id')
  await plane.keys.grant(key, storageOf(cluster))
  await settled()
  expect(await plane.cluster(cluster.arn)).toMatchObject({ state: 'ACTIVE', stateCode: null })
})

test('the managed key needs no grant', async () => {
  plane.alwaysEncrypts = true
  const cluster = await plane.activeCluster()
  expect(cluster.desired.StorageKeyGrantId).toBeUndefined()
  expect(plane.engine.running.get(cluster.id)?.encryptionAtRest?.underGrant).toBe(false)
})

test('the key is chosen once', async () => {
  const cluster = await plane.activeCluster('orders', encryptedBy(plane.keys.put('orders')))
  const refusal = await plane.refusal('UpdateSecurity', {
    ClusterArn: cluster.arn,
    CurrentVersion: cluster.currentVersion,
    EncryptionInfo: { EncryptionAtRest: { DataVolumeKMSKeyId: plane.keys.put('another') } },
  })
  expect(refusal.message).toContain('encryption-at-rest')
})
