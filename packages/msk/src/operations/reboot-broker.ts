import { badRequest } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import { acceptOperation } from './accept-operation.ts'
import { type Dependencies, requireCluster } from './dependencies.ts'

export function rebootBroker({ store, wake, clock }: Dependencies): OperationHandler<'kafka', 'RebootBroker'> {
  return async ({ BrokerIds, ClusterArn }, context) => {
    const arn = await store.transaction(async (transaction) => {
      const cluster = await requireCluster(transaction, ClusterArn, context)
      if (BrokerIds.length === 0)
        throw badRequest({ message: 'Name at least one broker.', invalidParameter: 'brokerIds' })
      const count = cluster.desired.NumberOfBrokerNodes
      for (const id of BrokerIds) {
        if (/^[1-9]\d*$/.test(id) && Number(id) <= count) continue
        throw badRequest({
          message: `The cluster has no broker ${id}: its brokers are 1 to ${count}.`,
          invalidParameter: 'brokerIds',
        })
      }
      return acceptOperation(transaction, context, clock(), {
        cluster,
        event: 'reboot-accepted',
        type: 'REBOOT_NODE',
        desired: cluster.desired,
        source: {},
        target: { BrokerIds: [...new Set(BrokerIds.map(Number))] },
      })
    })
    wake(ClusterArn)
    return { ClusterArn, ClusterOperationArn: arn }
  }
}
