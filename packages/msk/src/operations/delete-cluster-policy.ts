import { notFound } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import { type Dependencies, requireCluster } from './dependencies.ts'

export function deleteClusterPolicy({
  store,
  securityChanged,
}: Dependencies): OperationHandler<'kafka', 'DeleteClusterPolicy'> {
  return async ({ ClusterArn }, context) => {
    await store.transaction(async (transaction) => {
      await requireCluster(transaction, ClusterArn, context)
      if ((await transaction.clusterPolicy(ClusterArn)) === null) {
        throw notFound({ message: `The cluster ${ClusterArn} has no policy.`, invalidParameter: 'clusterArn' })
      }
      await transaction.deleteClusterPolicy(ClusterArn)
    })
    securityChanged()
    return {}
  }
}
