/**
 * Security groups as brokers go by them: for every broker and every listener, who may connect. Rules name MSK's ports and are
 * resolved to listeners here, because a listener may have another port on this machine.
 *
 * A client on the broker's machine counts as inside the VPC and as a member of the broker's groups; still a rule must open the
 * port to one of the two. Groups that are not known, or none at all, let anybody in, with a warning.
 */
import type { Logger } from '@millrace/base/logger'
import { CLIENT_LISTENERS } from '@millrace/engine/client-listeners'
import type { ClientListener, ListenerAccess, MappedNetwork, NetworkSnapshot } from '@millrace/engine/engine'
import { networksOverlap } from '@millrace/policy/ip-network'
import { clientListeners } from '../desired-cluster.ts'
import type { SecurityContent, SecuritySource } from '../security/security-sync.ts'
import type { Cluster } from '../store/records.ts'
import type { InterfaceFacts, NetworkSource, SecurityGroupFacts } from './network-source.ts'

export interface NetworkRulesOptions {
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
    const { networks, addressMap } = this.#options
    const brokers: Record<string, NetworkSnapshot['brokers'][string]> = {}
    for (const one of networks.interfaces(cluster.arn)) {
      const groups = this.#groupsOf(cluster, one)
      if (groups === null) continue
      brokers[String(one.brokerId)] = Object.fromEntries(
        clientListeners(cluster.desired).map((kind) => [
          CLIENT_LISTENERS[kind].name,
          this.#access(cluster, kind, groups),
        ]),
      )
    }
    return { network: { addressMap, brokers } }
  }

  subscribe(listener: () => void): () => void {
    return this.#options.networks.onChange(listener)
  }

  #access(cluster: Cluster, kind: ClientListener, groups: readonly Group[]): ListenerAccess {
    const [first] = groups
    const vpc = first === undefined ? null : this.#options.networks.vpc(cluster, first.facts.vpcId)
    return listenerAccess(CLIENT_LISTENERS[kind].mskPort, groups, vpc?.cidr ?? null)
  }

  /** Null: anybody may connect, because it is not known who may. */
  #groupsOf(cluster: Cluster, { groupIds }: InterfaceFacts): readonly Group[] | null {
    const groups = groupIds.flatMap((id) => {
      const facts = this.#options.networks.securityGroup(cluster, id)
      return facts === null ? [] : [{ id, facts }]
    })
    if (groups.length > 0 && groups.length === groupIds.length) return groups
    this.#warn(
      cluster,
      groupIds.filter((id) => !groups.some((group) => group.id === id)),
    )
    return null
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

/**
 * What the rules of some groups say of one port.
 * @param localNetwork where clients of this machine count as being; null: nowhere
 */
export function listenerAccess(port: number, groups: readonly Group[], localNetwork: string | null): ListenerAccess {
  const ids = groups.map(({ id }) => id)
  const rules = groups
    .flatMap(({ facts }) => facts.ingress)
    .filter(({ fromPort, toPort }) => fromPort <= port && port <= toPort)
  const networks = rules.flatMap(({ peer }) => (peer.kind === 'network' ? [peer.value] : []))
  return {
    port,
    letsLocalIn:
      rules.some(({ peer }) => peer.kind === 'group' && ids.includes(peer.value)) ||
      networks.some((network) => localNetwork !== null && networksOverlap(network, localNetwork)),
    networks: [...new Set(networks)],
    groupIds: ids,
  }
}
