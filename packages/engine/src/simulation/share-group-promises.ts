/**
 * What a broker promises to a share group (KIP-932), shared by all its members: what was accepted or rejected, and
 * answered so, is acquired by nobody afterwards; a lock is one member's; a record is delivered no more often than is
 * allowed; the group's start never goes back and reaches the end; every record is delivered; and a session is refused to
 * nobody who kept its connection.
 *
 * Order is told by marks: an answer that arrived at mark 5 was before a request that was sent at mark 6. A leader that
 * another has replaced may not know, and deliver what is done (as with Kafka: acquiring writes nothing), so only what is
 * surely of the same or of a later leader epoch counts.
 */
import { GroupLedger } from './group-ledger.ts'
import type { Ledger } from './ledger.ts'

/** Between what a request was sent and its answer arrived; for a leader epoch, what it was at least and at most. */
export interface Span {
  readonly first: number
  readonly last: number
}

export interface Exchange {
  readonly sentMark: number
  readonly sentMs: number
  readonly epochs: Span
}

/** What one answer gave to a member. */
export interface Acquisition extends Exchange {
  readonly memberId: string
  readonly partition: number
  readonly offset: number
  readonly deliveryCount: number
  /** Whose end frees the record. */
  readonly session: ClientSession
}

/** A share session as its client sees it. */
export interface ClientSession {
  readonly memberId: string
  readonly brokerId: number
  /** Of the next request; 0: there is no session, the next request opens one. */
  epoch: number
  /** Connections to the broker that had been lost when the broker last took a request as one of the session. */
  losses: number
}

interface Done {
  readonly mark: number
  readonly epochs: Span
  readonly what: string
}

/** Broken if both sessions turn out to have lasted: a broker that has lost a member's connection gives to others. */
interface Suspicion {
  readonly what: string
  readonly unheard: Set<ClientSession>
  readonly mark: number
}

export interface ShareGroupLimits {
  readonly lockMs: number
  readonly deliveryCountMax: number
}

export class ShareGroupPromises extends GroupLedger {
  readonly #limits: ShareGroupLimits
  /** By partition and offset: acquisitions whose locks may last. */
  readonly #held: Map<string, Acquisition> = new Map()
  readonly #done: Map<string, Done> = new Map()
  /** Records that were accepted, rejected, or delivered for the last time, whether that was answered or not. */
  readonly #finished: Set<string> = new Set()
  readonly #starts: Map<number, number> = new Map()
  #suspicions: Suspicion[] = []
  #mark = 0

  constructor(ledger: Ledger, limits: ShareGroupLimits) {
    super(ledger, 'share group')
    this.#limits = limits
  }

  count(what: string): void {
    this.ledger.count(what)
  }

  /** Later than every mark before. */
  mark(): number {
    return ++this.#mark
  }

  /** A member was told that it has the record now. */
  acquired(acquisition: Acquisition, value: string, nowMs: number): void {
    const { memberId, partition, offset, deliveryCount, sentMark, sentMs, epochs, session } = acquisition
    const key = keyOf(partition, offset)
    this.ledger.count('records acquired')
    this.records.stands(String(partition), offset, value, 'consumed')
    if (deliveryCount < 1 || deliveryCount > this.#limits.deliveryCountMax)
      this.broken(`record ${key} was delivered as number ${deliveryCount} of ${this.#limits.deliveryCountMax}`)
    if (deliveryCount > 1) this.ledger.count('records delivered again')
    if (deliveryCount === this.#limits.deliveryCountMax) this.#finished.add(key)
    const done = this.#done.get(key)
    if (done !== undefined && done.mark < sentMark && epochs.first >= done.epochs.last)
      this.broken(`record ${key} was ${done.what}, and then delivered to ${memberId} (delivery ${deliveryCount})`)
    const holder = this.#held.get(key)
    if (holder !== undefined && holder.session !== session && isOneEpoch(holder.epochs, epochs)) {
      const lastsMs = Math.min(holder.sentMs, sentMs) + this.#limits.lockMs
      const what = `record ${key} was delivered to ${memberId} while ${holder.memberId} had it`
      if (nowMs < lastsMs)
        this.#suspicions.push({ what, unheard: new Set([holder.session, session]), mark: this.mark() })
    }
    this.#held.set(key, acquisition)
  }

  /** The lock begins anew with a request of `sentMs`. */
  renewed(partition: number, offset: number, session: ClientSession, sentMs: number): void {
    const held = this.#held.get(keyOf(partition, offset))
    if (held?.session === session) this.#held.set(keyOf(partition, offset), { ...held, sentMs })
  }

  /** The member is about to say something of the record, or knows that it has lost it: it may be anybody's. */
  letGo(partition: number, offset: number, session: ClientSession): void {
    const key = keyOf(partition, offset)
    if (this.#held.get(key)?.session === session) this.#held.delete(key)
  }

  /** The member is about to accept or reject the record. */
  finishes(partition: number, offset: number): void {
    this.#finished.add(keyOf(partition, offset))
  }

  /** An accept or a reject was answered with success. */
  finished(partition: number, offset: number, what: string, epochs: Span): void {
    this.ledger.count('records finished')
    const key = keyOf(partition, offset)
    const before = this.#done.get(key)
    if (before === undefined) this.#done.set(key, { mark: this.mark(), epochs, what })
  }

  /** A request that was sent at `sentMark` was answered from within the session: it had lasted until then. */
  alive(session: ClientSession, sentMark: number): void {
    for (const { what, unheard, mark } of this.#suspicions)
      if (mark < sentMark && unheard.delete(session) && unheard.size === 0) this.broken(what)
    this.#suspicions = this.#suspicions.filter(({ unheard }) => unheard.size > 0)
  }

  /** The session has ended, or may have. */
  ended(session: ClientSession): void {
    this.#suspicions = this.#suspicions.filter(({ unheard }) => !unheard.has(session))
    for (const [key, { session: holder }] of this.#held) if (holder === session) this.#held.delete(key)
  }

  /** Where the group began in the partition when it was asked at `sentMark`, by a coordinator of the present. */
  start(partition: number, offset: number, least: number): void {
    if (offset < least)
      this.broken(`the start of the group in partition ${partition} went back from ${least} to ${offset}`)
    this.#starts.set(partition, Math.max(offset, this.startOf(partition)))
  }

  startOf(partition: number): number {
    return this.#starts.get(partition) ?? -1
  }

  /** In the end, when the group has come to the end of every partition. */
  check(partitions: number): void {
    for (let partition = 0; partition < partitions; partition++)
      for (const [offset, value] of this.records.all(String(partition)))
        if (!this.#finished.has(keyOf(partition, offset)))
          this.broken(`${value} at ${partition}/${offset} was passed over: no member of the share group finished it`)
  }
}

function keyOf(partition: number, offset: number): string {
  return `${partition}/${offset}`
}

/** Both are surely of the same leader epoch. */
function isOneEpoch(one: Span, other: Span): boolean {
  return one.first === one.last && other.first === one.first && other.last === one.last && one.first >= 0
}
