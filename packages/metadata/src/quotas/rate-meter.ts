/**
 * RateMeter: how fast something flows, over a few windows, and how long it must pause to be within its bound. A ring of
 * sums, nothing is allocated after construction. Times in ms of a monotonic clock that the caller holds.
 *
 * As Kafka measures: the rate is what the live windows hold over their time, and a meter that has just begun counts as if
 * the other windows had passed empty. So a burst of (windows − 1) seconds' worth goes through before the first throttle.
 */
export interface WindowOptions {
  /** quota.window.num */
  readonly count: number
  /** quota.window.size.seconds, in ms */
  readonly sizeMs: number
}

export class RateMeter {
  /** Most per second. */
  bound: number
  readonly #windows: WindowOptions
  readonly #sums: Float64Array
  readonly #startsMs: Float64Array
  #current = 0

  constructor(bound: number, windows: WindowOptions) {
    this.bound = bound
    this.#windows = windows
    this.#sums = new Float64Array(windows.count)
    this.#startsMs = new Float64Array(windows.count).fill(-Infinity)
  }

  /** Takes `value` down as having flowed now; a negative one takes back what did not flow after all. */
  record(value: number, nowMs: number): void {
    const { count, sizeMs } = this.#windows
    if (nowMs - (this.#startsMs[this.#current] as number) >= sizeMs) {
      this.#current = (this.#current + 1) % count
      this.#startsMs[this.#current] = nowMs
      this.#sums[this.#current] = 0
    }
    this.#sums[this.#current] = (this.#sums[this.#current] as number) + value
  }

  /** Per second. */
  rate(nowMs: number): number {
    const elapsedMs = this.#elapsedMs(nowMs)
    return elapsedMs === 0 ? 0 : (this.#total(nowMs) * 1000) / elapsedMs
  }

  exceeded(nowMs: number): boolean {
    return this.#total(nowMs) * 1000 > this.bound * this.#elapsedMs(nowMs)
  }

  /** How long nothing may flow for the rate to be at the bound again; 0 when it is within. */
  throttleMs(nowMs: number): number {
    const excessMs = (this.#total(nowMs) * 1000) / this.bound - this.#elapsedMs(nowMs)
    return excessMs > 0 ? Math.round(excessMs) : 0
  }

  /** Nothing flowed in the live windows: a new meter would be the same. */
  idle(nowMs: number): boolean {
    return this.#total(nowMs) === 0
  }

  #total(nowMs: number): number {
    let total = 0
    for (let at = 0; at < this.#sums.length; at++) if (this.#live(at, nowMs)) total += this.#sums[at] as number
    return total
  }

  #elapsedMs(nowMs: number): number {
    const { count, sizeMs } = this.#windows
    let oldestMs = nowMs
    for (let at = 0; at < this.#sums.length; at++) {
      const startMs = this.#startsMs[at] as number
      if (startMs < oldestMs && this.#live(at, nowMs)) oldestMs = startMs
    }
    const elapsedMs = nowMs - oldestMs
    const missing = count - 1 - Math.floor(elapsedMs / sizeMs)
    return missing > 0 ? elapsedMs + missing * sizeMs : elapsedMs
  }

  #live(at: number, nowMs: number): boolean {
    return nowMs - (this.#startsMs[at] as number) < this.#windows.count * this.#windows.sizeMs
  }
}
