/**
 * The latest denials, for `why`. Bounded: a principal that asks again and again is one entry with a count, and the entry
 * that was denied least recently makes room.
 */
import type { Acl } from './acl.ts'
import type { AclQuestion } from './acl-index.ts'
import type { AclDecision } from './authority.ts'

export interface Denial extends AclQuestion {
  /** A sentence: the ACL that said no, or that none said yes. */
  readonly reason: string
  readonly acl: Acl | null
  /** Milliseconds since the epoch. */
  readonly firstMs: number
  readonly lastMs: number
  readonly count: number
}

const DENIALS_MAX = 1_000
/** Of a resource's name and of a reason; clients may make long ones up. */
const TEXT_LENGTH_MAX = 1_000

export class Denials {
  readonly #nowMs: () => number
  /** Oldest last denial first. */
  readonly #entries = new Map<string, Denial>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  add(question: AclQuestion, { reason, acl }: AclDecision): void {
    const { principal, host, operation, resourceType } = question
    const resourceName = question.resourceName.slice(0, TEXT_LENGTH_MAX)
    const key = `${operation}/${resourceType}/${host}/${principal}/${resourceName}`
    const before = this.#entries.get(key)
    const lastMs = this.#nowMs()
    this.#entries.delete(key)
    const firstMs = before?.firstMs ?? lastMs
    const count = (before?.count ?? 0) + 1
    const told = reason.slice(0, TEXT_LENGTH_MAX)
    this.#entries.set(key, { ...question, resourceName, reason: told, acl, firstMs, lastMs, count })
    if (this.#entries.size <= DENIALS_MAX) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }

  /** The latest denial last. */
  list(): Denial[] {
    return [...this.#entries.values()]
  }
}
