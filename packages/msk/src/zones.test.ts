import { expect, test } from 'vitest'
import { FakeNetworks } from './testing/fake-networks.ts'
import { zoneIdsOfSubnets } from './zones.ts'

const scope = (region: string) => ({ accountId: '000000000000', region })

test('an invented subnet is in the next zone, in order of appearance; use1-az3 is not offered', () => {
  const networks = new FakeNetworks()
  const zones = (region: string, ids: readonly string[]): string[] => zoneIdsOfSubnets(scope(region), ids, networks)
  expect(zones('us-east-1', ['subnet-x', 'subnet-y', 'subnet-z'])).toEqual(['use1-az1', 'use1-az2', 'use1-az4'])
  expect(zones('eu-west-1', ['subnet-x', 'subnet-y'])).toEqual(['euw1-az1', 'euw1-az2'])
})

test('a subnet that was made here is in its zone, and invented ones keep out of it', () => {
  const networks = new FakeNetworks()
  networks.subnets.set('subnet-y', { vpcId: 'vpc-1', zoneId: 'use1-az1', isPublic: false })
  expect(zoneIdsOfSubnets(scope('us-east-1'), ['subnet-x', 'subnet-y', 'subnet-z'], networks)).toEqual([
    'use1-az2',
    'use1-az1',
    'use1-az4',
  ])
})
