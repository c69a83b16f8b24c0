/** Network interfaces: one per broker of every cluster. They come and go with their brokers; a caller may change which groups apply. */
import { createHash } from 'node:crypto'
import type { OperationHandlers } from '@millrace/aws/service'
import { type Ec2Dependencies, pageOf } from './dependencies.ts'
import { named, refused, required } from './errors.ts'
import { filtered } from './filters.ts'
import type { NetworkState } from './network-state.ts'
import type { NetworkInterface } from './records.ts'
import { shownTags } from './tags.ts'

const FILTERS = [
  'addresses.private-ip-address',
  'attachment.attachment-id',
  'attachment.status',
  'availability-zone',
  'description',
  'group-id',
  'group-name',
  'interface-type',
  'network-interface-id',
  'owner-id',
  'private-ip-address',
  'requester-id',
  'requester-managed',
  'status',
  'subnet-id',
  'vpc-id',
]

export function interfaceOperations(dependencies: Ec2Dependencies): OperationHandlers<'ec2'> {
  const { state } = dependencies
  return {
    DescribeNetworkInterfaces: async (input, context) => {
      const chosen = named(state, 'network-interface', context, input.NetworkInterfaceIds)
      const found = filtered(chosen, input.Filters, FILTERS, (one) => ({
        'addresses.private-ip-address': [one.privateAddress],
        'attachment.attachment-id': [attachmentId(one)],
        'attachment.status': ['attached'],
        'availability-zone': [one.zoneName],
        description: [one.description],
        'group-id': one.groupIds,
        'group-name': one.groupIds.map((id) => state.find('security-group', id)?.name ?? null),
        'interface-type': ['interface'],
        'network-interface-id': [one.id],
        'owner-id': [one.accountId],
        'private-ip-address': [one.privateAddress],
        'requester-id': [REQUESTER],
        'requester-managed': [true],
        status: ['in-use'],
        'subnet-id': [one.subnetId],
        'vpc-id': [one.vpcId],
      }))
      const page = pageOf(dependencies, 'DescribeNetworkInterfaces', context, found, input)
      return { NetworkInterfaces: page.items.map((one) => shownInterface(state, one)), NextToken: page.next }
    },

    ModifyNetworkInterfaceAttribute: async ({ NetworkInterfaceId, Groups, ...others }, context) => {
      const { DryRun: _dryRun, ...asked } = others
      const other = Object.keys(asked)[0]
      if (other !== undefined)
        throw refused(
          'InvalidParameterValue',
          `${other} of a network interface that Amazon MSK manages cannot be changed; Groups can.`,
        )
      if (Groups === undefined || Groups.length === 0)
        throw refused('InvalidParameterCombination', 'No attributes specified.')
      await state.change(() => {
        const before = required(state, 'network-interface', context, NetworkInterfaceId)
        for (const id of Groups) {
          const group = required(state, 'security-group', context, id)
          if (group.vpcId !== before.vpcId)
            throw refused(
              'InvalidGroup.NotFound',
              `You have specified two resources that belong to different networks: ${id}, ${NetworkInterfaceId}`,
            )
        }
        return { put: [{ ...before, groupIds: [...new Set(Groups)] }], answer: null }
      })
      return {}
    },
  }
}

/** The account of the service, as DescribeNetworkInterfaces shows who made them. */
const REQUESTER = 'amazon-msk'

function attachmentId({ id }: NetworkInterface): string {
  return `eni-attach-${id.slice(4)}`
}

function shownInterface(state: NetworkState, one: NetworkInterface) {
  const privateDnsName = `ip-${one.privateAddress.replaceAll('.', '-')}.ec2.internal`
  return {
    NetworkInterfaceId: one.id,
    Description: one.description,
    SubnetId: one.subnetId,
    ...(one.vpcId === null ? {} : { VpcId: one.vpcId }),
    ...(one.zoneName === null ? {} : { AvailabilityZone: one.zoneName }),
    ...(one.zoneId === null ? {} : { AvailabilityZoneId: one.zoneId }),
    OwnerId: one.accountId,
    RequesterId: REQUESTER,
    RequesterManaged: true,
    InterfaceType: 'interface' as const,
    Status: 'in-use' as const,
    SourceDestCheck: true,
    MacAddress: macAddress(one.id),
    PrivateIpAddress: one.privateAddress,
    PrivateDnsName: privateDnsName,
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: one.privateAddress, PrivateDnsName: privateDnsName }],
    Groups: one.groupIds.map((id) => ({ GroupId: id, GroupName: state.find('security-group', id)?.name ?? id })),
    Attachment: {
      AttachmentId: attachmentId(one),
      AttachTime: new Date(one.createdAt),
      DeleteOnTermination: false,
      DeviceIndex: 1,
      InstanceOwnerId: 'amazon-msk',
      Status: 'attached' as const,
    },
    Ipv6Addresses: [],
    TagSet: shownTags(one.tags),
  }
}

/** Locally administered, and always the same for an interface. */
function macAddress(id: string): string {
  const hex = createHash('sha256').update(id).digest('hex').slice(0, 10)
  return ['02', ...(hex.match(/../g) ?? [])].join(':')
}
