/**
 * Tells the nodes of every cluster who may come in: builds the cluster's security snapshot from its sources and pushes it
 * through the engine, before the nodes start and after every change of a source, within a second. A node goes on with the
 * last one it was told while the control plane is away.
 *
 * Changes come in bursts (a script that makes ten users): they are gathered for a moment, and a cluster whose snapshot comes
 * out the same is not told again.
 */
import type { Logger } from '@millrace/base/logger'
import type { Engine, SecuritySnapshot } from '@millrace/engine/engine'
import type { Cluster } from '../store/records.ts'
import type { Store } from '../store/store.ts'

export interface SecuritySyncOptions {
  readonly store: Store
  readonly engine: Engine
  readonly clock: () => Date
  readonly logger: Logger
  readonly sources: readonly SecuritySource[]
}

/** One part of the snapshot, and what it is made of. */
export interface SecuritySource {
  /** Null members of the snapshot say that nothing of the kind is served by this cluster. */
  contentOf(cluster: Cluster): Promise<Partial<SecurityContent>>
  /** Calls `listener` when some cluster's content may have changed. Returns how to stop that. */
  subscribe(listener: () => void): () => void
}

export type SecurityContent = Omit<SecuritySnapshot, 'version'>

const GATHERED_MS = 50
const RETRY_DELAY_MS = 1000

export class SecuritySync {
  readonly #options: SecuritySyncOptions
  /** By cluster id, as text. */
  readonly #pushed = new Map<string, string>()
  #version = 0
  #unsubscribe: (() => void)[] = []
  #timer: NodeJS.Timeout | null = null
  #queue: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: SecuritySyncOptions) {
    this.#options = options
  }

  /** Tells every cluster, and again whenever a source changes. */
  async start(): Promise<void> {
    this.#unsubscribe = this.#options.sources.map((source) => source.subscribe(() => this.changed()))
    await this.#enqueue(() => this.#syncAll())
  }

  /** Something that snapshots are made of is not what it was. Returns at once. */
  changed(): void {
    this.#later(GATHERED_MS)
  }

  /** The cluster's nodes are about to start, or its own settings have changed. */
  sync(cluster: Cluster): Promise<void> {
    return this.#enqueue(() => this.#sync(cluster))
  }

  close(): void {
    this.#closed = true
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  /** One after the other, so that no snapshot overtakes a newer one. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work)
    this.#queue = done.catch(() => undefined)
    return done
  }

  #later(delayMs: number): void {
    if (this.#closed || this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      void this.#enqueue(() => this.#syncAll()).catch((error: unknown) => {
        if (this.#closed) return
        this.#options.logger.error('nodes could not be told of a change of who may come in', { error })
        this.#later(RETRY_DELAY_MS)
      })
    }, delayMs).unref()
  }

  async #syncAll(): Promise<void> {
    if (this.#closed) return
    const clusters = await this.#options.store.allClusters()
    for (const cluster of clusters) await this.#sync(cluster)
    const known = new Set(clusters.map(({ id }) => id))
    for (const id of this.#pushed.keys()) if (!known.has(id)) this.#pushed.delete(id)
  }

  async #sync(cluster: Cluster): Promise<void> {
    const { engine, clock, sources } = this.#options
    const content: SecurityContent = Object.assign(
      { network: null },
      ...(await Promise.all(sources.map((source) => source.contentOf(cluster)))),
    )
    const text = JSON.stringify(content)
    if (this.#pushed.get(cluster.id) === text) return
    this.#version = Math.max(this.#version + 1, clock().getTime())
    engine.pushSecurity(cluster.id, { ...content, version: this.#version })
    this.#pushed.set(cluster.id, text)
  }
}
