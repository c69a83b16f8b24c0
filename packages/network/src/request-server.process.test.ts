import { createNodeHost } from '@millrace/host/node-host'
import { Arena } from '@millrace/log/arena'
import { silentLogger } from '@millrace/base/logger'
import { produceRequest, produceResponse, type ProduceRequest } from '@millrace/protocol/messages/00-produce'
import { metadataRequest, metadataResponse } from '@millrace/protocol/messages/03-metadata'
import { apiVersionsRequest } from '@millrace/protocol/messages/18-api-versions'
import { afterEach, describe, expect, it } from 'vitest'
import type { ApiHandler, Respond } from './api-handler.ts'
import { TestClient } from './test-client-fixture.ts'
import { RequestServer } from './request-server.ts'

const host = createNodeHost()
const servers: RequestServer[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise<void>((resolve) => server.close(resolve))
})

/** Calls `condition` after every turn of I/O until it holds. */
async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = host.clock.monotonicMs() + 10_000
  while (!condition()) {
    if (host.clock.monotonicMs() > deadlineMs) throw new Error('not within 10 s')
    await new Promise((resolve) => host.tick(() => resolve(null)))
  }
}

async function startServer(transport: 'onread' | 'data') {
  const arena = new Arena({ slabBytes: 1024 * 1024, tailBytesMax: 0, poison: true })
  const sums: number[] = []
  const held: Respond<unknown>[] = []
  const handlers = new Map<number, ApiHandler>([
    [
      0,
      {
        request: produceRequest,
        response: produceResponse,
        handle(_context, request, respond) {
          let sum = 0
          for (const byte of (request as ProduceRequest).topicData[0]?.partitionData[0]?.records ?? []) sum += byte
          sums.push(sum)
          respond({ responses: [] })
        },
      },
    ],
    [
      3,
      {
        request: metadataRequest,
        response: metadataResponse,
        handle: (_context, _request, respond) => held.push(respond),
      },
    ],
  ])
  const server = new RequestServer({
    host,
    logger: silentLogger,
    arena,
    handlers,
    listeners: [{ name: 'CLIENT', host: '127.0.0.1', port: 0, internal: false, transport }],
    versionRange: () => ({ min: 0, max: 7 }),
    internalSecret: '',
  })
  await new Promise<void>((resolve, reject) => server.start((error) => (error === null ? resolve() : reject(error))))
  servers.push(server)
  return { server, arena, sums, held }
}

describe.each(['onread', 'data'] as const)('RequestServer over the %s transport', (transport) => {
  it('receives large and small pipelined requests whole and answers in order', async () => {
    const { server, sums } = await startServer(transport)
    const client = new TestClient(host, '127.0.0.1', server.port('CLIENT'))
    await until(() => client.connected)
    const ids: number[] = []
    const expected: number[] = []
    for (const [index, size] of [100, 1_500_000, 70_000, 20, 900_000].entries()) {
      ids.push(
        client.send(produceRequest, 7, {
          acks: 1,
          timeoutMs: 1,
          topicData: [{ name: 't', partitionData: [{ index: 0, records: Buffer.alloc(size, index + 1) }] }],
        }),
      )
      expected.push(size * (index + 1))
    }
    ids.push(client.send(apiVersionsRequest, 2, {}))
    await until(() => client.responses.length === 6)
    expect(client.correlationIds()).toEqual(ids)
    expect(sums).toEqual(expected)
    expect(server.frameMemoryBytes).toBe(0)
  })

  it('delivers a response larger than the socket takes at once, and releases its bytes afterwards', async () => {
    const { server, held } = await startServer(transport)
    const client = new TestClient(host, '127.0.0.1', server.port('CLIENT'))
    await until(() => client.connected)
    client.send(metadataRequest, 1, { topics: [] })
    await until(() => held.length === 1)
    let released = false
    const brokers = Array.from({ length: 500 }, (_, nodeId) => ({ nodeId, host: 'h'.repeat(20_000), port: 1 }))
    held[0]?.({ brokers, topics: [] }, () => {
      released = true
    })
    await until(() => client.responses.length === 1 && released)
    expect(client.decode(0, metadataResponse, 1).brokers.length).toBe(500)
  })

  it('forgets a connection that the client has closed', async () => {
    const { server } = await startServer(transport)
    const client = new TestClient(host, '127.0.0.1', server.port('CLIENT'))
    await until(() => client.connected && server.connectionCount === 1)
    client.write(Buffer.from([0, 0, 1, 0, 0]))
    client.transport?.end()
    await until(() => server.connectionCount === 0)
    expect(server.frameMemoryBytes).toBe(0)
  })
})
