import type { CallContext } from '@millrace/aws/call-context'
import { parseArn } from '@millrace/aws/arn'
import { badRequest, notFound } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import { checkArn, vpcConnectionArn } from '../arns.ts'
import type { NetworkSource } from '../network/network-source.ts'
import { vpcModes } from '../network/outside-listeners.ts'
import type { Cluster, VpcConnection } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { checkTags } from '../validation/tags.ts'
import { modeOf, type VpcAuthentication, vpcAuthentications } from '../vpc-connections/authentication.ts'
import { acceptConnectionOperation } from '../vpc-connections/connection-operations.ts'
import type { Dependencies } from './dependencies.ts'

/** For clients of the caller's account; the cluster may be another's. */
export function createVpcConnection({
  store,
  networks,
  clock,
  vpcConnections,
}: Dependencies): OperationHandler<'kafka', 'CreateVpcConnection'> {
  return async (input, context) => {
    const { TargetClusterArn, VpcId, ClientSubnets, SecurityGroups, Tags = {} } = input
    checkTags(Tags)
    const authentication = requireAuthentication(input.Authentication)
    const cluster = await requireTarget(store, TargetClusterArn, context)
    if (cluster.state !== 'ACTIVE') {
      throw badRequest({
        message: `The cluster is in ${cluster.state} state; VPC connections are made when it is ACTIVE.`,
        invalidParameter: 'targetClusterArn',
      })
    }
    if (!vpcModes(cluster.desired.BrokerNodeGroupInfo.ConnectivityInfo).includes(modeOf(authentication))) {
      throw badRequest({
        message: `Multi-VPC private connectivity is not on for ${authentication}: the owner of the cluster turns it on with UpdateConnectivity (vpcConnectivity.clientAuthentication).`,
        invalidParameter: 'authentication',
      })
    }
    checkClientNetwork(networks, context, cluster, { VpcId, ClientSubnets, SecurityGroups })
    const connection: VpcConnection = {
      arn: vpcConnectionArn(context, cluster),
      accountId: context.accountId,
      region: context.region,
      clusterArn: cluster.arn,
      state: 'CREATING',
      authentication,
      vpcId: VpcId,
      subnetIds: ClientSubnets,
      groupIds: SecurityGroups,
      createdAt: clock().toISOString(),
      tags: Tags,
    }
    await store.transaction(async (transaction) => {
      await transaction.putVpcConnection(connection)
      const type = 'CREATE_VPC_CONNECTION'
      await acceptConnectionOperation(transaction, { connection, type, context, now: clock() })
    })
    vpcConnections.wake()
    return {
      VpcConnectionArn: connection.arn,
      State: connection.state,
      Authentication: authentication,
      VpcId,
      ClientSubnets,
      SecurityGroups,
      CreationTime: new Date(connection.createdAt),
      Tags,
    }
  }
}

function requireAuthentication(text: string): VpcAuthentication {
  const authentication = vpcAuthentications.find((one) => one === text)
  if (authentication !== undefined) return authentication
  throw badRequest({
    message: `The authentication of a VPC connection is one of ${vpcAuthentications.join(', ')}, got ${text}.`,
    invalidParameter: 'authentication',
  })
}

/** Of any account: who may do it has been asked for at the door, of the cluster's policy too. */
async function requireTarget(store: Store, arn: string, context: CallContext): Promise<Cluster> {
  const cluster = await store.cluster(arn)
  if (cluster !== null && cluster.region === context.region) return cluster
  checkArn('cluster', arn, 'targetClusterArn', { ...context, accountId: parseArn(arn)?.accountId ?? context.accountId })
  throw notFound({ message: `The cluster ${arn} does not exist.`, invalidParameter: 'targetClusterArn' })
}

interface ClientNetwork {
  readonly VpcId: string
  readonly ClientSubnets: readonly string[]
  readonly SecurityGroups: readonly string[]
}

/** What was made here must fit: subnets in the VPC and in the cluster's zones, groups in the VPC. */
function checkClientNetwork(
  networks: NetworkSource,
  context: CallContext,
  cluster: Cluster,
  asked: ClientNetwork,
): void {
  const { VpcId, ClientSubnets, SecurityGroups } = asked
  const zones = cluster.desired.ZoneIds
  if (ClientSubnets.length !== zones.length || new Set(ClientSubnets).size !== zones.length) {
    throw badRequest({
      message: `Name as many client subnets as the cluster has (${zones.length}), one in each of its zones: ${zones.join(', ')}.`,
      invalidParameter: 'clientSubnets',
    })
  }
  for (const id of ClientSubnets) {
    const subnet = networks.subnet(context, id)
    if (subnet === null) continue
    if (subnet.vpcId !== VpcId || !zones.includes(subnet.zoneId)) {
      throw badRequest({
        message: `The subnet ${id} is in ${subnet.vpcId} and ${subnet.zoneId}; it must be in ${VpcId} and in one of the cluster's zones (${zones.join(', ')}).`,
        invalidParameter: 'clientSubnets',
      })
    }
  }
  for (const id of SecurityGroups) {
    const group = networks.securityGroup(context, id)
    if (group === null || group.vpcId === VpcId) continue
    throw badRequest({
      message: `The security group ${id} is in ${group.vpcId}, the connection in ${VpcId}.`,
      invalidParameter: 'securityGroups',
    })
  }
}
