/** How every update begins: cluster and operation are written together, then the reconciler is told. */
import type { CallContext } from '@millrace/aws/call-context'
import { badRequest } from '@millrace/aws/errors'
import { operationArn } from '../arns.ts'
import { type ClusterEvent, clusterStateAfter } from '../cluster-state.ts'
import type { DesiredCluster } from '../desired-cluster.ts'
import type { WorkflowType } from '../operation-state.ts'
import type { Cluster, OperationChange } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { workflows } from '../workflows/continue-operation.ts'

export interface AcceptRequest {
  readonly cluster: Cluster
  readonly event: ClusterEvent & ('update-accepted' | 'reboot-accepted')
  readonly type: WorkflowType
  readonly desired: DesiredCluster
  readonly source: OperationChange
  readonly target: OperationChange
}

/** Inside a transaction. @throws BadRequestException when the cluster's state does not allow it */
export async function acceptOperation(
  store: Store,
  context: CallContext,
  now: Date,
  request: AcceptRequest,
): Promise<string> {
  const { cluster, type, target } = request
  const state = clusterStateAfter(cluster.state, request.event)
  if (state === null) {
    throw badRequest({
      message: `The cluster is in ${cluster.state} state. It can be changed when it is ACTIVE; one operation runs at a time.`,
      invalidParameter: 'clusterArn',
    })
  }
  const arn = operationArn(context, cluster)
  await store.insertOperation({
    arn,
    clusterArn: cluster.arn,
    type,
    state: 'PENDING',
    clientRequestId: context.requestId,
    createdAt: now.toISOString(),
    endedAt: null,
    source: request.source,
    target,
    steps: workflows[type].stepNames(target).map((name) => ({ name, status: 'PENDING' })),
    errorCode: null,
    errorMessage: null,
    vpcConnection: null,
  })
  await store.updateCluster(cluster.arn, {
    state,
    desired: request.desired,
    activeOperationArn: arn,
    stateCode: null,
    stateMessage: null,
  })
  return arn
}
