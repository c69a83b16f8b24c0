/** VPCs and their two DNS attributes, which MSK needs on. */
import type { OperationHandlers, OperationHandler } from '@millrace/aws/service'
import { formatBlock, parseBlock } from './cidr.ts'
import { defaultGroup, mainRouteTable } from './default-network.ts'
import { type Ec2Dependencies, pageOf } from './dependencies.ts'
import { invalidValue, named, refused, required } from './errors.ts'
import { filtered } from './filters.ts'
import { newId, type Vpc } from './records.ts'
import { shownTags, tagsOf } from './tags.ts'

const FILTERS = ['cidr', 'cidr-block-association.cidr-block', 'is-default', 'isDefault', 'owner-id', 'state', 'vpc-id']
/** Of a VPC and of a subnet. */
export const PREFIX_MIN = 16
export const PREFIX_MAX = 28

export function vpcOperations(dependencies: Ec2Dependencies): OperationHandlers<'ec2'> {
  const { state } = dependencies
  return {
    CreateVpc: async (input, context) => {
      const { CidrBlock, InstanceTenancy = 'default', TagSpecifications } = input
      if (CidrBlock === undefined)
        throw refused(
          'MissingParameter',
          'Either cidrBlock or ipv4IpamPoolId must be provided; IPAM pools are not served.',
        )
      const block = parseBlock(CidrBlock)
      if (block === null) throw invalidValue(CidrBlock, 'cidrBlock', 'This is not a valid CIDR block.')
      if (block.prefixLength < PREFIX_MIN || block.prefixLength > PREFIX_MAX)
        throw refused('InvalidVpc.Range', `The CIDR '${CidrBlock}' is invalid.`)
      const vpc: Vpc = {
        accountId: context.accountId,
        region: context.region,
        id: newId('vpc'),
        kind: 'vpc',
        cidr: formatBlock(block),
        isDefault: false,
        tenancy: InstanceTenancy,
        dnsSupport: true,
        dnsHostnames: false,
        tags: tagsOf(TagSpecifications, 'vpc'),
      }
      await state.change(() => ({ put: [vpc, defaultGroup(vpc), mainRouteTable(vpc)], answer: null }))
      return { Vpc: shownVpc(vpc) }
    },

    DescribeVpcs: async (input, context) => {
      const found = filtered(named(state, 'vpc', context, input.VpcIds), input.Filters, FILTERS, (vpc) => ({
        cidr: [vpc.cidr],
        'cidr-block-association.cidr-block': [vpc.cidr],
        'is-default': [vpc.isDefault],
        isDefault: [vpc.isDefault],
        'owner-id': [vpc.accountId],
        state: ['available'],
        'vpc-id': [vpc.id],
      }))
      const page = pageOf(dependencies, 'DescribeVpcs', context, found, input)
      return { Vpcs: page.items.map(shownVpc), NextToken: page.next }
    },

    DeleteVpc: async ({ VpcId }, context) => {
      await state.change(() => {
        const vpc = required(state, 'vpc', context, VpcId)
        const inside = state.all(context).filter((resource) => 'vpcId' in resource && resource.vpcId === VpcId)
        // What a VPC has from its making goes with it; anything made since stands in the way.
        const own = inside.filter(
          (resource) =>
            (resource.kind === 'security-group' && resource.name === 'default') ||
            (resource.kind === 'route-table' && resource.associations.some(({ subnetId }) => subnetId === null)),
        )
        if (own.length < inside.length)
          throw refused('DependencyViolation', `The vpc '${VpcId}' has dependencies and cannot be deleted.`)
        return { remove: [vpc.id, ...own.map(({ id }) => id)], answer: null }
      })
      return {}
    },

    ModifyVpcAttribute: async ({ VpcId, EnableDnsHostnames, EnableDnsSupport }, context) => {
      if (EnableDnsHostnames !== undefined && EnableDnsSupport !== undefined)
        throw refused(
          'InvalidParameterCombination',
          'Fields for multiple attribute types specified: modify one attribute at a time.',
        )
      await state.change(() => {
        const vpc = required(state, 'vpc', context, VpcId)
        const dnsHostnames = EnableDnsHostnames?.Value ?? vpc.dnsHostnames
        const dnsSupport = EnableDnsSupport?.Value ?? vpc.dnsSupport
        return { put: [{ ...vpc, dnsHostnames, dnsSupport }], answer: null }
      })
      return {}
    },

    DescribeVpcAttribute: describeVpcAttribute(dependencies),
  }
}

function describeVpcAttribute({ state }: Ec2Dependencies): OperationHandler<'ec2', 'DescribeVpcAttribute'> {
  return async ({ VpcId, Attribute }, context) => {
    const vpc = required(state, 'vpc', context, VpcId)
    switch (Attribute) {
      case 'enableDnsHostnames':
        return { VpcId, EnableDnsHostnames: { Value: vpc.dnsHostnames } }
      case 'enableDnsSupport':
        return { VpcId, EnableDnsSupport: { Value: vpc.dnsSupport } }
      default:
        return { VpcId, EnableNetworkAddressUsageMetrics: { Value: false } }
    }
  }
}

function shownVpc(vpc: Vpc) {
  return {
    VpcId: vpc.id,
    OwnerId: vpc.accountId,
    State: 'available' as const,
    CidrBlock: vpc.cidr,
    CidrBlockAssociationSet: [
      {
        AssociationId: `vpc-cidr-assoc-${vpc.id.slice(4)}`,
        CidrBlock: vpc.cidr,
        CidrBlockState: { State: 'associated' as const },
      },
    ],
    DhcpOptionsId: 'default',
    InstanceTenancy: vpc.tenancy as 'default',
    IsDefault: vpc.isDefault,
    Tags: shownTags(vpc.tags),
  }
}
