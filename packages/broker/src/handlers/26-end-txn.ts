/** EndTxn (26): commits or aborts. Answered when the decision is durable, before the markers are written (kafka-protocol §9.24). */
import type { ApiHandler } from '@millrace/network/api-handler'
import {
  endTxnRequest,
  endTxnResponse,
  type EndTxnRequest,
  type EndTxnResponseInput,
} from '@millrace/protocol/messages/26-end-txn'
import { EPOCH_PER_TRANSACTION } from '../transactions/decisions.ts'
import type { TransactionCoordinator } from '../transactions/transaction-coordinator.ts'
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID } from '../transactions/transaction-metadata.ts'
import { END_TXN_ERRORS, transactionError } from '../transactions/wire-errors.ts'

/** From here on the client speaks version 2 of the transaction protocol. */
const BUMPING_VERSION = 5

export function endTxnHandler(coordinator: TransactionCoordinator): ApiHandler<EndTxnRequest, EndTxnResponseInput> {
  return {
    request: endTxnRequest,
    response: endTxnResponse,
    handle({ apiVersion }, request, respond) {
      const { transactionalId, producerId, producerEpoch, committed: commit } = request
      const bumps = apiVersion >= BUMPING_VERSION
      const end = { producerId, producerEpoch, commit, clientVersion: bumps ? EPOCH_PER_TRANSACTION : 0 }
      coordinator.end(transactionalId, end, (errorCode, identity) =>
        respond({
          throttleTimeMs: 0,
          errorCode: transactionError(errorCode, apiVersion, END_TXN_ERRORS),
          ...(bumps
            ? {
                producerId: identity?.producerId ?? NO_PRODUCER_ID,
                producerEpoch: identity?.producerEpoch ?? NO_PRODUCER_EPOCH,
              }
            : {}),
        }),
      )
    },
  }
}
