import { describe, expect, test } from 'vitest'
import { describeClusterRequest } from '@millrace/protocol/messages/60-describe-cluster'
import { metadataRequest } from '@millrace/protocol/messages/03-metadata'
import { saslHandshakeRequest } from '@millrace/protocol/messages/17-sasl-handshake'
import { brokerHeartbeatRequest } from '@millrace/protocol/messages/63-broker-heartbeat'
import { handshakeRefusal } from './handshake-failure.ts'
import type { QuotaExcess } from '@millrace/policy/denials/quota-excess'
import { Refusals, type Refusal } from './refusals.ts'
import { NO_TOPICS, createFixture, type Fixture } from './request-server-fixture.ts'

const heartbeat = { brokerId: 1, brokerEpoch: 1, currentMetadataOffset: 1, wantFence: false, wantShutDown: false }

/** What is kept of a peer that says `hello` to a listener and is closed. */
function refusedBy(listener: string, hello: (client: ReturnType<Fixture['connect']>) => void): Refusal[] {
  const fixture = createFixture()
  const client = fixture.connect(listener)
  hello(client)
  fixture.world.runUntil(() => client.closed)
  return fixture.server.refusals.list()
}

describe('refusals keep why a connection came to nothing', () => {
  test('TLS spoken to a plaintext listener', () => {
    const clientHello = Buffer.from('16030102000100', 'hex')
    expect(refusedBy('CLIENT', (client) => client.write(clientHello))).toMatchObject([
      { kind: 'tls-to-plaintext', listener: 'CLIENT', principal: null, count: 1 },
    ])
  })

  test.each(['GET / HTTP/1.1\r\n', 'PRI * HTTP/2.0\r\n'])('HTTP: %s', (text) => {
    const kept = refusedBy('CLIENT', (client) => client.write(Buffer.from(text)))
    expect(kept).toMatchObject([{ kind: 'not-kafka', reason: 'The peer speaks HTTP to a Kafka port.' }])
  })

  test('a request before the login names the request and the mechanisms', () => {
    const [kept] = refusedBy('INTERNAL', (client) => client.send(metadataRequest, 9, NO_TOPICS))
    expect(kept).toMatchObject({ kind: 'not-authenticated', listener: 'INTERNAL' })
    expect(kept?.reason).toContain('Metadata without having logged in')
    expect(kept?.remedy).toContain('sasl.mechanism=SCRAM-SHA-512')
  })

  test('a client that poses as a broker', () => {
    const kept = refusedBy('CLIENT', (client) => client.send(brokerHeartbeatRequest, 1, heartbeat))
    expect(kept).toMatchObject([{ kind: 'inter-broker', remedy: null }])
    expect(kept[0]?.reason).toContain('BrokerHeartbeat')
  })

  test('a mechanism that is not offered', () => {
    const kept = refusedBy('INTERNAL', (client) => client.send(saslHandshakeRequest, 1, { mechanism: 'PLAIN' }))
    expect(kept).toMatchObject([{ kind: 'unsupported-mechanism' }])
    expect(kept[0]?.reason).toContain('PLAIN')
  })

  test('nothing of a request that merely fails', () => {
    expect(
      refusedBy('CLIENT', (client) =>
        client.send(describeClusterRequest, 0, { includeClusterAuthorizedOperations: false }),
      ),
    ).toEqual([])
  })
})

describe('refusals', () => {
  test('of one kind, address, listener and principal are one entry with a count', () => {
    const refusals = new Refusals(() => 5)
    const alice = { kind: 'wrong-password', listener: 'L', remoteAddress: '10.0.0.1', reason: 'no' } as const
    refusals.add({ ...alice, principal: 'User:alice' })
    refusals.add({ ...alice, principal: 'User:alice', reason: 'still no' })
    refusals.add({ ...alice, principal: 'User:bob' })
    expect(refusals.list().map(({ principal, reason, count }) => [principal, reason, count])).toEqual([
      ['User:alice', 'still no', 2],
      ['User:bob', 'no', 1],
    ])
  })

  test('of clients that wait are one entry per quota, with what was measured last', () => {
    const refusals = new Refusals(() => 5)
    const wait = (change: Partial<QuotaExcess>): unknown =>
      refusals.add({
        kind: 'quota',
        listener: 'L',
        remoteAddress: '10.0.0.1',
        reason: 'slow',
        quota: {
          key: 'producer_byte_rate',
          entity: [{ entityType: 'user', entityName: 'alice' }],
          clientId: 'app',
          bound: 1,
          rate: 2,
          throttleMs: 3,
          ...change,
        },
      })
    for (let count = 1; count <= 1000; count++) wait({ rate: count, clientId: `app-${count}` })
    wait({ key: 'consumer_byte_rate' })
    const ofClients = [{ entityType: 'client-id', entityName: null }]
    wait({ entity: ofClients })
    wait({ entity: ofClients, clientId: 'other' })
    expect(refusals.list().map(({ quota, count }) => [quota?.key, quota?.rate, quota?.clientId, count])).toEqual([
      ['producer_byte_rate', 1000, 'app-1000', 1000],
      ['consumer_byte_rate', 2, 'app', 1],
      ['producer_byte_rate', 2, 'app', 1],
      ['producer_byte_rate', 2, 'other', 1],
    ])
    // A name that is cut would be somebody else's.
    wait({ entity: [{ entityType: 'user', entityName: 'x'.repeat(501) }] })
    expect(refusals.list().at(-1)).toMatchObject({ kind: 'quota', quota: null })
  })

  test('are worth a line in the log when they are new, and ever more rarely', () => {
    const refusals = new Refusals(() => 5)
    const told = Array.from({ length: 1_000 }, () =>
      refusals.add({ kind: 'tls-handshake', listener: 'L', remoteAddress: '10.0.0.1', reason: 'no' }),
    )
    expect(told.flatMap((worth, index) => (worth ? [index + 1] : []))).toEqual([1, 10, 100, 1_000])
  })

  test('of made-up names leave room for those of others', () => {
    const refusals = new Refusals(() => 5)
    const login = { kind: 'unknown-user', listener: 'L', reason: 'no' } as const
    refusals.add({ ...login, remoteAddress: '10.0.0.1', principal: 'User:alice' })
    for (let index = 0; index < 5_000; index++)
      refusals.add({ ...login, remoteAddress: '10.0.0.2', principal: `User:${index}` })
    expect(refusals.list()[0]).toMatchObject({ principal: 'User:alice' })
    expect(refusals.list()).toHaveLength(101)
  })
})

describe('a failed TLS handshake', () => {
  test.each([
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'plaintext-to-tls', /plaintext to a TLS listener/],
    ['ERR_SSL_HTTP_REQUEST', 'plaintext-to-tls', /plaintext/],
    ['ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'client-certificate', /shows no certificate/],
    ['CERT_HAS_EXPIRED', 'client-certificate', /past its time/],
    ['CERT_REVOKED', 'client-certificate', /revoked/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'client-certificate', /does not trust/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'client-certificate', /does not trust/],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'tls-handshake', /peer does not trust/],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'tls-handshake', /TLS version/],
    ['ECONNRESET', 'tls-handshake', /left during/],
  ])('by %s is of kind %s', (code, kind, sentence) => {
    const refusal = handshakeRefusal(Object.assign(new Error('it broke'), { code }))
    expect(refusal.kind).toBe(kind)
    expect(refusal.reason).toMatch(sentence)
  })

  test('of a cause that nobody knows is told as it came', () => {
    expect(handshakeRefusal(new Error('it broke'))).toEqual({
      kind: 'tls-handshake',
      reason: 'The TLS handshake failed: it broke.',
    })
  })
})
