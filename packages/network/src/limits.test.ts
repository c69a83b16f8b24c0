import { produceRequest } from '@millrace/protocol/messages/00-produce'
import { metadataRequest } from '@millrace/protocol/messages/03-metadata'
import { saslHandshakeRequest } from '@millrace/protocol/messages/17-sasl-handshake'
import { apiVersionsRequest } from '@millrace/protocol/messages/18-api-versions'
import { describe, expect, it } from 'vitest'
import { NO_TOPICS, SOFTWARE, createFixture, emptyMetadata, produceBody, reasonsOf } from './request-server-fixture.ts'

describe('the limits of RequestServer', () => {
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
    let perAddress = 2
    const limits = { connectionsMax: 9, ofAddress: () => perAddress }
    const fixture = createFixture({}, undefined, limits)
    fixture.connect()
    fixture.connect()
    const third = fixture.connect()
    fixture.world.runUntil(() => third.closed)
    const node = fixture.connect('INTERNAL')
    fixture.world.advance(50)
    expect(node.closed).toBe(false)
    perAddress = 4
    const fourth = fixture.connect()
    fixture.world.advance(50)
    expect(fourth.closed).toBe(false)
    const total = createFixture({}, undefined, { connectionsMax: 1, ofAddress: () => 9 })
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

  it('refuses requests of clients with more array elements than it would answer in one turn', () => {
    const fixture = createFixture({ requestElementsMax: 1_000 })
    const named = (count: number): { topics: { name: string }[]; allowAutoTopicCreation: boolean } => ({
      topics: Array.from({ length: count }, (_, index) => ({ name: `t${index}` })),
      allowAutoTopicCreation: false,
    })
    const modest = fixture.connect()
    modest.send(metadataRequest, 9, named(1_000))
    fixture.world.runUntil(() => fixture.asked.length === 1)
    const greedy = fixture.connect()
    greedy.send(metadataRequest, 9, named(1_001))
    fixture.world.runUntil(() => greedy.closed)
    expect(fixture.asked.length).toBe(1)
    expect(reasonsOf(fixture)[0]).toMatch(/more than 1000 array elements/)
  })

  it('stops starting requests of a peer that does not take its responses', () => {
    const fixture = createFixture({ unwrittenBytesMax: 10_000 })
    const client = fixture.connect()
    client.transport?.pause()
    for (let count = 0; count < 6; count++) client.send(metadataRequest, 1, NO_TOPICS)
    const clusterId = 'x'.repeat(30_000)
    for (let answered = 0; answered < 6; answered++) {
      fixture.world.advance(20)
      fixture.asked[answered]?.respond({
        ...emptyMetadata(),
        brokers: Array.from({ length: 20 }, (_, nodeId) => ({ nodeId, host: clusterId, port: 1 })),
      })
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

  it('drops the deaf that are behind the longest when all together hold too much', () => {
    const fixture = createFixture({ unwrittenTotalBytesMax: 2_000_000 })
    const clusterId = 'x'.repeat(30_000)
    const large = {
      ...emptyMetadata(),
      brokers: Array.from({ length: 30 }, () => ({ nodeId: 1, host: clusterId, port: 1 })),
    }
    for (const number of [1, 2, 3, 4]) {
      const client = fixture.connect()
      client.transport?.pause()
      // The first answer fills the peer's window.
      for (const asked of [number * 2 - 1, number * 2]) {
        client.send(metadataRequest, 1, NO_TOPICS)
        fixture.world.runUntil(() => fixture.asked.length === asked)
        fixture.asked[asked - 1]?.respond(large)
        fixture.world.advance(20)
      }
    }
    // Three fit no longer: the first goes when the third is behind, the second when the fourth is.
    expect(fixture.closedConnections).toEqual([1, 2])
    const reading = fixture.connect()
    reading.send(metadataRequest, 1, NO_TOPICS)
    fixture.world.runUntil(() => fixture.asked.length === 9)
    fixture.asked[8]?.respond(emptyMetadata())
    fixture.world.runUntil(() => reading.responses.length === 1)
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
      while (answered.produced < fixture.produced.length)
        fixture.produced[answered.produced++]?.respond({ responses: [] })
      while (answered.asked < fixture.asked.length) fixture.asked[answered.asked++]?.respond(emptyMetadata())
      if (round % 1000 === 0) {
        fixture.produced.length = fixture.asked.length = 0
        answered = { produced: 0, asked: 0 }
      }
    }
    client.transport?.destroy()
    sample.transport?.destroy()
    fixture.world.advance(1_000)
    while (answered.produced < fixture.produced.length)
      fixture.produced[answered.produced++]?.respond({ responses: [] })
    while (answered.asked < fixture.asked.length) fixture.asked[answered.asked++]?.respond(emptyMetadata())
    expect(fixture.server.connectionCount).toBe(0)
    expect(fixture.server.frameMemoryBytes).toBe(0)
    expect(fixture.arena.liveBytes).toBeLessThanOrEqual(fixture.arena.slabBytes)
  })

  it('looks a few connections over at once, all of them in the end, and by the newest rule', () => {
    const fixture = createFixture({ reviewedAtOnceMax: 2 })
    const clients = Array.from({ length: 5 }, () => fixture.connect())
    fixture.world.runUntil(() => [...fixture.server.connections].length === 5)
    const asked: [string, number][] = []
    fixture.server.reviewConnections(({ id }) => {
      asked.push(['old', id])
      return null
    })
    expect(asked).toHaveLength(2)
    fixture.server.reviewConnections(({ id }) => {
      asked.push(['new', id])
      return 'it must go'
    })
    expect(asked).toHaveLength(2)
    fixture.world.runUntil(() => clients.every(({ closed }) => closed))
    const [one = ['', 0], two = ['', 0], ...later] = asked
    expect([one[0], two[0]]).toEqual(['old', 'old'])
    expect(later.every(([rule]) => rule === 'new')).toBe(true)
    // Those who were waiting came first.
    expect(later.map(([, id]) => id).slice(-2)).toEqual([one[1], two[1]])
    expect(later).toHaveLength(5)
  })
})
