import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ProvisionedRequest } from '../sdk-types.ts'
import { ControlPlane, provisioned } from '../testing/control-plane.ts'

let plane: ControlPlane

beforeEach(async () => {
  plane = await ControlPlane.open()
  await plane.start()
})

afterEach(() => plane.close())

const group = (change: Partial<ProvisionedRequest['BrokerNodeGroupInfo']>): Partial<ProvisionedRequest> => ({
  BrokerNodeGroupInfo: { ...provisioned().BrokerNodeGroupInfo, ...change },
})

test('CreateClusterV2 answers at once with a CREATING cluster of the asked name', async () => {
  const answer = await plane.call('CreateClusterV2', {
    ClusterName: 'orders',
    Provisioned: provisioned(),
    Tags: { env: 'dev' },
  })
  expect(answer).toMatchObject({ ClusterName: 'orders', State: 'CREATING', ClusterType: 'PROVISIONED' })
  expect(answer.ClusterArn).toMatch(/^arn:aws:kafka:us-east-1:000000000000:cluster\/orders\/[0-9a-f-]{36}-\d{1,2}$/)
})

test('CreateCluster takes the same members at the top, and answers without a type', async () => {
  const answer = await plane.call('CreateCluster', { ClusterName: 'orders', ...provisioned() })
  expect(Object.keys(answer).sort()).toEqual(['ClusterArn', 'ClusterName', 'State'])
  expect(
    await plane.refusal('CreateCluster', { ClusterName: 'other', ...provisioned({ KafkaVersion: '1.0' }) }),
  ).toMatchObject({
    invalidParameter: 'kafkaVersion',
  })
})

const refused: readonly (readonly [string, Partial<ProvisionedRequest>, string, string])[] = [
  [
    'four brokers on three subnets',
    { NumberOfBrokerNodes: 4 },
    'numberOfBrokerNodes',
    'a multiple of the number of client subnets (3), got 4',
  ],
  ['fewer brokers than subnets', { NumberOfBrokerNodes: 2 }, 'numberOfBrokerNodes', 'got 2'],
  [
    'more brokers than ZooKeeper versions allow',
    { NumberOfBrokerNodes: 33 },
    'numberOfBrokerNodes',
    'at most 30 brokers',
  ],
  [
    'an unknown version',
    { KafkaVersion: '9.9.9' },
    'kafkaVersion',
    'Unsupported KafkaVersion [9.9.9]. Valid values: [3.6.0, ',
  ],
  [
    'an unknown size',
    group({ InstanceType: 'kafka.m5.tiny' }),
    'brokerNodeGroupInfo.instanceType',
    'Unsupported InstanceType [kafka.m5.tiny]',
  ],
  [
    'a name of Object.prototype as size',
    group({ InstanceType: 'constructor' }),
    'brokerNodeGroupInfo.instanceType',
    'Unsupported',
  ],
  [
    'Express brokers',
    group({ InstanceType: 'express.m7g.large' }),
    'brokerNodeGroupInfo.instanceType',
    'Express brokers are not served',
  ],
  ['one subnet', group({ ClientSubnets: ['subnet-a'] }), 'brokerNodeGroupInfo.clientSubnets', '2 or 3 client subnets'],
  [
    'a subnet twice',
    group({ ClientSubnets: ['subnet-a', 'subnet-a', 'subnet-b'] }),
    'brokerNodeGroupInfo.clientSubnets',
    'twice',
  ],
  ['what is no subnet id', group({ ClientSubnets: ['a', 'b', 'c'] }), 'brokerNodeGroupInfo.clientSubnets', 'subnet-'],
  [
    'a volume of no size',
    group({ StorageInfo: { EbsStorageInfo: { VolumeSize: 16_385 } } }),
    'brokerNodeGroupInfo.storageInfo.ebsStorageInfo.volumeSize',
    '1 to 16384 GiB',
  ],
  [
    'throughput for a small size',
    group({
      StorageInfo: {
        EbsStorageInfo: { VolumeSize: 100, ProvisionedThroughput: { Enabled: true, VolumeThroughput: 250 } },
      },
    }),
    'brokerNodeGroupInfo.storageInfo.ebsStorageInfo.provisionedThroughput',
    'not available for kafka.m5.large',
  ],
  [
    'public access',
    group({ ConnectivityInfo: { PublicAccess: { Type: 'SERVICE_PROVIDED_EIPS' } } }),
    'brokerNodeGroupInfo.connectivityInfo.publicAccess.type',
    'the only valid value for the Type parameter in PublicAccess is DISABLED',
  ],
  [
    'multi-VPC connectivity',
    group({ ConnectivityInfo: { VpcConnectivity: { ClientAuthentication: { Tls: { Enabled: true } } } } }),
    'brokerNodeGroupInfo.connectivityInfo.vpcConnectivity.clientAuthentication',
    'must be disabled',
  ],
  [
    'dual stack',
    group({ ConnectivityInfo: { NetworkType: 'DUAL' } }),
    'brokerNodeGroupInfo.connectivityInfo.networkType',
    'IPV4',
  ],
  ['tiered storage', { StorageMode: 'TIERED' }, 'storageMode', 'LOCAL'],
  ['rebalancing', { Rebalancing: { Status: 'ACTIVE' } }, 'rebalancing', 'Express'],
  [
    'a configuration that is none',
    { ConfigurationInfo: { Arn: 'x', Revision: 1 } },
    'configurationInfo.arn',
    'Invalid Configuration ARN',
  ],
  [
    'IAM beside plaintext',
    { ClientAuthentication: { Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: true } } },
    'encryptionInfo.encryptionInTransit',
    'SASL/IAM needs encryption in transit',
  ],
  [
    'SCRAM beside plaintext',
    { ClientAuthentication: { Sasl: { Scram: { Enabled: true } }, Unauthenticated: { Enabled: true } } },
    'encryptionInfo.encryptionInTransit',
    'clientBroker TLS',
  ],
  [
    'mutual TLS without authorities',
    { ClientAuthentication: { Tls: { Enabled: true } } },
    'clientAuthentication.tls.certificateAuthorityArnList',
    'acm-pca',
  ],
  [
    'no mode at all',
    { ClientAuthentication: { Unauthenticated: { Enabled: false } } },
    'clientAuthentication',
    'no mode',
  ],
]

for (const [what, change, member, words] of refused) {
  test(`a cluster with ${what} is refused, and the member is named`, async () => {
    const refusal = await plane.refusal('CreateClusterV2', { ClusterName: 'orders', Provisioned: provisioned(change) })
    expect(refusal).toMatchObject({ name: 'BadRequestException', invalidParameter: `provisioned.${member}` })
    expect(refusal.message).toContain(words)
    expect(plane.engine.calls).toEqual([])
  })
}

test('a cluster that names no encryption is for TLS clients alone, as on MSK', async () => {
  const { EncryptionInfo: _left, ...rest } = provisioned()
  const { ClusterArn = '' } = await plane.call('CreateClusterV2', { ClusterName: 'orders', Provisioned: rest })
  await plane.idle()
  const { ClusterInfo } = await plane.call('DescribeClusterV2', { ClusterArn })
  expect(ClusterInfo?.Provisioned?.EncryptionInfo).toEqual({
    EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true },
  })
  const answer = await plane.call('GetBootstrapBrokers', { ClusterArn })
  expect(Object.keys(answer)).toEqual(['BootstrapBrokerStringTls'])
})

test.each([
  ['PLAINTEXT', ['plaintext']],
  ['TLS', ['tls']],
  ['TLS_PLAINTEXT', ['plaintext', 'tls']],
] as const)('clientBroker %s opens the listeners it names', async (ClientBroker, listeners) => {
  const cluster = await plane.activeCluster('orders', { EncryptionInfo: { EncryptionInTransit: { ClientBroker } } })
  expect(plane.engine.running.get(cluster.id)?.clientListeners).toEqual(listeners)
})

test.each([
  ['TLS_PLAINTEXT', { Unauthenticated: { Enabled: true } }],
  [
    'PLAINTEXT',
    {
      Unauthenticated: { Enabled: true },
      Sasl: { Iam: { Enabled: false }, Scram: { Enabled: false } },
      Tls: { Enabled: false },
    },
  ],
  ['PLAINTEXT', undefined],
] as const)(
  'a cluster that asks for %s and unauthenticated clients is served',
  async (ClientBroker, ClientAuthentication) => {
    const cluster = await plane.activeCluster('orders', {
      EncryptionInfo: { EncryptionInTransit: { ClientBroker } },
      ...(ClientAuthentication === undefined ? {} : { ClientAuthentication }),
    })
    expect(cluster.state).toBe('ACTIVE')
  },
)

test.each(['under_score', '-first', '', 'a'.repeat(65), 'späße'])('the name %s is refused', async (ClusterName) => {
  expect(await plane.refusal('CreateClusterV2', { ClusterName, Provisioned: provisioned() })).toMatchObject({
    name: 'BadRequestException',
    invalidParameter: 'clusterName',
  })
})

test.each([
  [{ 'aws:x': '1' }, 'reserved'],
  [{ ['k'.repeat(129)]: '1' }, '128'],
  [{ k: 'v'.repeat(257) }, '256'],
  [Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, ''])), 'at most 50'],
])('bad tags are refused', async (Tags: Record<string, string>, words) => {
  const refusal = await plane.refusal('CreateClusterV2', { ClusterName: 'orders', Provisioned: provisioned(), Tags })
  expect(refusal).toMatchObject({ name: 'BadRequestException', invalidParameter: 'tags' })
  expect(refusal.message).toContain(words)
})

test('a name that is taken in the account and region is a conflict, elsewhere it is free', async () => {
  await plane.activeCluster()
  const input = { ClusterName: 'orders', Provisioned: provisioned() }
  expect(await plane.refusal('CreateClusterV2', input)).toMatchObject({
    name: 'ConflictException',
    invalidParameter: 'clusterName',
  })
  await plane.call('CreateClusterV2', input, { region: 'eu-west-1' })
  await plane.call('CreateClusterV2', input, { accountId: '111111111111' })
})

test('more than ninety brokers in an account are refused', async () => {
  for (const name of ['a', 'b', 'c']) await plane.activeCluster(name, { NumberOfBrokerNodes: 30 })
  expect(await plane.refusal('CreateClusterV2', { ClusterName: 'd', Provisioned: provisioned() })).toMatchObject({
    name: 'TooManyRequestsException',
  })
})

test('serverless, both, and neither are refused', async () => {
  const Serverless = { VpcConfigs: [{ SubnetIds: ['subnet-a', 'subnet-b'] }] }
  expect(await plane.refusal('CreateClusterV2', { ClusterName: 'a', Serverless })).toMatchObject({
    invalidParameter: 'serverless',
  })
  expect(
    await plane.refusal('CreateClusterV2', { ClusterName: 'a', Serverless, Provisioned: provisioned() }),
  ).toMatchObject({
    invalidParameter: 'serverless',
  })
  expect(await plane.refusal('CreateClusterV2', { ClusterName: 'a' })).toMatchObject({
    invalidParameter: 'provisioned',
  })
})
