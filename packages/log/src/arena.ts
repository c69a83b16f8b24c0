/**
 * Arena: the one module that owns slab references.
 *
 * A frame is copied once, from the socket into a lease of a slab, and those same bytes are then written to the segment
 * file, served to followers and consumers, and forgotten. A slab is alive while anyone holds a reference: the frame's
 * reader, a queued write, a response under way, and the arena itself as long as the slab is among the youngest
 * `tailBytesMax` bytes: those slabs are the tail cache. A tail that nobody reads is given up: bytes then go through the
 * same few, cached lines again and again instead of through all of the tail's memory. The first reader that reaches the
 * end of a log brings it back. With the last reference the bytes are recycled under a *new* Slab object, so a stale Slab
 * never sees another life's bytes through its own `bytes`.
 *
 * Not thread safe; one arena per broker. Source: docs of the hot path in README.md of this package.
 */
import { invariant } from '@millrace/base/invariant'

const EMPTY: Buffer = Buffer.alloc(0)
const FREE_SLABS_MAX = 4
const POISON = 0xdb
/** The tail is given up when so many times its size has been reserved since it was last read. */
const UNREAD_TAILS_MAX = 2

/** One life of a piece of memory. Starts with the references its creator gives it; recycled with the last release. */
export class Slab {
  /** Empty once the slab has been recycled. */
  bytes: Buffer
  /** True while the slab belongs to the tail cache: its bytes stay what they are without a reference of one's own. */
  inTail = false
  #references = 0
  readonly #recycle: (slab: Slab, bytes: Buffer) => void

  /** Only Arena creates slabs. */
  constructor(bytes: Buffer, recycle: (slab: Slab, bytes: Buffer) => void) {
    this.bytes = bytes
    this.#recycle = recycle
  }

  get references(): number {
    return this.#references
  }

  retain(): void {
    invariant(this.bytes.length > 0, 'a recycled slab cannot be retained')
    this.#references++
  }

  release(): void {
    invariant(this.#references > 0, 'a slab was released more often than retained')
    this.#references--
    if (this.#references > 0) return
    const bytes = this.bytes
    this.bytes = EMPTY
    this.#recycle(this, bytes)
  }
}

/** `slab.bytes[start, end)`, retained once for its holder, who releases `slab` when done. */
export interface FrameLease {
  readonly slab: Slab
  readonly start: number
  readonly end: number
}

export interface ArenaOptions {
  /** Size of one slab; 4 MiB unless measured otherwise. */
  readonly slabBytes: number
  /** Bytes of the youngest slabs kept alive as the tail cache; 0 keeps none but the slab being filled. */
  readonly tailBytesMax: number
  /** For tests: fill recycled slabs with 0xDB, so that a use after release cannot pass unseen. */
  readonly poison?: boolean
}

export class Arena {
  readonly slabBytes: number
  readonly #tailBytesMax: number
  readonly poison: boolean
  readonly #free: Buffer[] = []
  /** Slabs held as the tail, oldest first; the last one is being filled. */
  readonly #tail: Slab[] = []
  #filling: Slab | null = null
  #filled = 0
  #liveBytes = 0
  #keepsTail: boolean
  /** Bytes of slabs begun since the tail was last read. */
  #unreadBytes = 0

  constructor(options: ArenaOptions) {
    invariant(options.slabBytes > 0, 'a slab has a size', { slabBytes: options.slabBytes })
    this.slabBytes = options.slabBytes
    this.#tailBytesMax = options.tailBytesMax
    this.#keepsTail = options.tailBytesMax > 0
    this.poison = options.poison === true
  }

  /** Bytes of all slabs that someone refers to, the tail included. What exceeds `tailBytes` is pinned by readers. */
  get liveBytes(): number {
    return this.#liveBytes
  }

  get tailBytes(): number {
    return this.#tail.length * this.slabBytes
  }

  /** Someone reads the youngest appends: the tail is kept from here on, until it goes unread for long. */
  tailRead(): void {
    this.#unreadBytes = 0
    if (this.#keepsTail || this.#tailBytesMax === 0) return
    this.#keepsTail = true
    // What the slab being filled holds may be overwritten at any time: the tail begins with the next.
    if (this.#filling !== null) this.#filled = this.slabBytes
  }

  /**
   * `length` bytes that nobody else has (content undefined), retained once for the caller. A length above `slabBytes`
   * gets an allocation of its own, which is never part of the tail.
   */
  reserve(length: number): FrameLease {
    if (length > this.slabBytes) {
      const slab = this.#start(Buffer.allocUnsafeSlow(length))
      slab.retain()
      return { slab, start: 0, end: length }
    }
    this.#rewind()
    if (this.#filling === null || this.#filled + length > this.slabBytes) this.#next()
    const slab = this.#filling as unknown as Slab
    const start = this.#filled
    this.#filled += length
    slab.retain()
    return { slab, start, end: start + length }
  }

  /** Gives back the unused end of the most recent lease; false (and nothing done) if it is not the most recent. */
  shrink(lease: FrameLease, end: number): boolean {
    if (lease.slab !== this.#filling || lease.end !== this.#filled || end < lease.start) return false
    this.#filled = end
    return true
  }

  /**
   * Without a tail, a slab that nobody else refers to starts over: bytes that are read and sent one after the other then
   * go through the same, cached memory (a third less CPU per byte fetched).
   */
  #rewind(): void {
    if (this.#filled === 0 || this.#filling?.references !== 1 || this.#filling.inTail || this.#keepsTail) return
    if (this.poison) this.#filling.bytes.fill(POISON, 0, this.#filled)
    this.#filled = 0
  }

  #next(): void {
    this.#unreadBytes += this.slabBytes
    if (this.#unreadBytes > UNREAD_TAILS_MAX * this.#tailBytesMax) this.#keepsTail = false
    const tailBytesMax = this.#keepsTail ? this.#tailBytesMax : 0
    const slab = this.#start(this.#free.pop() ?? Buffer.allocUnsafeSlow(this.slabBytes))
    slab.retain()
    slab.inTail = this.#keepsTail
    this.#tail.push(slab)
    this.#filling = slab
    this.#filled = 0
    while (this.#tail.length > 1 && this.tailBytes > tailBytesMax) this.#retireOldest()
  }

  #retireOldest(): void {
    const oldest = this.#tail.shift()
    if (oldest === undefined) return
    oldest.inTail = false
    oldest.release()
  }

  #start(bytes: Buffer): Slab {
    this.#liveBytes += bytes.length
    return new Slab(bytes, this.#recycled)
  }

  readonly #recycled = (_slab: Slab, bytes: Buffer): void => {
    this.#liveBytes -= bytes.length
    if (this.poison) bytes.fill(POISON)
    if (bytes.length === this.slabBytes && this.#free.length < FREE_SLABS_MAX) this.#free.push(bytes)
  }
}
