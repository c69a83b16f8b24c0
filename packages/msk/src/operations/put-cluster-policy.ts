import { badRequest } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import { newCurrentVersion } from '../arns.ts'
import { clusterPolicy } from '../validation/cluster-policy.ts'
import { type Dependencies, requireCluster } from './dependencies.ts'

/** Counts at once, for API calls and on open connections. `CurrentVersion` is the policy's own, and need not be told. */
export function putClusterPolicy({
  store,
  principalNames,
  securityChanged,
}: Dependencies): OperationHandler<'kafka', 'PutClusterPolicy'> {
  return async ({ ClusterArn, CurrentVersion, Policy }, context) => {
    const currentVersion = newCurrentVersion()
    await store.transaction(async (transaction) => {
      await requireCluster(transaction, ClusterArn, context)
      const policy = clusterPolicy(Policy, ClusterArn, principalNames)
      const before = await transaction.clusterPolicy(ClusterArn)
      if (CurrentVersion !== undefined && CurrentVersion !== before?.currentVersion) {
        throw badRequest({
          message:
            before === null
              ? 'The cluster has no policy yet: leave currentVersion out.'
              : `The policy's version ${CurrentVersion} is not current. Read it with GetClusterPolicy and try again.`,
          invalidParameter: 'currentVersion',
        })
      }
      await transaction.putClusterPolicy({ clusterArn: ClusterArn, policy, currentVersion })
    })
    securityChanged()
    return { CurrentVersion: currentVersion }
  }
}
