/**
 * Security groups as brokers go by them: for every broker and every listener, who may connect. Rules name MSK's ports and are
 * resolved to listeners here, because a listener may have another port on this machine.
 *
 * A client on the broker's machine counts as inside the VPC and as a member of the broker's groups; still a rule must open the
 * port to one of the two. Groups that are not known, or none at all, let anybody in, with a warning.
 */
import type { Logger } from '@millrace/base/logger'
import { CLIENT_LISTENERS, mskPortOf } from '@millrace/engine/client-listeners'
import type { ClientListener, ListenerAccess, MappedNetwork } from '@millrace/engine/engine'
import { networksOverlap } from '@millrace/policy/ip-network'
import type { Scope } from '../arns.ts'
import { clientListeners } from '../desired-cluster.ts'
import type { SecurityContent, SecuritySource } from '../security/security-sync.ts'
import type { Cluster, VpcConnection } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { modeOf } from '../vpc-connections/authentication.ts'
import type { InterfaceFacts, NetworkSource, SecurityGroupFacts } from './network-source.ts'

export interface NetworkRulesOptions {
  readonly store: Store
  readonly networks: NetworkSource
  readonly addressMap: readonly MappedNetwork[]
  readonly logger: Logger
}

interface Group {
  readonly id: string
  readonly facts: SecurityGroupFacts
}

export class NetworkRules implements SecuritySource {
  readonly #options: NetworkRulesOptions
  /** What was warned of, so that it is said once. */
  readonly #warned = new Set<string>()

  constructor(options: NetworkRulesOptions) {
    this.#options = options
  }

  async contentOf(cluster: Cluster): Promise<Partial<SecurityContent>> {
    const { store, networks, addressMap } = this.#options
    const connections = await store.vpcConnectionsOf(cluster.arn)
    const brokers: Record<string, Readonly<Record<string, ListenerAccess>>> = {}
    for (const one of networks.interfaces(cluster.arn)) {
      const groups = this.#groupsOf(cluster, one)
      const listeners = clientListeners(cluster.desired).flatMap((kind) => {
        const access =
          CLIENT_LISTENERS[kind].from === 'other-vpcs'
            ? this.#accessByConnections(kind, one.brokerId, connections)
            : this.#access(cluster, kind, groups)
        return access === null ? [] : [[CLIENT_LISTENERS[kind].name, access] as const]
      })
      if (listeners.length > 0) brokers[String(one.brokerId)] = Object.fromEntries(listeners)
    }
    return { network: { addressMap, brokers } }
  }

  subscribe(listener: () => void): () => void {
    return this.#options.networks.onChange(listener)
  }

  /** @param groups null: not known, anybody comes in */
  #access(cluster: Cluster, kind: ClientListener, groups: readonly Group[] | null): ListenerAccess | null {
    if (groups === null) return null
    const { mskPort, from } = CLIENT_LISTENERS[kind]
    if (from === 'internet') return listenerAccess(mskPort, groups, nowhere)
    return listenerAccess(mskPort, groups, this.#localClients(cluster, groups))
  }

  /** Where the groups are, there clients of this machine are. */
  #localClients(scope: Scope, groups: readonly Group[]): LocalClients {
    const [first] = groups
    const vpc = first === undefined ? null : this.#options.networks.vpc(scope, first.facts.vpcId)
    return { memberOf: groups.map(({ id }) => id), network: vpc?.cidr ?? null }
  }

  /** Clients come in by any connection of their authentication, as its own groups in its own VPC have it. */
  #accessByConnections(kind: ClientListener, brokerId: number, connections: readonly VpcConnection[]): ListenerAccess {
    const port = mskPortOf(kind, brokerId)
    const { like } = CLIENT_LISTENERS[kind]
    const open = connections.filter(
      ({ state, authentication }) => state === 'AVAILABLE' && modeOf(authentication) === like,
    )
    const accesses = open.map((connection) => {
      const groups = this.#known(connection, connection.groupIds)
      if (groups === null) return { ...openToAll, port, groupIds: connection.groupIds }
      return listenerAccess(port, groups, this.#localClients(connection, groups))
    })
    return {
      port,
      letsLocalIn: accesses.some(({ letsLocalIn }) => letsLocalIn),
      networks: [...new Set(accesses.flatMap(({ networks }) => networks))],
      groupIds: [...new Set(accesses.flatMap(({ groupIds }) => groupIds))],
    }
  }

  /** Null: anybody may connect, because it is not known who may. */
  #groupsOf(cluster: Cluster, { groupIds }: InterfaceFacts): readonly Group[] | null {
    const groups = this.#known(cluster, groupIds)
    if (groups === null) {
      const unknown = groupIds.filter((id) => this.#options.networks.securityGroup(cluster, id) === null)
      this.#warn(cluster, unknown)
    }
    return groups
  }

  /** Null unless all are known, and there is one. */
  #known(scope: Scope, groupIds: readonly string[]): readonly Group[] | null {
    const groups = groupIds.flatMap((id) => {
      const facts = this.#options.networks.securityGroup(scope, id)
      return facts === null ? [] : [{ id, facts }]
    })
    return groups.length > 0 && groups.length === groupIds.length ? groups : null
  }

  #warn({ name, arn }: Cluster, unknown: readonly string[]): void {
    const key = `${arn} ${unknown.join(' ')}`
    if (this.#warned.has(key)) return
    this.#warned.add(key)
    const what =
      unknown.length === 0 ? 'no security groups' : `security groups that are not known here (${unknown.join(', ')})`
    this.#options.logger.warn(
      `cluster ${name} has ${what}: its ports are open to every address. Groups made by ec2 create-security-group are enforced.`,
    )
  }
}

/** What clients of this machine count as. */
export interface LocalClients {
  readonly memberOf: readonly string[]
  /** Where they are; null: nowhere in particular. */
  readonly network: string | null
}

/** From the internet clients of this machine come by their own address, like any other. */
const nowhere: LocalClients = { memberOf: [], network: null }

/** Where groups are not known. */
const openToAll = { letsLocalIn: true, networks: ['0.0.0.0/0', '::/0'] } as const

/** What the rules of some groups say of one port. */
export function listenerAccess(port: number, groups: readonly Group[], local: LocalClients): ListenerAccess {
  const rules = groups
    .flatMap(({ facts }) => facts.ingress)
    .filter(({ fromPort, toPort }) => fromPort <= port && port <= toPort)
  const networks = rules.flatMap(({ peer }) => (peer.kind === 'network' ? [peer.value] : []))
  return {
    port,
    letsLocalIn:
      rules.some(({ peer }) => peer.kind === 'group' && local.memberOf.includes(peer.value)) ||
      networks.some((network) => local.network !== null && networksOverlap(network, local.network)),
    networks: [...new Set(networks)],
    groupIds: groups.map(({ id }) => id),
  }
}
