/**
 * The fast Transport form: the kernel reads into one static buffer.
 *
 * Node offers `onread` for client sockets only. A server socket gets it by moving the accepted handle into a new
 * Socket, which is private API (`_handle`; seen working on Node 20, 22 and 24), so it lives here alone, looks before
 * it leaps, and answers null where the platform differs: the caller falls back to the 'data' form.
 */
import * as net from 'node:net'
import { SocketTransport } from './socket-transport.ts'

/** The onread option for a client socket, and the transport that is to receive its bytes once it exists. */
export interface OnreadTarget {
  owner: SocketTransport | null
  readonly onread: net.OnReadOpts
}

/** @param readBuffer shared by all sockets; whoever receives bytes copies them before returning */
export function onreadTarget(readBuffer: Buffer): OnreadTarget {
  const target: OnreadTarget = {
    owner: null,
    onread: {
      buffer: readBuffer,
      callback(bytesRead: number) {
        target.owner?.deliver(readBuffer, 0, bytesRead)
        return true
      },
    },
  }
  return target
}

interface PrivateHandle {
  readonly readStart?: unknown
  readonly useUserBuffer?: unknown
}

interface PrivateSocket {
  _handle?: PrivateHandle | null
}

interface PrivateSocketOptions extends net.SocketConstructorOpts {
  readonly handle: PrivateHandle
  readonly manualStart: boolean
  readonly onread: net.OnReadOpts
}

/**
 * Moves the handle of an accepted, paused socket into an onread Socket. Null, with `raw` untouched, when this Node does
 * not have the handle's private methods.
 */
export function adoptForOnread(raw: net.Socket, readBuffer: Buffer): SocketTransport | null {
  const privateRaw = raw as unknown as PrivateSocket
  const handle = privateRaw._handle
  if (!handle || typeof handle.readStart !== 'function' || typeof handle.useUserBuffer !== 'function') return null
  const target = onreadTarget(readBuffer)
  const options: PrivateSocketOptions = { handle, manualStart: true, onread: target.onread }
  privateRaw._handle = null
  const transport = new SocketTransport(new net.Socket(options))
  target.owner = transport
  return transport
}
