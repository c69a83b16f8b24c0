/**
 * What both Transport forms share: everything but how bytes come in. Counts what is unwritten, calls each release once,
 * and turns the socket's many events into one onClose.
 *
 * Invariants: releases are called in the order of writev; after onClose nothing is called. Hot path: no closure or
 * object per write, since Node calls the write callbacks in order and one bound function serves them all.
 */
import type * as net from 'node:net'
import type { PeerCertificate, Transport, TransportEvents } from '@millrace/base/host'
import { invariant } from '@millrace/base/invariant'

/** Up to so many bytes one copy is cheaper than a write per buffer. */
const JOINED_BYTES_MAX = 16 * 1024

/** How long an ended connection waits for the peer's own end before it is dropped. */
const END_LINGER_MS = 2_000

export const plaintext: Pick<Transport, 'secure' | 'peerCertificate'> = { secure: false, peerCertificate: null }

export class SocketTransport implements Transport {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
  readonly secure: boolean
  readonly peerCertificate: PeerCertificate | null
  unwrittenBytes = 0

  readonly #socket: net.Socket
  #events: TransportEvents | null = null
  #error: Error | null = null
  #paused = false
  #ending = false
  #closed = false

  // One entry per writev whose bytes the kernel has not yet taken; parallel arrays, consumed from #firstPending.
  #pendingReleases: ((() => void) | null)[] = []
  #pendingSizes: number[] = []
  #firstPending = 0

  constructor(
    socket: net.Socket,
    { secure, peerCertificate }: Pick<Transport, 'secure' | 'peerCertificate'> = plaintext,
  ) {
    this.#socket = socket
    this.secure = secure
    this.peerCertificate = peerCertificate
    // Read now: after a close the socket no longer knows its addresses.
    this.localAddress = textualAddress(socket.localAddress)
    this.localPort = socket.localPort ?? 0
    this.remoteAddress = textualAddress(socket.remoteAddress)
    this.remotePort = socket.remotePort ?? 0
    socket.setNoDelay(true)
    socket.on('error', (error) => {
      this.#error = error
    })
    // The peer's end is the end of the connection, as in Kafka: what is queued for it is dropped.
    socket.on('end', () => socket.destroy())
    socket.on('close', () => this.#onClosed())
  }

  attach(events: TransportEvents): void {
    invariant(this.#events === null, 'transport attached twice')
    this.#events = events
  }

  /** Called once by the network after hand-over; the socket was paused until now. */
  startReading(): void {
    if (this.#socket.destroyed) return
    invariant(this.#events !== null, 'transport was not attached in the turn of its hand-over')
    if (!this.#paused) this.#socket.resume()
  }

  /** Bytes from the socket, `[start, end)`. */
  deliver(bytes: Uint8Array, start: number, end: number): void {
    if (this.#ending || this.#closed) return
    this.#events?.onBytes(bytes, start, end)
  }

  pause(): void {
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    if (!this.#closed) this.#socket.resume()
  }

  writev(buffers: readonly Uint8Array[], release: (() => void) | null): void {
    const socket = this.#socket
    if (this.#closed || this.#ending || socket.destroyed) {
      // Nothing will be written; still in a later turn, so that a caller never re-enters itself.
      if (release !== null) setImmediate(release)
      return
    }
    let sizeBytes = 0
    for (const buffer of buffers) sizeBytes += buffer.length
    if (sizeBytes === 0) {
      if (release !== null) setImmediate(release)
      return
    }
    this.unwrittenBytes += sizeBytes
    this.#pendingReleases.push(release)
    this.#pendingSizes.push(sizeBytes)

    const last = buffers.length - 1
    if (last === 0) {
      socket.write(buffers[0] as Uint8Array, this.#onWritten)
      return
    }
    if (sizeBytes <= JOINED_BYTES_MAX) {
      socket.write(Buffer.concat(buffers, sizeBytes), this.#onWritten)
      return
    }
    // Corked, so that all buffers leave in one writev(2).
    socket.cork()
    for (let index = 0; index < last; index++) socket.write(buffers[index] as Uint8Array)
    socket.write(buffers[last] as Uint8Array, this.#onWritten)
    socket.uncork()
  }

  end(): void {
    if (this.#ending || this.#closed) return
    this.#ending = true
    const socket = this.#socket
    socket.end()
    // The peer's end must be seen even if the owner had paused; bytes before it are dropped in deliver().
    socket.resume()
    const linger = setTimeout(() => socket.destroy(), END_LINGER_MS).unref()
    const armWhenWritten = (): void => {
      linger.refresh()
    }
    socket.once('finish', armWhenWritten)
    socket.once('close', () => clearTimeout(linger))
  }

  destroy(): void {
    this.#socket.destroy()
  }

  readonly #onWritten = (error?: Error | null): void => {
    // Failed writes are reported out of order; onClosed releases whatever is left.
    if (error || this.#closed) return
    const first = this.#firstPending++
    const release = this.#pendingReleases[first] as (() => void) | null
    this.unwrittenBytes -= this.#pendingSizes[first] as number
    this.#pendingReleases[first] = null
    if (this.#firstPending === this.#pendingReleases.length) {
      this.#pendingReleases.length = 0
      this.#pendingSizes.length = 0
      this.#firstPending = 0
    } else if (this.#firstPending >= 1024) {
      // A connection that is never quite drained must not grow its arrays for ever.
      this.#pendingReleases = this.#pendingReleases.slice(this.#firstPending)
      this.#pendingSizes = this.#pendingSizes.slice(this.#firstPending)
      this.#firstPending = 0
    }
    if (release !== null) release()
    if (this.unwrittenBytes === 0) this.#events?.onDrain?.()
  }

  /** The handle is closed: the kernel reads no buffer of ours any more. */
  #onClosed(): void {
    this.#closed = true
    const releases = this.#pendingReleases.slice(this.#firstPending)
    this.#pendingReleases.length = 0
    this.#pendingSizes.length = 0
    this.#firstPending = 0
    this.unwrittenBytes = 0
    for (const release of releases) release?.()
    this.#events?.onClose(this.#error)
  }
}

export function textualAddress(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
