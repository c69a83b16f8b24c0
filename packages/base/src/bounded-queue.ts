/**
 * A first-in, first-out queue with a limit that has a name: what is full refuses, it never grows without bound.
 * A ring over an array; push and shift are constant time.
 */
export class BoundedQueue<T> {
  readonly #items: (T | undefined)[] = []
  readonly #limit: number
  #head = 0
  #size = 0

  /** @param limit most items held at once; at least 1 */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#size
  }

  /** Appends `item`; false (and nothing kept) when the queue is full. */
  push(item: T): boolean {
    if (this.#size === this.#limit) return false
    this.#items[(this.#head + this.#size) % this.#limit] = item
    this.#size++
    return true
  }

  /** Removes and returns the oldest item; undefined when empty. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head = (this.#head + 1) % this.#limit
    this.#size--
    return item
  }
}
