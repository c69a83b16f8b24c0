/** What is kept of a network: plain records, each of one account and region. Views of them are in views.ts. */
import { randomBytes } from 'node:crypto'
import type { Scope } from '../scope.ts'

export type Tags = Readonly<Record<string, string>>

interface Owned extends Scope {
  /** Unique over all kinds: `vpc-0…`, `subnet-0…`. */
  readonly id: string
  readonly tags: Tags
}

export interface Vpc extends Owned {
  readonly kind: 'vpc'
  readonly cidr: string
  readonly isDefault: boolean
  readonly tenancy: string
  readonly dnsSupport: boolean
  readonly dnsHostnames: boolean
}

export interface Subnet extends Owned {
  readonly kind: 'subnet'
  readonly vpcId: string
  readonly cidr: string
  readonly zoneName: string
  readonly zoneId: string
  readonly isDefault: boolean
  readonly mapsPublicIp: boolean
}

export interface SecurityGroup extends Owned {
  readonly kind: 'security-group'
  readonly vpcId: string
  readonly name: string
  readonly description: string
  readonly rules: readonly Rule[]
}

/** One protocol, one range of ports, one peer. */
export interface Rule {
  /** `sgr-0…`. */
  readonly id: string
  readonly isEgress: boolean
  /** `tcp`, `udp`, `icmp`, `icmpv6`, a number as text, or `-1` for all. */
  readonly protocol: string
  /** -1 with all protocols. */
  readonly fromPort: number
  readonly toPort: number
  readonly peer: Peer
  readonly description: string | null
  readonly tags: Tags
}

export type Peer =
  | { readonly kind: 'ipv4' | 'ipv6' | 'prefix-list'; readonly value: string }
  | { readonly kind: 'group'; readonly value: string; readonly accountId: string }

export interface InternetGateway extends Owned {
  readonly kind: 'internet-gateway'
  /** Null: attached to none. */
  readonly vpcId: string | null
}

export interface RouteTable extends Owned {
  readonly kind: 'route-table'
  readonly vpcId: string
  readonly associations: readonly RouteTableAssociation[]
  readonly routes: readonly Route[]
}

export interface RouteTableAssociation {
  /** `rtbassoc-0…`. */
  readonly id: string
  /** Null: the main table of its VPC, for every subnet without one of its own. */
  readonly subnetId: string | null
}

export interface Route {
  readonly destination: string
  /** `local`, or an internet gateway. */
  readonly target: string
  readonly origin: 'CreateRouteTable' | 'CreateRoute'
}

/** Of a broker: made by the managed service, not by a caller. */
export interface NetworkInterface extends Owned {
  readonly kind: 'network-interface'
  /** Of the caller, who may have invented it. */
  readonly subnetId: string
  /** Null where the subnet is none of ours. */
  readonly vpcId: string | null
  readonly zoneName: string | null
  readonly zoneId: string | null
  readonly groupIds: readonly string[]
  readonly privateAddress: string
  readonly description: string
  readonly clusterArn: string
  readonly brokerId: number
  readonly createdAt: string
}

export type Resource = Vpc | Subnet | SecurityGroup | InternetGateway | RouteTable | NetworkInterface
export type ResourceKind = Resource['kind']
export type ResourceOf<Kind extends ResourceKind> = Extract<Resource, { readonly kind: Kind }>

export type IdPrefix = 'vpc' | 'subnet' | 'sg' | 'sgr' | 'igw' | 'rtb' | 'rtbassoc' | 'eni'

/** `vpc-0f3…`: seventeen hexadecimal digits, the first of them 0. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}-0${randomBytes(8).toString('hex')}`
}
