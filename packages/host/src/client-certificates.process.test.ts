/** Who comes in by a certificate, and what those see who do not: Node's own client, real sockets, TLS 1.3 and 1.2. */
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import type { Acceptor, ClientTrust, Transport } from '@millrace/base/host'
import { createAuthority, issueServerCertificate } from '@millrace/pki/authority'
import {
  SERVER_AUTH,
  testAuthority,
  testCertificate,
  type TestAuthority,
  type TestCertificate,
} from '@millrace/pki/testing/certificates'
import { afterEach, expect, test } from 'vitest'
import { createNodeHost } from './node-host.ts'

const nowMs = Date.now()
const server = await createAuthority(nowMs)
const shown = await issueServerCertificate(server, {
  commonName: 'broker',
  names: ['localhost', '127.0.0.1'],
  nowMs,
  validityMs: 3_600_000,
})
const root = await testAuthority('root')
const below = await testAuthority('below', { issuer: root })
const stranger = await testAuthority('stranger')
const alice = await testCertificate('alice', { issuer: root })

const host = createNodeHost()
let acceptor: Acceptor | null = null
let transports: Transport[] = []
let failures: string[] = []

afterEach(async () => {
  for (const transport of transports) transport.destroy()
  await new Promise<void>((resolve) => (acceptor === null ? resolve() : acceptor.close(resolve)))
  acceptor = null
  transports = []
  failures = []
})

const trusting = (...authorities: readonly TestCertificate[]): ClientTrust => ({
  authoritiesPem: authorities.map(({ certificatePem }) => certificatePem),
  revocations: [],
})

/** A listener that answers what it is told. */
async function listen(demand: 'requested' | 'required', trust: ClientTrust): Promise<Acceptor> {
  acceptor = await new Promise<Acceptor>((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: 0,
      tls: shown,
      clientCertificates: { demand, trust },
      onConnection(transport: Transport) {
        transports.push(transport)
        transport.attach({
          onBytes: (bytes, start, end) => transport.writev([Buffer.from(bytes.subarray(start, end))], null),
          onClose() {},
        })
      },
      onHandshakeFailed: (_address: string, error: Error) =>
        void failures.push((error as NodeJS.ErrnoException).code ?? error.message),
    }
    host.network.listen(options, (error, made) => (made === null ? reject(error as Error) : resolve(made)))
  })
  return acceptor
}

interface Visit {
  /** 'hello' when the listener answered; an OpenSSL code, or 'closed'. */
  readonly end: string
  readonly session: Buffer | null
  readonly reused: boolean
}

/** Connects, says hello, and tells what came of it. */
function visit(certificate: TestCertificate | null, options: ConnectionOptions = {}): Promise<Visit> {
  return new Promise((resolve) => {
    let session: Buffer | null = null
    let reused = false
    let end = 'closed'
    const own = certificate === null ? {} : { key: certificate.keyPem, cert: certificate.certificatePem }
    const port = acceptor?.port ?? 0
    const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca: server.certificatePem, ...own, ...options })
    socket.on('session', (ticket) => (session = ticket))
    socket.on('secureConnect', () => {
      reused = socket.isSessionReused()
      socket.write('hello')
    })
    socket.on('data', (bytes) => {
      end = bytes.toString()
      socket.end()
    })
    socket.on('error', (error) => (end = (error as NodeJS.ErrnoException).code ?? error.message))
    socket.on('close', () => resolve({ end, session, reused }))
  })
}

const withChain = (certificate: TestCertificate): TestCertificate => ({
  ...certificate,
  certificatePem: certificate.certificatePem + certificate.chainPem,
})

test('a client with a certificate of a trusted authority comes in, and is known by it', async () => {
  await listen('required', trusting(stranger, root))
  expect((await visit(alice)).end).toBe('hello')
  const der = transports[0]?.peerCertificate?.der ?? Buffer.alloc(0)
  expect(new X509Certificate(der).subject).toBe('CN=alice')
  expect(failures).toEqual([])
})

const serverOnly = { kind: 'end-entity', usages: [SERVER_AUTH] } as const
const refused: readonly (readonly [
  who: string,
  certificate: TestCertificate | null,
  alert: string,
  failure: string,
])[] = [
  ['shows none', null, 'CERTIFICATE_REQUIRED', 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE'],
  ['signed it itself', await testCertificate('alice'), 'UNKNOWN_CA', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [
    'has one of another authority',
    await testCertificate('alice', { issuer: stranger }),
    'UNKNOWN_CA',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  ],
  [
    'has one of another authority of the same name',
    await testCertificate('alice', { issuer: await testAuthority('root') }),
    'UNKNOWN_CA',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  ],
  [
    'shows the whole chain of another authority',
    withChain(await testCertificate('alice', { issuer: stranger })),
    'UNKNOWN_CA',
    'SELF_SIGNED_CERT_IN_CHAIN',
  ],
  [
    'is late',
    await testCertificate('alice', { issuer: root, endsInMs: -1000 }),
    'CERTIFICATE_EXPIRED',
    'CERT_HAS_EXPIRED',
  ],
  [
    'leaves out the authority in between',
    await testCertificate('alice', { issuer: below }),
    'UNKNOWN_CA',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  ],
  [
    'has one for servers only',
    await testCertificate('alice', { issuer: root, profile: serverOnly }),
    'UNSUPPORTED_CERTIFICATE',
    'INVALID_PURPOSE',
  ],
  [
    'has one that another client signed',
    withChain(await testCertificate('mallory', { issuer: alice })),
    'BAD_CERTIFICATE',
    'CERTIFICATE_VERIFY_FAILED',
  ],
]

test.each(refused)(
  'a client that %s is refused, and told why by an alert',
  async (_who, certificate, alert, failure) => {
    await listen('required', trusting(root))
    expect((await visit(certificate)).end).toMatch(new RegExp(`ALERT_${alert}$`))
    expect([transports, failures]).toEqual([[], [failure]])
    // TLS 1.2 ends without a word.
    expect((await visit(certificate, { maxVersion: 'TLSv1.2' })).end).toMatch(/^closed$|ECONNRESET/)
    expect(transports).toEqual([])
  },
)

test.each(['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'])(
  'with %s the alert can be read',
  async (ciphers) => {
    await listen('required', trusting(root))
    expect((await visit(null, { ciphers })).end).toMatch(/ALERT_CERTIFICATE_REQUIRED$/)
  },
)

test('where certificates are only requested, who has none comes in unknown, and a bad one is refused', async () => {
  await listen('requested', trusting(root))
  expect((await visit(null)).end).toBe('hello')
  expect((await visit(alice)).end).toBe('hello')
  expect(transports.map(({ peerCertificate }) => peerCertificate !== null)).toEqual([false, true])
  expect((await visit(await testCertificate('alice', { issuer: stranger }))).end).toMatch(/ALERT_UNKNOWN_CA$/)
  expect(transports).toHaveLength(2)
})

test('an authority in between may be trusted alone: what it issued comes in, what its root issued does not', async () => {
  await listen('required', trusting(below))
  expect((await visit(await testCertificate('bob', { issuer: below }))).end).toBe('hello')
  expect((await visit(alice)).end).toMatch(/ALERT_UNKNOWN_CA$/)
})

test('a chain that the client shows leads to the trusted root', async () => {
  await listen('required', trusting(root))
  expect((await visit(withChain(await testCertificate('bob', { issuer: below })))).end).toBe('hello')
})

test('when nobody is trusted nobody comes in, not even with a certificate that the world trusts', async () => {
  await listen('required', trusting())
  expect((await visit(alice)).end).toMatch(/ALERT_UNKNOWN_CA$/)
})

test.each(['TLSv1.3', 'TLSv1.2'] as const)('a session of %s does not stand for a certificate', async (maxVersion) => {
  await listen('requested', trusting(root))
  const first = await visit(alice, { maxVersion })
  expect(first.end).toBe('hello')
  const again = await visit(null, { maxVersion, ...(first.session === null ? {} : { session: first.session }) })
  expect([again.end, again.reused]).toEqual(['hello', false])
  expect(transports.map(({ peerCertificate }) => peerCertificate !== null)).toEqual([true, false])
})

test('other authorities count for connections to come, the open ones live on', async () => {
  const listener = await listen('required', trusting(root))
  const open = await new Promise<TLSSocket>((resolve) => {
    const { keyPem: key, certificatePem: cert } = alice
    const socket = connect({ host: '127.0.0.1', port: listener.port, ca: server.certificatePem, key, cert }, () =>
      resolve(socket),
    )
  })
  listener.replaceClientTrust(trusting(stranger))
  expect((await visit(alice)).end).toMatch(/ALERT_UNKNOWN_CA$/)
  expect((await visit(await testCertificate('carol', { issuer: stranger }))).end).toBe('hello')
  const answer = new Promise((resolve) => open.once('data', (bytes) => resolve(bytes.toString())))
  open.write('still here')
  expect(await answer).toBe('still here')
  listener.replaceCertificate(shown)
  expect((await visit(alice)).end).toMatch(/ALERT_UNKNOWN_CA$/)
  open.destroy()
})

test('a revoked certificate, or one of a revoked authority, comes in no more and is found among the open ones', async () => {
  const listener = await listen('required', trusting(root))
  const bob = withChain(await testCertificate('bob', { issuer: below }))
  expect((await visit(bob)).end).toBe('hello')
  const { authoritiesPem } = trusting(root)
  const without = (serials: readonly string[] | null, issuer: TestAuthority): ClientTrust => ({
    authoritiesPem,
    revocations: [{ issuerPem: issuer.certificatePem, serials }],
  })
  listener.replaceClientTrust(without([alice.serial], root))
  expect((await visit(alice)).end).toMatch(/ALERT_CERTIFICATE_REVOKED$/)
  expect(failures).toEqual(['CERT_REVOKED'])
  expect((await visit(bob)).end).toBe('hello')
  listener.replaceClientTrust(without(null, below))
  expect((await visit(bob)).end).toMatch(/ALERT_CERTIFICATE_REVOKED$/)
  expect((await visit(alice)).end).toBe('hello')
  const isRevoked = (trust: ClientTrust): unknown => transports[0]?.peerCertificate?.isRevokedBy(trust)
  expect([isRevoked(without(null, below)), isRevoked(without([bob.serial], below))]).toEqual([true, true])
  // The same number, or even the same name, of another authority is another certificate.
  expect(isRevoked(without([bob.serial], root))).toBe(false)
  expect(isRevoked(without(null, await testAuthority('below')))).toBe(false)
})
