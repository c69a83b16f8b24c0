/**
 * Network over node:tls: TLS 1.2 and 1.3, as MSK's brokers speak it. Always the 'data' form of Transport: the bytes come
 * out of OpenSSL in buffers of their own.
 */
import * as net from 'node:net'
import * as tls from 'node:tls'
import type {
  Acceptor,
  ClientTrust,
  ConnectOptions,
  ListenOptions,
  TlsClientOptions,
  TlsServerOptions,
  Transport,
} from '@millrace/base/host'
import { ClientCertificateCheck, socketBelow } from './client-certificates.ts'
import { isAdmitted, openListener, whenConnected } from './sockets.ts'
import { dataTransport } from './transport-data.ts'

const MIN_VERSION = 'TLSv1.2'
/** A peer that has not finished its handshake by then holds memory for nothing. */
const HANDSHAKE_TIMEOUT_MS = 10_000

export function listenTls(
  options: ListenOptions,
  certificate: TlsServerOptions,
  callback: (error: Error | null, acceptor: Acceptor | null) => void,
): void {
  const { clientCertificates } = options
  const check = clientCertificates === undefined ? null : new ClientCertificateCheck(clientCertificates)
  let shown = certificate
  let trust = clientCertificates?.trust ?? null
  let server: tls.Server
  try {
    server = tls.createServer({
      ...contextOf(shown),
      // Whether a certificate will do is decided below, where the client can still be told.
      ...(check === null ? {} : { requestCert: true, rejectUnauthorized: false }),
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    })
    setContext(server, shown, trust)
  } catch (error) {
    // Key and certificate are no pair, or no PEM.
    setImmediate(() => callback(error as Error, null))
    return
  }
  check?.watch(server)
  server.on('secureConnection', (socket) => {
    const admission = check?.admit(socket) ?? { peer: null }
    if ('refusal' in admission) {
      options.onHandshakeFailed?.(socket.remoteAddress ?? '', admission.refusal)
      check?.refuse(socket, admission.refusal.code)
      return
    }
    const transport = dataTransport(socket, { secure: true, peerCertificate: admission.peer })
    options.onConnection(transport)
    transport.startReading()
  })
  server.on('tlsClientError', (error, socket) => {
    options.onHandshakeFailed?.(socket.remoteAddress ?? socketBelow(socket)?.remoteAddress ?? '', error)
    socket.destroy()
  })
  // TLS begins with those who are let in.
  const door = net.createServer({ noDelay: true }, (raw) => {
    if (isAdmitted(raw, options)) server.emit('connection', raw)
  })
  openListener(door, options, callback, {
    replaceCertificate(next) {
      setContext(server, next, trust)
      shown = next
    },
    replaceClientTrust(next) {
      if (check === null) throw new Error('a listener that asks for no certificates has nobody to trust')
      setContext(server, shown, next)
      trust = next
      check.trust = next
    },
  })
}

export function connectTls(
  options: ConnectOptions,
  { caPem }: TlsClientOptions,
  callback: (error: Error | null, transport: Transport | null) => void,
): void {
  const socket = tls.connect({ host: options.host, port: options.port, ca: caPem, minVersion: MIN_VERSION })
  whenConnected(socket, 'secureConnect', options, callback, () =>
    dataTransport(socket, { secure: true, peerCertificate: null }),
  )
}

function setContext(server: tls.Server, shown: TlsServerOptions, trust: ClientTrust | null): void {
  if (trust === null) server.setSecureContext(contextOf(shown))
  else ClientCertificateCheck.setContext(server, contextOf(shown), trust)
}

function contextOf({ keyPem, certificatePem }: TlsServerOptions): tls.SecureContextOptions {
  return { key: keyPem, cert: certificatePem, minVersion: MIN_VERSION }
}
