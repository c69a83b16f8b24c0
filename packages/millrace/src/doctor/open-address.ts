/** The ways to an address, one at a time, so that each may fail with its own reason: name, TCP, TLS. */
import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTlsTo, checkServerIdentity, type TLSSocket } from 'node:tls'

export interface Address {
  readonly host: string
  readonly port: number
}

/** Key and certificate that the client shows, PEM. */
export interface ClientCertificate {
  readonly key: string
  readonly cert: string
}

export interface TlsTrust {
  /** PEM of every authority to trust. */
  readonly ca: readonly string[]
  readonly client: ClientCertificate | null
}

export interface ShownCertificate {
  readonly subject: string
  readonly issuer: string
  readonly names: readonly string[]
  readonly validTo: string
  /** What is wrong with it for a client that trusts `TlsTrust.ca`; null: nothing. */
  readonly untrusted: string | null
  /** Why it is not good for the name that was asked for; null: it is. */
  readonly wrongName: string | null
}

export interface OpenTls {
  readonly socket: TLSSocket
  readonly protocol: string
  readonly certificate: ShownCertificate
}

/** The addresses of a name. @throws with `code` ENOTFOUND and the like */
export async function resolveName(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host]
  return (await lookup(host, { all: true })).map(({ address }) => address)
}

/** @throws with `code` ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH … */
export function openTcp({ host, port }: Address, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port })
    const timer = setTimeout(() => {
      socket.destroy()
      reject(Object.assign(new Error(`no connection within ${timeoutMs / 1000} s`), { code: 'ETIMEDOUT' }))
    }, timeoutMs)
    socket.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
  })
}

/** A handshake over `socket`, whatever is shown; what is wrong with it stands in the answer. @throws when it fails */
export function openTls(socket: Socket, host: string, trust: TlsTrust, timeoutMs: number): Promise<OpenTls> {
  return new Promise((resolve, reject) => {
    const secure = connectTlsTo({
      socket,
      ca: [...trust.ca],
      rejectUnauthorized: false,
      // `authorized` is then about the chain alone; the name is looked at by itself.
      checkServerIdentity: () => undefined,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...trust.client,
    })
    // Whatever comes after this has been answered is told to whoever uses it.
    for (const each of [socket, secure]) each.on('error', () => {})
    const timer = setTimeout(() => {
      secure.destroy()
      reject(new Error(`no TLS handshake within ${timeoutMs / 1000} s`))
    }, timeoutMs)
    secure.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    secure.once('close', () => reject(new Error('the server closed the connection during the TLS handshake')))
    secure.once('secureConnect', () => {
      clearTimeout(timer)
      resolve({ socket: secure, protocol: secure.getProtocol() ?? 'TLS', certificate: shownBy(secure, host) })
    })
  })
}

function shownBy(secure: TLSSocket, host: string): ShownCertificate {
  const certificate = secure.getPeerCertificate()
  const wrongName = checkServerIdentity(host, certificate)
  const alternatives = (certificate as { readonly subjectaltname?: string }).subjectaltname ?? ''
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    names: alternatives.split(', ').flatMap((each) => (each === '' ? [] : [each.replace(/^(DNS|IP Address):/, '')])),
    validTo: certificate.valid_to,
    // The text of OpenSSL's verdict; Node keeps it here although nothing was rejected.
    untrusted: secure.authorized ? null : String(secure.authorizationError),
    wrongName: wrongName === undefined ? null : wrongName.message,
  }
}

function nameOf(name: unknown): string {
  return Object.entries((name ?? {}) as Readonly<Record<string, string>>)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
}
