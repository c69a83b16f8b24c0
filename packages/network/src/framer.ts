/**
 * Framer: bytes of one connection into request frames (int32 size, then that many bytes; big-endian).
 *
 *   onBytes ──▶ size and API key (6 bytes) ──▶ room, reserved as bytes arrive ──▶ onFrame(frame)
 *
 * A frame's room is at most 16 times what has arrived of it (4 KiB at least), never what its header claims. A frame that
 * is to be read in place goes to the arena with one copy when it arrives in few pieces, and with a little over one in
 * the worst case; all others get a private buffer. The bytes given to `push` belong to
 * the caller's read buffer and are never kept.
 *
 * When memory is out or the connection asks for a pause, the rest of the bytes is held and the framer is `blocked`:
 * the connection stops reading until `resume` has returned true.
 */
import { invariant } from '@millrace/base/invariant'
import type { Arena, FrameLease } from '@millrace/log/arena'
import { unframeable } from './foreign-protocol.ts'
import type { BudgetUser, MemoryBudget } from './memory-budget.ts'
import type { RequestRefusal } from './request-refusal.ts'

export interface Frame {
  /** Header and body lie in bytes[start, end). */
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** Retained once for the receiver; null when the buffer is private. */
  readonly lease: FrameLease | null
}

export interface FramerOptions {
  readonly arena: Arena
  readonly budget: MemoryBudget
  /** Frames of these API keys are read in place over the arena. */
  readonly inArena: (apiKey: number) => boolean
  readonly frameBytesMax: number
  /** The receiver owns the frame and its memory: `releaseFrame` when it is done. May call `pause`. */
  readonly onFrame: (frame: Frame) => void
  /** The stream is garbage; nothing more is framed. */
  readonly onRefused: (refused: RequestRefusal) => void
  /** Memory is available again: call `resume`. */
  readonly onMemoryAvailable: () => void
}

const HEAD_BYTES = 6
/** API key, version and correlation id: no request is shorter. */
const FRAME_BYTES_MIN = 8
const ROOM_BYTES_MIN = 4096
const ROOM_PER_ARRIVED = 16
const NOTHING = Buffer.alloc(0)

export class Framer implements BudgetUser {
  /** Raised by the connection once it has authenticated. */
  frameBytesMax: number
  readonly #options: FramerOptions
  readonly #head: Buffer = Buffer.alloc(HEAD_BYTES)
  #headFilled = 0
  /** Of the frame being received: payload size, and where it goes. Room is [#roomStart, #roomStart + #roomBytes). */
  #frameBytes = 0
  #filled = 0
  #room: Buffer = NOTHING
  #roomStart = 0
  #roomBytes = 0
  #lease: FrameLease | null = null
  #held: Buffer | null = null
  #outOfMemory = false
  #paused = false
  #closed = false

  constructor(options: FramerOptions) {
    this.#options = options
    this.frameBytesMax = options.frameBytesMax
  }

  /** True while bytes are not framed. */
  get blocked(): boolean {
    return this.#outOfMemory || this.#paused
  }

  /** True between the first byte of a frame and its last. */
  get midFrame(): boolean {
    return this.#headFilled > 0
  }

  /** Stops after the frame being handed out. */
  pause(): void {
    this.#paused = true
  }

  /** Goes on with what was held. True when all of it has been framed and more may be read. */
  resume(): boolean {
    this.#paused = false
    this.#outOfMemory = false
    const held = this.#held
    if (held !== null) {
      this.#held = null
      this.#frame(held, 0, held.length, true)
      if (this.#held === null) this.#options.budget.release(this, held.buffer.byteLength)
    }
    return !this.blocked && !this.#closed
  }

  /** Takes bytes[start, end): frames them, or holds a copy while blocked. */
  push(bytes: Buffer, start: number, end: number): void {
    if (this.#closed) return
    if (this.#held !== null) {
      // Bytes that were on their way when the connection stopped reading; at most one read buffer.
      const joined = Buffer.allocUnsafeSlow(this.#held.length + end - start)
      this.#held.copy(joined, 0)
      bytes.copy(joined, this.#held.length, start, end)
      this.#options.budget.charge(joined.length)
      this.#options.budget.release(this, this.#held.buffer.byteLength)
      this.#held = joined
    } else if (this.blocked) {
      this.#hold(bytes, start, end)
    } else {
      this.#frame(bytes, start, end, false)
    }
  }

  /** Gives back the memory of a frame that was handed out. */
  releaseFrame(frame: Frame): void {
    frame.lease?.slab.release()
    this.#options.budget.release(this, frame.end - frame.start)
  }

  /** Drops what is half received. Frames already handed out are still to be released. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#lease?.slab.release()
    const heldBytes = this.#held?.buffer.byteLength ?? 0
    const roomBytes = this.#roomBytes
    this.#lease = null
    this.#room = NOTHING
    this.#roomBytes = 0
    this.#held = null
    this.#options.budget.forget(this)
    if (heldBytes + roomBytes > 0) this.#options.budget.release(this, heldBytes + roomBytes)
  }

  onMemoryAvailable(): void {
    this.#options.onMemoryAvailable()
  }

  #frame(bytes: Buffer, start: number, end: number, fromHeld: boolean): void {
    let at = start
    while (at < end && !this.#closed) {
      if (this.blocked) break
      if (this.#headFilled < HEAD_BYTES) {
        at = this.#takeHead(bytes, at, end)
        continue
      }
      const arriving = Math.min(end - at, this.#frameBytes - this.#filled)
      if (!this.#ensureRoom(this.#filled + arriving)) break
      bytes.copy(this.#room, this.#roomStart + this.#filled, at, at + arriving)
      this.#filled += arriving
      at += arriving
      if (this.#filled === this.#frameBytes) this.#deliver()
    }
    if (at >= end || this.#closed) return
    if (fromHeld) this.#held = bytes.subarray(at, end)
    else this.#hold(bytes, at, end)
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    const held = Buffer.allocUnsafeSlow(end - start)
    bytes.copy(held, 0, start, end)
    this.#options.budget.charge(held.length)
    this.#held = held
  }

  /** Collects size and API key; checks the size as soon as it is known. Returns where the payload goes on. */
  #takeHead(bytes: Buffer, start: number, end: number): number {
    let at = start
    while (at < end && this.#headFilled < HEAD_BYTES) {
      this.#head[this.#headFilled++] = bytes[at++] as number
      if (this.#headFilled === HEAD_BYTES) this.#filled = HEAD_BYTES - 4
      if (this.#headFilled !== 4) continue
      this.#frameBytes = this.#head.readInt32BE(0)
      if (this.#frameBytes < FRAME_BYTES_MIN || this.#frameBytes > this.frameBytesMax) {
        this.close()
        this.#options.onRefused(unframeable(this.#head, FRAME_BYTES_MIN, this.frameBytesMax))
        return end
      }
    }
    return at
  }

  /** Makes room for `arrived` bytes of the frame; false when the memory budget is out. */
  #ensureRoom(arrived: number): boolean {
    if (this.#room !== NOTHING && arrived <= this.#roomBytes) return true
    const roomBytes = Math.min(this.#frameBytes, Math.max(ROOM_BYTES_MIN, ROOM_PER_ARRIVED * arrived))
    if (!this.#options.budget.reserve(this, roomBytes - this.#roomBytes)) {
      this.#outOfMemory = true
      return false
    }
    const previous = this.#room
    const previousStart = this.#roomStart
    const whole = roomBytes === this.#frameBytes
    if (whole && this.#options.inArena(this.#head.readInt16BE(4))) {
      this.#lease = this.#options.arena.reserve(roomBytes)
      invariant(this.#lease.end - this.#lease.start === roomBytes, 'the arena reserved another length', { roomBytes })
      this.#room = this.#lease.slab.bytes
      this.#roomStart = this.#lease.start
    } else {
      this.#room = Buffer.allocUnsafe(roomBytes)
      this.#roomStart = 0
    }
    if (previous === NOTHING) {
      this.#head.copy(this.#room, this.#roomStart, 4, HEAD_BYTES)
    } else {
      previous.copy(this.#room, this.#roomStart, previousStart, previousStart + this.#filled)
    }
    this.#roomBytes = roomBytes
    return true
  }

  #deliver(): void {
    const frame: Frame = {
      bytes: this.#room,
      start: this.#roomStart,
      end: this.#roomStart + this.#frameBytes,
      lease: this.#lease,
    }
    this.#headFilled = 0
    this.#filled = 0
    this.#room = NOTHING
    this.#roomBytes = 0
    this.#lease = null
    this.#options.onFrame(frame)
  }
}
