/** What troubles are made from: who is there, chosen at random, and what can be done to them. */
import type { FakeHost } from '@millrace/testkit/fake-host'
import type { NetworkConditions } from '@millrace/testkit/simulated-network'
import type { World } from '@millrace/testkit/world'
import type { SimulatedCluster } from './simulated-cluster.ts'
import { CONTROLLER_ID } from './simulated-cluster.ts'
import type { Supervisor } from './supervisor.ts'

export class Scene {
  readonly cluster: SimulatedCluster
  readonly supervisor: Supervisor
  readonly world: World
  readonly #normal: NetworkConditions
  #slow = 0

  constructor(cluster: SimulatedCluster, supervisor: Supervisor) {
    this.cluster = cluster
    this.supervisor = supervisor
    this.world = cluster.world
    this.#normal = this.world.network.conditions
  }

  below(bound: number): number {
    return this.world.random.below(bound)
  }

  broker(): number {
    return 1 + this.below(this.cluster.brokerHosts.size)
  }

  /** Three, in any order. */
  allBrokers(): readonly [number, number, number] {
    const [first, second] = this.twoBrokers()
    const third = [...this.cluster.brokerHosts.keys()].find((id) => id !== first && id !== second)
    return [first, second, third ?? first]
  }

  twoBrokers(): readonly [number, number] {
    const count = this.cluster.brokerHosts.size
    const one = this.broker()
    return [one, 1 + ((one + this.below(count - 1)) % count)]
  }

  slowNetwork(conditions: Partial<NetworkConditions>): void {
    this.#slow++
    this.world.network.conditions = { ...this.#normal, ...conditions }
  }

  /** Ends one slowNetwork(); the network is normal again when all have ended. */
  endSlowNetwork(): void {
    this.#slow--
    if (this.#slow === 0) this.world.network.conditions = this.#normal
  }

  /** The leader of some partition; -1 when nobody knows. */
  leader(): number {
    const topics = [...(this.cluster.controller?.runtime.image.topicsById.values() ?? [])]
    const partitions = topics.flatMap((topic) => topic.partitions)
    return partitions[this.below(partitions.length)]?.leader ?? -1
  }

  /** The leader of an internal topic; any broker while there is none. */
  coordinator(): number {
    const topics = this.cluster.controller?.runtime.image.topicsByName
    const names = ['__transaction_state', '__consumer_offsets', '__share_group_state'].filter(
      (name) => topics?.has(name) === true,
    )
    const leader = topics?.get(names[this.below(names.length)] ?? '')?.partitions[0]?.leader ?? -1
    return leader < 0 ? this.broker() : leader
  }

  host(nodeId: number): FakeHost {
    return this.supervisor.hostOf(nodeId)
  }

  /** Any broker, or the controller. */
  node(): number {
    const id = this.below(this.cluster.brokerHosts.size + 1)
    return id === 0 ? CONTROLLER_ID : id
  }
}
