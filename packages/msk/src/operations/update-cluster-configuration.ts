import type { OperationHandler } from '@millrace/aws/service'
import { requireRevision } from '../validation/configuration-info.ts'
import { checkOutsideAccess } from '../validation/outside-access.ts'
import { acceptOperation } from './accept-operation.ts'
import { checkCurrentVersion, type Dependencies, requireCluster } from './dependencies.ts'

export function updateClusterConfiguration({
  store,
  wake,
  clock,
  networks,
}: Dependencies): OperationHandler<'kafka', 'UpdateClusterConfiguration'> {
  return async ({ ClusterArn, ConfigurationInfo, CurrentVersion }, context) => {
    const arn = await store.transaction(async (transaction) => {
      const cluster = await requireCluster(transaction, ClusterArn, context)
      checkCurrentVersion(cluster, CurrentVersion)
      await requireRevision(transaction, context, ConfigurationInfo, {
        kafkaVersion: cluster.desired.KafkaVersion,
        member: 'configurationInfo',
      })
      const desired = { ...cluster.desired, ConfigurationInfo }
      await checkOutsideAccess({ store: transaction, networks, scope: cluster, desired })
      const before = cluster.desired.ConfigurationInfo
      return acceptOperation(transaction, context, clock(), {
        cluster,
        event: 'update-accepted',
        type: 'UPDATE_CLUSTER_CONFIGURATION',
        desired,
        source: before === null ? {} : { ConfigurationInfo: before },
        target: { ConfigurationInfo },
      })
    })
    wake(ClusterArn)
    return { ClusterArn, ClusterOperationArn: arn }
  }
}
