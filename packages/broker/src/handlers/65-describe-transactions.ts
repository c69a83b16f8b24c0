/** DescribeTransactions (65): state, producer and partitions of transactional ids coordinated here (KIP-664). */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  describeTransactionsRequest,
  describeTransactionsResponse,
  type DescribeTransactionsRequest,
  type DescribeTransactionsResponseInput,
} from '@millrace/protocol/messages/65-describe-transactions'
import type { TransactionCoordinator } from '../transactions/transaction-coordinator.ts'

type StateAnswer = DescribeTransactionsResponseInput['transactionStates'][number]

export function describeTransactionsHandler(
  coordinator: TransactionCoordinator,
): ApiHandler<DescribeTransactionsRequest, DescribeTransactionsResponseInput> {
  return {
    request: describeTransactionsRequest,
    response: describeTransactionsResponse,
    handle(_context, request, respond) {
      respond({
        throttleTimeMs: 0,
        transactionStates: request.transactionalIds.map((transactionalId) => describe(coordinator, transactionalId)),
      })
    },
  }
}

function describe(coordinator: TransactionCoordinator, transactionalId: string): StateAnswer {
  const unknown = {
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  }
  if (transactionalId === '') return { ...unknown, errorCode: ErrorCode.INVALID_REQUEST }
  const { shard, errorCode } = coordinator.locate(transactionalId)
  if (shard === null) return { ...unknown, errorCode }
  const known = shard.transactions.get(transactionalId)
  if (known === undefined || shard.pending.get(transactionalId) === 'Dead')
    return { ...unknown, errorCode: ErrorCode.TRANSACTIONAL_ID_NOT_FOUND }
  return {
    errorCode: ErrorCode.NONE,
    transactionalId,
    transactionState: known.state,
    transactionTimeoutMs: known.timeoutMs,
    transactionStartTimeMs: known.startMs,
    producerId: known.producerId,
    producerEpoch: known.producerEpoch,
    topics: [...known.partitions].map(([topic, partitions]) => ({ topic, partitions: [...partitions] })),
  }
}
