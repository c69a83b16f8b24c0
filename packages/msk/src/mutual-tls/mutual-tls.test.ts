import { silentLogger } from '@millrace/base/logger'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SecuritySync } from '../security/security-sync.ts'
import type { ClientAuthentication, ProvisionedRequest } from '../sdk-types.ts'
import type { Cluster } from '../store/records.ts'
import { ControlPlane } from '../testing/control-plane.ts'
import { authorityArn } from '../testing/fake-authorities.ts'
import { clientTrustSource } from './client-trust.ts'

const encrypted = { EncryptionInTransit: { ClientBroker: 'TLS' } } as const
const ROOT = authorityArn('root')

let plane: ControlPlane
let sync: SecuritySync | null

beforeEach(async () => {
  plane = await ControlPlane.open()
  plane.authorities.put('root')
  sync = null
})
afterEach(async () => {
  sync?.close()
  await plane.close()
})

const trusting = (...arns: readonly string[]): ClientAuthentication => ({
  Tls: { Enabled: true, CertificateAuthorityArnList: [...arns] },
})

const clusterWith = (
  authentication: ClientAuthentication,
  encryption: ProvisionedRequest['EncryptionInfo'] = encrypted,
): Promise<Cluster> =>
  plane.activeCluster('orders', { EncryptionInfo: encryption, ClientAuthentication: authentication })

const trustOf = (cluster: Cluster): unknown => plane.engine.security.get(cluster.id)?.clientTrust
const specOf = (cluster: Cluster): unknown => plane.engine.running.get(cluster.id)

const authorities = (...names: readonly string[]): unknown =>
  expect.objectContaining({ authoritiesPem: names.map((name) => `certificate of ${name}`) })

describe('a cluster with mutual TLS', () => {
  test('demands certificates of its authorities on its TLS listener, and shows what was asked for', async () => {
    const cluster = await clusterWith({ Tls: { CertificateAuthorityArnList: [ROOT] } })
    expect(specOf(cluster)).toMatchObject({ clientListeners: ['tls'], clientCertificates: 'required' })
    expect(trustOf(cluster)).toEqual({ authoritiesPem: ['certificate of root'], revocations: [] })
    const { ClusterInfo } = await plane.call('DescribeClusterV2', { ClusterArn: cluster.arn })
    // Enabled was left out, as in the first form of the API.
    expect(ClusterInfo?.Provisioned?.ClientAuthentication).toEqual(trusting(ROOT))
    expect(JSON.stringify(ClusterInfo)).not.toContain('certificate of root')
    const strings = await plane.call('GetBootstrapBrokers', { ClusterArn: cluster.arn })
    expect(Object.keys(strings)).toEqual(['BootstrapBrokerStringTls'])
  })

  test.each([
    ['TLS', true, ['tls'], 'requested'],
    ['TLS_PLAINTEXT', true, ['plaintext', 'tls'], 'requested'],
    ['TLS_PLAINTEXT', false, ['tls'], 'required'],
  ] as const)(
    'with %s and unauthenticated clients %s has the listeners %j, and certificates are %s',
    async (ClientBroker, unauthenticated, clientListeners, clientCertificates) => {
      const cluster = await clusterWith(
        { ...trusting(ROOT), Unauthenticated: { Enabled: unauthenticated } },
        { EncryptionInTransit: { ClientBroker } },
      )
      expect(specOf(cluster)).toMatchObject({ clientListeners, clientCertificates })
    },
  )

  test('asks nobody for certificates when mutual TLS is off, whatever authorities are named', async () => {
    const tls = { Tls: { Enabled: false, CertificateAuthorityArnList: [ROOT] } }
    const cluster = await clusterWith({ ...tls, Unauthenticated: { Enabled: true } })
    expect(specOf(cluster)).not.toHaveProperty('clientCertificates')
    expect(trustOf(cluster)).toBeNull()
  })
})

test.each([
  ['no ARN', 'root', 'is no ARN'],
  ['an ARN of another service', 'arn:aws:kms:us-east-1:000000000000:key/1', 'is no ARN'],
  ['another region', ROOT.replace('us-east-1', 'eu-west-1'), "cluster's region"],
  ['an unknown authority', authorityArn('nobody'), 'does not exist'],
  ['one without a certificate', authorityArn('pending'), 'Import its certificate'],
  ['a disabled one', authorityArn('disabled'), 'must be ACTIVE'],
  ['a deleted one', authorityArn('deleted'), 'must be ACTIVE'],
])('an authority is refused: %s', async (_what, arn, message) => {
  plane.authorities.put('pending', { status: 'PENDING_CERTIFICATE', certificatePem: null })
  plane.authorities.put('disabled', { status: 'DISABLED' })
  plane.authorities.put('deleted', { status: 'DELETED' })
  const cluster = await plane.activeCluster('orders', { EncryptionInfo: encrypted })
  const asked = {
    ClusterArn: cluster.arn,
    CurrentVersion: cluster.currentVersion,
    ClientAuthentication: trusting(ROOT, arn),
  }
  expect(await plane.refusal('UpdateSecurity', asked)).toEqual({
    name: 'BadRequestException',
    invalidParameter: 'clientAuthentication.tls.certificateAuthorityArnList',
    message: expect.stringContaining(message) as unknown,
  })
  expect((await plane.cluster(cluster.arn)).state).toBe('ACTIVE')
})

test.each([
  { EncryptionInTransit: { ClientBroker: 'PLAINTEXT' } },
  { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: false } },
] as const)('mutual TLS is refused with %j', async (EncryptionInfo) => {
  const Provisioned = { ...(await plane.activeCluster('other')).desired, EncryptionInfo }
  const { BrokerNodeGroupInfo, KafkaVersion, NumberOfBrokerNodes } = Provisioned
  const asked = { BrokerNodeGroupInfo, KafkaVersion, NumberOfBrokerNodes, EncryptionInfo }
  const refusal = await plane.refusal('CreateClusterV2', {
    ClusterName: 'orders',
    Provisioned: { ...asked, ClientAuthentication: trusting(ROOT) },
  })
  expect(refusal).toMatchObject({
    name: 'BadRequestException',
    invalidParameter: 'provisioned.encryptionInfo.encryptionInTransit',
  })
})

describe('authorities that change', () => {
  async function update(cluster: Cluster, ClientAuthentication: ClientAuthentication): Promise<Cluster> {
    const { arn, currentVersion: CurrentVersion } = await plane.cluster(cluster.arn)
    await plane.call('UpdateSecurity', { ClusterArn: arn, CurrentVersion, ClientAuthentication })
    await plane.idle()
    return plane.cluster(arn)
  }

  test('by UpdateSecurity count, with the same listeners as before', async () => {
    plane.authorities.put('other')
    const cluster = await clusterWith(trusting(ROOT))
    const before = specOf(cluster)
    const after = await update(cluster, trusting(authorityArn('other'), ROOT))
    expect(trustOf(after)).toEqual(authorities('other', 'root'))
    expect(specOf(after)).toEqual(before)
    const open = await update(after, { Unauthenticated: { Enabled: true } })
    expect([trustOf(open), specOf(open)]).toEqual([
      null,
      expect.not.objectContaining({ clientCertificates: 'required' }),
    ])
  })

  async function syncing(revocation: boolean): Promise<void> {
    sync = new SecuritySync({
      store: plane.store,
      engine: plane.engine,
      clock: plane.clock,
      logger: silentLogger,
      sources: [clientTrustSource(plane.authorities, { revocation, principalMapping: 'DEFAULT' })],
    })
    await sync.start()
  }

  test('stay trusted when they are disabled or gone, and are trusted by their newest certificate', async () => {
    const cluster = await clusterWith(trusting(ROOT))
    await syncing(false)
    plane.authorities.put('root', { status: 'DISABLED', certificatePem: 'renewed' })
    await expect.poll(() => trustOf(cluster)).toEqual({ authoritiesPem: ['renewed'], revocations: [] })
    plane.authorities.delete('root')
    await expect.poll(() => trustOf(cluster)).toEqual(authorities('root'))
  })

  test('revoke certificates for brokers only where that was asked for', async () => {
    const cluster = await clusterWith(trusting(ROOT))
    await syncing(false)
    plane.authorities.revoke('root', ['0a'])
    plane.authorities.put('root', { certificatePem: 'renewed' })
    await expect.poll(() => trustOf(cluster)).toEqual({ authoritiesPem: ['renewed'], revocations: [] })
    sync?.close()
    await syncing(true)
    expect(trustOf(cluster)).toMatchObject({ revocations: [{ serials: ['0a'] }] })
    expect(plane.engine.security.get(cluster.id)?.principalMapping).toBe('DEFAULT')
    plane.authorities.revoke('root', ['0b'])
    await expect.poll(() => trustOf(cluster)).toMatchObject({ revocations: [{ serials: ['0a'] }, { serials: ['0b'] }] })
  })
})
