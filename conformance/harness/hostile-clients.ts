/** Connections that send hostile frames one after the other, and come back when they are thrown out. */
import { connect, type Socket } from 'node:net'
import type { HostileFrame } from './hostile-frames.ts'

export interface Target {
  readonly name: string
  readonly port: number
  readonly frame: (number: number) => HostileFrame
}

export interface AttackCounts {
  sent: number
  answered: number
  closed: number
  /** Neither an answer nor a close within the patience: half frames, long polls. */
  silent: number
  /** Connections that could not be made. */
  refused: number
}

/** A frame is waited for this long; then the connection is given up, since nobody knows what is still to come on it. */
const PATIENCE_MS = 60
const CONNECT_TRIES = 50

/** One connection at a time to one target. */
class HostileClient {
  readonly #port: number
  readonly #counts: AttackCounts
  #socket: Socket | null = null
  #heard: (() => void) | null = null

  constructor(port: number, counts: AttackCounts) {
    this.#port = port
    this.#counts = counts
  }

  async send(frame: HostileFrame): Promise<void> {
    const socket = this.#socket ?? (await this.#open())
    if (socket === null) return
    const outcome = await new Promise<'answered' | 'closed' | 'silent'>((resolve) => {
      const timer = setTimeout(() => resolve('silent'), PATIENCE_MS)
      this.#heard = () => {
        clearTimeout(timer)
        resolve(this.#socket === null ? 'closed' : 'answered')
      }
      socket.write(frame.bytes)
    })
    this.#heard = null
    this.#counts.sent++
    this.#counts[outcome]++
    if (outcome === 'silent') this.close()
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = null
  }

  async #open(): Promise<Socket | null> {
    for (let attempt = 0; attempt < CONNECT_TRIES; attempt++) {
      const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true })
      const open = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true))
        socket.once('error', () => resolve(false))
      })
      if (open) {
        this.#socket = socket
        socket.on('error', () => {})
        socket.on('data', () => this.#heard?.())
        socket.on('close', () => {
          if (this.#socket === socket) this.#socket = null
          this.#heard?.()
        })
        return socket
      }
      socket.destroy()
      this.#counts.refused++
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return null
  }
}

export interface AttackOptions {
  readonly targets: readonly Target[]
  /** Frames are numbered from `first` on; frame `n` goes to target `n % targets.length`. */
  readonly first: number
  readonly count: number
  /** Connections at a time. */
  readonly connections: number
  /** Frames per second at most, over all connections. */
  readonly perSecondMax: number
}

/** Sends `count` frames and resolves when the last one has had its effect. */
export async function attack(options: AttackOptions): Promise<AttackCounts> {
  const { targets, first, count, connections, perSecondMax } = options
  const counts: AttackCounts = { sent: 0, answered: 0, closed: 0, silent: 0, refused: 0 }
  const startedMs = performance.now()
  let next = first
  const end = first + count
  const work = async (): Promise<void> => {
    const clients = targets.map(({ port }) => new HostileClient(port, counts))
    while (next < end) {
      const number = next++
      const dueMs = startedMs + ((number - first) / perSecondMax) * 1000
      const early = dueMs - performance.now()
      if (early > 1) await new Promise((resolve) => setTimeout(resolve, early))
      const which = number % targets.length
      await (clients[which] as HostileClient).send((targets[which] as Target).frame(number))
    }
    for (const client of clients) client.close()
  }
  await Promise.all(Array.from({ length: connections }, work))
  return counts
}
