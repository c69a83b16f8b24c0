/** One end of a connection under test. Tests only. */
import type { TransportEvents } from '@millrace/base/host'

/** Everything one end saw, with promises for what a test waits on. */
export class Recorder implements TransportEvents {
  readonly chunks: Buffer[] = []
  sizeBytes = 0
  closes = 0
  drains = 0
  error: Error | null = null
  onEach: ((bytes: Buffer) => void) | null = null
  #waiting: { readonly holds: () => boolean; readonly resolve: () => void }[] = []

  onBytes(bytes: Uint8Array, start: number, end: number): void {
    const copy = Buffer.from(bytes.subarray(start, end))
    this.chunks.push(copy)
    this.sizeBytes += copy.length
    this.onEach?.(copy)
    this.#wake()
  }

  onClose(error: Error | null): void {
    this.closes++
    this.error = error
    this.#wake()
  }

  onDrain(): void {
    this.drains++
    this.#wake()
  }

  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ holds, resolve }))
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks)
  }

  #wake(): void {
    const met = this.#waiting.filter((one) => one.holds())
    this.#waiting = this.#waiting.filter((one) => !met.includes(one))
    for (const one of met) one.resolve()
  }
}
