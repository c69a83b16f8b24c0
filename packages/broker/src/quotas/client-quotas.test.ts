import { describe, expect, test } from 'vitest'
import { emptyImage, quotaEntityKey, type ClientQuota, type MetadataImage } from '@millrace/metadata/image'
import type { ConnectionInfo } from '@millrace/network/api-handler'
import type { ConnectionQuota } from '@millrace/network/request-quotas'
import { ClientQuotas } from './client-quotas.ts'

const PRODUCE = 0
const FETCH = 1
const METADATA = 3
const CREATE_TOPICS = 19

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
  limits: { connectionRate: number }
  clientQuotas: ClientQuotas
  connect: (principal?: string) => ConnectionQuota
} {
  const clock = { ms: 0 }
  const limits = { connectionRate: 0x7fff_ffff }
  const clientQuotas = new ClientQuotas({
    host: { clock: { nowMs: () => clock.ms, monotonicMs: () => clock.ms } },
    windows: { count: 11, sizeMs: 1000 },
    mutationWindows: { count: 11, sizeMs: 1000 },
    connectionRateMax: () => limits.connectionRate,
  })
  clientQuotas.update(imageOf(quotas))
  return {
    clock,
    limits,
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
      expect(clientQuotas.admit('10.0.0.1')).toMatchObject({ delayMs: 500, refused: true })
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

describe('a throttle explains itself', () => {
  const user = (entityName: string | null): object => ({ entityType: 'user', entityName })

  test('by the quota that decided, whose it is, its value, and what was measured', () => {
    const { connect } = fixture(
      ['client-id', 'app', 'producer_byte_rate', 10],
      ['user', 'alice', 'producer_byte_rate', 1000],
    )
    const request = { apiKey: PRODUCE, clientId: 'app', bytesLength: 12_000 }
    const quota = connect()
    expect(quota.answered(request)).toBe(2000)
    const common = { key: 'producer_byte_rate', clientId: 'app', throttleMs: 2000 }
    expect(quota.explain(request, 2000)).toEqual({ ...common, entity: [user('alice')], bound: 1000, rate: 1200 })
    const bobs = connect('User:bob')
    expect(bobs.answered({ ...request, bytesLength: 120 })).toBe(2000)
    const entity = [{ entityType: 'client-id', entityName: 'app' }]
    expect(bobs.explain(request, 2000)).toEqual({ ...common, entity, bound: 10, rate: 12 })
  })

  test('by the one that makes it wait longest', () => {
    const { connect } = fixture(
      ['user', 'alice', 'producer_byte_rate', 1000],
      ['client-id', 'app', 'request_percentage', 1],
    )
    const quota = connect()
    quota.worked('app', 105)
    const produce = { apiKey: PRODUCE, clientId: 'app', bytesLength: 10_100 }
    expect(quota.answered(produce)).toBe(500)
    expect(quota.explain(produce, 500)).toMatchObject({ key: 'request_percentage', bound: 1, rate: 1.05 })
    expect(quota.answered(produce)).toBe(10_200)
    expect(quota.explain(produce, 10_200)).toMatchObject({ key: 'producer_byte_rate', rate: 2020 })
    const metadata = { apiKey: METADATA, clientId: 'app', bytesLength: 10 }
    expect(quota.answered(metadata)).toBe(500)
    expect(quota.explain(metadata, 500)).toMatchObject({ key: 'request_percentage' })
  })

  test('of a consumer by what it would have fetched', () => {
    const { connect } = fixture(['user', null, 'consumer_byte_rate', 1000])
    const quota = connect()
    const request = { apiKey: FETCH, clientId: 'c', bytesLength: 50 }
    expect(quota.fetched('c', 13_000)).toBe(3000)
    expect(quota.answered(request)).toBe(0)
    expect(quota.explain(request, 3000)).toEqual({
      key: 'consumer_byte_rate',
      entity: [user(null)],
      clientId: 'c',
      bound: 1000,
      rate: 1300,
      throttleMs: 3000,
    })
  })

  test('of a client that the controller has told to wait, by its quota and the credit that it overdrew', () => {
    const { connect, clientQuotas } = fixture(['user', 'alice', 'controller_mutation_rate', 2])
    const request = { apiKey: CREATE_TOPICS, clientId: 'c', bytesLength: 50 }
    const quota = connect()
    expect(quota.answered(request)).toBe(0)
    // 22 of eleven windows and 11 more, which two a second take 5.5 s to make good: 33 in 11 s.
    expect(quota.explain(request, 5500)).toMatchObject({ key: 'controller_mutation_rate', bound: 2, rate: 3 })
    clientQuotas.update(imageOf([]))
    expect(quota.explain(request, 5500)).toBeNull()
  })

  test('of an address that connects too often, and of all that do', () => {
    const { clientQuotas, limits } = fixture(['ip', null, 'connection_creation_rate', 1])
    for (let count = 0; count < 10; count++) clientQuotas.admit('10.0.0.1')
    expect(clientQuotas.admit('10.0.0.1')).toEqual({
      delayMs: 1000,
      refused: true,
      excess: {
        key: 'connection_creation_rate',
        entity: [{ entityType: 'ip', entityName: null }],
        clientId: null,
        bound: 1,
        rate: 1.1,
        throttleMs: 1000,
      },
    })
    limits.connectionRate = 1
    for (let count = 0; count < 10; count++) clientQuotas.admit(`10.0.1.${count}`)
    expect(clientQuotas.admit('10.0.0.2')).toMatchObject({
      refused: false,
      excess: { key: 'max.connection.creation.rate', entity: [], bound: 1, rate: 1.1 },
    })
  })
})
