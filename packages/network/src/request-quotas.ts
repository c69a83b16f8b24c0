/**
 * What a node's client quotas look like to the request server (KIP-13, KIP-124, KIP-219, KIP-612): it asks once per
 * request, answers at once with the throttle time, and then neither reads from the connection nor starts anything of it
 * until that time is over. Which client has which quota is the node's business; internal connections have none.
 */
import type { TimerHandle, Timers } from '@millrace/base/host'
import type { ConnectionInfo } from './api-handler.ts'
import type { QuotaExcess } from '@millrace/policy/denials/quota-excess'

export interface RequestQuotas {
  /** The quota of a connection, for its whole life. Who is behind it is looked at with every request. */
  open(connection: ConnectionInfo): ConnectionQuota
  /** Takes a new connection down. null: it is welcome at once. */
  admit(remoteAddress: string): ConnectionDelay | null
}

export interface ConnectionDelay {
  /** ms */
  readonly delayMs: number
  /** Afterwards the connection is closed unused; otherwise it is served from then on. */
  readonly refused: boolean
  /** What it is delayed for. */
  readonly excess: QuotaExcess
}

export interface MeteredRequest {
  readonly apiKey: number
  readonly clientId: string | null
  /** Header and body. */
  readonly bytesLength: number
}

export interface ConnectionQuota {
  /** False while no client quota is set: then nothing below need be asked. */
  readonly active: boolean
  /** True while someone's processing time is limited: `worked` is to be told of it. */
  readonly timed: boolean
  /** The request is about to be answered. How long (ms) its client is to be throttled; 0: not at all. */
  answered(request: MeteredRequest): number
  /**
   * Why the request of which `answered` or its handler has just said so is throttled for so long (ms). null: the quota is
   * not known here any more.
   */
  explain(request: MeteredRequest, throttleMs: number): QuotaExcess | null
  /** The node's loop was busy with a request for so long (ms). */
  worked(clientId: string | null, elapsedMs: number): void
  /** A consumer is about to get `bytes`. Above 0: it is to get none of them now, and be throttled for so long (ms). */
  fetched(clientId: string | null, bytes: number): number
  /** Most bytes that one Fetch may return. */
  fetchBytesMax(clientId: string | null): number
}

/** What an int32 of ms and the timers can hold; no quota makes anyone wait for weeks. */
const THROTTLE_MS_MAX = 0x7fff_ffff

/** The response with its client's throttle time, or the longer one that its handler says; `throttled` is told of it. */
export function metered(
  quota: ConnectionQuota,
  request: MeteredRequest,
  response: unknown,
  throttled: { throttle(request: MeteredRequest, delayMs: number): void },
): unknown {
  const told = (response as { readonly throttleTimeMs?: number } | null)?.throttleTimeMs ?? 0
  const throttleTimeMs = Math.min(Math.max(told, quota.answered(request)), THROTTLE_MS_MAX)
  if (throttleTimeMs <= 0) return response
  throttled.throttle(request, throttleTimeMs)
  return response === null ? null : { ...response, throttleTimeMs }
}

/** The quota's share in one connection: how long it stays silent. `onEnd` when it may go on. */
export class Mute {
  readonly #timers: Timers
  readonly #onEnd: () => void
  #timer: TimerHandle | null = null
  #endMs = 0

  constructor(timers: Timers, onEnd: () => void) {
    this.#timers = timers
    this.#onEnd = onEnd
  }

  get active(): boolean {
    return this.#timer !== null
  }

  /** Silent for `delayMs` from now; never shortens what was said before. */
  begin(delayMs: number, nowMs: number): void {
    if (this.#timer !== null && nowMs + delayMs <= this.#endMs) return
    this.close()
    this.#endMs = nowMs + delayMs
    this.#timer = this.#timers.set(delayMs, () => {
      this.#timer = null
      this.#onEnd()
    })
  }

  close(): void {
    if (this.#timer !== null) this.#timers.clear(this.#timer)
    this.#timer = null
  }
}
