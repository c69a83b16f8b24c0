/**
 * Who may connect to which listener, by the newest NetworkSnapshot. Asked once per connection, before anything else of it;
 * the answer for an address is kept, so that a client that connects again and again costs a look-up. Open connections stay
 * whatever changes, as with AWS's connection tracking. Single owner: the server's loop.
 */
import type { Peer } from '@millrace/base/host'
import { inNetwork } from '@millrace/policy/ip-network'
import type { ConnectionRefusal } from '../request-refusal.ts'
import type { ListenerAccess, NetworkSnapshot } from './network-snapshot.ts'

/** Addresses whose answers are kept, per listener. */
const ANSWERS_MAX = 10_000

export class ClientAccess {
  #listeners: ReadonlyMap<string, ListenerAccess> = new Map()
  #addressMap: NetworkSnapshot['addressMap'] = []
  readonly #answers = new Map<string, Map<string, ConnectionRefusal | null>>()

  /** From now on these rules count. @param snapshot null: anybody may connect */
  use(snapshot: NetworkSnapshot | null, nodeId: number): void {
    this.#listeners = new Map(Object.entries(snapshot?.brokers[String(nodeId)] ?? {}))
    this.#addressMap = snapshot?.addressMap ?? []
    this.#answers.clear()
  }

  /** Null: let in. */
  refusal(listener: string, peer: Peer): ConnectionRefusal | null {
    const access = this.#listeners.get(listener)
    if (access === undefined) return null
    let answers = this.#answers.get(listener)
    if (answers === undefined) this.#answers.set(listener, (answers = new Map()))
    const key = `${peer.remoteAddress} ${String(isLocal(peer))}`
    const known = answers.get(key)
    if (known !== undefined) return known
    if (answers.size >= ANSWERS_MAX) answers.clear()
    const answer = this.#decide(access, peer)
    answers.set(key, answer)
    return answer
  }

  #decide(access: ListenerAccess, peer: Peer): ConnectionRefusal | null {
    const mapped = this.#addressMap.find(({ network }) => inNetwork(network, peer.remoteAddress))
    const address = mapped?.address ?? peer.remoteAddress
    const local = mapped === undefined && isLocal(peer)
    if (local && access.letsLocalIn) return null
    if (access.networks.some((network) => inNetwork(network, address))) return null
    return refusalOf(access, address, local)
  }
}

/** On the broker's own machine: by loopback, or by an address that both ends share. */
function isLocal({ remoteAddress, localAddress }: Peer): boolean {
  return remoteAddress.startsWith('127.') || remoteAddress === '::1' || remoteAddress === localAddress
}

function refusalOf({ port, groupIds }: ListenerAccess, address: string, local: boolean): ConnectionRefusal {
  const [group] = groupIds
  if (group === undefined) {
    return {
      kind: 'security-group',
      reason: `No VPC connection leads to port ${port}: there is none that is AVAILABLE.`,
      remedy: 'Make one: aws kafka create-vpc-connection',
    }
  }
  const source = local ? 'this machine, a member of these groups inside the VPC' : address
  const wanted = local ? `--source-group ${group}` : `--cidr ${address}/${address.includes(':') ? 128 : 32}`
  return {
    kind: 'security-group',
    reason: `No rule of ${groupIds.join(', ')} lets ${source} in on port ${port}.`,
    remedy: `aws ec2 authorize-security-group-ingress --group-id ${group} --protocol tcp --port ${port} ${wanted}`,
  }
}
