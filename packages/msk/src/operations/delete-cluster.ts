import { badRequest } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import { clusterStateAfter } from '../cluster-state.ts'
import { checkCurrentVersion, type Dependencies, requireCluster } from './dependencies.ts'

export function deleteCluster({ store, wake }: Dependencies): OperationHandler<'kafka', 'DeleteCluster'> {
  return async ({ ClusterArn, CurrentVersion }, context) => {
    await store.transaction(async (transaction) => {
      const cluster = await requireCluster(transaction, ClusterArn, context)
      if (CurrentVersion !== undefined) checkCurrentVersion(cluster, CurrentVersion)
      const state = clusterStateAfter(cluster.state, 'delete-accepted')
      if (state === null) {
        throw badRequest({
          message: `You can't delete a cluster in ${cluster.state} state. Try again when it is ACTIVE.`,
          invalidParameter: 'clusterArn',
        })
      }
      await transaction.updateCluster(cluster.arn, { state, stateCode: null, stateMessage: null })
    })
    wake(ClusterArn)
    return { ClusterArn, State: 'DELETING' }
  }
}
