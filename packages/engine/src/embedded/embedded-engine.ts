/**
 * The embedded engine: Kafka in TypeScript, one operating system process per broker and one for the controller, all on
 * this machine. One machine is one failure domain, so there is one controller and no consensus of its own.
 */
import { mkdirSync } from 'node:fs'
import type { SecuritySnapshot } from '@millrace/broker/security/security-snapshot'
import type { Logger } from '@millrace/base/logger'
import type { DataKeys } from '../data-keys.ts'
import type {
  AdminAccess,
  ClusterId,
  ClusterObservation,
  ClusterSpec,
  Engine,
  EngineEvent,
  EngineStep,
  NodeId,
} from '../engine.ts'
import type { NodeRefusals } from '../node-refusals.ts'
import { authorityDirectory, BrokerCertificates } from './broker-certificates.ts'
import { ClusterDirectory, listClusterRecords, type NodeRecord } from './cluster-directory.ts'
import { EmbeddedCluster } from './embedded-cluster.ts'
import type { ReadPartitions } from './in-sync.ts'
import type { NodeScripts } from './node-handle.ts'
import { placeNodes } from './place-nodes.ts'

export interface EmbeddedEngineOptions {
  /** The data directory of the control plane; `clusters/` and `secrets/` are made in it. */
  readonly root: string
  /** Which address client listeners bind: the API's `--host`. */
  readonly listenHost: string
  /** Nodes end with this process: the library and `--ephemeral`. */
  readonly ephemeral: boolean
  /** Ports come from random blocks, and never are MSK's own; as `ephemeral` unless given. */
  readonly randomPorts?: boolean
  readonly nodeScripts: NodeScripts
  readonly logger: Logger
  /** Of clusters with encryption at rest; null: there can be none. */
  readonly dataKeys: DataKeys | null
  /** Replicas and ISR of every partition: `readPartitions` of read-partitions.ts, or a test's own. */
  readonly readPartitions: ReadPartitions
  /** Wall clock in ms; decides when certificates are renewed. */
  readonly now?: () => number
  /** In [0, 1): where the search for free random ports begins. */
  readonly random?: () => number
}

const RENEWAL_CHECK_MS = 12 * 3_600_000

export class EmbeddedEngine implements Engine {
  readonly name = 'embedded'
  readonly #options: EmbeddedEngineOptions
  readonly #clusters = new Map<ClusterId, EmbeddedCluster>()
  readonly #listeners = new Set<(event: EngineEvent) => void>()
  /** Ports are given out one cluster at a time. */
  #placing: Promise<unknown> = Promise.resolve()
  /** What was given out here: a cluster writes its record only after other work, while the next is being placed. */
  readonly #placed = new Map<ClusterId, readonly NodeRecord[]>()
  readonly #certificates: BrokerCertificates
  readonly #renewal: NodeJS.Timeout

  constructor(options: EmbeddedEngineOptions) {
    this.#options = options
    mkdirSync(options.root, { recursive: true })
    this.#certificates = new BrokerCertificates({
      authorityDirectory: authorityDirectory(options.root),
      listenHost: options.listenHost,
      now: options.now ?? Date.now,
    })
    this.#renewal = setInterval(() => void this.renewCertificates(), RENEWAL_CHECK_MS).unref()
  }

  apply(desired: ClusterSpec, report: (step: EngineStep) => void, signal: AbortSignal): Promise<void> {
    const cluster = this.#cluster(desired.id)
    return cluster.exclusively(() => cluster.apply(desired, report, signal))
  }

  /** Does not wait for a running apply: what is, is asked most while something happens. */
  observe(id: ClusterId): Promise<ClusterObservation> {
    return this.#cluster(id).observe()
  }

  restart(id: ClusterId, node: NodeId): Promise<void> {
    const cluster = this.#cluster(id)
    return cluster.exclusively(() => cluster.restart(node))
  }

  /** Does not wait for a running apply: it is to end. */
  halt(id: ClusterId, reason: string): Promise<void> {
    return this.#cluster(id).halt(reason)
  }

  destroy(id: ClusterId): Promise<void> {
    const cluster = this.#cluster(id)
    return cluster.exclusively(async () => {
      await cluster.destroy()
      this.#clusters.delete(id)
      this.#placed.delete(id)
    })
  }

  async adminAccess(id: ClusterId): Promise<AdminAccess> {
    return this.#cluster(id).adminAccess()
  }

  reachedBy(id: ClusterId, host: string): Promise<void> {
    return this.#cluster(id).renewCertificate([host])
  }

  pushSecurity(id: ClusterId, snapshot: SecuritySnapshot): void {
    this.#cluster(id).pushSecurity(snapshot)
  }

  async readRefusals(): Promise<readonly NodeRefusals[]> {
    return (await Promise.all([...this.#clusters.values()].map((cluster) => cluster.readRefusals()))).flat()
  }

  /** Certificates of brokers that end soon are replaced while the brokers run. By itself this happens twice a day. */
  async renewCertificates(): Promise<void> {
    for (const { spec } of listClusterRecords(this.#options.root)) {
      try {
        await this.#cluster(spec.id).renewCertificate([])
      } catch (error) {
        this.#options.logger.error('a certificate could not be renewed', { cluster: spec.name, error })
      }
    }
  }

  subscribe(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Nodes that an earlier control plane left running are stopped as well, also of clusters nobody asked about. */
  async close(options: { readonly keepNodes: boolean }): Promise<void> {
    for (const { spec } of options.keepNodes ? [] : listClusterRecords(this.#options.root)) this.#cluster(spec.id)
    clearInterval(this.#renewal)
    const clusters = [...this.#clusters.values()]
    for (const cluster of clusters) cluster.retire()
    if (options.keepNodes) {
      for (const cluster of clusters) cluster.release()
      return
    }
    await Promise.all(
      clusters.map(async (cluster) => {
        await cluster.adopt()
        await cluster.stop()
      }),
    )
  }

  #cluster(id: ClusterId): EmbeddedCluster {
    const known = this.#clusters.get(id)
    if (known !== undefined) return known
    const { root, listenHost, ephemeral, nodeScripts, logger } = this.#options
    const cluster = new EmbeddedCluster({
      directory: new ClusterDirectory(root, id),
      listenHost,
      ephemeral,
      scripts: nodeScripts,
      dataKeys: this.#options.dataKeys,
      logger: logger.child({ clusterId: id }),
      readPartitions: this.#options.readPartitions,
      certificates: this.#certificates,
      emit: (event) => {
        for (const listener of this.#listeners) listener(event)
      },
      placeNodes: (spec, nodes, avoid) => this.#place(spec, nodes, avoid),
    })
    this.#clusters.set(id, cluster)
    return cluster
  }

  #place(
    spec: ClusterSpec,
    known: readonly NodeRecord[],
    avoid: readonly NodeRecord[],
  ): Promise<readonly NodeRecord[]> {
    const placed = this.#placing.then(async () => {
      const written = listClusterRecords(this.#options.root).map((record) => [record.spec.id, record.nodes] as const)
      const others = new Map([...written, ...this.#placed])
      others.delete(spec.id)
      const nodes = await placeNodes({
        spec,
        known,
        others: [...others.values()].flat().concat(avoid),
        listenHost: this.#options.listenHost,
        randomPorts: this.#options.randomPorts ?? this.#options.ephemeral,
        random: this.#options.random ?? Math.random,
      })
      this.#placed.set(spec.id, nodes)
      return nodes
    })
    this.#placing = placed.catch(() => {})
    return placed
  }
}
