import type { OperationHandler } from '@millrace/aws/service'
import { operationInfo } from '../views/operation-view.ts'
import type { Dependencies } from './dependencies.ts'
import { requireOperation } from './require-operation.ts'

export function describeClusterOperation({
  store,
}: Dependencies): OperationHandler<'kafka', 'DescribeClusterOperation'> {
  return async ({ ClusterOperationArn }, context) => ({
    ClusterOperationInfo: operationInfo(await requireOperation(store, ClusterOperationArn, context)),
  })
}
