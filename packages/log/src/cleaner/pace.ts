/**
 * The share of the loop that cleaning may take: slices of a few milliseconds with a pause as long as the slice was, and
 * no more bytes per second than log.cleaner.io.max.bytes.per.second.
 */
import type { Host } from '@millrace/base/host'

const SLICE_MS = 3
/** Ends a slice where the clock does not move while code runs (simulations), and bounds what one read brings. */
const SLICE_BYTES = 1024 * 1024
const SECOND_MS = 1000

export class Pace {
  readonly #host: Host
  readonly #bytesPerSecondMax: number
  readonly #startedMs: number
  #sliceStartedMs: number
  #sliceBytes = 0
  #bytes = 0

  constructor(host: Host, bytesPerSecondMax: number) {
    this.#host = host
    this.#bytesPerSecondMax = bytesPerSecondMax
    this.#startedMs = this.#sliceStartedMs = host.clock.monotonicMs()
  }

  /** Work goes on after an interruption that was not `pause`. */
  begin(): void {
    this.#sliceStartedMs = this.#host.clock.monotonicMs()
    this.#sliceBytes = 0
  }

  /** `bytes` were worked on. True when the slice is over: the caller is to `pause`. */
  isOver(bytes: number): boolean {
    this.#bytes += bytes
    this.#sliceBytes += bytes
    return this.#sliceBytes >= SLICE_BYTES || this.#host.clock.monotonicMs() - this.#sliceStartedMs >= SLICE_MS
  }

  /** Calls back, in a later turn, when the next slice may begin, and begins it. */
  pause(next: () => void): void {
    const { clock, timers, tick } = this.#host
    const nowMs = clock.monotonicMs()
    const allowedAtMs = this.#startedMs + (this.#bytes / this.#bytesPerSecondMax) * SECOND_MS
    const delayMs = Math.max(nowMs - this.#sliceStartedMs, allowedAtMs - nowMs)
    const go = (): void => {
      this.begin()
      next()
    }
    if (delayMs >= 1) timers.set(Math.ceil(delayMs), go)
    else tick(go)
  }
}
