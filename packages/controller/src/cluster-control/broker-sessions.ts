/**
 * Who is alive: what brokers last told by heartbeat and fetch. Volatile by design: after a restart of the controller
 * every broker gets one full session before it can be fenced. A broker whose connection closed is given a short grace
 * to show up again; a process that died is noticed at once that way, not after a session.
 */
import type { MetadataImage } from '@millrace/metadata/image'
import { isActive } from '@millrace/metadata/image'

/** A closed connection without a new heartbeat within this time is a death. */
export const CONNECTION_CLOSED_GRACE_MS = 500

interface Session {
  lastContactMs: number
  /** Its heartbeat waits for this controller's own log: brokers send one at a time, so the silence is not the broker's. */
  awaitsAnswer: boolean
  /** Connection of the last heartbeat; -1: none in this controller's term. */
  connectionId: number
  /** When that connection closed; null while it is open. */
  closedAtMs: number | null
  /** Highest offset applied, by heartbeat; -1 unknown. */
  metadataOffset: number
  /** Next offset wanted, by fetch; -1 unknown. */
  fetchOffset: number
  lastFetchMs: number
  lastCaughtUpMs: number
  /** Where its controlled shutdown was written; -1 when not. */
  controlledShutdownOffset: number
}

export class BrokerSessions {
  readonly #sessionTimeoutMs: number
  readonly #sessions = new Map<number, Session>()

  constructor(sessionTimeoutMs: number) {
    this.#sessionTimeoutMs = sessionTimeoutMs
  }

  /** A broker known from the log when this controller starts. */
  assume(brokerId: number, nowMs: number): void {
    this.#sessions.set(brokerId, fresh(nowMs))
  }

  /** A new incarnation registered: nothing its predecessor told counts. */
  registered(brokerId: number, nowMs: number, connectionId: number): void {
    this.#sessions.set(brokerId, { ...fresh(nowMs), connectionId })
  }

  forget(brokerId: number): void {
    this.#sessions.delete(brokerId)
  }

  /** @param awaitsAnswer the answer waits for something, and `answered` will be called. */
  heartbeat(
    brokerId: number,
    nowMs: number,
    connectionId: number,
    metadataOffset: number,
    awaitsAnswer: boolean = false,
  ): void {
    const session = this.#sessionOf(brokerId, nowMs)
    session.lastContactMs = nowMs
    session.awaitsAnswer = awaitsAnswer
    session.connectionId = connectionId
    session.closedAtMs = null
    session.metadataOffset = Math.max(session.metadataOffset, metadataOffset)
  }

  /** The heartbeat that came by this connection has its answer: the broker has a whole session for the next. */
  answered(brokerId: number, nowMs: number, connectionId: number): void {
    const session = this.#sessions.get(brokerId)
    if (session === undefined || !session.awaitsAnswer || session.connectionId !== connectionId) return
    session.awaitsAnswer = false
    session.lastContactMs = nowMs
  }

  /** The broker asked for `fetchOffset`: it has everything below. */
  fetched(brokerId: number, nowMs: number, fetchOffset: number, endOffset: number): void {
    const session = this.#sessionOf(brokerId, nowMs)
    session.fetchOffset = fetchOffset
    session.lastFetchMs = nowMs
    if (fetchOffset >= endOffset) session.lastCaughtUpMs = nowMs
  }

  connectionClosed(connectionId: number, nowMs: number): void {
    for (const session of this.#sessions.values()) if (session.connectionId === connectionId) session.closedAtMs = nowMs
  }

  /** When the broker counts as dead unless it is heard of before; Infinity while the controller owes it an answer. */
  deadlineMs(brokerId: number): number {
    const session = this.#sessions.get(brokerId)
    if (session === undefined) return -Infinity
    const sessionEnd = session.awaitsAnswer ? Infinity : session.lastContactMs + this.#sessionTimeoutMs
    return session.closedAtMs === null
      ? sessionEnd
      : Math.min(sessionEnd, session.closedAtMs + CONNECTION_CLOSED_GRACE_MS)
  }

  /** Whether the broker has everything up to and including `offset`. */
  has(brokerId: number, offset: number): boolean {
    const session = this.#sessions.get(brokerId)
    return session !== undefined && (session.fetchOffset > offset || session.metadataOffset >= offset)
  }

  shutdownBegan(brokerId: number, offset: number): void {
    const session = this.#sessions.get(brokerId)
    if (session !== undefined) session.controlledShutdownOffset = offset
  }

  controlledShutdownOffset(brokerId: number): number {
    return this.#sessions.get(brokerId)?.controlledShutdownOffset ?? -1
  }

  /** Lowest offset an active broker has applied; Infinity without active brokers. */
  lowestActiveOffset(image: MetadataImage): number {
    let lowest = Infinity
    for (const id of image.brokers.keys()) {
      if (!isActive(image, id)) continue
      const session = this.#sessions.get(id)
      lowest = Math.min(lowest, Math.max(session?.metadataOffset ?? -1, (session?.fetchOffset ?? 0) - 1))
    }
    return lowest
  }

  /** For DescribeQuorum: fetch state of a broker. Times are monotonic ms; -1 unknown. */
  fetchState(
    brokerId: number,
  ): { readonly fetchOffset: number; readonly lastFetchMs: number; readonly lastCaughtUpMs: number } | undefined {
    return this.#sessions.get(brokerId)
  }

  #sessionOf(brokerId: number, nowMs: number): Session {
    let session = this.#sessions.get(brokerId)
    if (session === undefined) this.#sessions.set(brokerId, (session = fresh(nowMs)))
    return session
  }
}

function fresh(nowMs: number): Session {
  return {
    lastContactMs: nowMs,
    awaitsAnswer: false,
    connectionId: -1,
    closedAtMs: null,
    metadataOffset: -1,
    fetchOffset: -1,
    lastFetchMs: -1,
    lastCaughtUpMs: -1,
    controlledShutdownOffset: -1,
  }
}
