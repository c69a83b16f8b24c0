/**
 * What the owner of a cluster sees of VPC connections that are made and deleted: operations of the cluster (msk.md §2.2), which
 * run beside its own. No step of theirs touches the cluster, so its state and its other operations know nothing of them.
 */
import type { CallContext } from '@millrace/aws/call-context'
import { operationArn } from '../arns.ts'
import { nextOperationState, type ConnectionOperationType } from '../operation-state.ts'
import type { Operation, VpcConnection } from '../store/records.ts'
import type { Store } from '../store/store.ts'

export interface ConnectionOperation {
  readonly connection: VpcConnection
  readonly type: ConnectionOperationType
  readonly context: CallContext
  readonly now: Date
}

/** Inside the transaction that writes the connection. Nothing where the cluster is gone. */
export async function acceptConnectionOperation(store: Store, accepted: ConnectionOperation): Promise<void> {
  const { connection, type, context, now } = accepted
  const cluster = await store.cluster(connection.clusterArn)
  if (cluster === null) return
  await store.insertOperation({
    arn: operationArn(cluster, cluster),
    clusterArn: cluster.arn,
    type,
    state: 'PENDING',
    clientRequestId: context.requestId,
    createdAt: now.toISOString(),
    endedAt: null,
    source: {},
    target: {},
    steps: [],
    errorCode: null,
    errorMessage: null,
    vpcConnection: {
      arn: connection.arn,
      owner: connection.accountId,
      callerAccountId: context.accountId,
      createdAt: connection.createdAt,
    },
  })
}

/** Inside the transaction that writes how it came out. Safe to run again: what has ended stays as it is. */
export async function endConnectionOperations(
  store: Store,
  connection: VpcConnection,
  how: 'complete' | 'fail',
  now: Date,
): Promise<void> {
  for (const operation of await store.operations(connection.clusterArn)) {
    if (operation.endedAt !== null || operation.vpcConnection?.arn !== connection.arn) continue
    const begun = nextOperationState(operation.type, operation.state, 'begin')
    await store.updateOperation(operation.arn, {
      state: nextOperationState(operation.type, begun, how),
      endedAt: now.toISOString(),
      ...(how === 'fail' ? NOT_SERVED : {}),
    })
  }
}

const NOT_SERVED: Pick<Operation, 'errorCode' | 'errorMessage'> = {
  errorCode: 'InternalError',
  errorMessage: 'The cluster no longer serves this authentication to other VPCs.',
}
