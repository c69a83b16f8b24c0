/** The node's end of the control socket: nothing is heard or told before the nonce is proved. */
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import {
  ENGINE_LINE_LENGTH_MAX,
  LINE_LENGTH_MAX,
  type EngineMessage,
  type NodeMessage,
  type RefusalCursor,
  parseMessage,
  readLines,
} from '../control-protocol.ts'

export interface ControlServerOptions {
  readonly path: string
  readonly nonce: string
  readonly configHash: string
  /** What a newly proved connection is told at once. */
  readonly current: () => NodeMessage
  /** What a proved connection asks for. */
  readonly onMessage: (message: EngineMessage) => void
  /** A proved connection came or went; `count` are left. */
  readonly onProved: (count: number) => void
  /** The answer to a proved connection that asks what clients use. */
  readonly usage: () => NodeMessage
  /** The answer to one that asks what clients push. */
  readonly clientMetrics: () => NodeMessage
  /** The answer to one that asks who was turned away. */
  readonly refusals: (after: RefusalCursor) => NodeMessage
}

/** Listens until the process ends; the returned function tells every proved connection. */
export async function listenForControl(options: ControlServerOptions): Promise<(message: NodeMessage) => void> {
  const proved = new Set<Socket>()
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      if (proved.delete(socket)) options.onProved(proved.size)
    })
    const hear = (line: string): void => {
      const message = parseMessage<EngineMessage>(line)
      if (message?.kind === 'prove' && message.nonce === options.nonce) {
        proved.add(socket)
        options.onProved(proved.size)
        send(socket, { kind: 'proved', nonce: options.nonce, pid: process.pid, configHash: options.configHash })
        send(socket, options.current())
      } else if (message?.kind === 'usage' && proved.has(socket)) {
        send(socket, options.usage())
      } else if (message?.kind === 'client-metrics' && proved.has(socket)) {
        send(socket, options.clientMetrics())
      } else if (message?.kind === 'refusals' && proved.has(socket)) {
        send(socket, options.refusals(message.after))
      } else if (message !== null && proved.has(socket)) {
        options.onMessage(message)
      } else {
        socket.destroy()
      }
    }
    readLines(socket, hear, () => (proved.has(socket) ? ENGINE_LINE_LENGTH_MAX : LINE_LENGTH_MAX))
  })
  // Whoever holds the lock on the directory owns the path: what is there was left by a process that has died.
  rmSync(options.path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.path, resolve)
  })
  chmodSync(options.path, 0o600)
  return (message) => {
    for (const socket of proved) send(socket, message)
  }
}

function send(socket: Socket, message: NodeMessage): void {
  socket.write(`${JSON.stringify(message)}\n`)
}
