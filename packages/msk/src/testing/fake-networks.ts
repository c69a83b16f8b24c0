/** A network as the tests of clusters hold it in their hand: what is put in is known, all else is invented. */
import type {
  InterfaceFacts,
  InterfaceRequest,
  NetworkSource,
  SecurityGroupFacts,
  SubnetFacts,
  VpcFacts,
} from '../network/network-source.ts'
import type { Scope } from '../arns.ts'

export class FakeNetworks implements NetworkSource {
  readonly subnets: Map<string, SubnetFacts> = new Map<string, SubnetFacts>()
  readonly vpcs: Map<string, VpcFacts> = new Map<string, VpcFacts>()
  readonly groups: Map<string, SecurityGroupFacts> = new Map<string, SecurityGroupFacts>()
  readonly #interfaces = new Map<string, InterfaceFacts[]>()
  readonly #listeners = new Set<() => void>()

  subnet(_scope: Scope, id: string): SubnetFacts | null {
    return this.subnets.get(id) ?? null
  }

  vpc(_scope: Scope, id: string): VpcFacts | null {
    return this.vpcs.get(id) ?? null
  }

  securityGroup(_scope: Scope, id: string): SecurityGroupFacts | null {
    return this.groups.get(id) ?? null
  }

  interfaces(clusterArn: string): readonly InterfaceFacts[] {
    return this.#interfaces.get(clusterArn) ?? []
  }

  clusterArns(): readonly string[] {
    return [...this.#interfaces.keys()]
  }

  setInterfaces({ clusterArn, groupIds, brokers }: InterfaceRequest): Promise<void> {
    const present = this.interfaces(clusterArn)
    this.#interfaces.set(
      clusterArn,
      brokers.map(
        ({ brokerId, id }) =>
          present.find((one) => one.id === id) ?? { id, brokerId, privateAddress: `10.0.0.${brokerId}`, groupIds },
      ),
    )
    return Promise.resolve()
  }

  removeInterfaces(clusterArn: string): Promise<void> {
    this.#interfaces.delete(clusterArn)
    return Promise.resolve()
  }

  /** As ModifyNetworkInterfaceAttribute does. */
  setGroups(clusterArn: string, brokerId: number, groupIds: readonly string[]): void {
    const changed = this.interfaces(clusterArn).map((one) => (one.brokerId === brokerId ? { ...one, groupIds } : one))
    this.#interfaces.set(clusterArn, changed)
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
