/** Timers of members (session, rebalance, join, sync): one per kind, group and member; setting one again takes its place. */
import type { Host, TimerHandle } from '@millrace/base/host'

export class MemberTimers {
  readonly #host: Host
  readonly #timers: Map<string, TimerHandle> = new Map()

  constructor(host: Host) {
    this.#host = host
  }

  set(kind: string, groupId: string, memberId: string, delayMs: number, expired: () => void): void {
    const key = keyOf(kind, groupId, memberId)
    const known = this.#timers.get(key)
    if (known !== undefined) this.#host.timers.clear(known)
    const handle = this.#host.timers.set(Math.max(1, delayMs), () => {
      this.#timers.delete(key)
      expired()
    })
    this.#timers.set(key, handle)
  }

  has(kind: string, groupId: string, memberId: string): boolean {
    return this.#timers.has(keyOf(kind, groupId, memberId))
  }

  clear(kind: string, groupId: string, memberId: string): void {
    const key = keyOf(kind, groupId, memberId)
    const handle = this.#timers.get(key)
    if (handle === undefined) return
    this.#host.timers.clear(handle)
    this.#timers.delete(key)
  }

  /** Leadership has gone. */
  clearAll(): void {
    for (const handle of this.#timers.values()) this.#host.timers.clear(handle)
    this.#timers.clear()
  }
}

function keyOf(kind: string, groupId: string, memberId: string): string {
  return `${kind}\n${groupId}\n${memberId}`
}
