/**
 * MemoryBudget: the memory that all requests of one broker may hold while they are received and processed. Framers
 * reserve as bytes arrive, so what a frame's header merely claims costs nothing.
 *
 * Progress: a budget full of half-received frames would never empty. So one user at a time may exceed the limit until
 * it releases something; everyone else waits. The memory in use is therefore at most the limit plus one largest frame.
 * Single owner: the server's loop.
 */
export interface BudgetUser {
  /** Memory may be available again: retry what was refused. */
  onMemoryAvailable(): void
}

export class MemoryBudget {
  readonly limitBytes: number
  #usedBytes = 0
  /** First come, first served; a Set iterates in order of insertion. */
  readonly #waiting = new Set<BudgetUser>()
  #exceeding: BudgetUser | null = null
  #waking = false

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Users that were refused and have not been woken. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /** True: `bytes` are `user`'s until released. False: nothing was taken; `user` is told when to try again. */
  reserve(user: BudgetUser, bytes: number): boolean {
    if (this.#usedBytes + bytes > this.limitBytes) {
      if (this.#exceeding !== null && this.#exceeding !== user) {
        this.#waiting.add(user)
        return false
      }
      this.#exceeding = user
    }
    this.#usedBytes += bytes
    return true
  }

  /** Counts memory that is taken whether it fits or not: bytes that had already been read. */
  charge(bytes: number): void {
    this.#usedBytes += bytes
  }

  /** Gives back what `user` reserved or charged. */
  release(user: BudgetUser, bytes: number): void {
    this.#usedBytes -= bytes
    if (this.#exceeding === user) this.#exceeding = null
    this.#wake()
  }

  /** `user` is gone: it waits for nothing any more. What it reserved is released by `release`. */
  forget(user: BudgetUser): void {
    this.#waiting.delete(user)
    if (this.#exceeding !== user) return
    this.#exceeding = null
    this.#wake()
  }

  /** A woken user reserves at once, so each is woken only while that can succeed. */
  #wake(): void {
    if (this.#waking) return
    this.#waking = true
    for (const user of this.#waiting) {
      if (this.#usedBytes >= this.limitBytes && this.#exceeding !== null) break
      this.#waiting.delete(user)
      user.onMemoryAvailable()
    }
    this.#waking = false
  }
}
