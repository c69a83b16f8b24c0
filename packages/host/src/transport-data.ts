/** The portable Transport form: bytes arrive by 'data' events, each in a buffer of its own. */
import type * as net from 'node:net'
import type { PeerCertificate } from '@millrace/base/host'
import { plaintext, SocketTransport } from './socket-transport.ts'

/** A Transport over `socket`, which must be connected; reading begins with startReading(). */
export function dataTransport(
  socket: net.Socket,
  options: { readonly secure: boolean; readonly peerCertificate: PeerCertificate | null } = plaintext,
): SocketTransport {
  const transport = new SocketTransport(socket, options)
  socket.on('data', (chunk: Buffer) => transport.deliver(chunk, 0, chunk.length))
  // A 'data' listener sets a socket flowing; it must wait until the transport has its owner.
  socket.pause()
  return transport
}
