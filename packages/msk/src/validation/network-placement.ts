/** The network that a cluster is put into, as far as it was made here (msk.md §3.1): one VPC, a zone per subnet, names that resolve. */
import { badRequest } from '@millrace/aws/errors'
import type { Scope } from '../arns.ts'
import type { NetworkSource } from '../network/network-source.ts'
import type { BrokerNodeGroupInfo } from '../sdk-types.ts'
import { isUsableZone } from '../zones.ts'

/** @param prefix '' in CreateCluster, 'provisioned.' in CreateClusterV2 */
export function checkPlacement(
  networks: NetworkSource,
  scope: Scope,
  { ClientSubnets, SecurityGroups = [] }: BrokerNodeGroupInfo,
  prefix: string,
): void {
  const subnetsMember = `${prefix}brokerNodeGroupInfo.clientSubnets`
  const subnets = ClientSubnets.flatMap((id) => {
    const facts = networks.subnet(scope, id)
    return facts === null ? [] : [{ id, ...facts }]
  })
  const [first] = subnets
  for (const [index, { id, vpcId, zoneId }] of subnets.entries()) {
    if (vpcId !== first?.vpcId) {
      throw badRequest({
        message: `All client subnets must be in one VPC: ${id} is in ${vpcId}, ${first?.id ?? ''} in ${first?.vpcId ?? ''}.`,
        invalidParameter: subnetsMember,
      })
    }
    if (!isUsableZone(zoneId)) {
      throw badRequest({
        message: `The subnet ${id} is in ${zoneId}, which Amazon MSK does not offer. Take a subnet in another Availability Zone.`,
        invalidParameter: subnetsMember,
      })
    }
    const twin = subnets.slice(0, index).find((other) => other.zoneId === zoneId)
    if (twin !== undefined) {
      throw badRequest({
        message: `Every client subnet must be in an Availability Zone of its own: ${twin.id} and ${id} are both in ${zoneId}.`,
        invalidParameter: subnetsMember,
      })
    }
  }
  if (first !== undefined && networks.vpc(scope, first.vpcId)?.dnsSupport === false) {
    throw badRequest({
      message: `The VPC ${first.vpcId} does not resolve names: aws ec2 modify-vpc-attribute --vpc-id ${first.vpcId} --enable-dns-support`,
      invalidParameter: subnetsMember,
    })
  }
  for (const id of SecurityGroups) {
    const group = networks.securityGroup(scope, id)
    if (group === null || first === undefined || group.vpcId === first.vpcId) continue
    throw badRequest({
      message: `The security group ${id} is in ${group.vpcId}, the client subnets are in ${first.vpcId}.`,
      invalidParameter: `${prefix}brokerNodeGroupInfo.securityGroups`,
    })
  }
}
