import { describe, expect, test } from 'vitest'
import { emptyImage, quotaEntityKey, type ClientQuota, type MetadataImage } from '@millrace/metadata/image'
import type { ConnectionInfo } from '@millrace/network/api-handler'
import type { ConnectionQuota } from '@millrace/network/request-quotas'
import { ClientQuotas } from './client-quotas.ts'

const PRODUCE = 0
const METADATA = 3

function imageOf(
  quotas: readonly (readonly [type: string, name: string | null, key: string, value: number])[],
): MetadataImage {
  const clientQuotas = new Map<string, ClientQuota>()
  for (const [entityType, entityName, key, value] of quotas) {
    const entity = [{ entityType, entityName }]
    clientQuotas.set(quotaEntityKey(entity), { entity, values: new Map([[key, value]]) })
  }
  return { ...emptyImage, clientQuotas }
}

function fixture(...quotas: Parameters<typeof imageOf>[0]): {
  clock: { ms: number }
  clientQuotas: ClientQuotas
  connect: (principal?: string) => ConnectionQuota
} {
  const clock = { ms: 0 }
  const clientQuotas = new ClientQuotas({
    host: { clock: { nowMs: () => clock.ms, monotonicMs: () => clock.ms } },
    windows: { count: 11, sizeMs: 1000 },
    connectionRateMax: () => 0x7fff_ffff,
  })
  clientQuotas.update(imageOf(quotas))
  return {
    clock,
    clientQuotas,
    connect: (principal = 'User:alice') => clientQuotas.open({ principal } as ConnectionInfo),
  }
}

describe('client quotas', () => {
  test('are not active without any quota', () => {
    const { connect, clientQuotas } = fixture()
    expect(connect().active).toBe(false)
    expect(clientQuotas.admit('10.0.0.1')).toBeNull()
  })

  test('limit produced bytes over all connections of the entity, and nobody else’s', () => {
    const { connect } = fixture(['client-id', 'app', 'producer_byte_rate', 1000])
    const first = connect('User:alice')
    const second = connect('User:bob')
    expect(first.answered({ apiKey: PRODUCE, clientId: 'app', bytesLength: 6000 })).toBe(0)
    expect(second.answered({ apiKey: PRODUCE, clientId: 'app', bytesLength: 6000 })).toBe(2000)
    expect(second.answered({ apiKey: PRODUCE, clientId: 'other', bytesLength: 60_000 })).toBe(0)
    expect(second.answered({ apiKey: METADATA, clientId: 'app', bytesLength: 100 })).toBe(0)
  })

  test('hold fetched bytes back before they are sent, without counting them', () => {
    const { connect, clock } = fixture(['user', 'alice', 'consumer_byte_rate', 1000])
    const quota = connect()
    expect(quota.fetchBytesMax('c')).toBe(10_000)
    expect(quota.fetched('c', 10_000)).toBe(0)
    expect(quota.fetched('c', 3000)).toBe(3000)
    clock.ms = 11_000
    expect(quota.fetched('c', 3000)).toBe(0)
    expect(connect('User:bob').fetchBytesMax('c')).toBe(Infinity)
  })

  test('limit processing time, a second of it at most per throttle', () => {
    const { connect } = fixture(['user', null, 'request_percentage', 1])
    const quota = connect()
    expect(quota.timed).toBe(true)
    // 1 % of eleven windows is 100 ms at first.
    quota.worked('c', 100)
    expect(quota.answered({ apiKey: METADATA, clientId: 'c', bytesLength: 10 })).toBe(0)
    quota.worked('c', 5)
    expect(quota.answered({ apiKey: METADATA, clientId: 'c', bytesLength: 10 })).toBe(500)
    quota.worked('c', 500)
    expect(quota.answered({ apiKey: METADATA, clientId: 'c', bytesLength: 10 })).toBe(1000)
  })

  test('act on open connections as soon as they change', () => {
    const { connect, clientQuotas } = fixture(['user', 'alice', 'producer_byte_rate', 1_000_000])
    const quota = connect()
    const produce = (): number => quota.answered({ apiKey: PRODUCE, clientId: 'c', bytesLength: 12_000 })
    expect(produce()).toBe(0)
    clientQuotas.update(imageOf([['user', 'alice', 'producer_byte_rate', 1000]]))
    expect(produce()).toBe(14_000)
    clientQuotas.update(imageOf([]))
    expect(quota.active).toBe(false)
    expect(produce()).toBe(0)
  })

  test('close connections of an address that opens too many, and count only those let in', () => {
    const { clientQuotas, clock } = fixture(['ip', '10.0.0.1', 'connection_creation_rate', 2])
    for (let count = 0; count < 20; count++) expect(clientQuotas.admit('10.0.0.1')).toBeNull()
    for (let count = 0; count < 5; count++) {
      expect(clientQuotas.admit('10.0.0.1')).toEqual({ delayMs: 500, refused: true })
    }
    expect(clientQuotas.admit('10.0.0.2')).toBeNull()
    clock.ms = 11_000
    expect(clientQuotas.admit('10.0.0.1')).toBeNull()
  })

  test('keep no meters for clients that are gone', () => {
    const { connect, clock } = fixture(['client-id', null, 'producer_byte_rate', 1000])
    const lasting = connect()
    const others = connect()
    lasting.answered({ apiKey: PRODUCE, clientId: 'lasting', bytesLength: 10_000 })
    for (let count = 0; count < 1500; count++) {
      others.answered({ apiKey: PRODUCE, clientId: `gone-${count}`, bytesLength: 0 })
    }
    clock.ms = 10
    expect(connect().answered({ apiKey: PRODUCE, clientId: 'lasting', bytesLength: 500 })).toBe(490)
  })
})
