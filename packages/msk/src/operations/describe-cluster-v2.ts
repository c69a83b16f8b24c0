import type { OperationHandler } from '@millrace/aws/service'
import { clusterV2 } from '../views/cluster-view.ts'
import { type Dependencies, requireCluster } from './dependencies.ts'

export function describeClusterV2({ store }: Dependencies): OperationHandler<'kafka', 'DescribeClusterV2'> {
  return async ({ ClusterArn }, context) => ({
    ClusterInfo: clusterV2(await requireCluster(store, ClusterArn, context)),
  })
}
