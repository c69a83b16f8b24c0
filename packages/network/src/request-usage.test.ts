import { expect, test } from 'vitest'
import { RequestUsage } from './request-usage.ts'

test('counts by software, API and version', () => {
  const usage = new RequestUsage()
  usage.of('kgo', '1.21.1').count(0, 11)
  usage.of('kgo', '1.21.1').count(0, 11)
  usage.of('kgo', '1.21.1').count(68, 1)
  usage.of('', '').count(18, 2)
  usage.of('idle', '1')
  expect(usage.snapshot()).toEqual([
    {
      softwareName: 'kgo',
      softwareVersion: '1.21.1',
      requests: [
        { apiKey: 0, version: 11, count: 2 },
        { apiKey: 68, version: 1, count: 1 },
      ],
    },
    { softwareName: '', softwareVersion: '', requests: [{ apiKey: 18, version: 2, count: 1 }] },
  ])
})

test('clients that claim ever new names share one row', () => {
  const usage = new RequestUsage()
  for (let at = 0; at < 10_000; at++) usage.of(`client${at}`, '1').count(3, 12)
  usage.of('x'.repeat(1000), '1').count(3, 12)
  const clients = usage.snapshot()
  expect(clients.length).toBe(65)
  expect(clients.at(-1)).toEqual({
    softwareName: 'other',
    softwareVersion: '',
    requests: [{ apiKey: 3, version: 12, count: 10_001 - 64 }],
  })
})
