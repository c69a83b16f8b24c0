import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { silentLogger } from '@millrace/base/logger'
import { afterEach, describe, expect, test } from 'vitest'
import { RootCredentials } from './credentials.ts'
import { createFrontDoor, type FrontDoor, type FrontDoorOptions } from './front-door.ts'
import { answerJson, type InternalRoute } from './internal-routes.ts'
import { loadModel } from './model.ts'
import { defineService } from './service.ts'
import { signedRequest } from './testing/sign.ts'

let door: FrontDoor | null = null
afterEach(async () => {
  await door?.stop()
  door = null
})

const waiting: { release: () => void; started: Promise<void>; signal: AbortSignal | null } = {
  release: () => {},
  started: Promise.resolve(),
  signal: null,
}

const kafka = defineService(loadModel('kafka'), {
  ListClusters: async (_input, context) => ({ ClusterInfoList: [{ ClusterName: context.apiHost }] }),
  ListKafkaVersions: (_input, { signal }) => {
    waiting.signal = signal
    return new Promise((resolve) => {
      waiting.release = () => resolve({ KafkaVersions: [] })
      startedCalls()
    })
  },
})
let startedCalls: () => void = () => {}

const internalRoutes: readonly InternalRoute[] = [
  {
    method: 'GET',
    path: '/_millrace/health',
    access: 'open',
    handle: (_request, response) => answerJson(response, 200, { status: 'ok' }),
  },
  {
    method: 'GET',
    path: '/_millrace/api/*',
    access: 'token',
    handle: (_request, response, path) => answerJson(response, 200, { path }),
  },
  { method: 'GET', path: '/_millrace/broken', access: 'open', handle: () => Promise.reject(new Error('broken')) },
]

async function open(options: Partial<FrontDoorOptions> = {}): Promise<number> {
  door = createFrontDoor({
    services: [kafka],
    credentials: new RootCredentials({ acceptTest: true }),
    logger: silentLogger,
    defaultRegion: 'us-east-1',
    host: '127.0.0.1',
    port: 0,
    internalRoutes,
    internalToken: 'secret-token',
    ...options,
  })
  return (await door.start()).port
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function send(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      )
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function signedHeaders(
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  const request = await signedRequest({ path, headers })
  return Object.fromEntries([...request.headers].map(([name, values]) => [name, values[0] ?? '']))
}

describe('the front door', () => {
  test('tells an operation the host by which it was reached', async () => {
    const port = await open()
    const answer = await send(port, '/v1/clusters', await signedHeaders('/v1/clusters', { host: 'millrace:4566' }))
    expect(answer).toMatchObject({ status: 200, body: '{"clusterInfoList":[{"clusterName":"millrace"}]}' })
    expect(answer.headers['content-type']).toBe('application/json')
  })

  test('keeps a connection open for further calls', async () => {
    const port = await open()
    const { headers } = await send(port, '/v1/clusters', await signedHeaders('/v1/clusters'))
    expect(headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers['keep-alive']).toContain('timeout=65')
  })

  test('refuses a body past the limit with an AWS answer', async () => {
    const port = await open({ limits: { bodyBytesMax: 1000 } })
    const answer = await send(port, '/v1/clusters', await signedHeaders('/v1/clusters'), 'x'.repeat(5000), 'POST')
    expect(answer).toMatchObject({
      status: 413,
      headers: { 'x-amzn-errortype': 'RequestEntityTooLargeException', connection: 'close' },
    })
    expect(JSON.parse(answer.body)).toEqual({ message: 'The request body is longer than 1000 bytes.' })
  })

  test('refuses web pages of other origins and foreign host names before it looks at the signature', async () => {
    const port = await open()
    const path = '/v1/clusters'
    for (const headers of [
      { origin: 'https://evil.example.com' },
      { host: 'evil.example.com:4566' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      expect(await send(port, path, await signedHeaders(path, headers))).toMatchObject({
        status: 403,
        headers: { 'x-amzn-errortype': 'AccessDeniedException' },
      })
    }
    expect(
      await send(
        port,
        path,
        { origin: 'https://evil.example.com', 'access-control-request-method': 'POST' },
        '',
        'OPTIONS',
      ),
    ).toMatchObject({ status: 403 })
  })

  test('answers by any host name where it is told to', async () => {
    const port = await open({ guardApiHosts: false })
    expect(
      await send(port, '/v1/clusters', await signedHeaders('/v1/clusters', { host: 'msk.example.com' })),
    ).toMatchObject({ status: 200 })
  })

  test('answers 503 when an operation takes too long, and tells it to stop', async () => {
    const port = await open({ limits: { operationTimeoutMs: 50 } })
    const answer = await send(port, '/v1/kafka-versions', await signedHeaders('/v1/kafka-versions'))
    expect(answer).toMatchObject({ status: 503, headers: { 'x-amzn-errortype': 'ServiceUnavailableException' } })
    expect(waiting.signal?.aborted).toBe(true)
    waiting.release()
  })

  test('tells an operation that its caller has gone', async () => {
    const port = await open()
    const headers = await signedHeaders('/v1/kafka-versions')
    const started = new Promise<void>((resolve) => (startedCalls = resolve))
    const request = httpRequest({ host: '127.0.0.1', port, path: '/v1/kafka-versions', headers })
    request.on('error', () => {})
    request.end()
    await started
    const aborted = new Promise((resolve) => waiting.signal?.addEventListener('abort', resolve))
    request.destroy()
    await aborted
    waiting.release()
  })

  test('lets a call under way finish when it stops, and waits for nothing else', async () => {
    const port = await open({ limits: { stopTimeoutMs: 1_000_000 } })
    const started = new Promise<void>((resolve) => (startedCalls = resolve))
    const answer = send(port, '/v1/kafka-versions', await signedHeaders('/v1/kafka-versions'))
    await started
    const stopped = door?.stop()
    waiting.release()
    expect(await answer).toMatchObject({ status: 200 })
    await stopped
    const refused = await new Promise((resolve) =>
      connect(port, '127.0.0.1').on('error', resolve).on('connect', resolve),
    )
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('rejects the start on a busy port with the system error', async () => {
    const port = await open()
    const second = createFrontDoor({
      services: [],
      credentials: { lookup: () => null },
      logger: silentLogger,
      defaultRegion: 'us-east-1',
      host: '127.0.0.1',
      port,
    })
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await second.stop()
  })

  test('closes a connection that speaks no HTTP', async () => {
    const port = await open()
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('\u0000\u0000\u0000\u0010kafka\r\n\r\n'))
      const chunks: Buffer[] = []
      socket.on('data', (chunk: Buffer) => chunks.push(chunk))
      socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')))
    })
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('internal routes', () => {
  test('of health answer anyone', async () => {
    const port = await open()
    expect(await send(port, '/_millrace/health?x=1', { host: 'anything.example.com' })).toMatchObject({
      status: 200,
      body: '{"status":"ok"}\n',
    })
  })

  test('with a token want it, and no foreign page in front', async () => {
    const port = await open()
    const authorization = 'Bearer secret-token'
    expect(await send(port, '/_millrace/api/clusters', { authorization })).toMatchObject({
      status: 200,
      body: '{"path":"/_millrace/api/clusters"}\n',
    })
    expect(await send(port, '/_millrace/api/clusters')).toMatchObject({ status: 401 })
    expect(await send(port, '/_millrace/api/clusters', { authorization: 'Bearer secret-tokeN' })).toMatchObject({
      status: 401,
    })
    expect(await send(port, '/_millrace/api/clusters', { authorization, host: 'evil.example.com' })).toMatchObject({
      status: 403,
    })
    expect(
      await send(port, '/_millrace/api/clusters', { authorization, origin: 'https://evil.example.com' }),
    ).toMatchObject({ status: 403 })
  })

  test('with a token stay shut where there is none', async () => {
    const port = await open({ internalToken: null })
    expect(await send(port, '/_millrace/api/clusters', { authorization: 'Bearer null' })).toMatchObject({ status: 401 })
  })

  test('that fail answer 500', async () => {
    const port = await open()
    expect(await send(port, '/_millrace/broken')).toMatchObject({ status: 500 })
  })
})
