/**
 * Network over node:tls: TLS 1.2 and 1.3, as MSK's brokers speak it. Always the 'data' form of Transport: the bytes come
 * out of OpenSSL in buffers of their own.
 */
import * as net from 'node:net'
import * as tls from 'node:tls'
import type {
  Acceptor,
  ConnectOptions,
  ListenOptions,
  TlsClientOptions,
  TlsServerOptions,
  Transport,
} from '@millrace/base/host'
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
  let server: tls.Server
  try {
    server = tls.createServer({
      ...contextOf(certificate),
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    })
  } catch (error) {
    // Key and certificate are no pair, or no PEM.
    setImmediate(() => callback(error as Error, null))
    return
  }
  server.on('secureConnection', (socket) => {
    const transport = dataTransport(socket, { secure: true })
    options.onConnection(transport)
    transport.startReading()
  })
  server.on('tlsClientError', (error, socket) => {
    options.onHandshakeFailed?.(remoteAddressOf(socket), error)
    socket.destroy()
  })
  // TLS begins with those who are let in.
  const door = net.createServer({ noDelay: true }, (raw) => {
    if (isAdmitted(raw, options)) server.emit('connection', raw)
  })
  openListener(door, options, callback, (next) => server.setSecureContext(contextOf(next)))
}

export function connectTls(
  options: ConnectOptions,
  { caPem }: TlsClientOptions,
  callback: (error: Error | null, transport: Transport | null) => void,
): void {
  const socket = tls.connect({ host: options.host, port: options.port, ca: caPem, minVersion: MIN_VERSION })
  whenConnected(socket, 'secureConnect', options, callback, () => dataTransport(socket, { secure: true }))
}

/** Of the connection under TLS when that is gone: only Node's own name leads to it. */
function remoteAddressOf(socket: tls.TLSSocket): string {
  const { _parent: parent } = socket as { readonly _parent?: net.Socket }
  return socket.remoteAddress ?? parent?.remoteAddress ?? ''
}

function contextOf({ keyPem, certificatePem }: TlsServerOptions): tls.SecureContextOptions {
  return { key: keyPem, cert: certificatePem, minVersion: MIN_VERSION }
}
