import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConnectivityInfo, ProvisionedRequest } from '../sdk-types.ts'
import type { Cluster } from '../store/records.ts'
import { ControlPlane, provisioned } from '../testing/control-plane.ts'
import { authorityArn } from '../testing/fake-authorities.ts'

let plane: ControlPlane

beforeEach(async () => {
  plane = await ControlPlane.open()
  await plane.start()
})

afterEach(() => plane.close())

const EIPS: ConnectivityInfo = { PublicAccess: { Type: 'SERVICE_PROVIDED_EIPS' } }
const FROM_OTHER_VPCS: ConnectivityInfo = {
  VpcConnectivity: { ClientAuthentication: { Sasl: { Scram: { Enabled: true } } } },
}
const TLS_ONLY = { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } } as const
const SCRAM = { Sasl: { Scram: { Enabled: true } } }
const IAM = { Sasl: { Iam: { Enabled: true } } }

/** A configuration with these lines. */
async function configured(...lines: string[]): Promise<{ Arn: string; Revision: number }> {
  const { Arn = '' } = await plane.call('CreateConfiguration', {
    Name: `c-${plane.clock().getTime()}`,
    ServerProperties: Buffer.from(lines.join('\n')),
  })
  return { Arn, Revision: 1 }
}

async function guarded(change: Partial<ProvisionedRequest> = {}): Promise<Cluster> {
  const ConfigurationInfo = await configured('allow.everyone.if.no.acl.found=false')
  const secured = { EncryptionInfo: TLS_ONLY, ClientAuthentication: SCRAM, ConfigurationInfo }
  return plane.activeCluster('orders', { ...secured, ...change })
}

const update = (cluster: Cluster, ConnectivityInfo: ConnectivityInfo | undefined) => ({
  ClusterArn: cluster.arn,
  CurrentVersion: cluster.currentVersion,
  ...(ConnectivityInfo === undefined ? {} : { ConnectivityInfo }),
})

test('public access gives every authentication a second listener, and takes it away again', async () => {
  const cluster = await guarded({ ClientAuthentication: { Sasl: { ...SCRAM.Sasl, ...IAM.Sasl } } })
  const { ClusterOperationArn = '' } = await plane.call('UpdateConnectivity', update(cluster, EIPS))
  await plane.idle()
  expect(plane.engine.running.get(cluster.id)?.clientListeners).toEqual(['scram', 'iam', 'public-scram', 'public-iam'])
  const after = await plane.cluster(cluster.arn)
  expect(after.observed?.BrokerNodeGroupInfo.ConnectivityInfo).toMatchObject(EIPS)
  const shown = await plane.call('DescribeClusterOperation', { ClusterOperationArn })
  expect(shown.ClusterOperationInfo).toMatchObject({
    OperationType: 'UPDATE_CONNECTIVITY',
    OperationState: 'UPDATE_COMPLETE',
    SourceClusterInfo: { ConnectivityInfo: { PublicAccess: { Type: 'DISABLED' } } },
    TargetClusterInfo: { ConnectivityInfo: EIPS },
    OperationSteps: [
      { StepName: 'INITIALIZE_UPDATE', StepInfo: { StepStatus: 'COMPLETED' } },
      { StepName: 'UPDATE_CONNECTIVITY' },
      { StepName: 'FINALIZE_UPDATE' },
    ],
  })
  const strings = await plane.call('GetBootstrapBrokers', { ClusterArn: cluster.arn })
  expect(Object.keys(strings).toSorted()).toEqual([
    'BootstrapBrokerStringPublicSaslIam',
    'BootstrapBrokerStringPublicSaslScram',
    'BootstrapBrokerStringSaslIam',
    'BootstrapBrokerStringSaslScram',
  ])
  await plane.call('UpdateConnectivity', update(after, { PublicAccess: { Type: 'DISABLED' } }))
  await plane.idle()
  expect(plane.engine.running.get(cluster.id)?.clientListeners).toEqual(['scram', 'iam'])
})

test('other VPCs get listeners for the authentications that are named', async () => {
  const cluster = await guarded()
  await plane.call('UpdateConnectivity', update(cluster, FROM_OTHER_VPCS))
  await plane.idle()
  expect(plane.engine.running.get(cluster.id)?.clientListeners).toEqual(['scram', 'vpc-scram'])
  const strings = await plane.call('GetBootstrapBrokers', { ClusterArn: cluster.arn })
  expect(strings.BootstrapBrokerStringVpcConnectivitySaslScram?.split(',')).toHaveLength(3)
})

test.each<[string, Partial<ProvisionedRequest>, RegExp]>([
  [
    'with unauthenticated access',
    { ClientAuthentication: { ...SCRAM, Unauthenticated: { Enabled: true } } },
    /unauthenticated access must be off/,
  ],
  ['without any authentication', { ClientAuthentication: undefined as never }, /unauthenticated access must be off/],
  [
    'in KRaft mode with open monitoring',
    {
      KafkaVersion: '3.9.x.kraft',
      OpenMonitoring: {
        Prometheus: { JmxExporter: { EnabledInBroker: true }, NodeExporter: { EnabledInBroker: false } },
      },
    },
    /KRaft mode cannot have open monitoring/,
  ],
  ['without ACLs in force', { ConfigurationInfo: undefined as never }, /allow\.everyone\.if\.no\.acl\.found=false/],
])('public access is refused %s', async (_name, change, message) => {
  const asked = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
  const without = new Set(Object.keys(change).filter((name) => !(name in asked)))
  const ConfigurationInfo = await configured('allow.everyone.if.no.acl.found=false')
  const all = { EncryptionInfo: TLS_ONLY, ClientAuthentication: SCRAM, ConfigurationInfo, ...asked }
  const kept = Object.fromEntries(Object.entries(all).filter(([name]) => !without.has(name)))
  const cluster = await plane.activeCluster('orders', kept)
  expect(await plane.refusal('UpdateConnectivity', update(cluster, EIPS))).toMatchObject({
    name: 'BadRequestException',
    invalidParameter: 'connectivityInfo.publicAccess.type',
    message: expect.stringMatching(message),
  })
})

test('plaintext beside TLS stands in the way of public access', async () => {
  plane.authorities.put('root')
  const Tls = { Enabled: true, CertificateAuthorityArnList: [authorityArn('root')] }
  const cluster = await plane.activeCluster('orders', {
    EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS_PLAINTEXT', InCluster: true } },
    ClientAuthentication: { Tls, Unauthenticated: { Enabled: false } },
  })
  expect((await plane.refusal('UpdateConnectivity', update(cluster, EIPS))).message).toContain('TLS alone must be')
})

test('IAM alone needs no ACLs', async () => {
  const cluster = await plane.activeCluster('orders', { EncryptionInfo: TLS_ONLY, ClientAuthentication: IAM })
  await plane.call('UpdateConnectivity', update(cluster, EIPS))
  await plane.idle()
  expect(plane.engine.running.get(cluster.id)?.clientListeners).toEqual(['iam', 'public-iam'])
})

test('a subnet without a route to the internet stands in the way of public access', async () => {
  plane.networks.subnets.set('subnet-b', { vpcId: 'vpc-1', zoneId: 'use1-az2', isPublic: false })
  const cluster = await guarded()
  expect((await plane.refusal('UpdateConnectivity', update(cluster, EIPS))).message).toContain('subnet-b is not public')
  plane.networks.subnets.set('subnet-b', { vpcId: 'vpc-1', zoneId: 'use1-az2', isPublic: true })
  await plane.call('UpdateConnectivity', update(cluster, EIPS))
})

test('other VPCs are refused an authentication that the cluster lacks, and small brokers', async () => {
  const cluster = await guarded({ ClientAuthentication: IAM })
  expect(await plane.refusal('UpdateConnectivity', update(cluster, FROM_OTHER_VPCS))).toMatchObject({
    invalidParameter: 'connectivityInfo.vpcConnectivity.clientAuthentication',
    message: expect.stringContaining('does not have SASL/SCRAM'),
  })
  const { BrokerNodeGroupInfo } = provisioned()
  await plane.call('DeleteCluster', { ClusterArn: cluster.arn })
  await plane.idle()
  const small = await guarded({ BrokerNodeGroupInfo: { ...BrokerNodeGroupInfo, InstanceType: 'kafka.t3.small' } })
  expect((await plane.refusal('UpdateConnectivity', update(small, FROM_OTHER_VPCS))).message).toContain('t3.small')
})

test('what public access stands on cannot be pulled away under it', async () => {
  const cluster = await guarded()
  await plane.call('UpdateConnectivity', update(cluster, EIPS))
  await plane.idle()
  const { currentVersion: CurrentVersion, arn: ClusterArn } = await plane.cluster(cluster.arn)
  const ClientAuthentication = { ...SCRAM, Unauthenticated: { Enabled: true } }
  expect(
    (await plane.refusal('UpdateSecurity', { ClusterArn, CurrentVersion, ClientAuthentication })).message,
  ).toContain('unauthenticated access must be off')
  const ConfigurationInfo = await configured('allow.everyone.if.no.acl.found=true')
  const open = { ClusterArn, CurrentVersion, ConfigurationInfo }
  expect((await plane.refusal('UpdateClusterConfiguration', open)).message).toContain('allow.everyone.if.no.acl.found')
})

test.each<[ConnectivityInfo | undefined, string]>([
  [undefined, 'connectivityInfo'],
  [{ PublicAccess: { Type: 'ON' } }, 'connectivityInfo.publicAccess.type'],
  [{ NetworkType: 'DUAL' }, 'connectivityInfo.networkType'],
])('%j is refused', async (connectivity, invalidParameter) => {
  const cluster = await guarded()
  expect(await plane.refusal('UpdateConnectivity', update(cluster, connectivity))).toMatchObject({
    name: 'BadRequestException',
    invalidParameter,
  })
})

test('there is no ZooKeeper to close, and an old version is refused', async () => {
  const cluster = await guarded()
  const zookeeper = { ...update(cluster, undefined), ZookeeperAccess: { Enabled: false } }
  expect((await plane.refusal('UpdateConnectivity', zookeeper)).invalidParameter).toBe('zookeeperAccess')
  const stale = { ...update(cluster, EIPS), CurrentVersion: 'K0' }
  expect((await plane.refusal('UpdateConnectivity', stale)).invalidParameter).toBe('currentVersion')
})
