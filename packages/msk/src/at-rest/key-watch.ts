/**
 * Listens to KMS: the nodes of a cluster whose key can no longer be used are ended at once, whatever is under way; the
 * reconciler does the rest, and starts them when the key can be used again.
 */
import type { Logger } from '@millrace/base/logger'
import type { Engine } from '@millrace/engine/engine'
import type { Store } from '../store/store.ts'
import type { KeySource } from './key-source.ts'
import { keyProblem, storageKeyArn } from './storage-key.ts'

export interface KeyWatchOptions {
  readonly store: Store
  readonly engine: Engine
  readonly keys: KeySource
  readonly logger: Logger
  readonly wake: (clusterArn: string) => void
}

export class KeyWatch {
  readonly #options: KeyWatchOptions
  #unsubscribe: () => void = () => undefined
  #queue: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: KeyWatchOptions) {
    this.#options = options
  }

  start(): void {
    this.#unsubscribe = this.#options.keys.subscribe((keyArn) => {
      this.#queue = this.#queue.then(() => this.#changed(keyArn))
    })
  }

  /** Resolves when every change known so far was acted on. */
  idle(): Promise<void> {
    return this.#queue
  }

  close(): void {
    this.#closed = true
    this.#unsubscribe()
  }

  async #changed(keyArn: string): Promise<void> {
    if (this.#closed) return
    const { store, engine, keys, logger, wake } = this.#options
    try {
      const clusters = (await store.allClusters()).filter((cluster) => storageKeyArn(cluster) === keyArn)
      await Promise.all(
        clusters.map(async (cluster) => {
          const problem = await keyProblem(keys, cluster)
          if (problem !== null) await engine.halt(cluster.id, problem.message)
          wake(cluster.arn)
        }),
      )
    } catch (error) {
      // The reconciler looks at the key before each of its steps.
      if (!this.#closed) logger.error('a change of a KMS key was not acted on at once', { keyArn, error })
    }
  }
}
