/**
 * Compares what should be with what is, for every cluster, and lets the engine close the gap. It is the engine's only
 * caller for anything that changes a cluster. It takes no input but a nudge: all it needs is in the store and in the
 * engine's observation, so it may be ended at any moment and goes on after the next start.
 *
 * Each cluster has one worker at a time; a nudge while it works makes it look once more. Nothing is polled.
 */
import type { Logger } from '@millrace/base/logger'
import type { Engine } from '@millrace/engine/engine'
import type { KeySource } from '../at-rest/key-source.ts'
import type { Store } from '../store/store.ts'
import type { StepContext } from './step-context.ts'
import { takeStep } from './take-step.ts'

export interface ReconcilerOptions {
  readonly store: Store
  readonly engine: Engine
  /** Of clusters that are encrypted. */
  readonly keys: KeySource
  readonly clock: () => Date
  readonly logger: Logger
  readonly pushSecurity: StepContext['pushSecurity']
  readonly clusterRemoved: StepContext['clusterRemoved']
  /** How soon a cluster that could not be healed is tried again, besides every time one of its nodes comes up. */
  readonly retryDelayMs?: number
}

const RETRY_DELAY_MS = 5000

export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #workers = new Map<string, { again: boolean; readonly done: Promise<void> }>()
  readonly #retries = new Map<string, NodeJS.Timeout>()
  readonly #closing = new AbortController()
  #unsubscribe: () => void = () => {}

  constructor(options: ReconcilerOptions) {
    this.#options = options
  }

  /** Listens to the engine and takes up every cluster where it was left. */
  async start(): Promise<void> {
    const { engine, store } = this.#options
    this.#unsubscribe = engine.subscribe((event) => void this.#wakeById(event.clusterId))
    for (const cluster of await store.allClusters()) this.wake(cluster.arn)
  }

  /** Something about the cluster has changed. Returns at once. */
  wake(clusterArn: string): void {
    if (this.#closing.signal.aborted) return
    const worker = this.#workers.get(clusterArn)
    if (worker !== undefined) {
      worker.again = true
      return
    }
    const retry = this.#retries.get(clusterArn)
    if (retry !== undefined) clearTimeout(retry)
    this.#retries.delete(clusterArn)
    const fresh = { again: false, done: Promise.resolve() }
    this.#workers.set(clusterArn, { ...fresh, done: this.#work(clusterArn) })
  }

  /** Resolves when no cluster has anything to do that could be done now. */
  async idle(): Promise<void> {
    while (this.#workers.size > 0) await Promise.all([...this.#workers.values()].map(({ done }) => done))
  }

  /** Begins nothing new; what is under way in an engine ends when the engine is closed. */
  close(): void {
    this.#unsubscribe()
    this.#closing.abort()
    for (const retry of this.#retries.values()) clearTimeout(retry)
    this.#retries.clear()
  }

  async #work(clusterArn: string): Promise<void> {
    // The worker is in the map before its first step runs.
    await Promise.resolve()
    const { logger } = this.#options
    try {
      for (;;) {
        const outcome = await takeStep({ ...this.#options, signal: this.#closing.signal }, clusterArn)
        if (this.#closing.signal.aborted) return
        if (outcome === 'retry-later') this.#retryLater(clusterArn)
        if (outcome === 'went-on') continue
        const worker = this.#workers.get(clusterArn)
        if (worker?.again !== true) return
        worker.again = false
      }
    } catch (error) {
      if (this.#closing.signal.aborted) return
      logger.error('reconciling failed', { clusterArn, error })
      this.#retryLater(clusterArn)
    } finally {
      this.#workers.delete(clusterArn)
    }
  }

  #retryLater(clusterArn: string): void {
    const earlier = this.#retries.get(clusterArn)
    if (earlier !== undefined) clearTimeout(earlier)
    const retry = setTimeout(() => this.wake(clusterArn), this.#options.retryDelayMs ?? RETRY_DELAY_MS)
    retry.unref()
    this.#retries.set(clusterArn, retry)
  }

  async #wakeById(clusterId: string): Promise<void> {
    try {
      const cluster = await this.#options.store.clusterById(clusterId)
      if (cluster !== null) this.wake(cluster.arn)
    } catch (error) {
      if (!this.#closing.signal.aborted)
        this.#options.logger.error('an event of the engine was lost', { clusterId, error })
    }
  }
}
