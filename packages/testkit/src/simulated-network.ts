/**
 * The network between the hosts of a World: listeners by host and port, connections whose bytes arrive in order after
 * seeded delays, partitions, and the two ways in which a peer can go: with a reset (its process died) or in silence
 * (its machine died). A partition behaves as with TCP: bytes wait and arrive after healing, connects time out.
 */
import type { Acceptor, ConnectOptions, ListenOptions, Network, Transport } from '@millrace/base/host'
import { invariant } from '@millrace/base/invariant'
import type { FakeHost } from './fake-host.ts'
import { FakeTransport } from './fake-transport.ts'
import type { World } from './world.ts'

export interface NetworkConditions {
  /** One-way delay between two hosts, uniform in [min, max). */
  readonly latencyMinMs: number
  readonly latencyMaxMs: number
  /** Bytes that one direction of a connection holds before its sender has to wait. */
  readonly windowBytes: number
  /** How often a piece is delivered cut in two. */
  readonly splitProbability: number
}

const DEFAULT_CONDITIONS: NetworkConditions = {
  latencyMinMs: 0.05,
  latencyMaxMs: 1,
  windowBytes: 256 * 1024,
  splitProbability: 0.15,
}
const SYN_RETRY_MS = 1_000
const FIRST_EPHEMERAL_PORT = 40_000
const RECEIVE_BUFFER_BYTES = 64 * 1024
const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1'])
const ANY = new Set(['0.0.0.0', '::', ''])

export class SimulatedNetwork {
  readonly world: World
  conditions: NetworkConditions
  readonly #open: Set<FakeTransport> = new Set()
  readonly #blocked: Set<string> = new Set()

  constructor(world: World, conditions: Partial<NetworkConditions>) {
    this.world = world
    this.conditions = { ...DEFAULT_CONDITIONS, ...conditions }
  }

  attachHost(host: FakeHost): HostNetwork {
    return new HostNetwork(this, host)
  }

  /** Nothing passes between the two until heal(). */
  partition(one: FakeHost, other: FakeHost): void {
    this.#blocked.add(pairKey(one, other))
  }

  /** Nothing passes between `host` and any other. */
  isolate(host: FakeHost): void {
    for (const other of this.world.hosts) if (other !== host) this.partition(host, other)
  }

  heal(one: FakeHost, other: FakeHost): void {
    this.#blocked.delete(pairKey(one, other))
    this.#wakeStalled()
  }

  healAll(): void {
    this.#blocked.clear()
    this.#wakeStalled()
  }

  /** Resets every connection between the two, as a middlebox would. */
  breakConnections(one: FakeHost, other: FakeHost): void {
    for (const transport of this.#open) {
      if (transport.host === one && transport.peer.host === other) transport.breakBothWays()
      else if (transport.host === other && transport.peer.host === one) transport.breakBothWays()
    }
  }

  /** True when packets pass from one to the other now. */
  passes(from: FakeHost, to: FakeHost): boolean {
    return to.machineUp && (from === to || !this.#blocked.has(pairKey(from, to)))
  }

  latencyMs(from: FakeHost, to: FakeHost): number {
    const { latencyMinMs, latencyMaxMs } = this.conditions
    const latencyMs = this.world.random.between(latencyMinMs, latencyMaxMs)
    return from === to ? latencyMs / 10 : latencyMs
  }

  opened(transport: FakeTransport): void {
    this.#open.add(transport)
  }

  closed(transport: FakeTransport): void {
    this.#open.delete(transport)
  }

  openTransports(host: FakeHost): FakeTransport[] {
    return [...this.#open].filter((transport) => transport.host === host)
  }

  onHostUp(host: FakeHost): void {
    host.network.reset()
    this.#wakeStalled()
  }

  #wakeStalled(): void {
    for (const transport of this.#open) transport.wake()
  }
}

function pairKey(one: FakeHost, other: FakeHost): string {
  return one.name < other.name ? `${one.name} ${other.name}` : `${other.name} ${one.name}`
}

interface Listener {
  readonly options: ListenOptions
  readonly port: number
}

/** What one host sees of the network. */
export class HostNetwork implements Network {
  readonly #network: SimulatedNetwork
  readonly #host: FakeHost
  readonly #listeners: Map<number, Listener> = new Map()
  /** Every read of this host lands here, as with the real Host's one buffer. */
  readonly receiveBuffer: Buffer = Buffer.alloc(RECEIVE_BUFFER_BYTES)
  #nextPort = FIRST_EPHEMERAL_PORT

  constructor(network: SimulatedNetwork, host: FakeHost) {
    this.#network = network
    this.#host = host
  }

  /** Connections of this host that are open now. */
  get openConnections(): number {
    return this.#network.openTransports(this.#host).length
  }

  listen(options: ListenOptions, callback: (error: Error | null, acceptor: Acceptor | null) => void): void {
    const port = options.port === 0 ? this.#takePort() : options.port
    let error: Error | null = null
    if (options.tls !== undefined) error = new Error('TLS listener refused: the simulated network is plaintext only')
    else if (this.#listeners.has(port)) error = networkFailure('EADDRINUSE', `listen ${options.host}:${port}`)
    if (error !== null) {
      this.#host.later(0, () => callback(error, null))
      return
    }
    const listener: Listener = { options, port }
    this.#listeners.set(port, listener)
    const acceptor: Acceptor = {
      host: options.host,
      port,
      close: (closed) => {
        if (this.#listeners.get(port) === listener) this.#listeners.delete(port)
        if (closed !== undefined) this.#host.later(0, closed)
      },
      // The simulated wire carries plaintext, whatever a listener shows.
      replaceCertificate: () => undefined,
      replaceClientTrust: () => undefined,
    }
    this.#host.later(0, () => callback(null, acceptor))
  }

  connect(options: ConnectOptions, callback: (error: Error | null, transport: Transport | null) => void): void {
    const client = this.#host
    const { world } = this.#network
    const target = LOOPBACK.has(options.host) ? client : world.findHost(options.host)
    const where = `connect ${options.host}:${options.port}`
    let settled = false
    const settle = (error: Error | null, transport: FakeTransport | null): void => {
      if (settled) {
        transport?.destroy()
        return
      }
      settled = true
      timeout.cancelled = true
      callback(error, transport)
    }
    const timeout = client.later(options.connectTimeoutMs, () => settle(networkFailure('ETIMEDOUT', where), null))
    if (target === undefined) {
      client.later(1, () => settle(networkFailure('ENOTFOUND', where), null))
      return
    }
    const localPort = this.#takePort()
    const attempt = (): void => {
      if (settled) return
      if (!this.#network.passes(client, target) || !this.#network.passes(target, client)) {
        client.later(SYN_RETRY_MS, attempt)
        return
      }
      const listener = target.network.listenerFor(options.host, options.port, client)
      const backMs = this.#network.latencyMs(target, client)
      if (listener === null) {
        client.later(backMs, () => settle(networkFailure('ECONNREFUSED', where), null))
        return
      }
      const [clientEnd, serverEnd] = FakeTransport.pair(this.#network, {
        client,
        localPort,
        server: target,
        port: options.port,
      })
      target.later(0, () => {
        if (listener.options.admit?.(serverEnd) === false) return serverEnd.destroy()
        listener.options.onConnection(serverEnd)
        invariant(serverEnd.attachedOrDestroyed, 'an accepted transport was not attached in its turn', {
          port: options.port,
        })
      })
      client.later(backMs, () => {
        settle(null, clientEnd)
        invariant(clientEnd.attachedOrDestroyed, 'a connected transport was not attached in its turn', { where })
      })
    }
    client.later(this.#network.latencyMs(client, target), attempt)
  }

  /** The listener that a connect from `client` to `asked`:`port` finds. */
  listenerFor(asked: string, port: number, client: FakeHost): Listener | null {
    const listener = this.#listeners.get(port)
    if (listener === undefined) return null
    const bound = listener.options.host
    if (ANY.has(bound) || bound === asked || bound === this.#host.name || bound === this.#host.address) return listener
    return LOOPBACK.has(bound) && client === this.#host ? listener : null
  }

  /** The kernel outlives the process and closes its sockets. */
  crashProcess(): void {
    this.#listeners.clear()
    for (const transport of this.#network.openTransports(this.#host)) transport.abandon()
  }

  /** Peers hear nothing. */
  crashMachine(): void {
    this.#listeners.clear()
    for (const transport of this.#network.openTransports(this.#host)) transport.vanish()
  }

  reset(): void {
    this.#listeners.clear()
  }

  #takePort(): number {
    do this.#nextPort = this.#nextPort === 65_535 ? FIRST_EPHEMERAL_PORT : this.#nextPort + 1
    while (this.#listeners.has(this.#nextPort))
    return this.#nextPort
  }
}

function networkFailure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code })
}
