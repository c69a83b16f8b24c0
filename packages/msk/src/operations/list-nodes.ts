import type { OperationHandler } from '@millrace/aws/service'
import type { NodeObservation } from '@millrace/engine/engine'
import { brokerArn } from '../arns.ts'
import { interfaceId } from '../network/broker-interfaces.ts'
import type { NodeInfo } from '../sdk-types.ts'
import type { Cluster } from '../store/records.ts'
import { softwareInfo } from '../views/cluster-view.ts'
import { type Dependencies, listScope, requireCluster } from './dependencies.ts'

/** Endpoints are host names without ports, as MSK's; the host is the one by which the API was reached. */
export function listNodes({
  store,
  engine,
  paginator,
  networks,
}: Dependencies): OperationHandler<'kafka', 'ListNodes'> {
  return async ({ ClusterArn, MaxResults, NextToken }, context) => {
    const cluster = await requireCluster(store, ClusterArn, context)
    const { nodes } = await engine.observe(cluster.id)
    const interfaces = networks.interfaces(cluster.arn)
    const page = paginator.page({
      items: nodes,
      sortKey: ({ nodeId }) => String(nodeId).padStart(8, '0'),
      maxResults: MaxResults,
      nextToken: NextToken,
      scope: listScope('ListNodes', context, ClusterArn),
    })
    return {
      NodeInfoList: page.items.map((node) =>
        node.role === 'broker'
          ? brokerNode(cluster, node, {
              host: context.apiHost,
              address: interfaces.find(({ brokerId }) => brokerId === node.nodeId)?.privateAddress ?? '127.0.0.1',
            })
          : { AddedToClusterTime: cluster.createdAt, ControllerNodeInfo: { Endpoints: [context.apiHost] } },
      ),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    }
  }
}

function brokerNode(
  cluster: Cluster,
  node: NodeObservation,
  { host, address }: { readonly host: string; readonly address: string },
): NodeInfo {
  const { ClientSubnets, InstanceType } = cluster.desired.BrokerNodeGroupInfo
  const subnet = ClientSubnets[cluster.desired.ZoneIds.indexOf(node.zoneId ?? '')]
  return {
    AddedToClusterTime: cluster.createdAt,
    InstanceType: InstanceType.replace(/^kafka\./, ''),
    NodeARN: brokerArn(cluster, cluster, node.nodeId),
    NodeType: 'BROKER',
    BrokerNodeInfo: {
      AttachedENIId: interfaceId(cluster, node.nodeId),
      BrokerId: node.nodeId,
      ...(subnet === undefined ? {} : { ClientSubnet: subnet }),
      ClientVpcIpAddress: address,
      CurrentBrokerSoftwareInfo: softwareInfo(cluster.observed ?? cluster.desired),
      Endpoints: [host],
    },
  }
}
