/** No more bytes per second than log.cleaner.io.max.bytes.per.second, read and written together. */
import type { Host } from '@millrace/base/host'

const SECOND_MS = 1000

export class Pace {
  readonly #host: Host
  readonly #bytesPerSecondMax: number
  readonly #startedMs: number
  #bytes = 0

  constructor(host: Host, bytesPerSecondMax: number) {
    this.#host = host
    this.#bytesPerSecondMax = bytesPerSecondMax
    this.#startedMs = host.clock.monotonicMs()
  }

  worked(bytes: number): void {
    this.#bytes += bytes
  }

  /** Calls back, in a later turn, when more may be read. */
  pause(next: () => void): void {
    const { clock, timers, tick } = this.#host
    const allowedAtMs = this.#startedMs + (this.#bytes / this.#bytesPerSecondMax) * SECOND_MS
    const delayMs = allowedAtMs - clock.monotonicMs()
    if (delayMs >= 1) timers.set(Math.ceil(delayMs), next)
    else tick(next)
  }
}
