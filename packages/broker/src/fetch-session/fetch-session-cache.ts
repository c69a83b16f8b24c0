/**
 * FetchSessionCache: all fetch sessions of one broker, at most `slots` of them. When it is full a new session takes the
 * place of one unused for two minutes, or of one that is older than that and matters less (followers before consumers,
 * larger before smaller); otherwise the asker gets no session, which is always legal. Source: KIP-227.
 */
import type { Host } from '@millrace/base/host'
import { FetchSession } from './fetch-session.ts'

const EVICTABLE_AFTER_MS = 120_000
const SESSION_ID_MAX = 0x7fff_ffff

export class FetchSessionCache {
  readonly #host: Host
  readonly #slots: () => number
  /** In order of last use, the longest unused first. */
  readonly #sessions = new Map<number, FetchSession>()

  /** @param slots max.incremental.fetch.session.cache.slots, read when a session is made */
  constructor(host: Host, slots: () => number) {
    this.#host = host
    this.#slots = slots
  }

  get size(): number {
    return this.#sessions.size
  }

  get(id: number): FetchSession | undefined {
    return this.#sessions.get(id)
  }

  remove(id: number): void {
    this.#sessions.delete(id)
  }

  /** Notes that the session was used now. */
  touch(session: FetchSession): void {
    session.lastUsedMs = this.#host.clock.monotonicMs()
    if (this.#sessions.delete(session.id)) this.#sessions.set(session.id, session)
  }

  /** A new, empty session that is to hold `size` partitions; null when there is no place for it. */
  create(options: {
    readonly privileged: boolean
    readonly byId: boolean
    readonly size: number
  }): FetchSession | null {
    const nowMs = this.#host.clock.monotonicMs()
    if (!this.#makeRoom(options.privileged, options.size, nowMs)) return null
    let id = 0
    do id = 1 + this.#host.random.below(SESSION_ID_MAX)
    while (this.#sessions.has(id))
    const session = new FetchSession(id, options.privileged, options.byId, nowMs)
    this.#sessions.set(id, session)
    return session
  }

  #makeRoom(privileged: boolean, size: number, nowMs: number): boolean {
    const slots = this.#slots()
    if (this.#sessions.size < slots) return true
    if (slots <= 0) return false
    const [longestUnused] = this.#sessions.values()
    if (longestUnused !== undefined && nowMs - longestUnused.lastUsedMs > EVICTABLE_AFTER_MS) {
      return this.#sessions.delete(longestUnused.id)
    }
    let least: FetchSession | null = null
    for (const session of this.#sessions.values()) {
      if (nowMs - session.createdMs <= EVICTABLE_AFTER_MS) continue
      if (least === null || mattersLess(session, least)) least = session
    }
    if (least === null || !mattersLess(least, { privileged, size })) return false
    return this.#sessions.delete(least.id)
  }
}

interface Weight {
  readonly privileged: boolean
  readonly size: number
}

function mattersLess(a: Weight, b: Weight): boolean {
  return a.privileged === b.privileged ? a.size < b.size : b.privileged
}
