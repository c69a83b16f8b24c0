import type { Logger } from '@millrace/base/logger'
import { silentLogger } from '@millrace/base/logger'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Cluster } from '../store/records.ts'
import { ControlPlane, provisioned } from '../testing/control-plane.ts'
import type { IngressFacts, SecurityGroupFacts } from './network-source.ts'
import { listenerAccess, NetworkRules } from './network-rules.ts'

let plane: ControlPlane

beforeEach(async () => {
  plane = await ControlPlane.open()
  await plane.start()
})

afterEach(() => plane.close())

function group(id: string, ...ingress: IngressFacts[]): { readonly id: string; readonly facts: SecurityGroupFacts } {
  return { id, facts: { vpcId: 'vpc-1', ingress } }
}

const fromNetwork = (value: string, fromPort = 9092, toPort = fromPort): IngressFacts => ({
  fromPort,
  toPort,
  peer: { kind: 'network', value },
})
const fromGroup = (value: string): IngressFacts => ({ fromPort: 0, toPort: 65_535, peer: { kind: 'group', value } })

test.each<[string, readonly ReturnType<typeof group>[], boolean, readonly string[]]>([
  ['no rule lets nobody in', [group('sg-1')], false, []],
  ['a rule for another port lets nobody in', [group('sg-1', fromNetwork('0.0.0.0/0', 9094))], false, []],
  ['a range of ports counts to its end', [group('sg-1', fromNetwork('0.0.0.0/0', 9000, 9092))], true, ['0.0.0.0/0']],
  [
    'a network inside the VPC holds clients of this machine',
    [group('sg-1', fromNetwork('10.0.3.0/24'))],
    true,
    ['10.0.3.0/24'],
  ],
  ['a network around the VPC does too', [group('sg-1', fromNetwork('10.0.0.0/8'))], true, ['10.0.0.0/8']],
  ['a network beside it does not', [group('sg-1', fromNetwork('192.0.2.0/24'))], false, ['192.0.2.0/24']],
  ['a rule for the group itself lets its members in', [group('sg-1', fromGroup('sg-1'))], true, []],
  ['a rule for a group of other members does not', [group('sg-1', fromGroup('sg-2'))], false, []],
  ['a rule for another group of the broker does', [group('sg-1', fromGroup('sg-2')), group('sg-2')], true, []],
  [
    'rules of all groups count, each network once',
    [group('sg-1', fromNetwork('192.0.2.0/24')), group('sg-2', fromNetwork('192.0.2.0/24'), fromNetwork('::/0'))],
    false,
    ['192.0.2.0/24', '::/0'],
  ],
])('%s', (_name, groups, letsLocalIn, networks) => {
  expect(listenerAccess(9092, groups, { memberOf: groups.map(({ id }) => id), network: '10.0.0.0/16' })).toEqual({
    port: 9092,
    letsLocalIn,
    networks,
    groupIds: groups.map(({ id }) => id),
  })
})

async function clusterIn(groupIds: string[] | undefined): Promise<Cluster> {
  const { BrokerNodeGroupInfo } = provisioned()
  const SecurityGroups = groupIds === undefined ? {} : { SecurityGroups: groupIds }
  return plane.activeCluster('orders', { BrokerNodeGroupInfo: { ...BrokerNodeGroupInfo, ...SecurityGroups } })
}

function recording(): { readonly logger: Logger; readonly warnings: string[] } {
  const warnings: string[] = []
  return { warnings, logger: { ...silentLogger, warn: (message) => void warnings.push(message) } }
}

test('every broker goes by the groups of its own interface, listener by listener with MSK’s ports', async () => {
  plane.networks.vpcs.set('vpc-1', { cidr: '10.0.0.0/16', dnsSupport: true })
  plane.networks.groups.set('sg-1', group('sg-1', fromNetwork('10.0.0.0/16', 9094)).facts)
  plane.networks.groups.set('sg-2', group('sg-2', fromNetwork('192.0.2.0/24', 9092)).facts)
  const cluster = await clusterIn(['sg-1'])
  plane.networks.setGroups(cluster.arn, 2, ['sg-2'])
  const addressMap = [{ network: '127.0.0.2/32', address: '203.0.113.9' }]
  const rules = new NetworkRules({ store: plane.store, networks: plane.networks, addressMap, logger: silentLogger })
  const { network } = await rules.contentOf(cluster)
  expect(network?.addressMap).toEqual(addressMap)
  expect(network?.brokers).toMatchObject({
    '1': {
      CLIENT: { port: 9092, letsLocalIn: false, networks: [] },
      CLIENT_SECURE: { port: 9094, letsLocalIn: true, networks: ['10.0.0.0/16'] },
    },
    '2': { CLIENT: { letsLocalIn: false, networks: ['192.0.2.0/24'], groupIds: ['sg-2'] } },
    '3': { CLIENT_SECURE: { letsLocalIn: true } },
  })
})

test.each([
  ['unknown groups', ['sg-invented'], 'security groups that are not known here (sg-invented)'],
  ['no groups', undefined, 'no security groups'],
])('%s let everybody in, and it is said once', async (_name, groupIds, told) => {
  const cluster = await clusterIn(groupIds)
  const { logger, warnings } = recording()
  const rules = new NetworkRules({ store: plane.store, networks: plane.networks, addressMap: [], logger })
  for (let time = 0; time < 2; time++) expect((await rules.contentOf(cluster)).network?.brokers).toEqual({})
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toContain(told)
})

test('interfaces come with a cluster and go with it', async () => {
  const cluster = await clusterIn(['sg-1'])
  expect(plane.networks.interfaces(cluster.arn).map(({ brokerId, groupIds }) => [brokerId, groupIds])).toEqual([
    [1, ['sg-1']],
    [2, ['sg-1']],
    [3, ['sg-1']],
  ])
  const { NodeInfoList = [] } = await plane.call('ListNodes', { ClusterArn: cluster.arn })
  expect(NodeInfoList.flatMap(({ BrokerNodeInfo }) => BrokerNodeInfo?.ClientVpcIpAddress ?? [])).toEqual([
    '10.0.0.1',
    '10.0.0.2',
    '10.0.0.3',
  ])
  await plane.call('DeleteCluster', { ClusterArn: cluster.arn })
  await plane.idle()
  expect(plane.networks.clusterArns()).toEqual([])
})
