import type { OperationHandler } from '@millrace/aws/service'
import { operationV2 } from '../views/operation-view.ts'
import type { Dependencies } from './dependencies.ts'
import { requireOperation } from './require-operation.ts'

export function describeClusterOperationV2({
  store,
}: Dependencies): OperationHandler<'kafka', 'DescribeClusterOperationV2'> {
  return async ({ ClusterOperationArn }, context) => ({
    ClusterOperationInfo: operationV2(await requireOperation(store, ClusterOperationArn, context)),
  })
}
