/**
 * One end of a simulated connection. Stricter than a real socket where that finds bugs: bytes given to writev are read
 * only when the "kernel" takes them (just before `release`), so a buffer changed too early shows at the peer; bytes
 * handed to onBytes lie in a buffer that is overwritten right after the call, so a view kept too long shows as 0xdd.
 */
import type { PeerCertificate, Transport, TransportEvents } from '@millrace/base/host'
import { invariant } from '@millrace/base/invariant'
import type { FakeHost } from './fake-host.ts'
import type { SimulatedNetwork } from './simulated-network.ts'

const POISON = 0xdd
const TAKE_DELAY_MAX_MS = 0.05
/** Room in front of delivered bytes, so that nobody comes to count on start = 0. */
const OFFSET_MAX = 64

interface QueuedWrite {
  readonly buffers: readonly Uint8Array[]
  readonly release: (() => void) | null
  readonly sizeBytes: number
}

interface Arrival {
  readonly kind: 'bytes' | 'end' | 'reset'
  readonly atMs: number
  bytes: Buffer
}

export interface Endpoints {
  readonly client: FakeHost
  readonly localPort: number
  readonly server: FakeHost
  readonly port: number
}

const NOTHING = Buffer.alloc(0)

export class FakeTransport implements Transport {
  readonly host: FakeHost
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly secure: boolean = false
  readonly peerCertificate: PeerCertificate | null = null
  unwrittenBytes = 0

  readonly #network: SimulatedNetwork
  #peer: FakeTransport | null = null
  #events: TransportEvents | null = null
  #paused = false
  #ending = false
  #endSent = false
  #destroyed = false
  #closed = false
  /** The machine went away with its memory: whoever sends here gets a reset once the machine is back. */
  #vanished = false
  #writes: QueuedWrite[] = []
  #takeScheduled = false
  /** Bytes taken from this end that the peer has not consumed. */
  #inFlightBytes = 0
  /** On their way to this end, in order. */
  readonly #arrivals: Arrival[] = []
  #lastArrivalMs = 0
  #pumpScheduled = false

  /** Two connected ends, the client's first. */
  static pair(network: SimulatedNetwork, endpoints: Endpoints): [FakeTransport, FakeTransport] {
    const { client, localPort, server, port } = endpoints
    const clientEnd = new FakeTransport(network, client, localPort, server, port)
    const serverEnd = new FakeTransport(network, server, port, client, localPort)
    clientEnd.#peer = serverEnd
    serverEnd.#peer = clientEnd
    network.opened(clientEnd)
    network.opened(serverEnd)
    return [clientEnd, serverEnd]
  }

  private constructor(
    network: SimulatedNetwork,
    host: FakeHost,
    localPort: number,
    remote: FakeHost,
    remotePort: number,
  ) {
    this.#network = network
    this.host = host
    this.localAddress = host.address
    this.localPort = localPort
    this.remoteAddress = remote.address
    this.remotePort = remotePort
  }

  get peer(): FakeTransport {
    invariant(this.#peer !== null, 'transport has no peer')
    return this.#peer
  }

  get attachedOrDestroyed(): boolean {
    return this.#events !== null || this.#destroyed || this.#closed
  }

  attach(events: TransportEvents): void {
    invariant(this.#events === null, 'transport attached twice')
    this.#events = events
    this.wake()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.wake()
  }

  writev(buffers: readonly Uint8Array[], release: (() => void) | null): void {
    const sizeBytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    if (this.#closed || this.#destroyed || this.#ending || sizeBytes === 0) {
      if (release !== null) this.host.later(0, release)
      return
    }
    this.#writes.push({ buffers: [...buffers], release, sizeBytes })
    this.unwrittenBytes += sizeBytes
    this.#scheduleTake(this.#network.world.random.between(0, TAKE_DELAY_MAX_MS))
    this.wake()
  }

  end(): void {
    if (this.#ending || this.#closed || this.#destroyed) return
    this.#ending = true
    this.#paused = false
    this.#scheduleTake(0)
    this.wake()
  }

  destroy(): void {
    if (this.#destroyed || this.#closed) return
    this.#destroyed = true
    this.#tellPeerGone()
    this.host.later(0, () => this.#close(null))
  }

  /** The process died: no callback any more, the kernel closes the socket. */
  abandon(): void {
    if (this.#vanished) return
    this.#tellPeerGone()
    this.#discard()
  }

  /** The machine died: no callback, no sign to the peer. */
  vanish(): void {
    this.#vanished = true
    this.#discard()
    // Stays known to the network, so that the peer's bytes find out once the machine is back.
    this.#network.opened(this)
  }

  /** Both ends get a reset. */
  breakBothWays(): void {
    this.#send('reset', NOTHING)
    this.peer.#send('reset', NOTHING)
  }

  /** Looks again at what has arrived: after resume, healing, or the return of the machine. */
  wake(): void {
    if (this.#arrivals.length > 0) this.#schedulePump()
  }

  #discard(): void {
    this.#closed = true
    this.#writes = []
    this.#network.closed(this)
  }

  #tellPeerGone(): void {
    // As the kernel does: unread bytes turn the farewell into a reset.
    this.#send(this.#arrivals.some((arrival) => arrival.kind === 'bytes') ? 'reset' : 'end', NOTHING)
  }

  #scheduleTake(delayMs: number): void {
    if (this.#takeScheduled) return
    this.#takeScheduled = true
    this.host.later(delayMs, () => {
      this.#takeScheduled = false
      this.#take()
    })
  }

  /** The kernel takes what fits its window. */
  #take(): void {
    if (this.#closed || this.#destroyed) return
    const hadWrites = this.#writes.length > 0
    while (this.#writes.length > 0 && this.#inFlightBytes < this.#network.conditions.windowBytes) {
      const write = this.#writes.shift() as QueuedWrite
      this.#inFlightBytes += write.sizeBytes
      this.#send('bytes', Buffer.concat(write.buffers))
      this.unwrittenBytes -= write.sizeBytes
      write.release?.()
      if (this.#closed || this.#destroyed) return
    }
    if (this.#writes.length > 0) return
    if (hadWrites) this.#events?.onDrain?.()
    if (this.#ending && !this.#endSent && this.#writes.length === 0) {
      this.#endSent = true
      this.#send('end', NOTHING)
    }
  }

  #send(kind: Arrival['kind'], bytes: Buffer): void {
    const peer = this.peer
    const { world } = this.#network
    peer.#lastArrivalMs = Math.max(peer.#lastArrivalMs, world.nowMs + this.#network.latencyMs(this.host, peer.host))
    peer.#arrivals.push({ kind, atMs: peer.#lastArrivalMs, bytes })
    peer.#schedulePump()
  }

  #schedulePump(): void {
    const first = this.#arrivals[0]
    if (this.#pumpScheduled || first === undefined) return
    this.#pumpScheduled = true
    const { world } = this.#network
    world.schedule(first.atMs - world.nowMs, () => {
      this.#pumpScheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    const first = this.#arrivals[0]
    // Stalled ends are woken by the network when packets pass again.
    if (first === undefined || !this.#network.passes(this.peer.host, this.host)) return
    if (this.#vanished || this.#closed || this.#destroyed) return this.#answerFromTheGrave()
    if (this.#events === null) return
    if (this.#paused && !(first.kind === 'reset' && this.#writes.length > 0)) return
    if (first.kind === 'bytes') {
      this.#deliver()
      this.#schedulePump()
      return
    }
    this.#arrivals.length = 0
    if (first.kind === 'reset') return this.#close(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
    if (!this.#endSent) this.#send('end', NOTHING)
    this.#close(null)
  }

  /** Hands over what has arrived, sometimes several writes at once, sometimes half of one. */
  #deliver(): void {
    const { world, conditions } = this.#network
    const buffer = this.host.network.receiveBuffer
    const start = world.random.below(OFFSET_MAX)
    let limit = buffer.length - start
    const first = this.#arrivals[0] as Arrival
    if (world.random.chance(conditions.splitProbability)) {
      limit = 1 + world.random.below(Math.min(limit, first.bytes.length))
    }
    let end = start
    while (limit > 0) {
      const arrival = this.#arrivals[0]
      if (arrival === undefined || arrival.kind !== 'bytes' || arrival.atMs > world.nowMs) break
      const taken = arrival.bytes.copy(buffer, end, 0, Math.min(limit, arrival.bytes.length))
      arrival.bytes = arrival.bytes.subarray(taken)
      end += taken
      limit -= taken
      if (arrival.bytes.length === 0) this.#arrivals.shift()
    }
    const sender = this.peer
    sender.#inFlightBytes -= end - start
    if (sender.#writes.length > 0) sender.#scheduleTake(this.#network.latencyMs(this.host, sender.host))
    if (this.#ending) return
    this.#events?.onBytes(buffer, start, end)
    buffer.fill(POISON, start, end)
  }

  /** Bytes for an end that is gone get a reset, as from any kernel; farewells are not answered. */
  #answerFromTheGrave(): void {
    const answers = this.#arrivals.some((arrival) => arrival.kind === 'bytes')
    this.#arrivals.length = 0
    this.#network.closed(this)
    const peer = this.peer
    if (answers && !peer.#closed) this.#send('reset', NOTHING)
  }

  #close(error: Error | null): void {
    if (this.#closed) return
    this.#closed = true
    this.#network.closed(this)
    this.unwrittenBytes = 0
    for (const write of this.#writes.splice(0)) write.release?.()
    this.#events?.onClose(error)
  }
}
