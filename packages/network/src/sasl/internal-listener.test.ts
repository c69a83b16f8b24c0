import { ErrorCode } from '@millrace/protocol/errors'
import { produceRequest } from '@millrace/protocol/messages/00-produce'
import { saslHandshakeRequest, saslHandshakeResponse } from '@millrace/protocol/messages/17-sasl-handshake'
import { apiVersionsRequest, apiVersionsResponse } from '@millrace/protocol/messages/18-api-versions'
import { saslAuthenticateRequest, saslAuthenticateResponse } from '@millrace/protocol/messages/36-sasl-authenticate'
import { brokerHeartbeatRequest, brokerHeartbeatResponse } from '@millrace/protocol/messages/63-broker-heartbeat'
import { clientFinalMessage, clientFirstMessage, parseServerFirst, saltedPassword } from '@millrace/protocol/sasl/scram'
import { describe, expect, it } from 'vitest'
import { SOFTWARE, createFixture, produceBody, reasonsOf, type Fixture } from '../request-server-fixture.ts'
import type { TestClient } from '../test-client-fixture.ts'

describe('an internal listener', () => {
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
    expect([...fixture.server.connections][0]?.principal).toBe('Node:internal')
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

  describe('to a client before Kafka 1.0, which sends bare tokens', () => {
    const framed = (text: string): Buffer => {
      const token = Buffer.from(text)
      const size = Buffer.alloc(4)
      size.writeInt32BE(token.length)
      return Buffer.concat([size, token])
    }
    /** As far as the client's last token; what came back is in `client.responses`. */
    function sayProof(fixture: Fixture, secret: string): TestClient {
      const client = fixture.connect('INTERNAL')
      client.send(saslHandshakeRequest, 0, { mechanism: 'SCRAM-SHA-512' })
      fixture.world.runUntil(() => client.responses.length === 1)
      expect(client.decode(0, saslHandshakeResponse, 0).errorCode).toBe(0)
      client.write(framed(clientFirstMessage('internal', 'clientnonce')))
      fixture.world.runUntil(() => client.responses.length === 2)
      const server = parseServerFirst(String(client.responses[1]), 'clientnonce')
      const salted = saltedPassword(secret, server.salt, server.iterations)
      client.write(framed(clientFinalMessage('internal', 'clientnonce', server, salted).message))
      return client
    }

    it('answers likewise, and takes requests as ever once the login has ended', () => {
      const fixture = createFixture()
      const client = sayProof(fixture, 'the secret')
      fixture.world.runUntil(() => client.responses.length === 3)
      expect(String(client.responses[2])).toMatch(/^v=/)
      client.send(brokerHeartbeatRequest, 1, heartbeat)
      fixture.world.runUntil(() => client.responses.length === 4)
      expect(client.decode(3, brokerHeartbeatResponse, 1).errorCode).toBe(0)
    })

    it('answers nothing to a wrong proof, closes, and keeps why', () => {
      const fixture = createFixture()
      const client = sayProof(fixture, 'another secret')
      fixture.world.runUntil(() => client.closed)
      expect(client.responses).toHaveLength(2)
      expect(fixture.server.refusals.list()).toMatchObject([{ kind: 'wrong-password' }])
    })

    it('takes no request for a token', () => {
      const fixture = createFixture()
      const client = fixture.connect('INTERNAL')
      client.send(saslHandshakeRequest, 0, { mechanism: 'SCRAM-SHA-512' })
      client.send(brokerHeartbeatRequest, 1, heartbeat)
      fixture.world.runUntil(() => client.closed)
      expect(client.responses).toHaveLength(1)
    })
  })
})
