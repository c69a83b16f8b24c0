import { expect, test } from 'vitest'
import { emptyImage } from '@millrace/metadata/image'
import { BrokerSettings } from '../metadata/broker-settings.ts'
import { connectionLimits } from './server-limits.ts'

test('connection limits are the settings of the moment, with exceptions for addresses', () => {
  const settings = new BrokerSettings({ image: emptyImage, properties: { 'max.connections': '7' }, nodeId: 1 })
  const limits = connectionLimits(settings)
  expect(limits.connectionsMax).toBe(7)
  expect(limits.ofAddress('10.0.0.1')).toBe(0x7fffffff)
  const dynamic = new Map([
    ['max.connections', '9'],
    ['max.connections.per.ip', '3'],
    ['max.connections.per.ip.overrides', '10.0.0.1:5,::1:6'],
  ])
  settings.update({ ...emptyImage, configs: new Map([['4:', dynamic]]) }, true)
  expect(limits.connectionsMax).toBe(9)
  expect(['10.0.0.1', '::1', '10.0.0.2'].map((address) => limits.ofAddress(address))).toEqual([5, 6, 3])
})
