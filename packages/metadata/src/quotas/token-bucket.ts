/**
 * TokenBucket: credit that fills at a rate up to a burst, and may be overdrawn (KIP-599). Whoever finds it overdrawn waits
 * until it has filled to zero. Times in ms of a monotonic clock that the caller holds.
 */
import type { WindowOptions } from './rate-meter.ts'

export class TokenBucket {
  /** Tokens per second. */
  readonly bound: number
  readonly #burst: number
  #tokens: number
  #filledMs: number

  /** Begins full: bound × windows × their length. */
  constructor(bound: number, windows: WindowOptions, nowMs: number) {
    this.bound = bound
    this.#burst = (bound * windows.count * windows.sizeMs) / 1000
    this.#tokens = this.#burst
    this.#filledMs = nowMs
  }

  take(tokens: number, nowMs: number): void {
    this.#fill(nowMs)
    this.#tokens -= tokens
  }

  /** How long until the credit is not negative; 0 when it is not. */
  throttleMs(nowMs: number): number {
    this.#fill(nowMs)
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1000) / this.bound)
  }

  /** As good as new. */
  full(nowMs: number): boolean {
    this.#fill(nowMs)
    return this.#tokens >= this.#burst
  }

  #fill(nowMs: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#filledMs) * this.bound) / 1000)
    this.#filledMs = nowMs
  }
}
