import { expect, test } from 'vitest'
import { zoneIdPrefix, zoneIdsOfSubnets } from './zones.ts'

test.each([
  ['us-east-1', 'use1'],
  ['us-west-2', 'usw2'],
  ['eu-central-1', 'euc1'],
  ['ap-southeast-2', 'apse2'],
  ['ap-northeast-1', 'apne1'],
  ['sa-east-1', 'sae1'],
  ['us-gov-west-1', 'usgw1'],
])('zone ids of %s begin with %s', (region, prefix) => {
  expect(zoneIdPrefix(region)).toBe(prefix)
})

test('every subnet is in a zone of its own, in order of appearance; use1-az3 is not offered', () => {
  expect(zoneIdsOfSubnets('us-east-1', ['subnet-x', 'subnet-y', 'subnet-z'])).toEqual([
    'use1-az1',
    'use1-az2',
    'use1-az4',
  ])
  expect(zoneIdsOfSubnets('eu-west-1', ['subnet-x', 'subnet-y'])).toEqual(['euw1-az1', 'euw1-az2'])
})
