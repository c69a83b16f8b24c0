import { badRequest } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import type { DesiredCluster } from '../desired-cluster.ts'
import { clientAuthorities, withTlsSaid } from '../mutual-tls/client-authorities.ts'
import type { ClientAuthentication, EncryptionInfo } from '../sdk-types.ts'
import type { OperationChange } from '../store/records.ts'
import { checkClientAccess } from '../validation/client-access.ts'
import { checkOutsideAccess } from '../validation/outside-access.ts'
import { acceptOperation } from './accept-operation.ts'
import { checkCurrentVersion, type Dependencies, requireCluster } from './dependencies.ts'

const MEMBER = 'clientAuthentication.tls.certificateAuthorityArnList'

/** Which listeners the brokers have: they are restarted one after the other with the new ones. The same settings again are accepted. */
export function updateSecurity({
  store,
  wake,
  clock,
  authorities,
  networks,
}: Dependencies): OperationHandler<'kafka', 'UpdateSecurity'> {
  return async ({ ClusterArn, ClientAuthentication, EncryptionInfo, CurrentVersion }, context) => {
    const arn = await store.transaction(async (transaction) => {
      const cluster = await requireCluster(transaction, ClusterArn, context)
      checkCurrentVersion(cluster, CurrentVersion)
      const change = changed(cluster.desired, ClientAuthentication, EncryptionInfo)
      checkClientAccess(change.EncryptionInfo, change.ClientAuthentication, '')
      const desired =
        ClientAuthentication === undefined
          ? change
          : {
              ...change,
              ClientAuthorities: await clientAuthorities(authorities, context, ClientAuthentication, MEMBER),
            }
      await checkOutsideAccess({ store: transaction, networks, scope: cluster, desired })
      return acceptOperation(transaction, context, clock(), {
        cluster,
        event: 'update-accepted',
        type: 'UPDATE_SECURITY',
        desired,
        source: security(cluster.desired),
        target: security(desired),
      })
    })
    wake(ClusterArn)
    return { ClusterArn, ClusterOperationArn: arn }
  }
}

function changed(
  before: DesiredCluster,
  authentication: ClientAuthentication | undefined,
  encryption: EncryptionInfo | undefined,
): DesiredCluster {
  if (authentication === undefined && encryption === undefined) {
    throw badRequest({
      message: 'Name what is to change: clientAuthentication, encryptionInfo, or both.',
      invalidParameter: 'clientAuthentication',
    })
  }
  const transit = before.EncryptionInfo.EncryptionInTransit
  const { InCluster } = encryption?.EncryptionInTransit ?? {}
  if (encryption?.EncryptionAtRest !== undefined || (InCluster !== undefined && InCluster !== transit?.InCluster)) {
    throw badRequest({
      message:
        'Updating encryption-at-rest or encryption-in-cluster is not supported: both are chosen when a cluster is created.',
      invalidParameter: 'encryptionInfo',
    })
  }
  const ClientBroker = encryption?.EncryptionInTransit?.ClientBroker ?? transit?.ClientBroker
  return {
    ...before,
    ...(authentication === undefined ? {} : { ClientAuthentication: withTlsSaid(authentication) }),
    EncryptionInfo: {
      ...before.EncryptionInfo,
      EncryptionInTransit: { ...transit, ...(ClientBroker === undefined ? {} : { ClientBroker }) },
    },
  }
}

function security({ ClientAuthentication, EncryptionInfo }: DesiredCluster): OperationChange {
  return { ...(ClientAuthentication === undefined ? {} : { ClientAuthentication }), EncryptionInfo }
}
