import type { OperationHandler } from '@millrace/aws/service'
import { type Dependencies, listScope, requireCluster } from './dependencies.ts'

export function listScramSecrets({ store, paginator }: Dependencies): OperationHandler<'kafka', 'ListScramSecrets'> {
  return async ({ ClusterArn, MaxResults, NextToken }, context) => {
    await requireCluster(store, ClusterArn, context)
    const associated = await store.associatedSecretsOf(ClusterArn)
    const page = paginator.page({
      items: associated.map(({ secretArn }) => secretArn),
      sortKey: (secretArn) => secretArn,
      maxResults: MaxResults,
      nextToken: NextToken,
      scope: listScope('ListScramSecrets', context, ClusterArn),
    })
    return {
      SecretArnList: [...page.items],
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    }
  }
}
