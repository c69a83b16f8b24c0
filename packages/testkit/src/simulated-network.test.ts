import { describe, expect, test } from 'vitest'
import type { Transport, TransportEvents } from '@millrace/base/host'
import type { FakeHost } from './fake-host.ts'
import { World } from './world.ts'

class End implements TransportEvents {
  readonly transport: Transport
  received = ''
  readonly pieces: number[] = []
  readonly views: Uint8Array[] = []
  closes = 0
  drains = 0
  error: (Error & { code?: string }) | null = null

  constructor(transport: Transport) {
    this.transport = transport
    transport.attach(this)
  }

  onBytes(bytes: Uint8Array, start: number, end: number): void {
    this.received += Buffer.from(bytes.subarray(start, end)).toString('latin1')
    this.pieces.push(end - start)
    this.views.push(bytes.subarray(start, end))
  }

  onClose(error: Error | null): void {
    this.closes++
    this.error = error
  }

  onDrain(): void {
    this.drains++
  }
}

interface Pair {
  readonly world: World
  readonly client: FakeHost
  readonly server: FakeHost
  readonly clientEnd: End
  readonly serverEnd: End
}

function connectedPair(seed: number | string = 1): Pair {
  const world = new World({ seed })
  const client = world.addHost('client')
  const server = world.addHost('server')
  let serverEnd: End | null = null
  let clientEnd: End | null = null
  server.network.listen(
    { host: 'server', port: 9092, onConnection: (transport) => (serverEnd = new End(transport)) },
    () => {},
  )
  client.network.connect({ host: 'server', port: 9092, connectTimeoutMs: 1000 }, (_, transport) => {
    clientEnd = new End(transport as Transport)
  })
  world.runUntil(() => clientEnd !== null && serverEnd !== null)
  return { world, client, server, clientEnd: clientEnd as unknown as End, serverEnd: serverEnd as unknown as End }
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('simulated network', () => {
  test('bytes arrive in order, in pieces of any size, each write released once', () => {
    const { world, clientEnd, serverEnd } = connectedPair()
    let released = 0
    let expected = ''
    for (let index = 0; index < 200; index++) {
      const line = `message ${index};`
      expected += line
      clientEnd.transport.writev([bytesOf(line.slice(0, 3)), bytesOf(line.slice(3))], () => released++)
    }
    expect(clientEnd.transport.unwrittenBytes).toBe(expected.length)
    world.run()
    expect(serverEnd.received).toBe(expected)
    expect(released).toBe(200)
    expect(clientEnd.drains).toBe(1)
    expect(clientEnd.transport.unwrittenBytes).toBe(0)
    expect(new Set(serverEnd.pieces).size).toBeGreaterThan(3)
  })

  test('a buffer changed before its release and a view kept after onBytes both show', () => {
    const { world, clientEnd, serverEnd } = connectedPair()
    const buffer = bytesOf('original')
    clientEnd.transport.writev([buffer], null)
    buffer.fill('x')
    world.run()
    expect(serverEnd.received).toBe('xxxxxxxx')
    expect([...(serverEnd.views[0] as Uint8Array)].every((byte) => byte === 0xdd)).toBe(true)
  })

  test('a receiver that pauses makes its sender wait at the window', () => {
    const { world, clientEnd, serverEnd } = connectedPair()
    serverEnd.transport.pause()
    const piece = Buffer.alloc(100_000, 'a')
    let released = 0
    for (let index = 0; index < 10; index++) clientEnd.transport.writev([piece], () => released++)
    world.run()
    expect(serverEnd.received).toBe('')
    expect(released).toBe(3)
    expect(clientEnd.transport.unwrittenBytes).toBe(700_000)
    serverEnd.transport.resume()
    world.run()
    expect(serverEnd.received.length).toBe(1_000_000)
    expect(released).toBe(10)
  })

  test('end delivers what is queued, then both sides close without error', () => {
    const { world, clientEnd, serverEnd } = connectedPair()
    clientEnd.transport.writev([Buffer.alloc(600_000, 'b')], null)
    clientEnd.transport.end()
    world.run()
    expect(serverEnd.received.length).toBe(600_000)
    expect([serverEnd.closes, clientEnd.closes, serverEnd.error, clientEnd.error]).toEqual([1, 1, null, null])
  })

  test('destroy releases what the kernel had not taken, and the peer closes', () => {
    const { world, client, clientEnd, serverEnd } = connectedPair()
    let released = 0
    serverEnd.transport.pause()
    for (let index = 0; index < 6; index++) clientEnd.transport.writev([Buffer.alloc(100_000)], () => released++)
    world.run()
    clientEnd.transport.destroy()
    expect(clientEnd.closes).toBe(0)
    world.run()
    expect([released, clientEnd.closes, clientEnd.error]).toEqual([6, 1, null])
    serverEnd.transport.resume()
    world.run()
    expect(serverEnd.closes).toBe(1)
    clientEnd.transport.writev([bytesOf('late')], () => released++)
    world.run()
    expect(released).toBe(7)
    expect(client.network.openConnections).toBe(0)
  })

  test('the death of a process resets its connections, and its port refuses', () => {
    const { world, client, server, clientEnd, serverEnd } = connectedPair()
    clientEnd.transport.writev([bytesOf('unread')], null)
    serverEnd.transport.pause()
    world.run()
    server.crashProcess()
    world.run()
    expect(clientEnd.error?.code).toBe('ECONNRESET')
    expect(serverEnd.closes).toBe(0)
    let refused: Error | null = null
    client.network.connect({ host: 'server', port: 9092, connectTimeoutMs: 1000 }, (error) => (refused = error))
    world.run()
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('the death of a machine is silent until it is back and bytes arrive', () => {
    const { world, client, server, clientEnd } = connectedPair()
    server.crashMachine()
    clientEnd.transport.writev([bytesOf('anyone?')], null)
    let timedOut: Error | null = null
    client.network.connect({ host: server.address, port: 9092, connectTimeoutMs: 3000 }, (error) => (timedOut = error))
    world.run()
    expect(clientEnd.closes).toBe(0)
    expect(timedOut).toMatchObject({ code: 'ETIMEDOUT' })
    server.restart()
    world.run()
    expect(clientEnd.error?.code).toBe('ECONNRESET')
  })

  test('a partition holds bytes back until it heals, and lets connects that wait succeed', () => {
    const { world, client, server, clientEnd, serverEnd } = connectedPair()
    world.network.partition(client, server)
    clientEnd.transport.writev([bytesOf('across')], null)
    let connected = 0
    client.network.connect({ host: 'server', port: 9092, connectTimeoutMs: 10_000 }, (_, transport) => {
      if (transport !== null) new End(transport)
      if (transport !== null) connected++
    })
    world.advance(2500)
    expect([serverEnd.received, connected]).toEqual(['', 0])
    world.network.healAll()
    world.run()
    expect([serverEnd.received, connected, serverEnd.closes]).toEqual(['across', 1, 0])
  })

  test('a listener on loopback is found only from its own host', () => {
    const world = new World({ seed: 1 })
    const one = world.addHost('one')
    const other = world.addHost('other')
    one.network.listen({ host: '127.0.0.1', port: 80, onConnection: (transport) => new End(transport) }, () => {})
    const results: string[] = []
    const attempt = (host: FakeHost, target: string): void =>
      host.network.connect({ host: target, port: 80, connectTimeoutMs: 1000 }, (error, transport) => {
        if (transport !== null) new End(transport)
        results.push(`${host.name}: ${error === null ? 'connected' : (error as Error & { code: string }).code}`)
      })
    attempt(one, 'localhost')
    attempt(other, 'one')
    attempt(other, 'nowhere')
    world.run()
    expect(results.sort()).toEqual(['one: connected', 'other: ECONNREFUSED', 'other: ENOTFOUND'])
  })

  test('a taken port refuses a second listener, a closed one is free again', () => {
    const world = new World({ seed: 1 })
    const { network } = world.addHost('a')
    const results: (string | null)[] = []
    network.listen({ host: 'a', port: 1, onConnection: () => {} }, (_, acceptor) => {
      network.listen({ host: 'a', port: 1, onConnection: () => {} }, (error) => {
        results.push(error?.message ?? null)
        acceptor?.close(() =>
          network.listen({ host: 'a', port: 1, onConnection: () => {} }, (again) =>
            results.push(again === null ? 'free' : 'taken'),
          ),
        )
      })
    })
    world.run()
    expect(results).toEqual(['EADDRINUSE: listen a:1', 'free'])
  })

  test('equal seeds give equal runs, different seeds different ones', () => {
    const play = (seed: number): string => {
      const { world, clientEnd, serverEnd, server } = connectedPair(seed)
      for (let index = 0; index < 50; index++) clientEnd.transport.writev([Buffer.alloc(index * 100, 'c')], null)
      serverEnd.transport.writev([bytesOf('answer')], null)
      world.advance(3)
      server.crashProcess()
      world.run()
      return `${world.fingerprint} ${serverEnd.pieces.join(',')} ${world.nowMs}`
    }
    expect(play(7)).toBe(play(7))
    expect(play(7)).not.toBe(play(8))
  })
})
