/**
 * Work that nobody waits for (leader epoch files, deletions), a few jobs at a time, so that a change that touches a
 * thousand partitions does not hold the loop: each job starts in a tick of its own.
 */
import type { Host } from '@millrace/base/host'

const CONCURRENCY = 4

export type BackgroundJob = (done: () => void) => void

export class BackgroundQueue {
  readonly #host: Host
  readonly #jobs: BackgroundJob[] = []
  #running = 0

  constructor(host: Host) {
    this.#host = host
  }

  /** `job` calls its argument once when it has ended, whatever came of it. */
  run(job: BackgroundJob): void {
    this.#jobs.push(job)
    if (this.#running < CONCURRENCY) this.#startNext()
  }

  #startNext(): void {
    this.#running++
    this.#host.tick(() => {
      const job = this.#jobs.shift()
      if (job === undefined) {
        this.#running--
        return
      }
      job(() => {
        this.#running--
        if (this.#jobs.length > 0) this.#startNext()
      })
    })
  }
}
