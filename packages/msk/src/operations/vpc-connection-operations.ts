/** What the client's side and the owner's side do with VPC connections that there are. */
import { notFound } from '@millrace/aws/errors'
import type { OperationHandlers } from '@millrace/aws/service'
import { acceptConnectionOperation } from '../vpc-connections/connection-operations.ts'
import { type Dependencies, listScope, requireCluster } from './dependencies.ts'
import { requireVpcConnection, walked } from './require-vpc-connection.ts'

type Name =
  | 'DeleteVpcConnection'
  | 'DescribeVpcConnection'
  | 'ListClientVpcConnections'
  | 'ListVpcConnections'
  | 'RejectClientVpcConnection'

export function vpcConnectionOperations({
  store,
  paginator,
  clock,
  vpcConnections,
}: Dependencies): Pick<OperationHandlers<'kafka'>, Name> {
  return {
    DescribeVpcConnection: async ({ Arn }, context) => {
      const one = await requireVpcConnection(store, Arn, context)
      return {
        VpcConnectionArn: one.arn,
        TargetClusterArn: one.clusterArn,
        State: one.state,
        Authentication: one.authentication,
        VpcId: one.vpcId,
        Subnets: [...one.subnetIds],
        SecurityGroups: [...one.groupIds],
        CreationTime: new Date(one.createdAt),
        Tags: { ...one.tags },
      }
    },

    ListVpcConnections: async ({ MaxResults, NextToken }, context) => {
      const own = (await store.allVpcConnections()).filter(
        ({ accountId, region }) => accountId === context.accountId && region === context.region,
      )
      const page = paginator.page({
        items: own,
        sortKey: ({ arn }) => arn,
        maxResults: MaxResults,
        nextToken: NextToken,
        scope: listScope('ListVpcConnections', context),
      })
      return {
        VpcConnections: page.items.map((one) => ({
          VpcConnectionArn: one.arn,
          TargetClusterArn: one.clusterArn,
          CreationTime: new Date(one.createdAt),
          Authentication: one.authentication,
          VpcId: one.vpcId,
          State: one.state,
        })),
        ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
      }
    },

    DeleteVpcConnection: async ({ Arn }, context) => {
      await store.transaction(async (transaction) => {
        const one = await requireVpcConnection(transaction, Arn, context)
        const connection = walked(one, 'delete-accepted', 'arn')
        await transaction.putVpcConnection(connection)
        const type = 'DELETE_VPC_CONNECTION'
        await acceptConnectionOperation(transaction, { connection, type, context, now: clock() })
      })
      vpcConnections.wake()
      return { VpcConnectionArn: Arn, State: 'DELETING' }
    },

    ListClientVpcConnections: async ({ ClusterArn, MaxResults, NextToken }, context) => {
      await requireCluster(store, ClusterArn, context)
      const page = paginator.page({
        items: await store.vpcConnectionsOf(ClusterArn),
        sortKey: ({ arn }) => arn,
        maxResults: MaxResults,
        nextToken: NextToken,
        scope: listScope('ListClientVpcConnections', context, ClusterArn),
      })
      return {
        ClientVpcConnections: page.items.map((one) => ({
          VpcConnectionArn: one.arn,
          Authentication: one.authentication,
          CreationTime: new Date(one.createdAt),
          State: one.state,
          Owner: one.accountId,
        })),
        ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
      }
    },

    RejectClientVpcConnection: async ({ ClusterArn, VpcConnectionArn }, context) => {
      await store.transaction(async (transaction) => {
        await requireCluster(transaction, ClusterArn, context)
        const one = await transaction.vpcConnection(VpcConnectionArn)
        if (one === null || one.clusterArn !== ClusterArn) {
          throw notFound({
            message: `The cluster has no VPC connection ${VpcConnectionArn}.`,
            invalidParameter: 'vpcConnectionArn',
          })
        }
        await transaction.putVpcConnection(walked(one, 'reject-accepted', 'vpcConnectionArn'))
      })
      vpcConnections.wake()
      return {}
    },
  }
}
