/** Fences brokers whose session has ended: one timer, at the earliest deadline of all unfenced brokers. */
import type { Host, TimerHandle } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import type { ControllerRuntime } from '../controller-runtime.ts'
import type { BrokerSessions } from './broker-sessions.ts'
import { fenceBroker } from './heartbeat.ts'

export class BrokerWatch {
  readonly #host: Host
  readonly #logger: Logger
  readonly #runtime: ControllerRuntime
  readonly #sessions: BrokerSessions
  #timer: TimerHandle | null = null
  #dueMs = Infinity
  #closed = false

  constructor(options: {
    readonly host: Host
    readonly logger: Logger
    readonly runtime: ControllerRuntime
    readonly sessions: BrokerSessions
  }) {
    this.#host = options.host
    this.#logger = options.logger
    this.#runtime = options.runtime
    this.#sessions = options.sessions
  }

  /** A deadline may have come nearer: a broker was unfenced, or its connection closed. */
  reschedule(): void {
    let dueMs = Infinity
    for (const broker of this.#runtime.image.brokers.values()) {
      if (!broker.fenced) dueMs = Math.min(dueMs, this.#sessions.deadlineMs(broker.id))
    }
    if (this.#closed || dueMs >= this.#dueMs || dueMs === Infinity) return
    this.#clear()
    this.#dueMs = dueMs
    this.#timer = this.#host.timers.set(Math.max(0, dueMs - this.#host.clock.monotonicMs()), () => this.#check())
  }

  close(): void {
    this.#closed = true
    this.#clear()
  }

  #clear(): void {
    if (this.#timer !== null) this.#host.timers.clear(this.#timer)
    this.#timer = null
    this.#dueMs = Infinity
  }

  #check(): void {
    this.#clear()
    if (this.#runtime.ended) return
    const nowMs = this.#host.clock.monotonicMs()
    for (const { id, fenced } of this.#runtime.image.brokers.values()) {
      if (fenced || this.#sessions.deadlineMs(id) > nowMs) continue
      this.#logger.warn('fencing a broker that is not heard of any more', { broker: id })
      this.#runtime.submit(
        (state) => fenceBroker(state, id),
        () => {},
      )
    }
    this.reschedule()
  }
}
