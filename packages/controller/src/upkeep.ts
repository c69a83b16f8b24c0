/** What the controller does unasked: leadership back to preferred leaders, and elections where a partition has no leader. */
import type { Host, TimerHandle } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { brokerBoolean, brokerNumber } from '@millrace/metadata/configs/effective'
import type { ControllerRuntime } from './controller-runtime.ts'
import type { ControlState, Decision } from './decision.ts'
import { configContext } from './decision.ts'
import { electPreferred, electWhereLeaderless } from './replication-control/leadership.ts'

/** Partitions moved in one round. */
const ELECTIONS_PER_ROUND_MAX = 1000
const UNCLEAN_SWEEP_MS = 300_000

export class Upkeep {
  readonly #host: Host
  readonly #logger: Logger
  readonly #runtime: ControllerRuntime
  readonly #timers = new Set<TimerHandle>()
  #closed = false

  constructor(options: { readonly host: Host; readonly logger: Logger; readonly runtime: ControllerRuntime }) {
    this.#host = options.host
    this.#logger = options.logger
    this.#runtime = options.runtime
  }

  start(): void {
    const balanceMs = brokerNumber(configContext(this.#runtime.state), 'leader.imbalance.check.interval.seconds') * 1000
    this.#every(balanceMs, 'preferred leaders', (state) => {
      const context = configContext(state)
      if (!brokerBoolean(context, 'auto.leader.rebalance.enable')) return { records: [], response: null }
      const tolerated = brokerNumber(context, 'leader.imbalance.per.broker.percentage')
      return { records: electPreferred(state, ELECTIONS_PER_ROUND_MAX, tolerated), response: null }
    })
    this.#every(UNCLEAN_SWEEP_MS, 'partitions without leader', (state) => ({
      records: electWhereLeaderless(state, null),
      response: null,
    }))
  }

  close(): void {
    this.#closed = true
    for (const timer of this.#timers) this.#host.timers.clear(timer)
    this.#timers.clear()
  }

  #every(intervalMs: number, what: string, decide: (state: ControlState) => Decision<null>): void {
    const timer = this.#host.timers.set(intervalMs, () => {
      this.#timers.delete(timer)
      if (this.#closed || this.#runtime.ended) return
      const submitted = this.#runtime.submit(decide, () => {})
      if (submitted !== null && submitted.wroteUpTo >= 0) this.#logger.info('elections held', { reason: what })
      this.#every(intervalMs, what, decide)
    })
    this.#timers.add(timer)
  }
}
