/**
 * Networks as other parts of Millrace see them: what is known of a subnet, a VPC or a security group by its id, and the
 * network interfaces of a cluster's brokers. What somebody invented (an id that no operation of ours gave out) is null here.
 */
import type { Scope } from '../scope.ts'
import { freeAddress, parseBlock } from './cidr.ts'
import type { NetworkState } from './network-state.ts'
import type { NetworkInterface, Rule, Subnet } from './records.ts'

export interface SubnetFacts {
  readonly vpcId: string
  readonly zoneId: string
  /** Has a route to an internet gateway. */
  readonly isPublic: boolean
}

export interface VpcFacts {
  readonly cidr: string
  readonly dnsSupport: boolean
}

export interface SecurityGroupFacts {
  readonly vpcId: string
  /** What may come in, by TCP. */
  readonly ingress: readonly IngressFacts[]
}

export interface IngressFacts {
  /** Both included. */
  readonly fromPort: number
  readonly toPort: number
  readonly peer: { readonly kind: 'network' | 'group'; readonly value: string }
}

export interface InterfaceFacts {
  readonly id: string
  readonly brokerId: number
  readonly privateAddress: string
  readonly groupIds: readonly string[]
}

export interface InterfaceRequest extends Scope {
  readonly clusterArn: string
  /** Of brokers that have no interface yet. */
  readonly groupIds: readonly string[]
  readonly brokers: readonly { readonly brokerId: number; readonly id: string; readonly subnetId: string }[]
}

/** Of an interface in a subnet that is none of ours: the broker is on this machine, and nowhere else. */
const HERE = '127.0.0.1'
const PORT_MAX = 65_535

export class Networks {
  readonly #state: NetworkState
  readonly #clock: () => Date

  constructor({ state, clock }: { readonly state: NetworkState; readonly clock: () => Date }) {
    this.#state = state
    this.#clock = clock
  }

  /** After anything has changed. */
  onChange(listener: () => void): () => void {
    return this.#state.onChange(listener)
  }

  subnet(scope: Scope, id: string): SubnetFacts | null {
    const subnet = this.#state.get('subnet', scope, id)
    return subnet === null
      ? null
      : { vpcId: subnet.vpcId, zoneId: subnet.zoneId, isPublic: isPublic(this.#state, subnet) }
  }

  vpc(scope: Scope, id: string): VpcFacts | null {
    const vpc = this.#state.get('vpc', scope, id)
    return vpc === null ? null : { cidr: vpc.cidr, dnsSupport: vpc.dnsSupport }
  }

  securityGroup(scope: Scope, id: string): SecurityGroupFacts | null {
    const group = this.#state.get('security-group', scope, id)
    return group === null ? null : { vpcId: group.vpcId, ingress: group.rules.flatMap(tcpIngress) }
  }

  /** By broker. */
  interfaces(clusterArn: string): InterfaceFacts[] {
    return this.#state
      .interfaces()
      .filter((one) => one.clusterArn === clusterArn)
      .map(({ id, brokerId, privateAddress, groupIds }) => ({ id, brokerId, privateAddress, groupIds }))
      .toSorted((a, b) => a.brokerId - b.brokerId)
  }

  /** Clusters that have interfaces. */
  clusterArns(): string[] {
    return [...new Set(this.#state.interfaces().map(({ clusterArn }) => clusterArn))]
  }

  /** Makes what is missing, removes what is too much; interfaces that are there keep their address and their groups. */
  async setInterfaces(request: InterfaceRequest): Promise<void> {
    await this.#state.change(() => {
      const { clusterArn, accountId, region, brokers } = request
      const present = this.#state.interfaces().filter((one) => one.clusterArn === clusterArn)
      const taken = new Set(this.#state.interfaces().map((one) => `${one.subnetId} ${one.privateAddress}`))
      const made = brokers
        .filter(({ id }) => !present.some((one) => one.id === id))
        .map(({ brokerId, id, subnetId }): NetworkInterface => {
          const subnet = this.#state.get('subnet', request, subnetId)
          const privateAddress = addressIn(subnet, taken)
          taken.add(`${subnetId} ${privateAddress}`)
          return {
            accountId,
            region,
            id,
            kind: 'network-interface',
            subnetId,
            vpcId: subnet?.vpcId ?? null,
            zoneName: subnet?.zoneName ?? null,
            zoneId: subnet?.zoneId ?? null,
            groupIds: request.groupIds,
            privateAddress,
            description: `DO NOT DELETE - Amazon MSK network interface for cluster ${clusterArn}.`,
            clusterArn,
            brokerId,
            createdAt: this.#clock().toISOString(),
            tags: {},
          }
        })
      const wanted = new Set(brokers.map(({ id }) => id))
      return { put: made, remove: present.flatMap(({ id }) => (wanted.has(id) ? [] : [id])), answer: null }
    })
  }

  async removeInterfaces(clusterArn: string): Promise<void> {
    await this.#state.change(() => ({
      remove: this.#state.interfaces().flatMap((one) => (one.clusterArn === clusterArn ? [one.id] : [])),
      answer: null,
    }))
  }
}

/** @param taken as `SUBNET ADDRESS` */
function addressIn(subnet: Subnet | null, taken: ReadonlySet<string>): string {
  const block = subnet === null ? null : parseBlock(subnet.cidr)
  if (subnet === null || block === null) return HERE
  const prefix = `${subnet.id} `
  const addresses = new Set([...taken].flatMap((one) => (one.startsWith(prefix) ? [one.slice(prefix.length)] : [])))
  return freeAddress(block, addresses) ?? HERE
}

/** Its own route table, or else the main one of its VPC, leads to an internet gateway that is attached. */
function isPublic(state: NetworkState, subnet: Subnet): boolean {
  const tables = state.list('route-table', subnet).filter(({ vpcId }) => vpcId === subnet.vpcId)
  const own = tables.find(({ associations }) => associations.some(({ subnetId }) => subnetId === subnet.id))
  const table = own ?? tables.find(({ associations }) => associations.some(({ subnetId }) => subnetId === null))
  return (table?.routes ?? []).some(
    ({ destination, target }) =>
      destination === '0.0.0.0/0' && state.get('internet-gateway', subnet, target)?.vpcId === subnet.vpcId,
  )
}

function tcpIngress({ isEgress, protocol, fromPort, toPort, peer }: Rule): IngressFacts[] {
  if (isEgress || peer.kind === 'prefix-list' || (protocol !== 'tcp' && protocol !== '-1')) return []
  const ports = protocol === '-1' ? { fromPort: 0, toPort: PORT_MAX } : { fromPort, toPort }
  return [{ ...ports, peer: { kind: peer.kind === 'group' ? 'group' : 'network', value: peer.value } }]
}
