/** ListTransactions (66): the transactional ids coordinated here, by state, producer, age and name (KIP-664, KIP-994, KIP-1152). */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  listTransactionsRequest,
  listTransactionsResponse,
  type ListTransactionsRequest,
  type ListTransactionsResponseInput,
} from '@millrace/protocol/messages/66-list-transactions'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { compilePattern } from '../coordination/linear-pattern.ts'
import type { TransactionCoordinator } from '../transactions/transaction-coordinator.ts'
import type { TransactionMetadata } from '../transactions/transaction-metadata.ts'
import { isTransactionState } from '../transactions/transaction-state.ts'

export function listTransactionsHandler(
  { host }: BrokerRuntime,
  coordinator: TransactionCoordinator,
): ApiHandler<ListTransactionsRequest, ListTransactionsResponseInput> {
  return {
    request: listTransactionsRequest,
    response: listTransactionsResponse,
    handle(_context, request, respond) {
      const { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern } = request
      const answer = (
        errorCode: number,
        unknownStateFilters: readonly string[],
        transactionStates: ListTransactionsResponseInput['transactionStates'],
      ): void => respond({ throttleTimeMs: 0, errorCode, unknownStateFilters, transactionStates })
      const { loading, shards } = coordinator.active()
      if (loading) return answer(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, [], [])
      const pattern = transactionalIdPattern ?? ''
      // As in Kafka, the empty pattern is none.
      const matchesPattern = pattern === '' ? () => true : compilePattern(pattern)
      if (matchesPattern === null) return answer(ErrorCode.INVALID_REGULAR_EXPRESSION, [], [])
      const unknown = stateFilters.filter((name) => !isTransactionState(name))
      // Only unknown names: nothing can match, and no filter would be left to say so.
      if (unknown.length > 0 && unknown.length === stateFilters.length) return answer(ErrorCode.NONE, unknown, [])
      const states = new Set<string>(stateFilters)
      const producerIds = new Set<number>(producerIdFilters)
      const nowMs = host.clock.nowMs()
      const matches = (known: TransactionMetadata): boolean =>
        (states.size === 0 || states.has(known.state)) &&
        (producerIds.size === 0 || producerIds.has(known.producerId)) &&
        (durationFilter < 0 || (known.startMs >= 0 && nowMs - known.startMs > durationFilter))
      const found: { transactionalId: string; producerId: number; transactionState: string }[] = []
      for (const { transactions, pending } of shards) {
        for (const [transactionalId, known] of transactions) {
          if (pending.get(transactionalId) === 'Dead' || !matches(known) || !matchesPattern(transactionalId)) continue
          found.push({ transactionalId, producerId: known.producerId, transactionState: known.state })
        }
      }
      return answer(ErrorCode.NONE, unknown, found)
    },
  }
}
