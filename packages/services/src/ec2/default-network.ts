/**
 * The network that every account has in every region before anybody made one: a default VPC with a subnet per zone, an
 * internet gateway and a route to it, and a default security group. Made when the account first asks about its network there.
 */
import { availabilityZones } from '@millrace/aws/zones'
import type { Scope } from '../scope.ts'
import { formatBlock, parseBlock } from './cidr.ts'
import type { NetworkState } from './network-state.ts'
import { newId, type Resource, type Rule, type RouteTable, type SecurityGroup, type Vpc } from './records.ts'

const DEFAULT_CIDR = '172.31.0.0/16'
const DEFAULT_SUBNET_PREFIX = 20

export async function ensureDefaultNetwork(state: NetworkState, scope: Scope): Promise<void> {
  if (isSetUp(state, scope)) return
  await state.change(() =>
    isSetUp(state, scope) ? { answer: undefined } : { put: defaultNetwork(scope), answer: undefined },
  )
}

/** The default VPC comes again for who has deleted it and everything else; with any network left, an account keeps what it has. */
function isSetUp(state: NetworkState, scope: Scope): boolean {
  return state.all(scope).some(({ kind }) => kind !== 'network-interface')
}

function defaultNetwork({ accountId, region }: Scope): Resource[] {
  const owned = { accountId, region, tags: {} }
  const vpc: Vpc = {
    ...owned,
    id: newId('vpc'),
    kind: 'vpc',
    cidr: DEFAULT_CIDR,
    isDefault: true,
    tenancy: 'default',
    dnsSupport: true,
    dnsHostnames: true,
  }
  const gatewayId = newId('igw')
  const table = mainRouteTable(vpc)
  const block = parseBlock(DEFAULT_CIDR)
  const size = 2 ** (32 - DEFAULT_SUBNET_PREFIX)
  return [
    vpc,
    defaultGroup(vpc),
    { ...owned, id: gatewayId, kind: 'internet-gateway', vpcId: vpc.id },
    {
      ...table,
      routes: [...table.routes, { destination: '0.0.0.0/0', target: gatewayId, origin: 'CreateRoute' }],
    },
    ...availabilityZones(region).map((zone, index) => ({
      ...owned,
      id: newId('subnet'),
      kind: 'subnet' as const,
      vpcId: vpc.id,
      cidr: formatBlock({ first: (block?.first ?? 0) + index * size, size, prefixLength: DEFAULT_SUBNET_PREFIX }),
      zoneName: zone.name,
      zoneId: zone.id,
      isDefault: true,
      mapsPublicIp: true,
    })),
  ]
}

/** What every VPC has from its making. */
export function mainRouteTable({ accountId, region, id, cidr }: Vpc): RouteTable {
  return {
    accountId,
    region,
    tags: {},
    id: newId('rtb'),
    kind: 'route-table',
    vpcId: id,
    associations: [{ id: newId('rtbassoc'), subnetId: null }],
    routes: [{ destination: cidr, target: 'local', origin: 'CreateRouteTable' }],
  }
}

/** The group `default` of a VPC: its members reach each other, and everything outside. */
export function defaultGroup({ accountId, region, id: vpcId }: Vpc): SecurityGroup {
  const id = newId('sg')
  return {
    accountId,
    region,
    tags: {},
    id,
    kind: 'security-group',
    vpcId,
    name: 'default',
    description: 'default VPC security group',
    rules: [everything({ isEgress: false, peer: { kind: 'group', value: id, accountId } }), allowAllOut()],
  }
}

/** What every group has from its making. */
export function allowAllOut(): Rule {
  return everything({ isEgress: true, peer: { kind: 'ipv4', value: '0.0.0.0/0' } })
}

function everything(of: Pick<Rule, 'isEgress' | 'peer'>): Rule {
  return { id: newId('sgr'), protocol: '-1', fromPort: -1, toPort: -1, description: null, tags: {}, ...of }
}
