/**
 * WriteBacklog: the response bytes that peers have not taken yet, over all connections of one server. A peer that asks and
 * never reads holds one response; a thousand of them hold a thousand. Above the limit the peer that has been behind the
 * longest is dropped, then the next. Nodes of the cluster are counted and never dropped.
 *
 * Each connection tells itself after a write; what was taken at once costs nothing. Single owner: the server's loop.
 */
export interface BacklogUser {
  readonly internal: boolean
  /** Bytes given to the transport that the peer's window and the kernel have not taken. */
  readonly unwrittenBytes: number
  drop(reason: string): void
}

export class WriteBacklog {
  readonly #limitBytes: number
  /** Since when they are behind: a Set iterates in order of insertion. */
  readonly #behind = new Set<BacklogUser>()

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** `user` has written and the peer has not taken all of it. */
  add(user: BacklogUser): void {
    this.#behind.add(user)
    let bytes = 0
    for (const each of this.#behind) bytes += each.unwrittenBytes
    if (bytes <= this.#limitBytes) return
    for (const each of this.#behind) {
      if (each.internal) continue
      bytes -= each.unwrittenBytes
      this.#behind.delete(each)
      each.drop('responses are not read, and those of all connections together exceed the limit')
      if (bytes <= this.#limitBytes) return
    }
  }

  /** The peer has taken everything, or is gone. */
  remove(user: BacklogUser): void {
    this.#behind.delete(user)
  }
}
