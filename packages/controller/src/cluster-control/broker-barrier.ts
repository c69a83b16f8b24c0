/**
 * Waits until every live broker has a change: a topic that was just created can then be used through any broker. Bounded
 * in time, since a broker may be slow (with thousands of replicas to make) or about to be fenced; the change is durable
 * either way.
 */
import type { Host, TimerHandle } from '@millrace/base/host'
import type { MetadataImage } from '@millrace/metadata/image'
import type { BrokerSessions } from './broker-sessions.ts'

/** Longest wait, whatever the request allows. */
export const BARRIER_MS_MAX = 30_000

interface Waiter {
  readonly offset: number
  readonly callback: () => void
  readonly timer: TimerHandle
}

export class BrokerBarrier {
  readonly #host: Host
  readonly #image: () => MetadataImage
  readonly #sessions: BrokerSessions
  #waiters: Waiter[] = []

  constructor(host: Host, image: () => MetadataImage, sessions: BrokerSessions) {
    this.#host = host
    this.#image = image
    this.#sessions = sessions
  }

  /** Calls back once all unfenced brokers have `offset`, or after `timeoutMs`. */
  wait(offset: number, timeoutMs: number, callback: () => void): void {
    if (this.#reached(offset)) return callback()
    const timer = this.#host.timers.set(Math.max(0, Math.min(timeoutMs, BARRIER_MS_MAX)), () => {
      this.#waiters = this.#waiters.filter((each) => each !== waiter)
      callback()
    })
    const waiter: Waiter = { offset, callback, timer }
    this.#waiters.push(waiter)
  }

  /** A broker told of an offset, or was fenced. */
  progressed(): void {
    if (this.#waiters.length === 0) return
    const done = this.#waiters.filter(({ offset }) => this.#reached(offset))
    if (done.length === 0) return
    this.#waiters = this.#waiters.filter((waiter) => !done.includes(waiter))
    for (const { timer, callback } of done) {
      this.#host.timers.clear(timer)
      callback()
    }
  }

  close(): void {
    for (const { timer } of this.#waiters) this.#host.timers.clear(timer)
    this.#waiters = []
  }

  #reached(offset: number): boolean {
    for (const broker of this.#image().brokers.values()) {
      if (!broker.fenced && !this.#sessions.has(broker.id, offset)) return false
    }
    return true
  }
}
