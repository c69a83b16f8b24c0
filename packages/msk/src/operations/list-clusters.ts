import type { OperationHandler } from '@millrace/aws/service'
import { clusterInfo } from '../views/cluster-view.ts'
import { type Dependencies, listScope } from './dependencies.ts'

/** `clusterNameFilter` is a prefix. */
export function listClusters({ store, paginator }: Dependencies): OperationHandler<'kafka', 'ListClusters'> {
  return async ({ ClusterNameFilter, MaxResults, NextToken }, context) => {
    const clusters = await store.clusters(context)
    const page = paginator.page({
      items: clusters.filter(({ name }) => name.startsWith(ClusterNameFilter ?? '')),
      sortKey: ({ name }) => name,
      maxResults: MaxResults,
      nextToken: NextToken,
      scope: listScope('ListClusters', context, ClusterNameFilter),
    })
    return {
      ClusterInfoList: page.items.map(clusterInfo),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    }
  }
}
