import type { OperationHandler } from '@millrace/aws/service'
import { operationV2Summary } from '../views/operation-view.ts'
import { type Dependencies, listScope, requireCluster } from './dependencies.ts'
import { newestFirst } from './require-operation.ts'

export function listClusterOperationsV2({
  store,
  paginator,
}: Dependencies): OperationHandler<'kafka', 'ListClusterOperationsV2'> {
  return async ({ ClusterArn, MaxResults, NextToken }, context) => {
    await requireCluster(store, ClusterArn, context)
    const operations = await store.operations(ClusterArn)
    const page = paginator.page({
      items: operations.sort((a, b) => (newestFirst(a) < newestFirst(b) ? -1 : 1)),
      sortKey: newestFirst,
      maxResults: MaxResults,
      nextToken: NextToken,
      scope: listScope('ListClusterOperationsV2', context, ClusterArn),
    })
    return {
      ClusterOperationInfoList: page.items.map(operationV2Summary),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    }
  }
}
