/** The doctor against servers that are not what the client thinks. */
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuthority, issueServerCertificate } from '@millrace/pki/authority'
import { apiByKey } from '@millrace/protocol/apis'
import type { Encodable, ResponseDefinition } from '@millrace/protocol/definition'
import { decodeRequestHeader, encodeResponseFrame } from '@millrace/protocol/headers'
import { Reader } from '@millrace/protocol/primitives/reader'
import { examine, type ExamineOptions } from './examine.ts'
import { examineAdvertised } from './examine-advertised.ts'

const servers: Server[] = []
afterAll(() => {
  for (const server of servers) server.close()
})

async function listen(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

interface Broker {
  readonly mechanisms?: readonly string[]
  /** By this mechanism everybody is let in, by all others nobody. */
  readonly letsIn?: string
  readonly advertised?: { readonly host: string; readonly port: number }
}

/** A broker of somebody else: answers versions, mechanisms and metadata, and hangs up on everything before a login. */
function speaks({ mechanisms = [], letsIn = '', advertised = { host: '127.0.0.1', port: 9 } }: Broker) {
  return (socket: Socket): void => {
    let welcome = false
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      if (bytes.length < 12 || bytes.readInt32BE(0) !== bytes.length - 4) return void socket.destroy()
      const { apiKey, apiVersion, correlationId } = decodeRequestHeader(new Reader(bytes.subarray(4)))
      const bodies: Record<number, object> = {
        18: { errorCode: 0, apiKeys: [{ apiKey: 3, minVersion: 0, maxVersion: 12 }] },
        36: { errorCode: welcome ? 0 : 58, errorMessage: welcome ? null : 'no', authBytes: Buffer.alloc(0) },
        17: { errorCode: mechanisms.length === 0 ? 34 : 0, mechanisms },
        3: { brokers: [{ nodeId: 7, rack: null, ...advertised }], clusterId: 'theirs', controllerId: 7, topics: [] },
      }
      if (apiKey === 17) welcome = letsIn !== '' && bytes.includes(letsIn)
      const body = bodies[apiKey]
      const response = apiByKey(apiKey)?.response
      if (body === undefined || response === undefined) return void socket.destroy()
      const frame = encodeResponseFrame(response, apiVersion, correlationId, body as Encodable<ResponseDefinition>)
      for (const chunk of frame) socket.write(chunk)
    })
  }
}

let authority: Awaited<ReturnType<typeof createAuthority>>
let certificate: { readonly key: string; readonly cert: string }
beforeAll(async () => {
  authority = await createAuthority(Date.now())
  certificate = await issue('127.0.0.1')
})

async function issue(name: string): Promise<typeof certificate> {
  const request = { commonName: name, names: [name], nowMs: Date.now(), validityMs: 86_400_000 }
  const issued = await issueServerCertificate(authority, request)
  return { key: issued.keyPem, cert: issued.certificatePem }
}

const unknown = { tls: null, mechanism: null, login: null, signer: null }
const look = (port: number, change: Partial<ExamineOptions> = {}): ReturnType<typeof examine> =>
  examine({
    address: { host: '127.0.0.1', port },
    expected: unknown,
    trust: { ca: [authority.certificatePem], client: null },
    timeoutMs: 1_000,
    ...change,
  })
const last = async (examination: ReturnType<typeof examine>) => (await examination).findings.at(-1)

describe('the doctor', () => {
  test('gets as far as the brokers of a plaintext listener', async () => {
    const port = await listen(createTcpServer(speaks({})))
    const { findings, advertised } = await look(port)
    expect(findings.map(({ step, ok }) => [step, ok])).toEqual([
      ['tcp', true],
      ['protocol', true],
      ['versions', true],
      ['login', true],
      ['metadata', true],
    ])
    expect(advertised).toEqual([{ nodeId: 7, host: '127.0.0.1', port: 9 }])
    const wrong = await last(look(port, { expected: { ...unknown, tls: true } }))
    expect(wrong).toMatchObject({ ok: false, trouble: 'protocol', next: expect.stringContaining('PLAINTEXT') })
  })

  test('gets as far as the brokers of a TLS listener, and tells a client that thinks it is plaintext', async () => {
    const port = await listen(createTlsServer(certificate, speaks({})))
    const { findings } = await look(port)
    expect(findings.every(({ ok }) => ok)).toBe(true)
    expect(findings.find(({ step }) => step === 'certificate')?.seen).toContain('127.0.0.1')
    const wrong = await last(look(port, { expected: { ...unknown, tls: false } }))
    expect(wrong).toMatchObject({ trouble: 'protocol', next: expect.stringContaining('security.protocol to SSL') })
  })

  test('says that a certificate is not trusted, and gives no password to whoever shows it', async () => {
    const port = await listen(createTlsServer(certificate, speaks({ mechanisms: ['PLAIN'] })))
    const other = await createAuthority(Date.now())
    const login = { user: 'alice', password: 'wonderland' }
    const { findings } = await look(port, {
      trust: { ca: [other.certificatePem], client: null },
      expected: { ...unknown, tls: true, mechanism: 'PLAIN', login },
    })
    expect(findings.find(({ step }) => step === 'certificate')).toMatchObject({
      ok: false,
      trouble: 'certificate',
      next: expect.stringContaining('millrace ca'),
    })
    expect(findings.at(-1)?.seen).toContain('Not tried, because the certificate is not good')
  })

  test('says that a certificate is for other names', async () => {
    const port = await listen(createTlsServer(await issue('b-1.example'), speaks({})))
    const { findings } = await look(port)
    expect(findings.find(({ step }) => step === 'certificate')).toMatchObject({
      ok: false,
      seen: expect.stringContaining('not for this name'),
    })
  })

  test('says that a client certificate is demanded', async () => {
    const demanding = { ...certificate, ca: authority.certificatePem, requestCert: true, rejectUnauthorized: true }
    const port = await listen(createTlsServer(demanding, speaks({})))
    expect(await last(look(port))).toMatchObject({
      trouble: 'certificate',
      seen: expect.stringContaining('demands a client certificate'),
    })
    const other = await createAuthority(Date.now())
    const foreign = { key: other.keyPem, cert: other.certificatePem }
    const refused = await last(look(port, { trust: { ca: [authority.certificatePem], client: foreign } }))
    expect(refused).toMatchObject({ step: 'client-certificate', trouble: 'certificate' })
  })

  test('tries both mechanisms of IAM, and ends when neither lets it in', async () => {
    const credentials = { accessKeyId: 'AKIA', secretAccessKey: 's', sessionToken: null, source: 'a test' }
    const expected = { ...unknown, mechanism: 'IAM', signer: { credentials, region: 'us-east-1' } }
    const port = await listen(
      createTcpServer(speaks({ mechanisms: ['AWS_MSK_IAM', 'OAUTHBEARER'], letsIn: 'AWS_MSK_IAM' })),
    )
    const { findings, advertised } = await look(port, { expected })
    expect(findings.filter(({ step }) => step === 'login').map(({ ok, seen }) => [ok, seen])).toEqual([
      [true, 'AKIA is let in by AWS_MSK_IAM.'],
      [false, 'AKIA is refused by OAUTHBEARER: no'],
    ])
    expect(advertised).toHaveLength(1)
    const closed = await listen(createTcpServer(speaks({ mechanisms: ['AWS_MSK_IAM', 'OAUTHBEARER'] })))
    expect(await last(look(closed, { expected }))).toMatchObject({ step: 'login', ok: false, trouble: 'login' })
    const scram = await listen(createTcpServer(speaks({ mechanisms: ['SCRAM-SHA-512'] })))
    expect((await last(look(scram, { expected })))?.next).toContain('the port of IAM')
  })

  test('says of a server that hangs up on everybody that something does', async () => {
    const port = await listen(createTcpServer((socket) => void socket.destroy()))
    expect(await last(look(port))).toMatchObject({
      trouble: 'unreachable',
      seen: expect.stringContaining('without a word'),
    })
  })

  test('names the mechanisms, and what the client is told instead', async () => {
    const port = await listen(createTcpServer(speaks({ mechanisms: ['SCRAM-SHA-512', 'AWS_MSK_IAM'] })))
    expect(await last(look(port))).toMatchObject({
      ok: true,
      seen: 'It wants a login by SCRAM-SHA-512 or AWS_MSK_IAM. Not tried.',
    })
    for (const mechanism of ['none', 'PLAIN']) {
      const expected = { ...unknown, mechanism }
      expect(await last(look(port, { expected }))).toMatchObject({ ok: false, trouble: 'login' })
    }
  })

  test('says that a server speaks something else', async () => {
    const http = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => {})
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
      }),
    )
    expect(await last(look(http))).toMatchObject({ trouble: 'protocol', seen: 'It speaks HTTP.' })
    const silent = await listen(createTcpServer((socket) => void socket.on('error', () => {})))
    expect(await last(look(silent, { timeoutMs: 200 }))).toMatchObject({ trouble: 'protocol' })
  })

  test('says that nothing listens, or that a name is not known', async () => {
    const closed = createTcpServer()
    const port = await listen(closed)
    await new Promise((resolve) => closed.close(resolve))
    expect(await last(look(port))).toMatchObject({ step: 'tcp', trouble: 'unreachable' })
    const address = { host: 'no-such-host.invalid', port: 9092 }
    expect(await last(look(0, { address }))).toMatchObject({ step: 'name', trouble: 'unreachable' })
  })

  test('says which address that a broker tells of is not reachable from here', async () => {
    const port = await listen(createTcpServer(speaks({})))
    const broker = { nodeId: 7, host: '127.0.0.1', port }
    expect(await examineAdvertised({ broker, trust: null, timeoutMs: 1_000 })).toMatchObject({ ok: true })
    const unreachable = { ...broker, host: 'broker.internal.invalid' }
    expect(await examineAdvertised({ broker: unreachable, trust: null, timeoutMs: 1_000 })).toMatchObject({
      trouble: 'advertised',
      seen: expect.stringContaining('Broker 7 says that it is at broker.internal.invalid'),
    })
  })
})
