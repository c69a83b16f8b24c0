/**
 * Files and directories that are no longer part of any log, removed after file.delete.delay.ms: readers that hold them
 * open come to their end. On a full volume that delay is over at once.
 */
import type { Host, TimerHandle } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import type { BackgroundQueue } from './background-queue.ts'

interface Pending {
  readonly remove: () => void
  readonly timer: TimerHandle
}

export class Removals {
  readonly #host: Host
  readonly #logger: Logger
  readonly #background: BackgroundQueue
  readonly #pending: Set<Pending> = new Set()

  constructor(host: Host, logger: Logger, background: BackgroundQueue) {
    this.#host = host
    this.#logger = logger
    this.#background = background
  }

  /** Runs `remove`, which may throw, after `delayMs` in a turn of its own. */
  later(delayMs: number, remove: () => void): void {
    const pending: Pending = {
      remove,
      timer: this.#host.timers.set(delayMs, () => this.#run(pending)),
    }
    this.#pending.add(pending)
  }

  /** Whatever waits is removed now. */
  hurry(): void {
    for (const pending of this.#pending) {
      this.#host.timers.clear(pending.timer)
      this.#run(pending)
    }
  }

  /** Nothing is removed any more: the next start finds it by its name. */
  close(): void {
    for (const { timer } of this.#pending) this.#host.timers.clear(timer)
    this.#pending.clear()
  }

  #run(pending: Pending): void {
    this.#pending.delete(pending)
    this.#background.run((done) => {
      try {
        pending.remove()
      } catch (error) {
        this.#logger.warn('a deleted file could not be removed', { error: String(error) })
      }
      done()
    })
  }
}
