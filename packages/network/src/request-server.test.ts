import { InvariantError } from '@millrace/base/invariant'
import { Arena } from '@millrace/log/arena'
import { ErrorCode } from '@millrace/protocol/errors'
import { produceRequest, produceResponse, type ProduceRequest, type ProduceResponseInput } from '@millrace/protocol/messages/00-produce'
import { metadataRequest, metadataResponse, type MetadataRequest, type MetadataResponseInput } from '@millrace/protocol/messages/03-metadata'
import { saslHandshakeRequest, saslHandshakeResponse } from '@millrace/protocol/messages/17-sasl-handshake'
import { apiVersionsRequest, apiVersionsResponse } from '@millrace/protocol/messages/18-api-versions'
import { saslAuthenticateRequest, saslAuthenticateResponse } from '@millrace/protocol/messages/36-sasl-authenticate'
import { describeClusterRequest, describeClusterResponse } from '@millrace/protocol/messages/60-describe-cluster'
import { brokerHeartbeatRequest, brokerHeartbeatResponse } from '@millrace/protocol/messages/63-broker-heartbeat'
import { clientFinalMessage, clientFirstMessage, parseServerFirst, saltedPassword } from '@millrace/protocol/sasl/scram'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { createRecordingLogger } from '@millrace/testkit/recording-logger'
import { World } from '@millrace/testkit/world'
import { describe, expect, it } from 'vitest'
import type { ApiHandler, RequestContext, Respond } from './api-handler.ts'
import type { AdvertisedFeatures } from './api-versions.ts'
import type { RequestServerLimits } from './limits.ts'
import { TestClient } from './request-server.test-client.ts'
import { RequestServer } from './request-server.ts'

const RANGES: ReadonlyMap<number, { min: number; max: number }> = new Map([
  [0, { min: 3, max: 11 }],
  [3, { min: 0, max: 12 }],
  [17, { min: 0, max: 1 }],
  [18, { min: 0, max: 4 }],
  [36, { min: 0, max: 2 }],
  [60, { min: 0, max: 1 }],
  [63, { min: 0, max: 1 }],
])
const FEATURES: AdvertisedFeatures = {
  supported: [
    { name: 'metadata.version', minVersion: 1, maxVersion: 21 },
    { name: 'group.version', minVersion: 0, maxVersion: 1 },
  ],
  finalized: () => ({ epoch: 5, levels: new Map([['metadata.version', 21], ['group.version', 0]]) }),
}
const NO_TOPICS = { topics: [] }
const SOFTWARE = { clientSoftwareName: 'test-client', clientSoftwareVersion: '1.0' }

interface Asked<Request, Response> {
  readonly context: RequestContext
  readonly request: Request
  readonly respond: Respond<Response>
}

interface Fixture {
  readonly world: World
  readonly server: RequestServer
  readonly serverHost: FakeHost
  readonly arena: Arena
  readonly logger: ReturnType<typeof createRecordingLogger>
  readonly produced: Asked<ProduceRequest, ProduceResponseInput>[]
  readonly asked: Asked<MetadataRequest, MetadataResponseInput>[]
  readonly closedConnections: number[]
  connect(listenerName?: string): TestClient
}

/** A server whose Produce and Metadata wait for the test, DescribeCluster throws, and BrokerHeartbeat is internal. */
function createFixture(limits: Partial<RequestServerLimits> = {}): Fixture {
  const world = new World({ seed: 7 })
  const serverHost = world.addHost('server')
  const clientHost = world.addHost('client')
  const arena = new Arena({ slabBytes: 256 * 1024, tailBytesMax: 0, poison: true })
  const logger = createRecordingLogger()
  const produced: Fixture['produced'] = []
  const asked: Fixture['asked'] = []
  const closedConnections: number[] = []
  const handlers = new Map<number, ApiHandler>([
    [0, { request: produceRequest, response: produceResponse, handle: (context, request, respond) => produced.push({ context, request, respond } as (typeof produced)[number]) }],
    [3, { request: metadataRequest, response: metadataResponse, handle: (context, request, respond) => asked.push({ context, request, respond } as (typeof asked)[number]) }],
    [
      60,
      {
        request: describeClusterRequest,
        response: describeClusterResponse,
        handle: () => {
          throw new Error('handler broke')
        },
      },
    ],
    [
      63,
      {
        request: brokerHeartbeatRequest,
        response: brokerHeartbeatResponse,
        internalOnly: true,
        handle: (_context, _request, respond) => respond({ throttleTimeMs: 0, errorCode: 0 }),
      },
    ],
  ])
  const server = new RequestServer({
    host: serverHost,
    logger,
    arena,
    handlers,
    listeners: [
      { name: 'CLIENT', host: '0.0.0.0', port: 0, internal: false },
      { name: 'INTERNAL', host: '0.0.0.0', port: 0, internal: true },
    ],
    versionRange: (apiKey) => RANGES.get(apiKey) ?? null,
    features: FEATURES,
    internalSecret: 'the secret',
    limits,
    onConnectionClosed: ({ id }) => closedConnections.push(id),
  })
  let started = false
  server.start((error) => {
    if (error !== null) throw error
    started = true
  })
  world.runUntil(() => started)
  return {
    world,
    server,
    serverHost,
    arena,
    logger,
    produced,
    asked,
    closedConnections,
    connect(listenerName = 'CLIENT') {
      const client = new TestClient(clientHost, serverHost.address, server.port(listenerName))
      world.runUntil(() => client.connected)
      return client
    },
  }
}

function emptyMetadata(): MetadataResponseInput {
  return { brokers: [], topics: [] }
}

function produceBody(records: Buffer, acks = 1) {
  return { acks, timeoutMs: 1000, topicData: [{ name: 't', partitionData: [{ index: 0, records }] }] }
}

function reasonsOf({ logger }: Fixture): string[] {
  return logger.lines.filter(({ message }) => message === 'connection dropped').map(({ fields }) => String(fields['reason']))
}

describe('RequestServer', () => {
  it('tells in ApiVersions only what has a handler on that listener, Produce from version 0', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    client.send(apiVersionsRequest, 3, SOFTWARE)
    client.send(apiVersionsRequest, 4, SOFTWARE)
    fixture.world.runUntil(() => client.responses.length === 2)
    const old = client.decode(0, apiVersionsResponse, 3)
    expect(old.errorCode).toBe(0)
    expect(old.apiKeys.map(({ apiKey }) => apiKey)).toEqual([0, 3, 17, 18, 36, 60])
    expect(old.apiKeys[0]).toEqual({ apiKey: 0, minVersion: 0, maxVersion: 11 })
    expect(old.finalizedFeaturesEpoch).toBe(5)
    expect(old.finalizedFeatures).toEqual([{ name: 'metadata.version', maxVersionLevel: 21, minVersionLevel: 21 }])
    // Older Java clients cannot read a feature with minimum 0.
    expect(old.supportedFeatures.map(({ name }) => name)).toEqual(['metadata.version'])
    expect(client.decode(1, apiVersionsResponse, 4).supportedFeatures.map(({ name }) => name)).toEqual(['metadata.version', 'group.version'])
    expect([...fixture.server.connections][0]?.clientSoftwareName).toBe('test-client')
  })

  it('answers an ApiVersions version it does not serve in the layout of version 0 with UNSUPPORTED_VERSION', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    const [frame] = client.frame(apiVersionsRequest, 4, SOFTWARE) as [Buffer]
    frame.writeInt16BE(9, 6)
    client.write(frame)
    fixture.world.runUntil(() => client.responses.length === 1)
    const response = client.decode(0, apiVersionsResponse, 0)
    expect(response.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION)
    expect(response.apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 4 }])
    client.send(apiVersionsRequest, 0, {})
    fixture.world.runUntil(() => client.responses.length === 2)
    expect(client.closed).toBe(false)
  })

  it('refuses a malformed client software name with INVALID_REQUEST', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    client.send(apiVersionsRequest, 3, { clientSoftwareName: '-bad-', clientSoftwareVersion: '1' })
    fixture.world.runUntil(() => client.responses.length === 1)
    expect(client.decode(0, apiVersionsResponse, 3).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  })

  it.each([
    ['an unknown API key', 4711, 0, /unknown API key/],
    ['an API without a handler', 1, 4, /unknown API key/],
    ['an unsupported version', 3, 13, /unsupported version/],
    ['a Produce version that is only advertised', 0, 2, /unsupported version/],
    ['an inter-broker API on a client listener', 63, 0, /inter-broker/],
  ])('closes the connection for %s', (_name, apiKey, version, reason) => {
    const fixture = createFixture()
    const client = fixture.connect()
    const [frame] = client.frame(metadataRequest, 1, NO_TOPICS) as [Buffer]
    frame.writeInt16BE(apiKey, 4)
    frame.writeInt16BE(version, 6)
    client.write(frame)
    fixture.world.runUntil(() => client.closed)
    expect(reasonsOf(fixture)[0]).toMatch(reason)
    expect(fixture.server.frameMemoryBytes).toBe(0)
  })

  it('closes the connection for bytes after a request', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    const frame = Buffer.concat([...client.frame(metadataRequest, 1, NO_TOPICS), Buffer.alloc(3)])
    frame.writeInt32BE(frame.length - 4, 0)
    client.write(frame)
    fixture.world.runUntil(() => client.closed)
    expect(fixture.asked.length).toBe(0)
  })

  it('processes one request at a time and answers in request order', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    const ids = [0, 1, 2].map(() => client.send(metadataRequest, 1, NO_TOPICS))
    fixture.world.advance(50)
    expect(fixture.asked.length).toBe(1)
    for (let count = 1; count <= 3; count++) {
      fixture.asked[count - 1]?.respond(emptyMetadata())
      fixture.world.advance(50)
    }
    expect(client.correlationIds()).toEqual(ids)
  })

  it('hands consecutive Produce requests over together and answers them in request order', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    const ids = [1, 2, 3].map((fill) => client.send(produceRequest, 7, produceBody(Buffer.alloc(100, fill))))
    ids.push(client.send(metadataRequest, 1, NO_TOPICS))
    ids.push(client.send(produceRequest, 7, produceBody(Buffer.alloc(100, 4))))
    fixture.world.advance(50)
    expect(fixture.produced.length).toBe(3)
    expect(fixture.asked.length).toBe(0)
    for (const index of [2, 0, 1]) fixture.produced[index]?.respond({ responses: [] })
    fixture.world.advance(50)
    // Metadata waited for all of them, and the Produce behind it waits for Metadata.
    expect(fixture.asked.length).toBe(1)
    expect(fixture.produced.length).toBe(3)
    fixture.asked[0]?.respond(emptyMetadata())
    fixture.world.advance(50)
    fixture.produced[3]?.respond({ responses: [] })
    fixture.world.advance(50)
    expect(client.correlationIds()).toEqual(ids)
  })

  it('sends nothing for a response of null and goes on', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    client.send(produceRequest, 7, produceBody(Buffer.alloc(100, 1), 0))
    const id = client.send(metadataRequest, 1, NO_TOPICS)
    fixture.world.advance(50)
    fixture.produced[0]?.respond(null)
    fixture.world.advance(50)
    fixture.asked[0]?.respond(emptyMetadata())
    fixture.world.advance(50)
    expect(client.correlationIds()).toEqual([id])
  })

  it('writes the responses of one tick on one connection at once', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    for (const fill of [1, 2, 3]) client.send(produceRequest, 7, produceBody(Buffer.alloc(100, fill)))
    fixture.world.advance(50)
    const released: number[] = []
    fixture.produced.forEach(({ respond }, index) => respond({ responses: [] }, () => released.push(fixture.world.nowMs * 0 + index)))
    const before = client.responses.length
    fixture.world.runUntil(() => released.length > 0)
    expect(released).toEqual([0, 1, 2])
    fixture.world.advance(50)
    expect(client.responses.length - before).toBe(3)
  })

  it('leaves the records of a Produce in the arena until it is answered', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    const records = Buffer.alloc(200_000, 9)
    client.send(produceRequest, 7, produceBody(records))
    fixture.world.runUntil(() => fixture.produced.length === 1)
    const [asked] = fixture.produced
    const view = asked?.request.topicData[0]?.partitionData[0]?.records as Buffer
    expect(asked?.context.frame?.slab.bytes.buffer).toBe(view.buffer)
    expect(view.equals(records)).toBe(true)
    const slab = asked?.context.frame?.slab
    const references = slab?.references ?? 0
    asked?.respond({ responses: [] })
    expect(slab?.references).toBe(references - 1)
    expect(fixture.server.frameMemoryBytes).toBe(0)
  })

  it('releases what a response points to once, when the bytes have been taken', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    client.send(metadataRequest, 1, NO_TOPICS)
    fixture.world.runUntil(() => fixture.asked.length === 1)
    let releases = 0
    fixture.asked[0]?.respond(emptyMetadata(), () => releases++)
    expect(releases).toBe(0)
    fixture.world.advance(50)
    expect(releases).toBe(1)
    expect(client.responses.length).toBe(1)
  })

  it('releases what a response points to when the connection is gone', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    client.send(metadataRequest, 1, NO_TOPICS)
    fixture.world.runUntil(() => fixture.asked.length === 1)
    client.transport?.destroy()
    fixture.world.runUntil(() => fixture.server.connectionCount === 0)
    let releases = 0
    fixture.asked[0]?.respond(emptyMetadata(), () => releases++)
    expect(releases).toBe(1)
    expect(fixture.server.frameMemoryBytes).toBe(0)
  })

  it('closes only the connection whose handler throws, and says why', () => {
    const fixture = createFixture()
    const broken = fixture.connect()
    const fine = fixture.connect()
    broken.send(describeClusterRequest, 0, { includeClusterAuthorizedOperations: false })
    fixture.world.runUntil(() => broken.closed)
    expect(fixture.logger.lines.some(({ fields }) => String(fields['cause']).includes('handler broke'))).toBe(true)
    fine.send(apiVersionsRequest, 0, {})
    fixture.world.runUntil(() => fine.responses.length === 1)
    expect(fixture.server.frameMemoryBytes).toBe(0)
  })

  it('lets a broken invariant through', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    client.send(metadataRequest, 1, NO_TOPICS)
    fixture.world.runUntil(() => fixture.asked.length === 1)
    fixture.asked[0]?.respond(emptyMetadata())
    expect(() => fixture.asked[0]?.respond(emptyMetadata())).toThrow(InvariantError)
  })

  it('tells handlers and server that a connection has closed', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    client.send(metadataRequest, 1, NO_TOPICS)
    fixture.world.runUntil(() => fixture.asked.length === 1)
    const told: string[] = []
    const connection = fixture.asked[0]?.context.connection
    connection?.onClose(() => told.push('kept'))
    connection?.onClose(() => told.push('taken off'))()
    client.transport?.destroy()
    fixture.world.runUntil(() => fixture.closedConnections.length === 1)
    expect(told).toEqual(['kept'])
    connection?.onClose(() => told.push('late'))
    expect(told).toEqual(['kept', 'late'])
    expect(fixture.closedConnections).toEqual([connection?.id])
  })

  it('closes idle connections, but none that waits for an answer', () => {
    const fixture = createFixture({ idleMs: 60_000 })
    const idle = fixture.connect()
    const waiting = fixture.connect()
    waiting.send(metadataRequest, 1, NO_TOPICS)
    fixture.world.advance(50_000)
    expect(idle.closed).toBe(false)
    fixture.world.advance(20_000)
    expect(idle.closed).toBe(true)
    expect(waiting.closed).toBe(false)
    expect(reasonsOf(fixture)).toEqual(['idle'])
  })

  it('closes client connections above max.connections.per.ip and max.connections, never those of nodes', () => {
    const fixture = createFixture({ connectionsPerAddressMax: 2 })
    fixture.connect()
    fixture.connect()
    const third = fixture.connect()
    fixture.world.runUntil(() => third.closed)
    const node = fixture.connect('INTERNAL')
    fixture.world.advance(50)
    expect(node.closed).toBe(false)
    const total = createFixture({ connectionsMax: 1 })
    total.connect()
    const second = total.connect()
    total.world.runUntil(() => second.closed)
    expect(reasonsOf(total)).toEqual(['max.connections reached'])
  })

  it('stops reading a connection with too many unanswered requests and goes on as they are answered', () => {
    const fixture = createFixture({ requestsInFlightMax: 4 })
    const client = fixture.connect()
    const ids = Array.from({ length: 50 }, () => client.send(metadataRequest, 1, NO_TOPICS))
    for (let answered = 0; answered < 50; answered++) {
      fixture.world.runUntil(() => fixture.asked.length === answered + 1)
      const [connection] = [...fixture.server.connections] as unknown as { requestsInFlight: number }[]
      expect(connection?.requestsInFlight).toBeLessThanOrEqual(4)
      fixture.asked[answered]?.respond(emptyMetadata())
    }
    fixture.world.runUntil(() => client.responses.length === 50)
    expect(client.correlationIds()).toEqual(ids)
  })

  it('stops reading when the memory of all connections is used up and goes on when some is free', () => {
    const fixture = createFixture({ frameMemoryBytesMax: 100_000 })
    const clients = [1, 2, 3, 4].map(() => fixture.connect())
    for (const client of clients) client.send(produceRequest, 7, produceBody(Buffer.alloc(60_000, 1)))
    fixture.world.advance(100)
    // The first fits, the second goes over the limit, the others wait.
    expect(fixture.produced.length).toBe(2)
    expect(fixture.server.frameMemoryBytes).toBeLessThan(100_000 + 64 * 1024 * 3)
    for (let answered = 0; answered < 4; answered++) {
      fixture.world.runUntil(() => fixture.produced.length > answered)
      fixture.produced[answered]?.respond({ responses: [] })
    }
    fixture.world.runUntil(() => clients.every(({ responses }) => responses.length === 1))
    expect(fixture.server.frameMemoryBytes).toBe(0)
  })

  it('drops a half sent request that stands still while others wait for its memory', () => {
    const fixture = createFixture({ frameMemoryBytesMax: 50_000 })
    const slow = fixture.connect()
    const [frame] = [Buffer.concat(slow.frame(produceRequest, 7, produceBody(Buffer.alloc(200_000, 1))))]
    slow.write(frame.subarray(0, 100_000))
    fixture.world.advance(100)
    const next = fixture.connect()
    next.send(produceRequest, 7, produceBody(Buffer.alloc(60_000, 1)))
    fixture.world.runUntil(() => slow.closed)
    fixture.world.runUntil(() => fixture.produced.length === 1)
  })

  it('reserves nothing for twenty sockets that claim 100 MB each, and refuses 2 GB at once', () => {
    const fixture = createFixture()
    const claim = Buffer.alloc(4)
    claim.writeInt32BE(100 * 1024 * 1024)
    for (let count = 0; count < 20; count++) fixture.connect().write(claim)
    fixture.world.advance(100)
    expect(fixture.server.connectionCount).toBe(20)
    expect(fixture.server.frameMemoryBytes).toBe(0)
    expect(fixture.arena.liveBytes).toBe(0)
    const greedy = fixture.connect()
    claim.writeInt32BE(0x7fffffff)
    greedy.write(claim)
    fixture.world.runUntil(() => greedy.closed)
  })

  it('stops starting requests of a peer that does not take its responses', () => {
    const fixture = createFixture({ unwrittenBytesMax: 10_000 })
    const client = fixture.connect()
    client.transport?.pause()
    for (let count = 0; count < 6; count++) client.send(metadataRequest, 1, NO_TOPICS)
    const clusterId = 'x'.repeat(30_000)
    for (let answered = 0; answered < 6; answered++) {
      fixture.world.advance(20)
      fixture.asked[answered]?.respond({ ...emptyMetadata(), brokers: Array.from({ length: 20 }, (_, nodeId) => ({ nodeId, host: clusterId, port: 1 })) })
    }
    expect(fixture.asked.length).toBeLessThan(6)
    client.transport?.resume()
    for (let answered = fixture.asked.length - 1; answered < 6; answered++) {
      fixture.world.runUntil(() => fixture.asked.length > answered || client.responses.length === 6)
      try {
        fixture.asked[answered]?.respond(emptyMetadata())
      } catch {
        // Answered above, before the peer stopped.
      }
    }
    fixture.world.runUntil(() => client.responses.length === 6)
  })

  it('survives mutated and random frames without a leak', () => {
    const fixture = createFixture()
    const random = fixture.world.random
    const sample = fixture.connect()
    const samples = [
      sample.frame(metadataRequest, 12, { topics: [{ name: 'some-topic' }] }),
      sample.frame(produceRequest, 9, produceBody(Buffer.alloc(80, 3))),
      sample.frame(apiVersionsRequest, 3, SOFTWARE),
      sample.frame(saslHandshakeRequest, 1, { mechanism: 'PLAIN' }),
    ].map((chunks) => Buffer.concat(chunks))
    let answered = { produced: 0, asked: 0 }
    let client = fixture.connect()
    for (let round = 0; round < 20_000; round++) {
      if (client.closed || round % 50 === 0) {
        client.transport?.destroy()
        client = fixture.connect()
      }
      const bytes = Buffer.from(samples[random.below(samples.length)] as Buffer)
      for (let flips = random.below(4); flips >= 0; flips--) bytes[random.below(bytes.length)] = random.below(256)
      if (random.below(10) > 0) bytes.writeInt32BE(bytes.length - 4, 0)
      client.write(bytes)
      if (round % 5 === 0) fixture.world.advance(2)
      while (answered.produced < fixture.produced.length) fixture.produced[answered.produced++]?.respond({ responses: [] })
      while (answered.asked < fixture.asked.length) fixture.asked[answered.asked++]?.respond(emptyMetadata())
      if (round % 1000 === 0) {
        fixture.produced.length = fixture.asked.length = 0
        answered = { produced: 0, asked: 0 }
      }
    }
    client.transport?.destroy()
    sample.transport?.destroy()
    fixture.world.advance(1_000)
    while (answered.produced < fixture.produced.length) fixture.produced[answered.produced++]?.respond({ responses: [] })
    while (answered.asked < fixture.asked.length) fixture.asked[answered.asked++]?.respond(emptyMetadata())
    expect(fixture.server.connectionCount).toBe(0)
    expect(fixture.server.frameMemoryBytes).toBe(0)
    expect(fixture.arena.liveBytes).toBeLessThanOrEqual(fixture.arena.slabBytes)
  })

  it('answers SaslHandshake on a listener without authentication with ILLEGAL_SASL_STATE', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    client.send(saslHandshakeRequest, 1, { mechanism: 'SCRAM-SHA-512' })
    fixture.world.runUntil(() => client.responses.length === 1)
    expect(client.decode(0, saslHandshakeResponse, 1).errorCode).toBe(ErrorCode.ILLEGAL_SASL_STATE)
  })

  it('stops listening and drops its connections when closed', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    let closed = false
    fixture.server.close(() => {
      closed = true
    })
    fixture.world.runUntil(() => closed && client.closed)
    expect(fixture.server.connectionCount).toBe(0)
  })
})

describe('internal listener', () => {
  const heartbeat = { brokerId: 1, brokerEpoch: 1, currentMetadataOffset: 1, wantFence: false, wantShutDown: false }

  function logIn(fixture: Fixture, client: TestClient, secret: string, user = 'internal'): number {
    client.send(saslHandshakeRequest, 1, { mechanism: 'SCRAM-SHA-512' })
    client.send(saslAuthenticateRequest, 2, { authBytes: Buffer.from(clientFirstMessage(user, 'clientnonce')) })
    fixture.world.runUntil(() => client.responses.length === 2)
    const challenge = client.decode(1, saslAuthenticateResponse, 2).authBytes.toString()
    const server = parseServerFirst(challenge, 'clientnonce')
    const salted = saltedPassword(secret, server.salt, server.iterations)
    const final = clientFinalMessage(user, 'clientnonce', server, salted)
    client.send(saslAuthenticateRequest, 2, { authBytes: Buffer.from(final.message) })
    fixture.world.runUntil(() => client.responses.length === 3)
    return client.decode(2, saslAuthenticateResponse, 2).errorCode
  }

  it('serves inter-broker APIs to a peer that has proved the secret', () => {
    const fixture = createFixture()
    const client = fixture.connect('INTERNAL')
    client.send(apiVersionsRequest, 3, SOFTWARE)
    fixture.world.runUntil(() => client.responses.length === 1)
    expect(client.decode(0, apiVersionsResponse, 3).apiKeys.some(({ apiKey }) => apiKey === 63)).toBe(true)
    client.responses.length = 0
    expect(logIn(fixture, client, 'the secret')).toBe(0)
    expect([...fixture.server.connections][0]?.principal).toBe('User:internal')
    client.send(brokerHeartbeatRequest, 1, heartbeat)
    fixture.world.runUntil(() => client.responses.length === 4)
    expect(client.decode(3, brokerHeartbeatResponse, 1).errorCode).toBe(0)
  })

  it('closes a connection that asks for anything before it has authenticated', () => {
    const fixture = createFixture()
    const client = fixture.connect('INTERNAL')
    client.send(brokerHeartbeatRequest, 1, heartbeat)
    fixture.world.runUntil(() => client.closed)
    expect(client.responses.length).toBe(0)
    expect(reasonsOf(fixture)[0]).toMatch(/not authenticated/)
  })

  it.each([
    ['a wrong secret', 'another secret', 'internal'],
    ['another user', 'the secret', 'alice'],
  ])('answers %s with SASL_AUTHENTICATION_FAILED and closes after a delay', (_name, secret, user) => {
    const fixture = createFixture()
    const client = fixture.connect('INTERNAL')
    expect(logIn(fixture, client, secret, user)).toBe(ErrorCode.SASL_AUTHENTICATION_FAILED)
    expect(client.closed).toBe(false)
    client.send(brokerHeartbeatRequest, 1, heartbeat)
    const answeredMs = fixture.world.nowMs
    fixture.world.runUntil(() => client.closed)
    expect(fixture.world.nowMs - answeredMs).toBeGreaterThan(90)
    expect(client.responses.length).toBe(3)
  })

  it('names its mechanism to a peer that asks for another one and closes', () => {
    const fixture = createFixture()
    const client = fixture.connect('INTERNAL')
    client.send(saslHandshakeRequest, 1, { mechanism: 'PLAIN' })
    fixture.world.runUntil(() => client.responses.length === 1)
    const response = client.decode(0, saslHandshakeResponse, 1)
    expect(response).toEqual({ errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM, mechanisms: ['SCRAM-SHA-512'] })
    fixture.world.runUntil(() => client.closed)
  })

  it('refuses frames above 512 KiB before authentication, not after', () => {
    const fixture = createFixture()
    const size = Buffer.alloc(4)
    size.writeInt32BE(524_289)
    const stranger = fixture.connect('INTERNAL')
    stranger.write(size)
    fixture.world.runUntil(() => stranger.closed)
    const node = fixture.connect('INTERNAL')
    expect(logIn(fixture, node, 'the secret')).toBe(0)
    node.send(produceRequest, 7, produceBody(Buffer.alloc(600_000, 1)))
    fixture.world.runUntil(() => fixture.produced.length === 1)
  })

  it('takes SaslAuthenticate out of turn for ILLEGAL_SASL_STATE', () => {
    const fixture = createFixture()
    const client = fixture.connect('INTERNAL')
    client.send(saslAuthenticateRequest, 2, { authBytes: Buffer.from('n,,n=internal,r=x') })
    fixture.world.runUntil(() => client.responses.length === 1)
    expect(client.decode(0, saslAuthenticateResponse, 2).errorCode).toBe(ErrorCode.ILLEGAL_SASL_STATE)
  })
})
