/**
 * Stands for the engine in a simulated cluster: starts again what has stopped by itself. A process may stop for a fault
 * of its own disk; anything else is a broken promise.
 */
import type { FakeHost } from '@millrace/testkit/fake-host'
import type { Ledger } from './ledger.ts'
import { CONTROLLER_ID, type NodeFailure, type SimulatedCluster } from './simulated-cluster.ts'

const RESTART_MS = 200

export class Supervisor {
  readonly #cluster: SimulatedCluster
  readonly #ledger: Ledger
  /** How many troubles make the disk of a host fail now. */
  readonly #failing: Map<FakeHost, number> = new Map()
  /** The last incarnation that has seen its disk fail. */
  readonly #excused: Map<FakeHost, number> = new Map()
  /** A host without a process of its own runs the restarts: what died cannot start itself. */
  readonly #host: FakeHost
  readonly #note: (event: string) => void

  constructor(cluster: SimulatedCluster, ledger: Ledger, note: (event: string) => void) {
    this.#cluster = cluster
    this.#ledger = ledger
    this.#note = note
    this.#host = cluster.world.addHost('supervisor')
    cluster.onFailure = (failure) => this.#failed(failure)
  }

  hostOf(nodeId: number): FakeHost {
    return nodeId === CONTROLLER_ID ? this.#cluster.controllerHost : this.#cluster.brokerHost(nodeId)
  }

  /** One more trouble makes the disk of this node fail from now on: its processes may stop by themselves. */
  excuse(nodeId: number): void {
    const host = this.hostOf(nodeId)
    this.#failing.set(host, (this.#failing.get(host) ?? 0) + 1)
  }

  /** One trouble less; without any only a process that has seen the disk fail may still stop. */
  endExcuse(nodeId: number): void {
    const host = this.hostOf(nodeId)
    this.#failing.set(host, (this.#failing.get(host) ?? 0) - 1)
    this.#excused.set(host, host.incarnation)
  }

  kill(nodeId: number): void {
    this.#forget(nodeId)
    this.hostOf(nodeId).crashProcess()
  }

  /** A controlled shutdown; a broker that is not there yet, or begins again meanwhile, dies. */
  stop(brokerId: number): void {
    const broker = this.#cluster.brokers.get(brokerId)
    if (broker === undefined) return this.kill(brokerId)
    this.#forget(brokerId)
    const host = this.hostOf(brokerId)
    const { incarnation } = host
    broker.close({ controlled: true }, () => {
      if (host.incarnation === incarnation) host.crashProcess()
    })
  }

  /** Runs `action` in `delayMs`, whoever dies meanwhile. */
  later(delayMs: number, action: () => void): void {
    this.#host.later(delayMs, action)
  }

  losePower(nodeId: number): void {
    this.#forget(nodeId)
    this.hostOf(nodeId).crashMachine()
  }

  /** A new process on the disk that the last one left; whatever ran is dead. */
  restart(nodeId: number): void {
    this.#forget(nodeId)
    this.hostOf(nodeId).restart()
    if (nodeId === CONTROLLER_ID) this.#cluster.beginController()
    else this.#cluster.beginBroker(nodeId)
  }

  #forget(nodeId: number): void {
    if (nodeId === CONTROLLER_ID) this.#cluster.controller = null
    else this.#cluster.brokers.delete(nodeId)
  }

  #failed({ nodeId, incarnation, error }: NodeFailure): void {
    const host = this.hostOf(nodeId)
    const excused = (this.#failing.get(host) ?? 0) > 0 || incarnation <= (this.#excused.get(host) ?? 0)
    if (!excused) this.#ledger.broken(`node ${nodeId} stopped by itself: ${error.message}`)
    this.#note(`node ${nodeId} stopped: ${error.message}`)
    this.#forget(nodeId)
    this.#host.later(RESTART_MS, () => {
      if (host.incarnation === incarnation && host.processUp) this.restart(nodeId)
    })
  }
}
