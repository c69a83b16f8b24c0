import type { OperationHandler } from '@millrace/aws/service'
import { clusterInfo } from '../views/cluster-view.ts'
import { type Dependencies, requireCluster } from './dependencies.ts'

export function describeCluster({ store }: Dependencies): OperationHandler<'kafka', 'DescribeCluster'> {
  return async ({ ClusterArn }, context) => ({
    ClusterInfo: clusterInfo(await requireCluster(store, ClusterArn, context)),
  })
}
