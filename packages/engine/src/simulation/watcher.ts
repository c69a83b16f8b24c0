/**
 * Looks at the cluster from inside while it runs: who leads under which epoch, how high watermarks move, which broker
 * and controller epochs are in use. None of it may ever go back or be used twice.
 */
import type { Ledger } from './ledger.ts'
import type { SimulatedCluster } from './simulated-cluster.ts'

export class Watcher {
  readonly #cluster: SimulatedCluster
  readonly #ledger: Ledger
  /** By partition and epoch: who led. */
  readonly #leaders: Map<string, number> = new Map()
  /** By broker incarnation, partition and epoch: the last high watermark of that leader. */
  readonly #highWatermarks: Map<string, number> = new Map()
  /** By broker epoch: which incarnation of which broker has it. */
  readonly #brokerEpochs: Map<number, string> = new Map()
  /** By controller epoch: which incarnation of the controller has it. */
  readonly #controllerEpochs: Map<number, number> = new Map()

  constructor(cluster: SimulatedCluster, ledger: Ledger) {
    this.#cluster = cluster
    this.#ledger = ledger
  }

  look(): void {
    this.#lookAtController()
    for (const [id, broker] of this.#cluster.brokers) {
      const incarnation = `${id}.${this.#cluster.brokerHost(id).incarnation}`
      this.#brokerEpoch(broker.runtime.brokerEpoch, incarnation)
      for (const partition of broker.runtime.replicaManager.all()) {
        if (!partition.isLeader) continue
        const epoch = `${partition.topic}-${partition.partition}/${partition.leaderEpoch}`
        const leader = this.#leaders.get(epoch) ?? id
        this.#leaders.set(epoch, leader)
        if (leader !== id) this.#ledger.broken(`epoch ${epoch} is led by ${leader} and by ${id}`)
        const key = `${incarnation}:${epoch}`
        const before = this.#highWatermarks.get(key) ?? 0
        if (partition.highWatermark < before)
          this.#ledger.broken(`high watermark of ${key} fell from ${before} to ${partition.highWatermark}`)
        this.#highWatermarks.set(key, partition.highWatermark)
      }
    }
  }

  #brokerEpoch(epoch: number, incarnation: string): void {
    if (epoch < 0) return
    const owner = this.#brokerEpochs.get(epoch) ?? incarnation
    this.#brokerEpochs.set(epoch, owner)
    // A broker that lost its registration takes a new epoch; no two processes ever share one.
    if (owner !== incarnation) this.#ledger.broken(`broker epoch ${epoch} belongs to ${owner} and to ${incarnation}`)
  }

  #lookAtController(): void {
    const { controller, controllerHost } = this.#cluster
    if (controller === null) return
    const owner = this.#controllerEpochs.get(controller.epoch) ?? controllerHost.incarnation
    this.#controllerEpochs.set(controller.epoch, owner)
    if (owner !== controllerHost.incarnation)
      this.#ledger.broken(
        `controller epoch ${controller.epoch} was used by processes ${owner} and ${controllerHost.incarnation}`,
      )
  }
}
