/**
 * How many may log in anew per second: a bucket that holds what one second gives, so that a second's worth may come at once.
 */
import type { Clock } from '@millrace/base/host'

export class ConnectRate {
  readonly #clock: Clock
  #perSecond: number | null = null
  #left = 0
  #filledMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param perSecond null: as many as come */
  limit(perSecond: number | null): void {
    if (perSecond === this.#perSecond) return
    this.#perSecond = perSecond
    this.#left = perSecond ?? 0
    this.#filledMs = this.#clock.monotonicMs()
  }

  /** One more wants to come in. */
  admits(): boolean {
    if (this.#perSecond === null) return true
    const nowMs = this.#clock.monotonicMs()
    this.#left = Math.min(this.#perSecond, this.#left + ((nowMs - this.#filledMs) / 1000) * this.#perSecond)
    this.#filledMs = nowMs
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
