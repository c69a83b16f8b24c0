/**
 * Network over node:net. Chooses the Transport form: onread where the platform gives it (the kernel reads into one
 * static buffer that all connections share: a third less CPU per byte than 'data' events), 'data' otherwise.
 */
import * as net from 'node:net'
import type { Acceptor, ConnectOptions, ListenOptions, Network, Transport } from '@millrace/base/host'
import { dataTransport } from './transport-data.ts'
import { adoptForOnread, onreadTarget } from './transport-onread.ts'
import { SocketTransport } from './socket-transport.ts'

/** 64 KiB to 1 MiB measure the same; bytes are copied out inside the callback, so one buffer serves all connections. */
const READ_BUFFER_BYTES = 256 * 1024
/** Connections the kernel completes while the loop is busy. */
const LISTEN_BACKLOG = 1024

/** A Network with a read buffer of its own. */
export function createNodeNetwork(): Network {
  const readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES)
  return {
    listen: (options, callback) => listen(options, readBuffer, callback),
    connect: (options, callback) => connect(options, readBuffer, callback),
  }
}

function listen(
  options: ListenOptions,
  readBuffer: Buffer,
  callback: (error: Error | null, acceptor: Acceptor | null) => void,
): void {
  if (options.tls !== undefined) {
    const error = new Error(`TLS listener ${options.host}:${options.port} refused: listeners are plaintext only`)
    setImmediate(() => callback(error, null))
    return
  }
  // pauseOnConnect: no byte may be read before the handle has been given to its onread socket.
  const server = net.createServer({ pauseOnConnect: true, noDelay: true })
  const form = options.transport ?? 'auto'

  server.on('connection', (raw) => {
    const transport = (form === 'data' ? null : adoptForOnread(raw, readBuffer)) ?? dataTransport(raw)
    options.onConnection(transport)
    transport.startReading()
  })
  server.once('error', (error) => callback(error, null))
  server.listen({ host: options.host, port: options.port, backlog: LISTEN_BACKLOG }, () => {
    const address = server.address() as net.AddressInfo
    server.removeAllListeners('error')
    // EMFILE and the like on accept: the connection is lost, the listener lives on.
    server.on('error', () => {})
    callback(null, acceptorOf(server, address))
  })
}

function acceptorOf(server: net.Server, address: net.AddressInfo): Acceptor {
  return {
    host: address.address,
    port: address.port,
    close(callback) {
      // The listening descriptor is closed inside close(); its own callback would wait for all open connections.
      server.close()
      if (callback !== undefined) setImmediate(callback)
    },
  }
}

function connect(
  options: ConnectOptions,
  readBuffer: Buffer,
  callback: (error: Error | null, transport: Transport | null) => void,
): void {
  const target = options.transport === 'data' ? null : onreadTarget(readBuffer)
  const socket = net.connect({
    host: options.host,
    port: options.port,
    noDelay: true,
    ...(target === null ? {} : { onread: target.onread }),
  })
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
  socket.once('connect', () => {
    clearTimeout(timeout)
    socket.removeListener('error', failed)
    const transport = target === null ? dataTransport(socket) : new SocketTransport(socket)
    if (target !== null) target.owner = transport
    callback(null, transport)
    transport.startReading()
  })
}
