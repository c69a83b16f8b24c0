/**
 * How many bytes a log may write on the loop. A write that only goes to the page cache is done sooner than a trip through
 * the thread pool, but a system that throttles its writers makes the same call
 * sleep. So larger groups are written at once only as long as that has been quick; after a slow one they go through the
 * pool for a while. Small groups are always written at once: their trip costs more than they do.
 */
import type { Clock } from '@millrace/base/host'

/** Always written synchronously below: tens of microseconds. */
export const SMALL_WRITE_BYTES: number = 64 * 1024
/** Written synchronously below while the disk keeps up: a hundred microseconds or two. */
export const LARGE_WRITE_BYTES: number = 512 * 1024
/** A large write that took longer was held up by the system; a throttled writer sleeps 10 ms and more. */
const SLOW_MS = 4
const CAUTION_MS = 1000

export class SyncWriteLimit {
  readonly #clock: Clock
  #cautiousUntilMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether `length` bytes may be written on the loop now. */
  allows(length: number): boolean {
    if (length < SMALL_WRITE_BYTES) return true
    return length < LARGE_WRITE_BYTES && this.#clock.monotonicMs() >= this.#cautiousUntilMs
  }

  /** Runs a synchronous write that was allowed, and learns from how long it took. What it throws passes through. */
  run(length: number, write: () => void): void {
    if (length < SMALL_WRITE_BYTES) return write()
    const startedMs = this.#clock.monotonicMs()
    write()
    const endedMs = this.#clock.monotonicMs()
    if (endedMs - startedMs > SLOW_MS) this.#cautiousUntilMs = endedMs + CAUTION_MS
  }
}
