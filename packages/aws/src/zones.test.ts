import { expect, test } from 'vitest'
import { availabilityZones, zoneIdPrefix } from './zones.ts'

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

test('a region has its zones by letter, each with an id', () => {
  expect(availabilityZones('us-west-1')).toEqual([
    { name: 'us-west-1a', id: 'usw1-az1' },
    { name: 'us-west-1b', id: 'usw1-az2' },
  ])
  expect(availabilityZones('us-east-1')).toHaveLength(6)
  expect(availabilityZones('eu-west-1')).toHaveLength(3)
})
