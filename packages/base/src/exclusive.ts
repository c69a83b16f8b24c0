/**
 * One piece of work at a time, in the order of asking: what was read at its beginning is still so when it writes. The work
 * must not ask for its own turn again, it would wait for itself.
 */
export class Exclusive {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
