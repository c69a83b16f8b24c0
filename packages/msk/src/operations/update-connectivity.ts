import { badRequest } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import type { DesiredCluster } from '../desired-cluster.ts'
import type { ConnectivityInfo } from '../sdk-types.ts'
import type { OperationChange } from '../store/records.ts'
import { checkOutsideAccess } from '../validation/outside-access.ts'
import { acceptOperation } from './accept-operation.ts'
import { checkCurrentVersion, type Dependencies, requireCluster } from './dependencies.ts'

/** From where clients may come: the internet, other VPCs. The brokers are restarted one after the other with the listeners for it. */
export function updateConnectivity({
  store,
  wake,
  clock,
  networks,
}: Dependencies): OperationHandler<'kafka', 'UpdateConnectivity'> {
  return async ({ ClusterArn, ConnectivityInfo: change, CurrentVersion, ZookeeperAccess }, context) => {
    if (ZookeeperAccess !== undefined) {
      throw badRequest({
        message: 'The cluster has no ZooKeeper: leave zookeeperAccess out.',
        invalidParameter: 'zookeeperAccess',
      })
    }
    const arn = await store.transaction(async (transaction) => {
      const cluster = await requireCluster(transaction, ClusterArn, context)
      checkCurrentVersion(cluster, CurrentVersion)
      const desired = changed(cluster.desired, change)
      await checkOutsideAccess({ store: transaction, networks, scope: cluster, desired })
      return acceptOperation(transaction, context, clock(), {
        cluster,
        event: 'update-accepted',
        type: 'UPDATE_CONNECTIVITY',
        desired,
        source: connectivity(cluster.desired),
        target: connectivity(desired),
      })
    })
    wake(ClusterArn)
    return { ClusterArn, ClusterOperationArn: arn }
  }
}

/** What is not named stays as it is. */
function changed(before: DesiredCluster, change: ConnectivityInfo | undefined): DesiredCluster {
  const { PublicAccess, VpcConnectivity, NetworkType } = change ?? {}
  if (PublicAccess === undefined && VpcConnectivity === undefined && NetworkType === undefined) {
    throw badRequest({
      message: 'Name what is to change: connectivityInfo.publicAccess, vpcConnectivity or networkType.',
      invalidParameter: 'connectivityInfo',
    })
  }
  const type = PublicAccess?.Type
  if (PublicAccess !== undefined && type !== 'DISABLED' && type !== 'SERVICE_PROVIDED_EIPS') {
    throw badRequest({
      message: `The type of public access is DISABLED or SERVICE_PROVIDED_EIPS, got ${type ?? 'nothing'}.`,
      invalidParameter: 'connectivityInfo.publicAccess.type',
    })
  }
  if (NetworkType !== undefined && NetworkType !== 'IPV4') {
    throw badRequest({
      message: `The network type ${NetworkType} is not served by this version of Millrace: write IPV4.`,
      invalidParameter: 'connectivityInfo.networkType',
    })
  }
  const group = before.BrokerNodeGroupInfo
  return {
    ...before,
    BrokerNodeGroupInfo: {
      ...group,
      ConnectivityInfo: {
        ...group.ConnectivityInfo,
        ...(PublicAccess === undefined ? {} : { PublicAccess }),
        ...(VpcConnectivity === undefined ? {} : { VpcConnectivity }),
      },
    },
  }
}

function connectivity({ BrokerNodeGroupInfo }: DesiredCluster): OperationChange {
  const { ConnectivityInfo } = BrokerNodeGroupInfo
  return ConnectivityInfo === undefined ? {} : { ConnectivityInfo }
}
