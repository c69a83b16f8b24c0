/**
 * Cuts a byte stream into size-prefixed frames. The buffer of a frame is reserved once, when its size is known: joining
 * chunks as they come is quadratic for large frames.
 *
 * Owned frames (`transient` false) get a Buffer of their own and may be kept. Transient frames are handed out where they
 * lie, in the read buffer or in one that the next frame overwrites: what must outlive the callback is copied there.
 * Single owner: the connection's loop.
 */

const SIZE_FIELD_BYTES = 4
/** Largest buffer kept for the next transient frame; larger frames are rare and get one of their own. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024

export interface FrameAssemblerOptions {
  /** Largest frame accepted, size field excluded. */
  readonly frameBytesMax: number
  readonly transient: boolean
  /** One frame, `bytes[start, end)`, size field excluded. */
  readonly onFrame: (bytes: Buffer, start: number, end: number) => void
  /** A size below 0 or above frameBytesMax arrived; the assembler takes nothing more. */
  readonly onRefused: (frameBytes: number) => void
}

export class FrameAssembler {
  readonly #options: FrameAssemblerOptions
  readonly #sizeField: Buffer = Buffer.alloc(SIZE_FIELD_BYTES)
  #sizeFieldFilled = 0
  #frame: Buffer | null = null
  #frameBytes = 0
  #frameFilled = 0
  #kept: Buffer | null = null
  #closed = false

  constructor(options: FrameAssemblerOptions) {
    this.#options = options
  }

  /** Takes `bytes[start, end)`; calls onFrame for every frame that became whole. */
  push(bytes: Uint8Array, start: number, end: number): void {
    const chunk = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = start
    while (at < end && !this.#closed) {
      at = this.#frame === null ? this.#takeSize(chunk, at, end) : this.#fill(this.#frame, chunk, at, end)
    }
  }

  /** Nothing is taken or handed out any more. */
  close(): void {
    this.#closed = true
    this.#frame = null
    this.#kept = null
  }

  #takeSize(chunk: Buffer, start: number, end: number): number {
    let at = start
    let frameBytes: number
    if (this.#sizeFieldFilled === 0 && end - at >= SIZE_FIELD_BYTES) {
      frameBytes = chunk.readInt32BE(at)
      at += SIZE_FIELD_BYTES
    } else {
      const taken = Math.min(SIZE_FIELD_BYTES - this.#sizeFieldFilled, end - at)
      chunk.copy(this.#sizeField, this.#sizeFieldFilled, at, at + taken)
      this.#sizeFieldFilled += taken
      at += taken
      if (this.#sizeFieldFilled < SIZE_FIELD_BYTES) return at
      this.#sizeFieldFilled = 0
      frameBytes = this.#sizeField.readInt32BE(0)
    }
    if (frameBytes < 0 || frameBytes > this.#options.frameBytesMax) {
      this.close()
      this.#options.onRefused(frameBytes)
      return end
    }
    if (end - at >= frameBytes && this.#options.transient) {
      this.#options.onFrame(chunk, at, at + frameBytes)
      return at + frameBytes
    }
    this.#frame = this.#reserve(frameBytes)
    this.#frameBytes = frameBytes
    this.#frameFilled = 0
    return this.#fill(this.#frame, chunk, at, end)
  }

  #fill(frame: Buffer, chunk: Buffer, start: number, end: number): number {
    const taken = Math.min(this.#frameBytes - this.#frameFilled, end - start)
    chunk.copy(frame, this.#frameFilled, start, start + taken)
    this.#frameFilled += taken
    if (this.#frameFilled === this.#frameBytes) {
      this.#frame = null
      this.#options.onFrame(frame, 0, this.#frameBytes)
    }
    return start + taken
  }

  #reserve(frameBytes: number): Buffer {
    if (!this.#options.transient || frameBytes > KEPT_BYTES_MAX) return Buffer.allocUnsafe(frameBytes)
    if (this.#kept === null || this.#kept.length < frameBytes) {
      // Powers of two, so that slowly growing responses do not reserve anew each time.
      this.#kept = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(Math.max(frameBytes, 64 * 1024))))
    }
    return this.#kept
  }
}
