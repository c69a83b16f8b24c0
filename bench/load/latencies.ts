/** Latencies in buckets of 1 % width: percentiles without keeping every value. */
const GROWTH = 1.01
const FIRST_MS = 0.01

export class Latencies {
  readonly #counts = new Float64Array(2_000)
  #total = 0

  add(ms: number): void {
    const bucket =
      ms <= FIRST_MS ? 0 : Math.min(this.#counts.length - 1, Math.ceil(Math.log(ms / FIRST_MS) / Math.log(GROWTH)))
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#total++
  }

  /** The value that `share` (0..1) of all stay at or below, ms; NaN without values. */
  percentile(share: number): number {
    if (this.#total === 0) return Number.NaN
    let left = Math.ceil(this.#total * share)
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket] ?? 0
      if (left <= 0) return FIRST_MS * GROWTH ** bucket
    }
    return FIRST_MS * GROWTH ** this.#counts.length
  }
}
