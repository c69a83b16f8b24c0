import { badRequest } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import { clusterV2 } from '../views/cluster-view.ts'
import { type Dependencies, listScope } from './dependencies.ts'

/** `clusterNameFilter` is a prefix; there are no serverless clusters. */
export function listClustersV2({ store, paginator }: Dependencies): OperationHandler<'kafka', 'ListClustersV2'> {
  return async ({ ClusterNameFilter, ClusterTypeFilter, MaxResults, NextToken }, context) => {
    if (ClusterTypeFilter !== undefined && ClusterTypeFilter !== 'PROVISIONED' && ClusterTypeFilter !== 'SERVERLESS') {
      throw badRequest({
        message: `clusterTypeFilter is PROVISIONED or SERVERLESS, got ${ClusterTypeFilter}.`,
        invalidParameter: 'clusterTypeFilter',
      })
    }
    const clusters = ClusterTypeFilter === 'SERVERLESS' ? [] : await store.clusters(context)
    const page = paginator.page({
      items: clusters.filter(({ name }) => name.startsWith(ClusterNameFilter ?? '')),
      sortKey: ({ name }) => name,
      maxResults: MaxResults,
      nextToken: NextToken,
      scope: listScope('ListClustersV2', context, ClusterNameFilter, ClusterTypeFilter),
    })
    return {
      ClusterInfoList: page.items.map(clusterV2),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    }
  }
}
