/**
 * The newest security snapshot of a node, and who acts on it. It exists before the broker does: listeners are open while the
 * broker still waits to be let in, and what is told meanwhile counts.
 */
import type { SecuritySnapshot } from './security-snapshot.ts'

export class SecurityFeed {
  /** Somebody would tell of a change. */
  controlPlanePresent = true
  #current: SecuritySnapshot | null
  #apply: (snapshot: SecuritySnapshot) => void = () => undefined

  /** @param current null: none was ever made; nobody is known */
  constructor(current: SecuritySnapshot | null) {
    this.#current = current
  }

  get current(): SecuritySnapshot | null {
    return this.#current
  }

  /** From now on this one counts, also for connections that are open. */
  push(snapshot: SecuritySnapshot): void {
    this.#current = snapshot
    this.#apply(snapshot)
  }

  /** Calls `apply` with the snapshot there is, and with every later one. There is one who acts. */
  follow(apply: (snapshot: SecuritySnapshot) => void): void {
    this.#apply = apply
    if (this.#current !== null) apply(this.#current)
  }
}
