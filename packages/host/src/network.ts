/**
 * Network over node:net. Chooses the Transport form: onread where the platform gives it (the kernel reads into one
 * static buffer that all connections share: a third less CPU per byte than 'data' events), 'data' otherwise.
 */
import * as net from 'node:net'
import type { Acceptor, ConnectOptions, ListenOptions, Network, Transport } from '@millrace/base/host'
import { isAdmitted, openListener, whenConnected } from './sockets.ts'
import { connectTls, listenTls } from './network-tls.ts'
import { dataTransport } from './transport-data.ts'
import { adoptForOnread, onreadTarget } from './transport-onread.ts'
import { SocketTransport } from './socket-transport.ts'

/** 64 KiB to 1 MiB measure the same; bytes are copied out inside the callback, so one buffer serves all connections. */
const READ_BUFFER_BYTES = 256 * 1024

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
  if (options.tls !== undefined) return listenTls(options, options.tls, callback)
  // pauseOnConnect: no byte may be read before the handle has been given to its onread socket.
  const server = net.createServer({ pauseOnConnect: true, noDelay: true })
  const form = options.transport ?? 'auto'

  server.on('connection', (raw) => {
    if (!isAdmitted(raw, options)) return
    const transport = (form === 'data' ? null : adoptForOnread(raw, readBuffer)) ?? dataTransport(raw)
    options.onConnection(transport)
    transport.startReading()
  })
  openListener(server, options, callback)
}

function connect(
  options: ConnectOptions,
  readBuffer: Buffer,
  callback: (error: Error | null, transport: Transport | null) => void,
): void {
  if (options.tls !== undefined) return connectTls(options, options.tls, callback)
  const target = options.transport === 'data' ? null : onreadTarget(readBuffer)
  const socket = net.connect({
    host: options.host,
    port: options.port,
    noDelay: true,
    ...(target === null ? {} : { onread: target.onread }),
  })
  whenConnected(socket, 'connect', options, callback, () => {
    const transport = target === null ? dataTransport(socket) : new SocketTransport(socket)
    if (target !== null) target.owner = transport
    return transport
  })
}
