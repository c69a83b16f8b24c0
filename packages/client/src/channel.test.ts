import { describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { heartbeatRequest, heartbeatResponse } from '@millrace/protocol/messages/12-heartbeat'
import { saslHandshakeRequest, saslHandshakeResponse } from '@millrace/protocol/messages/17-sasl-handshake'
import { saslAuthenticateRequest, saslAuthenticateResponse } from '@millrace/protocol/messages/36-sasl-authenticate'
import {
  parseClientFirst,
  saltedPassword,
  scramCredential,
  serverFinalMessage,
  serverFirstMessage,
  type ClientFirst,
} from '@millrace/protocol/sasl/scram'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { ScriptedBroker } from '@millrace/testkit/scripted-broker'
import { World } from '@millrace/testkit/world'
import { NodeChannel, type NodeChannelOptions } from './channel.ts'
import type { KafkaError } from './kafka-error.ts'

interface Scene {
  readonly world: World
  readonly server: FakeHost
  readonly channel: NodeChannel
  readonly disconnects: KafkaError[]
  /** Sends one request; its outcome comes to `outcomes`. */
  readonly send: () => void
  readonly outcomes: string[]
}

function scene(options: Partial<NodeChannelOptions> = {}, seed = 1): Scene {
  const world = new World({ seed })
  const server = world.addHost('broker')
  const host = world.addHost('client')
  const disconnects: KafkaError[] = []
  const outcomes: string[] = []
  const channel = new NodeChannel({
    host,
    address: { host: 'broker', port: 9093 },
    clientId: 'node-2',
    credentials: null,
    onDisconnect: (error) => disconnects.push(error),
    ...options,
  })
  const send = (): void => {
    const body = { groupId: 'g', generationId: 1, memberId: 'm' }
    channel.send(heartbeatRequest, heartbeatResponse, 4, body, (error, response) => {
      outcomes.push(error?.name ?? (response?.errorCode === 0 ? 'answered' : 'odd'))
    })
  }
  return { world, server, channel, disconnects, send, outcomes }
}

function startBroker(server: FakeHost): ScriptedBroker {
  const broker = new ScriptedBroker({ host: server, name: 'broker', port: 9093 })
  broker.answer(heartbeatRequest, heartbeatResponse, () => ({ errorCode: 0 }))
  return broker
}

/** A listener that knows `secret`; a liar claims to, and signs with another. */
function demandScram(broker: ScriptedBroker, secret: string): void {
  const salt = Buffer.from('0123456789abcdef')
  const credential = scramCredential(saltedPassword(secret, salt, 4096), salt, 4096)
  let first: ClientFirst | null = null
  let serverFirst = ''
  broker.answer(saslHandshakeRequest, saslHandshakeResponse, ({ mechanism }) => ({
    errorCode: mechanism === 'SCRAM-SHA-512' ? ErrorCode.NONE : ErrorCode.UNSUPPORTED_SASL_MECHANISM,
    mechanisms: ['SCRAM-SHA-512'],
  }))
  broker.answer(saslAuthenticateRequest, saslAuthenticateResponse, ({ authBytes }) => {
    const message = authBytes.toString()
    try {
      if (first === null) {
        first = parseClientFirst(message)
        serverFirst = serverFirstMessage(first, 'server-nonce', credential)
        return { errorCode: 0, errorMessage: null, authBytes: Buffer.from(serverFirst) }
      }
      const proof = serverFinalMessage(first, serverFirst, message, credential)
      first = null
      return { errorCode: 0, errorMessage: null, authBytes: Buffer.from(proof) }
    } catch {
      first = null
      return { errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, errorMessage: 'no', authBytes: Buffer.alloc(0) }
    }
  })
}

describe('channel', () => {
  test('connects on the first request, without asking for versions, and keeps the connection', () => {
    const { world, server, channel, send, outcomes } = scene()
    const broker = startBroker(server)
    world.advance(100)
    expect(broker.connections).toBe(0)
    send()
    send()
    expect([channel.connected, channel.inFlight]).toEqual([false, 2])
    world.runUntil(() => outcomes.length === 2)
    send()
    world.runUntil(() => outcomes.length === 3)
    expect(outcomes).toEqual(['answered', 'answered', 'answered'])
    expect(channel.connected).toBe(true)
    expect(broker.connections).toBe(1)
    expect(broker.received.map(({ apiKey }) => apiKey)).toEqual([12, 12, 12])
  })

  test('fails requests while the peer is away, waits longer each time, and answers once it is back', () => {
    const { world, server, disconnects, send, outcomes } = scene()
    const attemptsAtMs: number[] = []
    for (let attempt = 1; attempt <= 8; attempt++) {
      send()
      world.runUntil(() => outcomes.length === attempt)
      attemptsAtMs.push(world.nowMs)
    }
    expect(new Set(outcomes)).toEqual(new Set(['NETWORK_EXCEPTION']))
    expect(disconnects.length).toBe(8)
    const waits = attemptsAtMs.slice(1).map((atMs, index) => atMs - (attemptsAtMs[index] as number))
    expect(waits[0]).toBeGreaterThan(38)
    expect(waits[0]).toBeLessThan(65)
    expect(waits[3]).toBeGreaterThan(300)
    for (const wait of waits) expect(wait).toBeLessThan(1_250)
    expect(waits[6]).toBeGreaterThan(790)
    startBroker(server)
    send()
    world.runUntil(() => outcomes.length === 9)
    expect(outcomes[8]).toBe('answered')
  })

  test('fails what is in flight when the peer dies, says so, and reaches its next incarnation', () => {
    const { world, server, channel, disconnects, send, outcomes } = scene()
    const broker = new ScriptedBroker({ host: server, name: 'broker', port: 9093 })
    broker.answer(heartbeatRequest, heartbeatResponse, () => null)
    send()
    world.runUntil(() => broker.received.length === 1)
    server.crashProcess()
    world.runUntil(() => outcomes.length === 1)
    expect([outcomes[0], disconnects.length, channel.connected]).toEqual(['NETWORK_EXCEPTION', 1, false])
    server.restart()
    startBroker(server)
    send()
    world.runUntil(() => outcomes.length === 2)
    expect(outcomes[1]).toBe('answered')
  })

  test('after a success the wait begins small again', () => {
    const { world, server, send, outcomes } = scene()
    for (let attempt = 1; attempt <= 6; attempt++) {
      send()
      world.runUntil(() => outcomes.length === attempt)
    }
    const broker = startBroker(server)
    send()
    world.runUntil(() => outcomes.length === 7)
    broker.dropConnections()
    world.advance(5)
    const lostAtMs = world.nowMs
    send()
    world.runUntil(() => outcomes.length === 8)
    expect(outcomes[7]).toBe('answered')
    expect(world.nowMs - lostAtMs).toBeLessThan(75)
  })

  test('close fails what waits, for good, and does not report a loss', () => {
    const { world, channel, disconnects, send, outcomes } = scene()
    send()
    channel.close()
    send()
    expect(outcomes).toEqual([])
    world.run()
    expect(outcomes).toEqual(['NETWORK_EXCEPTION', 'NETWORK_EXCEPTION'])
    expect(disconnects).toEqual([])
  })

  test('more waiting requests than the limit fail at once', () => {
    const { world, send, outcomes } = scene()
    for (let index = 0; index < 1_001; index++) send()
    world.advance(0.001)
    expect(outcomes).toEqual(['NETWORK_EXCEPTION'])
  })

  test('logs in with the secret before the first request', () => {
    const { world, server, send, outcomes } = scene({ credentials: { user: 'internal', password: 'the secret' } })
    const broker = startBroker(server)
    demandScram(broker, 'the secret')
    send()
    world.runUntil(() => outcomes.length === 1)
    expect(outcomes).toEqual(['answered'])
    expect(broker.received.map(({ apiKey, apiVersion }) => [apiKey, apiVersion])).toEqual([
      [17, 1],
      [36, 2],
      [36, 2],
      [12, 4],
    ])
    expect(JSON.stringify(broker.received)).not.toContain('the secret')
  })

  test('a wrong secret fails requests with SASL_AUTHENTICATION_FAILED and is tried again only after a wait', () => {
    const { world, server, send, outcomes, disconnects } = scene({
      credentials: { user: 'internal', password: 'wrong' },
    })
    const broker = startBroker(server)
    demandScram(broker, 'the secret')
    send()
    world.runUntil(() => outcomes.length === 1)
    expect([outcomes, disconnects.length]).toEqual([['SASL_AUTHENTICATION_FAILED'], 1])
    world.advance(2_000)
    expect(broker.connections).toBe(0)
  })

  test('a peer that does not prove to know the secret is not talked to', () => {
    const { world, server, send, outcomes } = scene({ credentials: { user: 'internal', password: 'the secret' } })
    const broker = startBroker(server)
    demandScram(broker, 'the secret')
    let step = 0
    broker.answer(saslAuthenticateRequest, saslAuthenticateResponse, ({ authBytes }) => {
      const nonce = /r=(.*)$/.exec(authBytes.toString())?.[1] ?? ''
      const message = step++ === 0 ? `r=${nonce}more,s=c2FsdA==,i=4096` : `v=${Buffer.alloc(64).toString('base64')}`
      return { errorCode: 0, errorMessage: null, authBytes: Buffer.from(message) }
    })
    send()
    world.runUntil(() => outcomes.length === 1)
    expect(outcomes).toEqual(['SASL_AUTHENTICATION_FAILED'])
    world.run()
    expect([broker.connections, broker.requestsOf(heartbeatRequest).length]).toEqual([0, 0])
  })
})
