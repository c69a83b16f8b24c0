/**
 * Produces with acks=-1 that wait for the high watermark of one partition. Offsets are handed out in order, so the
 * queue is sorted by the offset waited for; completing looks at the head only. One timer per partition.
 */
import type { Host, TimerHandle } from '@millrace/base/host'

export interface DelayedProduce {
  /** Done when the high watermark has reached it: last offset of the batch + 1. */
  readonly requiredOffset: number
  /** Monotonic ms. */
  readonly deadlineMs: number
  readonly baseOffset: number
  readonly logAppendTimeMs: number
  readonly done: (errorCode: number, baseOffset: number, logAppendTimeMs: number, refusal: null) => void
}

export class DelayedProduces {
  readonly #host: Host
  readonly #expiredCode: number
  #queue: DelayedProduce[] = []
  #head = 0
  #timer: TimerHandle | null = null
  #timerAtMs = Infinity

  /** @param expiredCode error code of a produce whose time is up */
  constructor(host: Host, expiredCode: number) {
    this.#host = host
    this.#expiredCode = expiredCode
  }

  get size(): number {
    return this.#queue.length - this.#head
  }

  add(produce: DelayedProduce): void {
    const last = this.#queue.at(-1)
    if (this.size > 0 && last !== undefined && last.requiredOffset > produce.requiredOffset) {
      // A retried duplicate waits for an offset given out earlier.
      let at = this.#queue.length
      while (at > this.#head && (this.#queue[at - 1] as DelayedProduce).requiredOffset > produce.requiredOffset) at--
      this.#queue.splice(at, 0, produce)
    } else this.#queue.push(produce)
    if (produce.deadlineMs < this.#timerAtMs) this.#arm(produce.deadlineMs)
  }

  /** Answers all that wait for at most `highWatermark`, with `errorCode`. */
  complete(highWatermark: number, errorCode: number): void {
    while (this.#head < this.#queue.length) {
      const produce = this.#queue[this.#head] as DelayedProduce
      if (produce.requiredOffset > highWatermark) break
      this.#head++
      produce.done(
        errorCode,
        errorCode === 0 ? produce.baseOffset : -1,
        errorCode === 0 ? produce.logAppendTimeMs : -1,
        null,
      )
    }
    this.#compact()
  }

  /** Fails everything: leadership lost, log offline. */
  fail(errorCode: number): void {
    const failed = this.#queue.slice(this.#head)
    this.#queue = []
    this.#head = 0
    this.#compact()
    for (const produce of failed) produce.done(errorCode, -1, -1, null)
  }

  #compact(): void {
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0
      this.#head = 0
      // The timer stays: under load the queue empties many times a second, and firing once in vain is cheaper.
    } else if (this.#head > 1024) {
      this.#queue.splice(0, this.#head)
      this.#head = 0
    }
  }

  #arm(atMs: number): void {
    if (this.#timer !== null) this.#host.timers.clear(this.#timer)
    this.#timerAtMs = atMs
    this.#timer = this.#host.timers.set(Math.max(0, atMs - this.#host.clock.monotonicMs()), () => this.#expire())
  }

  #expire(): void {
    this.#timer = null
    this.#timerAtMs = Infinity
    const nowMs = this.#host.clock.monotonicMs()
    const expired: DelayedProduce[] = []
    const kept: DelayedProduce[] = []
    let nextMs = Infinity
    for (let at = this.#head; at < this.#queue.length; at++) {
      const produce = this.#queue[at] as DelayedProduce
      if (produce.deadlineMs <= nowMs) expired.push(produce)
      else {
        kept.push(produce)
        nextMs = Math.min(nextMs, produce.deadlineMs)
      }
    }
    this.#queue = kept
    this.#head = 0
    if (nextMs < Infinity) this.#arm(nextMs)
    for (const produce of expired) produce.done(this.#expiredCode, -1, -1, null)
  }
}
