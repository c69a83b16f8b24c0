/** Subnets: a block of the VPC's addresses in one zone. */
import { formatArn } from '@millrace/aws/arn'
import type { CallContext } from '@millrace/aws/call-context'
import type { OperationHandlers } from '@millrace/aws/service'
import { type AvailabilityZone, availabilityZones } from '@millrace/aws/zones'
import { contains, formatBlock, overlap, parseBlock, RESERVED_ADDRESSES } from './cidr.ts'
import { type Ec2Dependencies, pageOf } from './dependencies.ts'
import { invalidValue, named, refused, required } from './errors.ts'
import { filtered } from './filters.ts'
import type { NetworkState } from './network-state.ts'
import { newId, type Subnet } from './records.ts'
import { shownTags, tagsOf } from './tags.ts'
import { PREFIX_MAX, PREFIX_MIN } from './vpc-operations.ts'

const FILTERS = [
  'availability-zone',
  'availability-zone-id',
  'availabilityZone',
  'availabilityZoneId',
  'cidr',
  'cidr-block',
  'cidrBlock',
  'default-for-az',
  'defaultForAz',
  'map-public-ip-on-launch',
  'owner-id',
  'state',
  'subnet-id',
  'vpc-id',
]

export function subnetOperations(dependencies: Ec2Dependencies): OperationHandlers<'ec2'> {
  const { state } = dependencies
  return {
    CreateSubnet: async (input, context) => {
      const { VpcId, CidrBlock, TagSpecifications } = input
      if (CidrBlock === undefined) throw refused('MissingParameter', 'The request must contain the parameter cidrBlock')
      const subnet = await state.change(() => {
        const vpc = required(state, 'vpc', context, VpcId)
        const block = parseBlock(CidrBlock)
        if (block === null) throw invalidValue(CidrBlock, 'cidrBlock', 'This is not a valid CIDR block.')
        const outer = parseBlock(vpc.cidr)
        const tooLarge = block.prefixLength < PREFIX_MIN || block.prefixLength > PREFIX_MAX
        if (outer === null || tooLarge || !contains(outer, block))
          throw refused('InvalidSubnet.Range', `The CIDR '${CidrBlock}' is invalid.`)
        for (const other of subnetsOf(state, context, VpcId)) {
          const taken = parseBlock(other.cidr)
          if (taken !== null && overlap(taken, block))
            throw refused('InvalidSubnet.Conflict', `The CIDR '${CidrBlock}' conflicts with another subnet`)
        }
        const zone = chosenZone(context, input.AvailabilityZone, input.AvailabilityZoneId)
        const made: Subnet = {
          accountId: context.accountId,
          region: context.region,
          id: newId('subnet'),
          kind: 'subnet',
          vpcId: VpcId,
          cidr: formatBlock(block),
          zoneName: zone.name,
          zoneId: zone.id,
          isDefault: false,
          mapsPublicIp: false,
          tags: tagsOf(TagSpecifications, 'subnet'),
        }
        return { put: [made], answer: made }
      })
      return { Subnet: shownSubnet(state, subnet) }
    },

    DescribeSubnets: async (input, context) => {
      const found = filtered(named(state, 'subnet', context, input.SubnetIds), input.Filters, FILTERS, (subnet) => ({
        'availability-zone': [subnet.zoneName],
        availabilityZone: [subnet.zoneName],
        'availability-zone-id': [subnet.zoneId],
        availabilityZoneId: [subnet.zoneId],
        cidr: [subnet.cidr],
        'cidr-block': [subnet.cidr],
        cidrBlock: [subnet.cidr],
        'default-for-az': [subnet.isDefault],
        defaultForAz: [subnet.isDefault],
        'map-public-ip-on-launch': [subnet.mapsPublicIp],
        'owner-id': [subnet.accountId],
        state: ['available'],
        'subnet-id': [subnet.id],
        'vpc-id': [subnet.vpcId],
      }))
      const page = pageOf(dependencies, 'DescribeSubnets', context, found, input)
      return { Subnets: page.items.map((subnet) => shownSubnet(state, subnet)), NextToken: page.next }
    },

    DeleteSubnet: async ({ SubnetId }, context) => {
      await state.change(() => {
        const subnet = required(state, 'subnet', context, SubnetId)
        if (state.interfaces().some(({ subnetId }) => subnetId === SubnetId))
          throw refused('DependencyViolation', `The subnet '${SubnetId}' has dependencies and cannot be deleted.`)
        const tables = state
          .list('route-table', context)
          .filter(({ associations }) => associations.some(({ subnetId }) => subnetId === SubnetId))
          .map((table) => ({
            ...table,
            associations: table.associations.filter(({ subnetId }) => subnetId !== SubnetId),
          }))
        return { put: tables, remove: [subnet.id], answer: null }
      })
      return {}
    },

    ModifySubnetAttribute: async ({ SubnetId, MapPublicIpOnLaunch }, context) => {
      await state.change(() => {
        const subnet = required(state, 'subnet', context, SubnetId)
        return {
          put: [{ ...subnet, mapsPublicIp: MapPublicIpOnLaunch?.Value ?? subnet.mapsPublicIp }],
          answer: null,
        }
      })
      return {}
    },
  }
}

function subnetsOf(state: NetworkState, context: CallContext, vpcId: string): Subnet[] {
  return state.list('subnet', context).filter((subnet) => subnet.vpcId === vpcId)
}

/** By name or id; without either the first zone of the region. */
function chosenZone({ region }: CallContext, name: string | undefined, id: string | undefined): AvailabilityZone {
  const zones = availabilityZones(region)
  const zone = zones.find((one) => (name === undefined || one.name === name) && (id === undefined || one.id === id))
  if (zone !== undefined) return zone
  const names = zones.map((one) => (id === undefined ? one.name : one.id)).join(', ')
  throw invalidValue(
    name ?? id ?? '',
    'availabilityZone',
    `Subnets can currently only be created in the following availability zones: ${names}.`,
  )
}

function shownSubnet(state: NetworkState, subnet: Subnet) {
  const { accountId, region } = subnet
  const used = state.interfaces().filter(({ subnetId }) => subnetId === subnet.id).length
  return {
    SubnetId: subnet.id,
    SubnetArn: formatArn({ service: 'ec2', region, accountId, resource: `subnet/${subnet.id}` }),
    OwnerId: accountId,
    VpcId: subnet.vpcId,
    State: 'available' as const,
    CidrBlock: subnet.cidr,
    AvailabilityZone: subnet.zoneName,
    AvailabilityZoneId: subnet.zoneId,
    AvailableIpAddressCount: (parseBlock(subnet.cidr)?.size ?? 0) - RESERVED_ADDRESSES - used,
    DefaultForAz: subnet.isDefault,
    MapPublicIpOnLaunch: subnet.mapsPublicIp,
    AssignIpv6AddressOnCreation: false,
    Ipv6Native: false,
    EnableDns64: false,
    MapCustomerOwnedIpOnLaunch: false,
    PrivateDnsNameOptionsOnLaunch: {
      HostnameType: 'ip-name' as const,
      EnableResourceNameDnsARecord: false,
      EnableResourceNameDnsAAAARecord: false,
    },
    Ipv6CidrBlockAssociationSet: [],
    Tags: shownTags(subnet.tags),
  }
}
