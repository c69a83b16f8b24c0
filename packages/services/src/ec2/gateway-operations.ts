/** Internet gateways: with a route to one, a subnet is public. */
import type { OperationHandlers } from '@millrace/aws/service'
import { type Ec2Dependencies, pageOf } from './dependencies.ts'
import { named, refused, required } from './errors.ts'
import { filtered } from './filters.ts'
import { type InternetGateway, newId } from './records.ts'
import { shownTags, tagsOf } from './tags.ts'

const FILTERS = ['attachment.state', 'attachment.vpc-id', 'internet-gateway-id', 'owner-id']

export function gatewayOperations(dependencies: Ec2Dependencies): OperationHandlers<'ec2'> {
  const { state } = dependencies
  return {
    CreateInternetGateway: async ({ TagSpecifications }, context) => {
      const gateway: InternetGateway = {
        accountId: context.accountId,
        region: context.region,
        id: newId('igw'),
        kind: 'internet-gateway',
        vpcId: null,
        tags: tagsOf(TagSpecifications, 'internet-gateway'),
      }
      await state.change(() => ({ put: [gateway], answer: null }))
      return { InternetGateway: shownGateway(gateway) }
    },

    AttachInternetGateway: async ({ InternetGatewayId, VpcId }, context) => {
      await state.change(() => {
        const gateway = required(state, 'internet-gateway', context, InternetGatewayId)
        required(state, 'vpc', context, VpcId)
        if (gateway.vpcId !== null)
          throw refused(
            'Resource.AlreadyAssociated',
            `resource ${InternetGatewayId} is already attached to network ${gateway.vpcId}`,
          )
        const other = state.list('internet-gateway', context).find(({ vpcId }) => vpcId === VpcId)
        if (other !== undefined)
          throw refused('InvalidParameterValue', `Network ${VpcId} already has an internet gateway attached`)
        return { put: [{ ...gateway, vpcId: VpcId }], answer: null }
      })
      return {}
    },

    DetachInternetGateway: async ({ InternetGatewayId, VpcId }, context) => {
      await state.change(() => {
        const gateway = required(state, 'internet-gateway', context, InternetGatewayId)
        if (gateway.vpcId !== VpcId)
          throw refused('Gateway.NotAttached', `resource ${InternetGatewayId} is not attached to network ${VpcId}`)
        return { put: [{ ...gateway, vpcId: null }], answer: null }
      })
      return {}
    },

    DeleteInternetGateway: async ({ InternetGatewayId }, context) => {
      await state.change(() => {
        const gateway = required(state, 'internet-gateway', context, InternetGatewayId)
        if (gateway.vpcId !== null)
          throw refused(
            'DependencyViolation',
            `The internetGateway '${InternetGatewayId}' has dependencies and cannot be deleted.`,
          )
        return { remove: [gateway.id], answer: null }
      })
      return {}
    },

    DescribeInternetGateways: async (input, context) => {
      const chosen = named(state, 'internet-gateway', context, input.InternetGatewayIds)
      const found = filtered(chosen, input.Filters, FILTERS, ({ id, vpcId, accountId }) => ({
        'attachment.state': vpcId === null ? [] : ['available'],
        'attachment.vpc-id': [vpcId],
        'internet-gateway-id': [id],
        'owner-id': [accountId],
      }))
      const page = pageOf(dependencies, 'DescribeInternetGateways', context, found, input)
      return { InternetGateways: page.items.map(shownGateway), NextToken: page.next }
    },
  }
}

function shownGateway({ id, vpcId, accountId, tags }: InternetGateway) {
  return {
    InternetGatewayId: id,
    OwnerId: accountId,
    // EC2's own word for an attached gateway, which is none of the enumeration.
    Attachments: vpcId === null ? [] : [{ VpcId: vpcId, State: 'available' as 'attached' }],
    Tags: shownTags(tags),
  }
}
