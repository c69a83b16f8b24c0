/**
 * One operation at a time per group: an operation that has decided and waits for its records to be committed holds the
 * group, and what comes meanwhile waits behind it. So nothing is decided on state that a queued write is about to change.
 * Bounded by the connections, each of which has one request of a group in process.
 */
export class GroupQueue {
  /** Groups with an operation under way, and what waits behind it. */
  readonly #waiting: Map<string, ((done: () => void) => void)[]> = new Map()

  /** Runs `operation` at once, or when its turn comes; it calls `done` exactly once, when the group is free again. */
  run(groupId: string, operation: (done: () => void) => void): void {
    const queue = this.#waiting.get(groupId)
    if (queue !== undefined) {
      queue.push(operation)
      return
    }
    this.#waiting.set(groupId, [])
    this.#start(groupId, operation)
  }

  isBusy(groupId: string): boolean {
    return this.#waiting.has(groupId)
  }

  #start(groupId: string, first: (done: () => void) => void): void {
    // A loop, not recursion: operations that end at once must not deepen the stack.
    let operation: ((done: () => void) => void) | undefined = first
    while (operation !== undefined) {
      let state: 'running' | 'done' | 'left' = 'running'
      operation(() => {
        if (state === 'left') this.#next(groupId)
        else state = 'done'
      })
      if ((state as string) !== 'done') {
        state = 'left'
        return
      }
      operation = this.#take(groupId)
    }
  }

  #next(groupId: string): void {
    const operation = this.#take(groupId)
    if (operation !== undefined) this.#start(groupId, operation)
  }

  #take(groupId: string): ((done: () => void) => void) | undefined {
    const operation = this.#waiting.get(groupId)?.shift()
    if (operation === undefined) this.#waiting.delete(groupId)
    return operation
  }
}
