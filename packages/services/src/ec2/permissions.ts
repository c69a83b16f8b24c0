/**
 * IpPermissions and rules: a request groups peers by protocol and ports, what is kept is one rule per peer, with an id of its
 * own. Networks are kept canonical, as AWS shows them.
 */
import { canonicalNetwork } from '@millrace/policy/ip-network'
import { invalidValue, refused } from './errors.ts'
import { newId, type Peer, type Rule } from './records.ts'

export interface RequestedPermission {
  readonly IpProtocol?: string | undefined
  readonly FromPort?: number | undefined
  readonly ToPort?: number | undefined
  readonly IpRanges?: readonly { CidrIp?: string | undefined; Description?: string | undefined }[] | undefined
  readonly Ipv6Ranges?: readonly { CidrIpv6?: string | undefined; Description?: string | undefined }[] | undefined
  readonly PrefixListIds?:
    | readonly { PrefixListId?: string | undefined; Description?: string | undefined }[]
    | undefined
  readonly UserIdGroupPairs?: readonly RequestedGroup[] | undefined
}

interface RequestedGroup {
  readonly GroupId?: string | undefined
  readonly GroupName?: string | undefined
  readonly UserId?: string | undefined
  readonly Description?: string | undefined
}

export interface RuleReading {
  readonly isEgress: boolean
  readonly accountId: string
  /** The id of a group that is named or numbered in a rule. @throws AwsError InvalidGroup.NotFound */
  readonly groupId: (group: {
    readonly GroupId?: string | undefined
    readonly GroupName?: string | undefined
  }) => string
}

/** As many rules as there are peers; each with a new id. @throws AwsError for what is no rule */
export function rulesOf(permissions: readonly RequestedPermission[], reading: RuleReading): Rule[] {
  return permissions.flatMap((permission) => {
    const traffic = trafficOf(permission.IpProtocol, permission.FromPort, permission.ToPort)
    const rule = (peer: Peer, description: string | undefined): Rule => ({
      id: newId('sgr'),
      isEgress: reading.isEgress,
      ...traffic,
      peer,
      description: checkedDescription(description),
      tags: {},
    })
    const rules = [
      ...(permission.IpRanges ?? []).map((one) => rule(networkPeer('ipv4', one.CidrIp), one.Description)),
      ...(permission.Ipv6Ranges ?? []).map((one) => rule(networkPeer('ipv6', one.CidrIpv6), one.Description)),
      ...(permission.PrefixListIds ?? []).map((one) =>
        rule({ kind: 'prefix-list', value: one.PrefixListId ?? '' }, one.Description),
      ),
      ...(permission.UserIdGroupPairs ?? []).map((one) =>
        rule(
          { kind: 'group', value: reading.groupId(one), accountId: one.UserId ?? reading.accountId },
          one.Description,
        ),
      ),
    ]
    if (rules.length === 0)
      throw refused(
        'InvalidParameterValue',
        'A rule must name a source or destination: a CIDR block, a prefix list or a security group.',
      )
    return rules
  })
}

export function networkPeer(kind: 'ipv4' | 'ipv6', text: string | undefined): Peer {
  const canonical = canonicalNetwork(text ?? '')
  if (canonical === null || canonical.includes(':') !== (kind === 'ipv6') || !(text ?? '').includes('/'))
    throw refused('InvalidParameterValue', `CIDR block ${text ?? ''} is malformed`)
  return { kind, value: canonical }
}

type Traffic = Pick<Rule, 'protocol' | 'fromPort' | 'toPort'>

const PROTOCOL_NAMES: Readonly<Record<string, string>> = {
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '58': 'icmpv6',
  all: '-1',
}
const PORT_MAX = 65_535

export function trafficOf(
  protocol: string | undefined,
  fromPort: number | undefined,
  toPort: number | undefined,
): Traffic {
  if (protocol === undefined) throw refused('MissingParameter', 'The request must contain the parameter ipProtocol')
  const name = PROTOCOL_NAMES[protocol.toLowerCase()] ?? protocol.toLowerCase()
  if (name === '-1') return { protocol: name, fromPort: -1, toPort: -1 }
  if (name === 'icmp' || name === 'icmpv6') return { protocol: name, fromPort: fromPort ?? -1, toPort: toPort ?? -1 }
  if (name !== 'tcp' && name !== 'udp') {
    if (/^\d{1,3}$/.test(name) && Number(name) <= 255) return { protocol: name, fromPort: -1, toPort: -1 }
    throw invalidValue(protocol, 'protocol', 'Use tcp, udp, icmp, icmpv6, -1 or a protocol number.')
  }
  if (fromPort === undefined || toPort === undefined)
    throw refused(
      'InvalidParameterValue',
      `Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`,
    )
  // The CLI writes "all ports" as -1.
  const [from, to] = fromPort === -1 ? [0, PORT_MAX] : [fromPort, toPort]
  if (from < 0 || to > PORT_MAX || from > to)
    throw refused('InvalidParameterValue', `Invalid TCP/UDP port range (${fromPort}:${toPort})`)
  return { protocol: name, fromPort: from, toPort: to }
}

export function checkedDescription(text: string | undefined): string | null {
  if (text === undefined || text === '') return null
  if (text.length > 255 || !/^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]*$/.test(text))
    throw refused(
      'InvalidParameterValue',
      'Invalid rule description: at most 255 characters of a-zA-Z0-9 and . _-:/()#,@[]+=&;{}!$*',
    )
  return text
}

/** Descriptions, ids and tags do not tell rules apart. */
export function sameRule(a: Rule, b: Rule): boolean {
  return (
    a.isEgress === b.isEgress &&
    a.protocol === b.protocol &&
    a.fromPort === b.fromPort &&
    a.toPort === b.toPort &&
    a.peer.kind === b.peer.kind &&
    a.peer.value === b.peer.value
  )
}

/** `peer: 0.0.0.0/0, TCP, from port: 9092, to port: 9092, ALLOW` */
export function ruleText({ protocol, fromPort, toPort, peer }: Rule): string {
  const traffic = protocol === '-1' ? 'ALL' : `${protocol.toUpperCase()}, from port: ${fromPort}, to port: ${toPort}`
  return `peer: ${peer.value}, ${traffic}, ALLOW`
}

export interface ShownPermission {
  IpProtocol: string
  FromPort?: number
  ToPort?: number
  IpRanges: { CidrIp: string; Description?: string }[]
  Ipv6Ranges: { CidrIpv6: string; Description?: string }[]
  PrefixListIds: { PrefixListId: string; Description?: string }[]
  UserIdGroupPairs: { GroupId: string; UserId: string; Description?: string }[]
}

/** Rules as Describe groups them: peers of one protocol and range of ports together. */
export function shownPermissions(rules: readonly Rule[]): ShownPermission[] {
  const groups = new Map<string, { readonly traffic: Rule; readonly same: Rule[] }>()
  for (const rule of rules) {
    const key = `${rule.protocol} ${rule.fromPort} ${rule.toPort}`
    const same = groups.get(key)
    if (same === undefined) groups.set(key, { traffic: rule, same: [rule] })
    else same.same.push(rule)
  }
  return [...groups.values()].map(({ traffic, same }) => ({
    IpProtocol: traffic.protocol,
    ...(traffic.protocol === '-1' ? {} : { FromPort: traffic.fromPort, ToPort: traffic.toPort }),
    IpRanges: same.flatMap((rule) =>
      rule.peer.kind === 'ipv4' ? [{ CidrIp: rule.peer.value, ...described(rule) }] : [],
    ),
    Ipv6Ranges: same.flatMap((rule) =>
      rule.peer.kind === 'ipv6' ? [{ CidrIpv6: rule.peer.value, ...described(rule) }] : [],
    ),
    PrefixListIds: same.flatMap((rule) =>
      rule.peer.kind === 'prefix-list' ? [{ PrefixListId: rule.peer.value, ...described(rule) }] : [],
    ),
    UserIdGroupPairs: same.flatMap((rule) =>
      rule.peer.kind === 'group' ? [{ GroupId: rule.peer.value, UserId: rule.peer.accountId, ...described(rule) }] : [],
    ),
  }))
}

function described({ description }: Rule): { Description?: string } {
  return description === null ? {} : { Description: description }
}
