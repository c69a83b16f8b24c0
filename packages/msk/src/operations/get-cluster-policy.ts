import { notFound } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import { shownPolicy } from '@millrace/policy/principal-names'
import { type Dependencies, requireCluster } from './dependencies.ts'

export function getClusterPolicy({
  store,
  principalNames,
}: Dependencies): OperationHandler<'kafka', 'GetClusterPolicy'> {
  return async ({ ClusterArn }, context) => {
    await requireCluster(store, ClusterArn, context)
    const policy = await store.clusterPolicy(ClusterArn)
    if (policy === null) {
      throw notFound({ message: `The cluster ${ClusterArn} has no policy.`, invalidParameter: 'clusterArn' })
    }
    return { CurrentVersion: policy.currentVersion, Policy: shownPolicy(policy.policy, principalNames) }
  }
}
