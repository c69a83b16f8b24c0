/**
 * What a TLS listener does about the certificates of its clients: decides after each handshake whether the client may come
 * in, tells the one that may not why, by an alert, and keeps what later revocations are checked against.
 *
 * Node's `authorized` is not asked alone: it is true for a resumed session without any certificate. Sessions are not resumed
 * here (the context says so), and a certificate that is not there is never a good one.
 */
import { constants, X509Certificate } from 'node:crypto'
import type * as net from 'node:net'
import * as tls from 'node:tls'
import { invariant } from '@millrace/base/invariant'
import type { ClientCertificates, ClientTrust, PeerCertificate } from '@millrace/base/host'
import { alertDescriptions, fatalAlert, type AlertDescription } from './fatal-alert.ts'

/** OpenSSL sends two session tickets, one record each, before it calls a handshake of TLS 1.3 done, wanted or not. */
const RECORDS_BEFORE_ALERT = 2
/** OpenSSL wants one where clients are asked for certificates, though no session is ever resumed. */
const SESSION_ID_CONTEXT = 'millrace'
/** For the client to read its alert: a connection that is reset loses what was not read. */
const ALERT_LINGER_MS = 1_000

export type Admission =
  | { readonly peer: PeerCertificate | null }
  | { readonly refusal: Error & { readonly code: string } }

export class ClientCertificateCheck {
  readonly #demand: ClientCertificates['demand']
  #trust: ClientTrust
  readonly #secrets = new WeakMap<tls.TLSSocket, Buffer>()

  constructor({ demand, trust }: ClientCertificates) {
    this.#demand = demand
    this.#trust = trust
  }

  /** For connections to come. */
  set trust(trust: ClientTrust) {
    this.#trust = trust
  }

  /**
   * What the server goes by from now on. Chains may end in an authority that is no root: a server of Node takes no such
   * option (its contexts do), so the context that it has made is exchanged for one that was made here.
   */
  static setContext(server: tls.Server, shown: tls.SecureContextOptions, { authoritiesPem }: ClientTrust): void {
    const context = {
      ...shown,
      ca: [...authoritiesPem],
      sessionIdContext: SESSION_ID_CONTEXT,
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
    }
    server.setSecureContext(context)
    const inner = server as unknown as { _sharedCreds?: tls.SecureContext }
    invariant(inner._sharedCreds !== undefined, 'a server of Node keeps its context under the name that we know')
    inner._sharedCreds = tls.createSecureContext({ ...context, allowPartialTrustChain: true })
  }

  watch(server: tls.Server): void {
    server.on('keylog', (line: Buffer, socket: tls.TLSSocket) => {
      const [label, , secret = ''] = line.toString('latin1').trim().split(' ')
      if (label === 'SERVER_TRAFFIC_SECRET_0') this.#secrets.set(socket, Buffer.from(secret, 'hex'))
    })
  }

  /** The handshake is over: may the client come in? */
  admit(socket: tls.TLSSocket): Admission {
    const certificate = socket.getPeerX509Certificate()
    if (certificate === undefined) {
      if (this.#demand === 'requested') return this.#admitted(socket, null)
      return refused('ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', 'the client shows no certificate')
    }
    if (!socket.authorized) {
      // Node declares an Error and gives OpenSSL's name.
      const code = String(socket.authorizationError ?? 'UNSPECIFIED')
      const message = `the client's certificate is not accepted: ${code}`
      return refused(code === 'UNSPECIFIED' ? 'CERTIFICATE_VERIFY_FAILED' : code, message)
    }
    const peer = new CheckedCertificate(certificate)
    if (peer.isRevokedBy(this.#trust)) return refused('CERT_REVOKED', "the client's certificate has been revoked")
    return this.#admitted(socket, peer)
  }

  /** Tells the client by an alert, where that can be done (TLS 1.3), and closes. */
  refuse(socket: tls.TLSSocket, code: string): void {
    const secret = this.#secrets.get(socket)
    const below = socketBelow(socket)
    socket.on('error', () => undefined)
    const alert =
      secret === undefined || below === null
        ? null
        : fatalAlert({
            secret,
            cipherSuite: socket.getCipher().standardName,
            sequence: RECORDS_BEFORE_ALERT,
            description: alertFor(code),
          })
    if (alert === null || below === null) {
      socket.destroy()
      return
    }
    // What the client has sent already is read and dropped: unread, it would reset the connection.
    socket.resume()
    // After the last records of the handshake.
    setImmediate(() => below.end(alert))
    setTimeout(() => socket.destroy(), ALERT_LINGER_MS).unref()
  }

  #admitted(socket: tls.TLSSocket, peer: PeerCertificate | null): Admission {
    this.#secrets.delete(socket)
    return { peer }
  }
}

class CheckedCertificate implements PeerCertificate {
  readonly der: Uint8Array
  readonly #certificate: X509Certificate
  readonly #serial: string

  constructor(certificate: X509Certificate) {
    this.#certificate = certificate
    this.#serial = certificate.serialNumber.toLowerCase().replace(/^0+(?=.)/, '')
    this.der = certificate.raw
  }

  isRevokedBy({ revocations }: ClientTrust): boolean {
    return revocations.some(({ issuerPem, serials }) => {
      if (serials !== null && !serials.includes(this.#serial)) return false
      const issuer = new X509Certificate(issuerPem)
      return this.#certificate.checkIssued(issuer) && this.#certificate.verify(issuer.publicKey)
    })
  }
}

function refused(code: string, message: string): Admission {
  return { refusal: Object.assign(new Error(message), { code }) }
}

/** As OpenSSL's own servers say it. */
function alertFor(code: string): AlertDescription {
  if (code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return alertDescriptions.certificateRequired
  if (code === 'CERT_REVOKED') return alertDescriptions.certificateRevoked
  if (code === 'CERT_HAS_EXPIRED') return alertDescriptions.certificateExpired
  if (code === 'INVALID_PURPOSE') return alertDescriptions.unsupportedCertificate
  if (/UNABLE_TO_|SELF_SIGNED|INVALID_CA|CERT_UNTRUSTED/.test(code)) return alertDescriptions.unknownCa
  return alertDescriptions.badCertificate
}

/** The connection that carries TLS, also when TLS is over: only Node's own name leads to it. */
export function socketBelow(socket: tls.TLSSocket): net.Socket | null {
  return (socket as { readonly _parent?: net.Socket | null })._parent ?? null
}
