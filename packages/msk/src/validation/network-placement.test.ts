import { expect, test } from 'vitest'
import { FakeNetworks } from '../testing/fake-networks.ts'
import { checkPlacement } from './network-placement.ts'

const scope = { accountId: '000000000000', region: 'us-east-1' }

function networks(): FakeNetworks {
  const made = new FakeNetworks()
  made.vpcs.set('vpc-1', { cidr: '10.0.0.0/16', dnsSupport: true })
  made.vpcs.set('vpc-2', { cidr: '10.1.0.0/16', dnsSupport: true })
  const put = (id: string, vpcId: string, zoneId: string): void =>
    void made.subnets.set(id, { vpcId, zoneId, isPublic: false })
  put('subnet-a', 'vpc-1', 'use1-az1')
  put('subnet-b', 'vpc-1', 'use1-az2')
  put('subnet-also-b', 'vpc-1', 'use1-az2')
  put('subnet-az3', 'vpc-1', 'use1-az3')
  put('subnet-far', 'vpc-2', 'use1-az4')
  made.groups.set('sg-1', { vpcId: 'vpc-1', ingress: [] })
  made.groups.set('sg-2', { vpcId: 'vpc-2', ingress: [] })
  return made
}

const place = (ClientSubnets: string[], SecurityGroups: string[], made = networks()): void =>
  checkPlacement(made, scope, { ClientSubnets, SecurityGroups, InstanceType: 'kafka.m5.large' }, 'provisioned.')

test('subnets of one VPC in different zones are fine, and so is what was never made here', () => {
  place(['subnet-a', 'subnet-b'], ['sg-1', 'sg-invented'])
  place(['subnet-invented', 'subnet-a'], [])
})

test.each([
  [['subnet-a', 'subnet-far'], [], /in one VPC/, 'clientSubnets'],
  [['subnet-b', 'subnet-also-b'], [], /both in use1-az2/, 'clientSubnets'],
  [['subnet-a', 'subnet-az3'], [], /use1-az3, which Amazon MSK does not offer/, 'clientSubnets'],
  [['subnet-a', 'subnet-b'], ['sg-2'], /sg-2 is in vpc-2/, 'securityGroups'],
])('%j with %j is refused', (subnets, groups, message, member) => {
  expect(() => place(subnets, groups)).toThrow(message)
  expect(() => place(subnets, groups)).toThrow(
    expect.objectContaining({ members: { InvalidParameter: `provisioned.brokerNodeGroupInfo.${member}` } }),
  )
})

test('a VPC that resolves no names is refused with what to do', () => {
  const made = networks()
  made.vpcs.set('vpc-1', { cidr: '10.0.0.0/16', dnsSupport: false })
  expect(() => place(['subnet-a', 'subnet-b'], [], made)).toThrow('--enable-dns-support')
})
