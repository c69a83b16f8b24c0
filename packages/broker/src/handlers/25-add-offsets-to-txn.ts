/** AddOffsetsToTxn (25): takes the partition of `__consumer_offsets` that holds the group into the transaction. */
import type { ApiHandler } from '@millrace/network/api-handler'
import {
  addOffsetsToTxnRequest,
  addOffsetsToTxnResponse,
  type AddOffsetsToTxnRequest,
  type AddOffsetsToTxnResponseInput,
} from '@millrace/protocol/messages/25-add-offsets-to-txn'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { GROUP_METADATA_TOPIC } from '../groups/internal-topic.ts'
import { partitionForGroup } from '../groups/partition-for-group.ts'
import type { TransactionCoordinator } from '../transactions/transaction-coordinator.ts'
import { ADD_OFFSETS_ERRORS, transactionError } from '../transactions/wire-errors.ts'

export function addOffsetsToTxnHandler(
  runtime: BrokerRuntime,
  coordinator: TransactionCoordinator,
): ApiHandler<AddOffsetsToTxnRequest, AddOffsetsToTxnResponseInput> {
  return {
    request: addOffsetsToTxnRequest,
    response: addOffsetsToTxnResponse,
    handle({ apiVersion }, request, respond) {
      const answer = (errorCode: number): void =>
        respond({ throttleTimeMs: 0, errorCode: transactionError(errorCode, apiVersion, ADD_OFFSETS_ERRORS) })
      // The topic is made when the producer looks for the group's coordinator, which it does only after this.
      const count =
        runtime.metadata.image.topicsByName.get(GROUP_METADATA_TOPIC)?.partitions.length ??
        runtime.settings.number('offsets.topic.num.partitions')
      const added = new Map([[GROUP_METADATA_TOPIC, new Set([partitionForGroup(request.groupId, count)])]])
      return coordinator.add(request.transactionalId, request, added, 0, answer)
    },
  }
}
