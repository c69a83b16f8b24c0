import { afterEach, beforeEach, expect, test } from 'vitest'
import { UnknownPrincipalError } from '@millrace/policy/principal-names'
import { ControlPlane } from '../testing/control-plane.ts'

let plane: ControlPlane
let ClusterArn: string

beforeEach(async () => {
  plane = await ControlPlane.open()
  ClusterArn = (await plane.activeCluster()).arn
})

afterEach(() => plane.close())

function policy(change: object = {}): string {
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: '999900001111' },
    Action: ['kafka-cluster:*', 'kafka:GetBootstrapBrokers'],
    Resource: [ClusterArn, `${ClusterArn.replace(':cluster/', ':topic/')}/*`],
    ...change,
  }
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
}

test('a policy is given back as it came, with a version of its own, and brokers are told', async () => {
  const { CurrentVersion = '' } = await plane.call('PutClusterPolicy', { ClusterArn, Policy: policy() })
  expect(CurrentVersion).toMatch(/^K[0-9A-Z]{13}$/)
  expect(await plane.call('GetClusterPolicy', { ClusterArn })).toEqual({ CurrentVersion, Policy: policy() })
  const second = await plane.call('PutClusterPolicy', { ClusterArn, Policy: policy({ Sid: 'B' }), CurrentVersion })
  expect(second.CurrentVersion).not.toBe(CurrentVersion)
  await plane.call('DeleteClusterPolicy', { ClusterArn })
  expect(plane.securityChanges).toBe(3)
  expect(await plane.refusal('GetClusterPolicy', { ClusterArn })).toMatchObject({ name: 'NotFoundException' })
  expect(await plane.refusal('DeleteClusterPolicy', { ClusterArn })).toMatchObject({ name: 'NotFoundException' })
})

test('a version that is not the current one is refused', async () => {
  const old = { ClusterArn, Policy: policy(), CurrentVersion: 'K0000000000000' }
  expect(await plane.refusal('PutClusterPolicy', old)).toMatchObject({ invalidParameter: 'currentVersion' })
  await plane.call('PutClusterPolicy', { ClusterArn, Policy: policy() })
  expect(await plane.refusal('PutClusterPolicy', old)).toMatchObject({ invalidParameter: 'currentVersion' })
})

test('users and roles that it names are kept by their ids, and must be there', async () => {
  const ARN = 'arn:aws:iam::999900001111:user/ada'
  let ada: string | null = ARN
  plane.principalNames = {
    stored(name) {
      if (name === ada) return 'AIDAADA'
      throw new UnknownPrincipalError(name)
    },
    shown: (name) => (name === 'AIDAADA' ? (ada ?? name) : name),
  }
  const Policy = policy({ Principal: { AWS: [ARN] } })
  const shown = async () => (await plane.call('GetClusterPolicy', { ClusterArn })).Policy
  await plane.call('PutClusterPolicy', { ClusterArn, Policy })
  expect((await plane.store.clusterPolicy(ClusterArn))?.policy).toBe(policy({ Principal: { AWS: ['AIDAADA'] } }))
  expect(await shown()).toBe(Policy)
  ada = null
  expect(await shown()).toBe(policy({ Principal: { AWS: ['AIDAADA'] } }))
  expect(await plane.refusal('PutClusterPolicy', { ClusterArn, Policy })).toMatchObject({
    name: 'BadRequestException',
    invalidParameter: 'policy',
    message: `The cluster policy is not valid. The IAM Principal was not found: ${ARN}`,
  })
})

test.each([
  ['no JSON', () => '{', /not valid JSON/],
  ['no principal', () => policy({ Principal: undefined }), /Principal/],
  ['an action of another kind', () => policy({ Action: 'kafka:DeleteCluster' }), /kafka:DeleteCluster cannot be given/],
  ['everything', () => policy({ Action: '*' }), /cannot be given/],
  ['NotAction', () => policy({ Action: undefined, NotAction: 'kafka:*' }), /NotAction/],
  ['another cluster', () => policy({ Resource: 'arn:aws:kafka:us-east-1:000000000000:cluster/x/y' }), /not of this/],
  ['too much', () => policy({ Sid: 'x'.repeat(20_480) }), /more than 20480 bytes/],
])('%s is refused', async (_name, text, message) => {
  const refusal = await plane.refusal('PutClusterPolicy', { ClusterArn, Policy: text() })
  expect(refusal).toMatchObject({ name: 'BadRequestException', invalidParameter: 'policy' })
  expect(refusal.message).toMatch(message)
  expect(plane.securityChanges).toBe(0)
})

test('IAM can be turned on later: a listener of its own, told by GetBootstrapBrokers', async () => {
  const open = await plane.activeCluster('open', { EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS' } } })
  const both = { Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: true } }
  const change = { ClusterArn: open.arn, CurrentVersion: open.currentVersion, ClientAuthentication: both }
  await plane.call('UpdateSecurity', change)
  await plane.idle()
  expect(plane.engine.running.get(open.id)?.clientListeners).toEqual(['tls', 'iam'])
  const strings = await plane.call('GetBootstrapBrokers', { ClusterArn: open.arn })
  expect(Object.keys(strings)).toEqual(['BootstrapBrokerStringTls', 'BootstrapBrokerStringSaslIam'])
  expect(strings.BootstrapBrokerStringSaslIam).toMatch(/^127\.0\.0\.1:9098,/)
})

test('the policy goes with the cluster, and changed tags are told to brokers', async () => {
  await plane.call('PutClusterPolicy', { ClusterArn, Policy: policy() })
  await plane.call('TagResource', { ResourceArn: ClusterArn, Tags: { env: 'dev' } })
  expect(plane.securityChanges).toBe(2)
  await plane.call('DeleteCluster', { ClusterArn })
  await plane.idle()
  expect(await plane.store.clusterPolicy(ClusterArn)).toBeNull()
})
