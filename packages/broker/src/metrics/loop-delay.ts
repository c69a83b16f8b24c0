/**
 * How long the loop keeps callbacks waiting: a timer every 50 ms, and how much later it came. Proves that no synchronous
 * step takes long. Buckets by upper bound in ms; counts since the start.
 */
import type { Host, TimerHandle } from '@millrace/base/host'

const INTERVAL_MS = 50
export const LOOP_DELAY_BOUNDS_MS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, Infinity]

export class LoopDelay {
  /** Parallel to LOOP_DELAY_BOUNDS_MS. */
  readonly counts: number[] = LOOP_DELAY_BOUNDS_MS.map(() => 0)
  maxMs = 0
  sumMs = 0
  readonly #host: Host
  #timer: TimerHandle | null = null

  constructor(host: Host) {
    this.#host = host
  }

  start(): void {
    const dueMs = this.#host.clock.monotonicMs() + INTERVAL_MS
    this.#timer = this.#host.timers.set(INTERVAL_MS, () => {
      this.record(Math.max(0, this.#host.clock.monotonicMs() - dueMs))
      this.start()
    })
  }

  stop(): void {
    if (this.#timer !== null) this.#host.timers.clear(this.#timer)
    this.#timer = null
  }

  record(delayMs: number): void {
    this.maxMs = Math.max(this.maxMs, delayMs)
    this.sumMs += delayMs
    const bucket = LOOP_DELAY_BOUNDS_MS.findIndex((bound) => delayMs <= bound)
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
  }
}
