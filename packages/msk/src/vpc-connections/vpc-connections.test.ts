import type { CallContext } from '@millrace/aws/call-context'
import { silentLogger } from '@millrace/base/logger'
import type { ListenerAccess } from '@millrace/engine/engine'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NetworkRules } from '../network/network-rules.ts'
import type { Cluster } from '../store/records.ts'
import { ControlPlane } from '../testing/control-plane.ts'
import { vpcConnectionStates, nextVpcConnectionState } from './vpc-connection-state.ts'

let plane: ControlPlane
let cluster: Cluster

const CLIENT: Partial<CallContext> = { accountId: '111122223333' }
const scram = (Enabled: boolean) => ({
  VpcConnectivity: { ClientAuthentication: { Sasl: { Scram: { Enabled } } } },
})

beforeEach(async () => {
  plane = await ControlPlane.open()
  await plane.start()
  const { Arn = '' } = await plane.call('CreateConfiguration', {
    Name: 'acls',
    ServerProperties: Buffer.from('allow.everyone.if.no.acl.found=false'),
  })
  cluster = await plane.activeCluster('orders', {
    EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
    ClientAuthentication: { Sasl: { Scram: { Enabled: true }, Iam: { Enabled: true } } },
    ConfigurationInfo: { Arn, Revision: 1 },
  })
  await serve(true)
})

afterEach(() => plane.close())

async function serve(on: boolean): Promise<void> {
  const { currentVersion } = await plane.cluster(cluster.arn)
  await plane.call('UpdateConnectivity', {
    ClusterArn: cluster.arn,
    CurrentVersion: currentVersion,
    ConnectivityInfo: scram(on),
  })
  await plane.idle()
}

const wanted = () => ({
  TargetClusterArn: cluster.arn,
  Authentication: 'SASL_SCRAM',
  VpcId: 'vpc-client',
  ClientSubnets: ['subnet-x', 'subnet-y', 'subnet-z'],
  SecurityGroups: ['sg-client'],
})

async function connection(context: Partial<CallContext> = {}): Promise<string> {
  const made = await plane.call('CreateVpcConnection', wanted(), context)
  expect(made).toMatchObject({ State: 'CREATING', Authentication: 'SASL_SCRAM' })
  await plane.idle()
  return made.VpcConnectionArn ?? ''
}

async function stateOf(Arn: string, context: Partial<CallContext> = {}): Promise<string | undefined> {
  return (await plane.call('DescribeVpcConnection', { Arn }, context)).State
}

async function access(): Promise<ListenerAccess | undefined> {
  const rules = new NetworkRules({ store: plane.store, networks: plane.networks, addressMap: [], logger: silentLogger })
  const { network } = await rules.contentOf(await plane.cluster(cluster.arn))
  return network?.brokers['2']?.['CLIENT_SASL_SCRAM_VPCE']
}

test('a connection becomes available, is listed on both sides, and is gone when it is deleted', async () => {
  const Arn = await connection()
  expect(Arn).toMatch(/^arn:aws:kafka:us-east-1:000000000000:vpc-connection\/000000000000\/orders\/[0-9a-f-]{36}$/)
  expect(await stateOf(Arn)).toBe('AVAILABLE')
  expect((await plane.call('ListVpcConnections', {})).VpcConnections).toMatchObject([
    { VpcConnectionArn: Arn, TargetClusterArn: cluster.arn, VpcId: 'vpc-client', State: 'AVAILABLE' },
  ])
  const owned = await plane.call('ListClientVpcConnections', { ClusterArn: cluster.arn })
  expect(owned.ClientVpcConnections).toMatchObject([{ VpcConnectionArn: Arn, Owner: '000000000000' }])
  expect(await plane.call('DeleteVpcConnection', { Arn })).toEqual({ VpcConnectionArn: Arn, State: 'DELETING' })
  await plane.idle()
  expect((await plane.refusal('DescribeVpcConnection', { Arn })).name).toBe('NotFoundException')
})

test('a connection belongs to the account that made it, also one to another’s cluster', async () => {
  const Arn = await connection(CLIENT)
  expect(Arn).toContain(':111122223333:vpc-connection/000000000000/orders/')
  expect((await plane.call('ListVpcConnections', {})).VpcConnections).toEqual([])
  expect(await stateOf(Arn, CLIENT)).toBe('AVAILABLE')
  expect((await plane.refusal('DescribeVpcConnection', { Arn })).name).toBe('NotFoundException')
  const owned = await plane.call('ListClientVpcConnections', { ClusterArn: cluster.arn })
  expect(owned.ClientVpcConnections).toMatchObject([{ Owner: '111122223333' }])
})

test('the owner sees connections that are made and deleted as operations of the cluster', async () => {
  const Arn = await connection(CLIENT)
  await plane.call('DeleteVpcConnection', { Arn }, CLIENT)
  await plane.idle()
  const { ClusterOperationInfoList: listed = [] } = await plane.call('ListClusterOperations', {
    ClusterArn: cluster.arn,
  })
  const ofConnections = listed.filter(({ OperationType }) => OperationType?.endsWith('_VPC_CONNECTION'))
  expect(ofConnections.map(({ OperationType }) => OperationType).toSorted()).toEqual([
    'CREATE_VPC_CONNECTION',
    'DELETE_VPC_CONNECTION',
  ])
  for (const { OperationArn = '', ...operation } of ofConnections) {
    const VpcConnectionInfo = {
      VpcConnectionArn: Arn,
      Owner: '111122223333',
      UserIdentity: { Type: 'AWSACCOUNT', PrincipalId: '111122223333' },
      CreationTime: expect.any(Date) as Date,
    }
    const shown = { OperationState: 'UPDATE_COMPLETE', EndTime: expect.any(Date) as Date }
    expect(operation).toMatchObject({ ...shown, VpcConnectionInfo, OperationSteps: [] })
    const v2 = await plane.call('DescribeClusterOperationV2', { ClusterOperationArn: OperationArn })
    expect(v2.ClusterOperationInfo).toMatchObject({ ...shown, Provisioned: { VpcConnectionInfo } })
    expect(OperationArn).toContain(':000000000000:cluster-operation/orders/')
  }
  // The cluster itself has been doing nothing.
  expect(await plane.cluster(cluster.arn)).toMatchObject({ state: 'ACTIVE', activeOperationArn: null })
})

test('an operation ends as failed when the cluster stops to serve what is being made', async () => {
  const made = await plane.call('CreateVpcConnection', wanted())
  const record = await plane.store.vpcConnection(made.VpcConnectionArn ?? '')
  if (record === null) throw new Error('there is no record')
  await plane.idle()
  // As a crash leaves it that came before anything was brought about.
  const { ClusterOperationInfoList: before = [] } = await plane.call('ListClusterOperations', {
    ClusterArn: cluster.arn,
  })
  const operation = before.find(({ OperationType }) => OperationType === 'CREATE_VPC_CONNECTION')
  await plane.store.updateOperation(operation?.OperationArn ?? '', { state: 'PENDING', endedAt: null })
  await plane.store.putVpcConnection({ ...record, state: 'CREATING' })
  await plane.vpcConnections.clusterRemoved(cluster.arn)
  await plane.idle()
  const ClusterOperationArn = operation?.OperationArn ?? ''
  const { ClusterOperationInfo } = await plane.call('DescribeClusterOperation', { ClusterOperationArn })
  expect(ClusterOperationInfo).toMatchObject({
    OperationState: 'UPDATE_FAILED',
    ErrorInfo: { ErrorCode: 'InternalError' },
  })
})

test('a connection carries tags', async () => {
  const ResourceArn = await connection()
  await plane.call('TagResource', { ResourceArn, Tags: { team: 'blue', stage: 'test' } })
  await plane.call('UntagResource', { ResourceArn, TagKeys: ['stage'] })
  expect((await plane.call('ListTagsForResource', { ResourceArn })).Tags).toEqual({ team: 'blue' })
  expect((await plane.call('DescribeVpcConnection', { Arn: ResourceArn })).Tags).toEqual({ team: 'blue' })
})

test('the owner rejects a connection, and nothing leads in by it any more', async () => {
  plane.networks.vpcs.set('vpc-client', { cidr: '10.9.0.0/16', dnsSupport: true })
  const VpcConnectionArn = await connection()
  await plane.call('RejectClientVpcConnection', { ClusterArn: cluster.arn, VpcConnectionArn })
  await plane.idle()
  expect(await stateOf(VpcConnectionArn)).toBe('REJECTED')
  expect(await access()).toEqual({ port: 14_002, letsLocalIn: false, networks: [], groupIds: [] })
  const again = await plane.refusal('RejectClientVpcConnection', { ClusterArn: cluster.arn, VpcConnectionArn })
  expect(again.message).toContain('REJECTED')
  const unknown = { ClusterArn: cluster.arn, VpcConnectionArn: `${VpcConnectionArn}0` }
  expect((await plane.refusal('RejectClientVpcConnection', unknown)).name).toBe('NotFoundException')
})

test('connections are inactive while the cluster does not serve their authentication', async () => {
  const Arn = await connection()
  await serve(false)
  expect(await stateOf(Arn)).toBe('INACTIVE')
  await serve(true)
  expect(await stateOf(Arn)).toBe('AVAILABLE')
  await plane.call('DeleteCluster', { ClusterArn: cluster.arn })
  await plane.idle()
  expect(await stateOf(Arn)).toBe('INACTIVE')
})

test('clients come in as the groups of a connection have it, on the broker’s own port', async () => {
  expect(await access()).toEqual({ port: 14_002, letsLocalIn: false, networks: [], groupIds: [] })
  plane.networks.vpcs.set('vpc-client', { cidr: '10.9.0.0/16', dnsSupport: true })
  const rule = (fromPort: number, toPort: number) => ({
    vpcId: 'vpc-client',
    ingress: [{ fromPort, toPort, peer: { kind: 'network' as const, value: '10.9.0.0/16' } }],
  })
  plane.networks.groups.set('sg-client', rule(14_001, 14_001))
  await connection()
  expect(await access()).toMatchObject({ letsLocalIn: false, groupIds: ['sg-client'] })
  plane.networks.groups.set('sg-client', rule(14_001, 14_100))
  expect(await access()).toMatchObject({ letsLocalIn: true, networks: ['10.9.0.0/16'] })
})

test('groups that nobody made let everybody in by their connection', async () => {
  await connection()
  expect(await access()).toMatchObject({ letsLocalIn: true, networks: ['0.0.0.0/0', '::/0'] })
})

test('what does not fit the cluster is refused, and the member is named', async () => {
  plane.networks.subnets.set('subnet-z', { vpcId: 'vpc-client', zoneId: 'use1-az6', isPublic: false })
  plane.networks.groups.set('sg-other', { vpcId: 'vpc-other', ingress: [] })
  const refused = async (change: Partial<ReturnType<typeof wanted>>): Promise<unknown> =>
    (await plane.refusal('CreateVpcConnection', { ...wanted(), ...change })).invalidParameter
  expect(await refused({ Authentication: 'SCRAM' })).toBe('authentication')
  expect(await refused({ Authentication: 'SASL_IAM' })).toBe('authentication')
  expect(await refused({ ClientSubnets: ['subnet-x', 'subnet-y'] })).toBe('clientSubnets')
  expect(await refused({})).toBe('clientSubnets')
  const ClientSubnets = ['subnet-u', 'subnet-v', 'subnet-w']
  expect(await refused({ ClientSubnets, SecurityGroups: ['sg-other'] })).toBe('securityGroups')
  expect(await refused({ ClientSubnets, TargetClusterArn: cluster.arn.replace('orders', 'others') })).toBe(
    'targetClusterArn',
  )
})

test('what a crash left under way is taken up again', async () => {
  const made = await plane.call('CreateVpcConnection', wanted())
  await plane.idle()
  const record = await plane.store.vpcConnection(made.VpcConnectionArn ?? '')
  if (record === null) throw new Error('there is no record')
  await plane.store.putVpcConnection({ ...record, state: 'REJECTING' })
  plane.vpcConnections.wake()
  await plane.idle()
  expect(await stateOf(record.arn)).toBe('REJECTED')
})

test('every state that something is under way in leads to one that rests', () => {
  const resting = ['AVAILABLE', 'INACTIVE', 'REJECTED', 'FAILED', 'DELETING']
  for (const [state, edges] of Object.entries(vpcConnectionStates)) {
    if (resting.includes(state)) expect(edges.done).toBeUndefined()
    else expect(resting).toContain(edges.done)
  }
  expect(() => nextVpcConnectionState('DELETING', 'served')).toThrow('VPC connection')
})
