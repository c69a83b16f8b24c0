/** Doubling pauses between retries. No jitter: followers of one leader are few, and runs must replay by seed. */
export class Backoff {
  readonly #firstMs: number
  readonly #maxMs: number
  #failures = 0

  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = firstMs
    this.#maxMs = maxMs
  }

  /** The pause before the next try, in ms. */
  next(): number {
    const pauseMs = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#failures)
    if (pauseMs < this.#maxMs) this.#failures++
    return pauseMs
  }

  reset(): void {
    this.#failures = 0
  }
}
