/** What a listener with TLS adds to the contract of Transport: whom it admits, and what it shows. */
import { connect as rawConnect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Acceptor, Peer, Transport } from '@millrace/base/host'
import { createAuthority, issueServerCertificate, type KeyAndCertificate } from '@millrace/pki/authority'
import { createNodeHost } from './node-host.ts'

const NAMES = ['localhost', '127.0.0.1']
const nowMs = Date.now()
const authority = await createAuthority(nowMs)
const issue = (names: readonly string[]): Promise<KeyAndCertificate> =>
  issueServerCertificate(authority, { commonName: 'broker', names, nowMs, validityMs: 3_600_000 })
const certificate = await issue(NAMES)

describe('a TLS listener', () => {
  const host = createNodeHost()
  const open: Transport[] = []
  let failures: { readonly remoteAddress: string; readonly code: unknown }[] = []
  let onFailure = (): void => {}
  let asked: Peer[] = []
  let admits = true
  let acceptor: Acceptor

  beforeEach(async () => {
    failures = []
    asked = []
    admits = true
    acceptor = await new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: 0,
        tls: certificate,
        admit(peer: Peer) {
          asked.push(peer)
          return admits
        },
        onConnection: (transport: Transport) => {
          transport.attach({
            onBytes: (bytes, start, end) => transport.writev([Buffer.from(bytes.subarray(start, end))], null),
            onClose() {},
          })
          open.push(transport)
        },
        onHandshakeFailed: (remoteAddress: string, error: Error) => {
          failures.push({ remoteAddress, code: (error as NodeJS.ErrnoException).code })
          onFailure()
        },
      }
      host.network.listen(options, (error, created) => (created === null ? reject(error as Error) : resolve(created)))
    })
  })

  afterEach(async () => {
    for (const transport of open) transport.destroy()
    await new Promise<void>((resolve) => acceptor.close(resolve))
  })

  const connectTo = (name: string, caPem = authority.certificatePem): Promise<Transport> =>
    new Promise((resolve, reject) => {
      const address = { host: name, port: acceptor.port, connectTimeoutMs: 5_000, tls: { caPem } }
      host.network.connect(address, (error, transport) => {
        if (transport === null) return reject(error as Error)
        transport.attach({ onBytes() {}, onClose() {} })
        open.push(transport)
        resolve(transport)
      })
    })

  test('closes a peer that is not admitted before the handshake, which is no failed handshake', async () => {
    admits = false
    await expect(connectTo('127.0.0.1')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(asked).toEqual([{ localAddress: '127.0.0.1', remoteAddress: '127.0.0.1' }])
    expect(failures).toEqual([])
  })

  const nextFailure = (): Promise<void> => new Promise((resolve) => (onFailure = resolve))

  test('refuses a plaintext peer and tells of it', async () => {
    const told = nextFailure()
    const raw = rawConnect(acceptor.port, '127.0.0.1')
    raw.on('error', () => {})
    raw.write(Buffer.from('000000230012000300000001', 'hex'))
    await told
    expect(failures).toEqual([{ remoteAddress: '127.0.0.1', code: 'ERR_SSL_WRONG_VERSION_NUMBER' }])
    raw.destroy()
  })

  test('is refused by a client that trusts another authority', async () => {
    const other = await createAuthority(nowMs)
    const told = nextFailure()
    await expect(connectTo('127.0.0.1', other.certificatePem)).rejects.toMatchObject({
      code: expect.stringMatching(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN|CERT_SIGNATURE_FAILURE/),
    })
    await told
    // The peer is gone by then; who it was is known all the same.
    expect(failures).toMatchObject([{ remoteAddress: '127.0.0.1' }])
  })

  test('shows a new certificate to those who come after it was replaced, and keeps open connections', async () => {
    const before = await connectTo('127.0.0.1')
    acceptor.replaceCertificate(await issue(['elsewhere.example']))
    await expect(connectTo('127.0.0.1')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(() => acceptor.replaceCertificate({ ...certificate, certificatePem: authority.certificatePem })).toThrow(
      /key values mismatch/,
    )
    acceptor.replaceCertificate(certificate)
    await connectTo('127.0.0.1')
    expect(before.unwrittenBytes).toBe(0)
    const drained = new Promise<void>((resolve) => before.writev([Buffer.from('still here')], resolve))
    await drained
  })
})
