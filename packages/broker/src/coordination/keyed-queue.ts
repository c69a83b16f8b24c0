/**
 * KeyedQueue: work on one key (a group, a share partition) is done one piece after the other, so that every decision sees
 * what the one before it has committed. Different keys do not wait for each other.
 */
export type QueuedWork = (done: () => void) => void

export class KeyedQueue {
  readonly #waiting: Map<string, QueuedWork[]> = new Map()

  /** Begins at once when nothing of `key` is under way. `work` calls `done` exactly once, in any turn. */
  run(key: string, work: QueuedWork): void {
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) {
      waiting.push(work)
      return
    }
    this.#waiting.set(key, [])
    work(() => this.#next(key))
  }

  /** Whether work of `key` is under way. */
  isBusy(key: string): boolean {
    return this.#waiting.has(key)
  }

  #next(key: string): void {
    const next = this.#waiting.get(key)?.shift()
    if (next === undefined) this.#waiting.delete(key)
    else next(() => this.#next(key))
  }
}
