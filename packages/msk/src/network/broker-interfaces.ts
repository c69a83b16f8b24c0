/** Every broker has a network interface in its subnet, which carries the security groups that apply to it. */
import { createHash } from 'node:crypto'
import type { Cluster } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { NetworkSource } from './network-source.ts'

/** Of a broker; the same as long as its cluster lives. */
export function interfaceId(cluster: Pick<Cluster, 'id'>, broker: number): string {
  return `eni-0${createHash('sha256').update(`${cluster.id}/${broker}`).digest('hex').slice(0, 16)}`
}

export class BrokerInterfaces {
  readonly #store: Store
  readonly #networks: NetworkSource

  constructor(store: Store, networks: NetworkSource) {
    this.#store = store
    this.#networks = networks
  }

  /** As many interfaces as the cluster should have brokers. */
  async sync(cluster: Cluster): Promise<void> {
    const { accountId, region, arn, desired } = cluster
    const { ClientSubnets, SecurityGroups = [] } = desired.BrokerNodeGroupInfo
    await this.#networks.setInterfaces({
      accountId,
      region,
      clusterArn: arn,
      groupIds: SecurityGroups,
      brokers: Array.from({ length: desired.NumberOfBrokerNodes }, (_, index) => ({
        brokerId: index + 1,
        id: interfaceId(cluster, index + 1),
        subnetId: ClientSubnets[index % ClientSubnets.length] ?? '',
      })),
    })
  }

  /** At start: what a crash, or a time without networks, left undone. */
  async syncAll(): Promise<void> {
    const clusters = await this.#store.allClusters()
    const known = new Set(clusters.map(({ arn }) => arn))
    for (const cluster of clusters) await this.sync(cluster)
    for (const arn of this.#networks.clusterArns()) if (!known.has(arn)) await this.#networks.removeInterfaces(arn)
  }

  /** The cluster is gone. */
  async remove(clusterArn: string): Promise<void> {
    await this.#networks.removeInterfaces(clusterArn)
  }
}
