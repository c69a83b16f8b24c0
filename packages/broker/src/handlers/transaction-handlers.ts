/** The handlers of all APIs about transactions, but for Produce and Fetch. */
import type { ApiHandler } from '@millrace/network/api-handler'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import type { TransactionParts } from '../transactions/transaction-parts.ts'
import { initProducerIdHandler } from './22-init-producer-id.ts'
import { addPartitionsToTxnHandler } from './24-add-partitions-to-txn.ts'
import { addOffsetsToTxnHandler } from './25-add-offsets-to-txn.ts'
import { endTxnHandler } from './26-end-txn.ts'
import { writeTxnMarkersHandler } from './27-write-txn-markers.ts'
import { txnOffsetCommitHandler } from './28-txn-offset-commit.ts'
import { describeProducersHandler } from './61-describe-producers.ts'
import { describeTransactionsHandler } from './65-describe-transactions.ts'
import { listTransactionsHandler } from './66-list-transactions.ts'

export function transactionHandlers(
  runtime: BrokerRuntime,
  groups: GroupCoordinator,
  { coordinator, appends, markerWriter }: TransactionParts,
): readonly ApiHandler[] {
  return [
    initProducerIdHandler(runtime, coordinator),
    addPartitionsToTxnHandler(runtime, coordinator),
    addOffsetsToTxnHandler(runtime, coordinator),
    endTxnHandler(coordinator),
    writeTxnMarkersHandler(markerWriter),
    txnOffsetCommitHandler(runtime, groups, appends),
    describeProducersHandler(runtime),
    describeTransactionsHandler(coordinator),
    listTransactionsHandler(runtime, coordinator),
  ]
}
