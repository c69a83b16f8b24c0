import type { Acceptor, ClientCertificates, ClientTrust, Host, ListenOptions, Transport } from '@millrace/base/host'
import { Arena } from '@millrace/log/arena'
import { createRecordingLogger } from '@millrace/testkit/recording-logger'
import { World } from '@millrace/testkit/world'
import { beforeEach, expect, test } from 'vitest'
import { parsePrincipalMapping } from './principal-mapping.ts'
import { RequestServer } from './request-server.ts'

/** A name `CN=alice`, in what is enough of a certificate to find it: serial, algorithm, issuer, validity, subject. */
const ALICE = Buffer.from('301d301b0201013000300030003010310e300c06035504030c05616c696365', 'hex')
const ROOT: ClientTrust = { authoritiesPem: ['root'], revocations: [] }

let asked: ClientCertificates | undefined
let trusted: ClientTrust[]
let open: (der: Buffer | null, revokedBy?: ClientTrust) => { destroyed: boolean }
let server: RequestServer

beforeEach(() => {
  asked = undefined
  trusted = []
  const fake = new World({ seed: 1 }).addHost('server')
  let accept: (transport: Transport) => void = () => undefined
  const acceptor: Acceptor = {
    host: '127.0.0.1',
    port: 9094,
    close: (closed) => closed?.(),
    replaceCertificate: () => undefined,
    replaceClientTrust: (trust) => void trusted.push(trust),
  }
  // The simulated network is plaintext only.
  const listen = (options: ListenOptions, callback: (error: null, acceptor: Acceptor) => void): void => {
    asked = options.clientCertificates
    accept = options.onConnection
    callback(null, acceptor)
  }
  const { clock, timers, tick, random, disk, computing } = fake
  const host = { clock, timers, tick, random, disk, computing, network: { listen } } as unknown as Host
  server = new RequestServer({
    host,
    logger: createRecordingLogger(),
    arena: new Arena({ slabBytes: 64 * 1024, tailBytesMax: 0 }),
    handlers: new Map(),
    listeners: [
      {
        name: 'CLIENT_SECURE',
        host: '127.0.0.1',
        port: 0,
        internal: false,
        tls: { keyPem: '', certificatePem: '' },
        clientCertificates: 'required',
      },
    ],
    versionRange: () => null,
    internalSecret: '',
  })
  let ports = 1000
  open = (der, revokedBy) => {
    const state = { destroyed: false }
    const transport = {
      localAddress: '127.0.0.1',
      localPort: 9094,
      remoteAddress: '10.0.0.1',
      remotePort: ports++,
      secure: true,
      peerCertificate: der === null ? null : { der, isRevokedBy: (trust: ClientTrust) => trust === revokedBy },
      unwrittenBytes: 0,
      attach: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      destroy: () => (state.destroyed = true),
    }
    accept(transport as unknown as Transport)
    return state
  }
})

const start = (): Promise<void> =>
  new Promise((resolve, reject) => server.start((error) => (error === null ? resolve() : reject(error))))
const principals = (): string[] => [...server.connections].map(({ principal }) => principal)

test('a client is known by the subject of its certificate, and by nothing without one', async () => {
  await start()
  open(ALICE)
  open(null)
  expect(principals()).toEqual(['User:CN=alice', 'User:ANONYMOUS'])
})

test('a listener opens for nobody, or for those who were named before it opened', async () => {
  await start()
  expect(asked).toEqual({ demand: 'required', trust: { authoritiesPem: [], revocations: [] } })
  server.replaceClientTrust(ROOT)
  expect(trusted).toEqual([ROOT])
  await start()
  expect(asked).toEqual({ demand: 'required', trust: ROOT })
})

test('who is in with a certificate that is revoked is put out, and nobody else', async () => {
  await start()
  const revoking: ClientTrust = { ...ROOT, revocations: [{ issuerPem: 'root', serials: ['1'] }] }
  const [bad, good, anonymous] = [open(ALICE, revoking), open(ALICE), open(null)]
  server.replaceClientTrust(ROOT)
  expect([bad.destroyed, good.destroyed, anonymous.destroyed]).toEqual([false, false, false])
  server.replaceClientTrust(revoking)
  expect([bad.destroyed, good.destroyed, anonymous.destroyed]).toEqual([true, false, false])
  expect(server.refusals.list()).toMatchObject([
    { kind: 'client-certificate', principal: 'User:CN=alice', listener: 'CLIENT_SECURE', remoteAddress: '10.0.0.1' },
  ])
})

test('rules make other names of subjects, and nobody is known whom no rule fits', async () => {
  await start()
  server.replaceClientTrust(ROOT, parsePrincipalMapping('RULE:^CN=(b.*)$/$1/U, RULE:^CN=(alice)$/$1/U'))
  open(ALICE)
  expect(principals()).toEqual(['User:ALICE'])
  server.replaceClientTrust(ROOT, parsePrincipalMapping('RULE:^CN=bob$/bob/'))
  expect(open(ALICE).destroyed).toBe(true)
  server.replaceClientTrust(ROOT)
  expect(open(ALICE).destroyed).toBe(false)
})

test('a certificate whose subject cannot be read is not taken for none', async () => {
  await start()
  expect(open(ALICE.subarray(0, 12)).destroyed).toBe(true)
  expect(server.refusals.list()).toMatchObject([{ kind: 'client-certificate' }])
})
