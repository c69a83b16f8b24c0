/** What listeners and connections have in common, with and without TLS. */
import type * as net from 'node:net'
import type { Acceptor, ConnectOptions, ListenOptions, Transport } from '@millrace/base/host'
import { type SocketTransport, textualAddress } from './socket-transport.ts'

/** Connections the kernel completes while the loop is busy. */
const LISTEN_BACKLOG = 1024

/** False when the peer may not come in; it is gone then. */
export function isAdmitted(raw: net.Socket, { admit }: ListenOptions): boolean {
  // A socket that is asked for its peer while it lives remembers it: after a failed handshake it is too late.
  const remoteAddress = textualAddress(raw.remoteAddress)
  if (admit === undefined || admit({ remoteAddress, localAddress: textualAddress(raw.localAddress) })) return true
  raw.destroy()
  return false
}

/** Binds `server`; an error after that (EMFILE on accept and the like) costs a connection, not the listener. */
export function openListener(
  server: net.Server,
  options: Pick<ListenOptions, 'host' | 'port'>,
  callback: (error: Error | null, acceptor: Acceptor | null) => void,
  replacements: Pick<Acceptor, 'replaceCertificate' | 'replaceClientTrust'> = noTls,
): void {
  server.once('error', (error) => callback(error, null))
  server.listen({ host: options.host, port: options.port, backlog: LISTEN_BACKLOG }, () => {
    const address = server.address() as net.AddressInfo
    server.removeAllListeners('error')
    server.on('error', () => {})
    callback(null, {
      host: address.address,
      port: address.port,
      close(closed) {
        // The listening descriptor is closed inside close(); its own callback would wait for all open connections.
        server.close()
        if (closed !== undefined) setImmediate(closed)
      },
      ...replacements,
    })
  })
}

/** Calls back once, with a transport when `event` comes in time. */
export function whenConnected(
  socket: net.Socket,
  event: 'connect' | 'secureConnect',
  options: ConnectOptions,
  callback: (error: Error | null, transport: Transport | null) => void,
  transportOf: () => SocketTransport,
): void {
  // The pending socket holds the process, the timeout need not.
  const timeout = setTimeout(() => {
    const message = `connect to ${options.host}:${options.port} timed out after ${options.connectTimeoutMs} ms`
    socket.destroy(Object.assign(new Error(message), { code: 'ETIMEDOUT' }))
  }, options.connectTimeoutMs).unref()
  const failed = (error: Error): void => {
    clearTimeout(timeout)
    callback(error, null)
  }
  socket.once('error', failed)
  socket.once(event, () => {
    clearTimeout(timeout)
    socket.removeListener('error', failed)
    const transport = transportOf()
    callback(null, transport)
    transport.startReading()
  })
}

const noTls: Pick<Acceptor, 'replaceCertificate' | 'replaceClientTrust'> = {
  replaceCertificate() {
    throw new Error('a plaintext listener has no certificate to replace')
  },
  replaceClientTrust() {
    throw new Error('a plaintext listener asks for no certificates')
  },
}
