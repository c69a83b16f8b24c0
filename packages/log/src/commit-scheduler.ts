/**
 * Group commit: logs that were appended to in this turn are written once, together, after the turn's I/O events
 * (Host.tick), so that all batches of a partition that arrived in a turn share one write.
 */
import type { Host } from '@millrace/base/host'

export interface Committable {
  /** Writes what is queued. */
  commit(): void
}

export class CommitScheduler {
  readonly #host: Host
  #dirty: Committable[] = []
  #scheduled = false

  constructor(host: Host) {
    this.#host = host
  }

  /** `log.commit()` runs in the next tick; the caller schedules once per batch of work, not once per append. */
  schedule(log: Committable): void {
    this.#dirty.push(log)
    if (this.#scheduled) return
    this.#scheduled = true
    this.#host.tick(this.#run)
  }

  readonly #run = (): void => {
    const logs = this.#dirty
    this.#dirty = []
    this.#scheduled = false
    for (const log of logs) log.commit()
  }
}
