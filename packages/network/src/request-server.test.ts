import { InvariantError } from '@millrace/base/invariant'
import { ErrorCode } from '@millrace/protocol/errors'
import { produceRequest } from '@millrace/protocol/messages/00-produce'
import { metadataRequest } from '@millrace/protocol/messages/03-metadata'
import { saslHandshakeRequest, saslHandshakeResponse } from '@millrace/protocol/messages/17-sasl-handshake'
import { apiVersionsRequest, apiVersionsResponse } from '@millrace/protocol/messages/18-api-versions'
import { describeClusterRequest } from '@millrace/protocol/messages/60-describe-cluster'
import { describe, expect, it } from 'vitest'
import { NO_TOPICS, SOFTWARE, createFixture, emptyMetadata, produceBody, reasonsOf } from './request-server-fixture.ts'

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
    expect(client.decode(1, apiVersionsResponse, 4).supportedFeatures.map(({ name }) => name)).toEqual([
      'metadata.version',
      'group.version',
    ])
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

  it('reads past bytes that follow a request, as Kafka does', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    const frame = Buffer.concat([...client.frame(metadataRequest, 1, NO_TOPICS), Buffer.alloc(3)])
    frame.writeInt32BE(frame.length - 4, 0)
    client.write(frame)
    fixture.world.runUntil(() => fixture.asked.length === 1)
    expect(client.closed).toBe(false)
  })

  it('counts requests by client software, API and version', () => {
    const fixture = createFixture()
    const client = fixture.connect()
    client.send(metadataRequest, 1, NO_TOPICS)
    fixture.world.runUntil(() => fixture.asked.length === 1)
    fixture.asked[0]?.respond(emptyMetadata())
    client.send(apiVersionsRequest, 3, SOFTWARE)
    client.send(metadataRequest, 1, NO_TOPICS)
    fixture.world.runUntil(() => fixture.asked.length === 2)
    expect(fixture.server.usage.snapshot()).toEqual([
      { softwareName: '', softwareVersion: '', requests: [{ apiKey: 3, version: 1, count: 1 }] },
      {
        softwareName: SOFTWARE.clientSoftwareName,
        softwareVersion: SOFTWARE.clientSoftwareVersion,
        requests: [
          { apiKey: 3, version: 1, count: 1 },
          { apiKey: 18, version: 3, count: 1 },
        ],
      },
    ])
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

  it.each([
    ['', null],
    [' with bytes to release', (): void => undefined],
  ])('does not start the next request on the stack of an answer%s', (_what, release) => {
    const fixture = createFixture()
    const client = fixture.connect()
    for (let index = 0; index < 2; index++) client.send(metadataRequest, 1, NO_TOPICS)
    fixture.world.runUntil(() => fixture.asked.length === 1)
    fixture.world.advance(10)
    // Who answers may be in the middle of a change of state.
    fixture.asked[0]?.respond(emptyMetadata(), release)
    expect(fixture.asked).toHaveLength(1)
    fixture.world.runUntil(() => fixture.asked.length === 2)
    fixture.asked[1]?.respond(emptyMetadata())
    fixture.world.runUntil(() => client.responses.length === 2)
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
    fixture.produced.forEach(({ respond }, index) => respond({ responses: [] }, () => released.push(index)))
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
