/** Callbacks that are due together, and those that wait for a connection's end. */

export function runAll(callbacks: Iterable<() => void>): void {
  for (const callback of callbacks) callback()
}

export class CloseListeners {
  readonly #listeners = new Set<() => void>()
  #closed = false

  /** Called once when the connection is gone, at once if it is gone already. Returns what takes it off again. */
  add(listener: () => void): () => void {
    if (this.#closed) listener()
    else this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  run(): void {
    this.#closed = true
    runAll(this.#listeners)
  }
}
