import { describe, expect, test } from 'vitest'
import { metadataRequest, metadataResponse } from '@millrace/protocol/messages/03-metadata'
import { produceRequest, produceResponse } from '@millrace/protocol/messages/00-produce'
import type { QuotaExcess } from '@millrace/policy/denials/quota-excess'
import type { ConnectionDelay, ConnectionQuota, MeteredRequest, RequestQuotas } from './request-quotas.ts'
import {
  NO_TOPICS,
  createFixture,
  emptyMetadata,
  produceBody,
  reasonsOf,
  type Fixture,
} from './request-server-fixture.ts'

interface Quotas {
  fixture: Fixture
  answered: MeteredRequest[]
  worked: number[]
  throttleMs: number
}

const excess: QuotaExcess = {
  key: 'request_percentage',
  entity: [{ entityType: 'user', entityName: null }],
  clientId: 'test',
  bound: 1,
  rate: 1.0712,
  throttleMs: 700,
}
const tooMany: QuotaExcess = {
  ...excess,
  key: 'connection_creation_rate',
  entity: [{ entityType: 'ip', entityName: '10.0.0.9' }],
  clientId: null,
  bound: 2,
  rate: 2.1,
}

function limited(options: { active?: boolean; admit?: ConnectionDelay } = {}): Quotas {
  const answered: MeteredRequest[] = []
  const worked: number[] = []
  const state = { answered, worked, throttleMs: 0 }
  const quota: ConnectionQuota = {
    active: options.active ?? true,
    timed: true,
    answered: (request) => {
      answered.push(request)
      return state.throttleMs
    },
    explain: (_, throttleMs) => ({ ...excess, throttleMs }),
    worked: (_, elapsedMs) => worked.push(elapsedMs),
    fetched: () => 0,
    fetchBytesMax: () => Infinity,
  }
  const quotas: RequestQuotas = { open: () => quota, admit: () => options.admit ?? null }
  return Object.assign(state, { fixture: createFixture({}, quotas) })
}

describe('a throttled client', () => {
  test('is answered at once with the throttle time, and nothing more is started until it is over', () => {
    const quotas = limited()
    const { world, asked, connect } = quotas.fixture
    const client = connect()
    quotas.throttleMs = 700
    client.send(metadataRequest, 12, NO_TOPICS)
    client.send(metadataRequest, 12, NO_TOPICS)
    world.runUntil(() => asked.length === 1)
    asked[0]?.respond(emptyMetadata())
    world.runUntil(() => client.responses.length === 1)
    expect(client.decode(0, metadataResponse, 12).throttleTimeMs).toBe(700)
    quotas.throttleMs = 0
    world.advance(650)
    client.send(metadataRequest, 12, NO_TOPICS)
    world.advance(30)
    expect(asked).toHaveLength(1)
    world.advance(100)
    expect(asked).toHaveLength(2)
    asked[1]?.respond(emptyMetadata())
    world.runUntil(() => asked.length === 3 && client.responses.length === 2)
    expect(client.decode(1, metadataResponse, 12).throttleTimeMs).toBe(0)
    expect(quotas.worked.length).toBeGreaterThan(0)
    // Who asks why it is slow is told.
    const [kept, ...others] = quotas.fixture.server.refusals.list()
    expect(kept).toMatchObject({ kind: 'quota', listener: 'CLIENT', count: 1 })
    expect(kept?.quota).toEqual(excess)
    expect(kept?.reason).toBe(
      'The client with client id "test" uses 1.07 % of a thread\'s time. ' +
        "The quota request_percentage=1 of the default user allows 1 % of a thread's time at each broker, so it waits 700 ms.",
    )
    expect(others).toEqual([])
  })

  test('is muted without a response too, and told the longer of its handler’s time and its own', () => {
    const quotas = limited()
    const { world, produced, asked, connect } = quotas.fixture
    const client = connect()
    quotas.throttleMs = 500
    client.send(produceRequest, 9, produceBody(Buffer.alloc(100), 0))
    client.send(metadataRequest, 12, NO_TOPICS)
    world.runUntil(() => produced.length === 1)
    produced[0]?.respond(null)
    world.advance(400)
    expect(asked).toHaveLength(0)
    world.advance(200)
    expect(asked).toHaveLength(1)
    asked[0]?.respond({ ...emptyMetadata(), throttleTimeMs: 900 })
    world.runUntil(() => client.responses.length === 1)
    expect(client.decode(0, metadataResponse, 12).throttleTimeMs).toBe(900)
    expect(quotas.answered.map(({ apiKey }) => apiKey)).toEqual([0, 3])
  })

  test('may have several produces under way, each is counted', () => {
    const quotas = limited()
    const { world, produced, connect } = quotas.fixture
    const client = connect()
    for (let count = 0; count < 3; count++) client.send(produceRequest, 9, produceBody(Buffer.alloc(100)))
    world.runUntil(() => produced.length === 3)
    quotas.throttleMs = 300
    for (const each of produced) each.respond({ responses: [] })
    world.runUntil(() => client.responses.length === 3)
    expect([0, 1, 2].map((at) => client.decode(at, produceResponse, 9).throttleTimeMs)).toEqual([300, 300, 300])
  })

  test('may leave while it is muted', () => {
    const quotas = limited()
    const { world, asked, connect, closedConnections } = quotas.fixture
    const client = connect()
    quotas.throttleMs = 10_000
    client.send(metadataRequest, 12, NO_TOPICS)
    world.runUntil(() => asked.length === 1)
    asked[0]?.respond(emptyMetadata())
    world.runUntil(() => client.responses.length === 1)
    client.transport?.destroy()
    world.advance(20_000)
    expect(closedConnections).toHaveLength(1)
  })
})

test('while no quota is set nothing is asked of it', () => {
  const quotas = limited({ active: false })
  const { world, asked, connect } = quotas.fixture
  const client = connect()
  client.send(metadataRequest, 12, NO_TOPICS)
  world.runUntil(() => asked.length === 1)
  asked[0]?.respond(emptyMetadata())
  world.runUntil(() => client.responses.length === 1)
  expect(quotas.answered).toEqual([])
})

test('nodes are not limited', () => {
  const quotas = limited()
  quotas.fixture.connect('INTERNAL')
  expect([...quotas.fixture.server.connections].map(({ quota }) => quota)).toEqual([null])
})

describe('who connects too often', () => {
  test('is closed after the delay, unheard', () => {
    const { fixture } = limited({ admit: { delayMs: 800, refused: true, excess: tooMany } })
    const client = fixture.connect()
    client.send(metadataRequest, 12, NO_TOPICS)
    fixture.world.advance(700)
    expect(client.closed).toBe(false)
    fixture.world.runUntil(() => client.closed)
    expect(fixture.asked).toHaveLength(0)
    expect(reasonsOf(fixture)).toEqual(['connection_creation_rate exceeded'])
    expect(fixture.server.refusals.list()).toMatchObject([{ kind: 'quota', quota: tooMany, count: 1 }])
  })

  test('or waits, and is served then', () => {
    const { fixture } = limited({ admit: { delayMs: 800, refused: false, excess: tooMany } })
    const client = fixture.connect()
    client.send(metadataRequest, 12, NO_TOPICS)
    fixture.world.advance(700)
    expect(fixture.asked).toHaveLength(0)
    fixture.world.advance(200)
    expect(fixture.asked).toHaveLength(1)
  })
})
