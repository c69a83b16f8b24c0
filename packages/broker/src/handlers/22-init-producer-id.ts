/**
 * InitProducerId (22): a producer id for an idempotent producer, from this broker's block; for a transactional id, its
 * producer id with the next epoch, from its coordinator. Facts: kafka-protocol §5.5, §5.6.
 */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  initProducerIdRequest,
  initProducerIdResponse,
  type InitProducerIdRequest,
  type InitProducerIdResponseInput,
} from '@millrace/protocol/messages/22-init-producer-id'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { TransactionCoordinator } from '../transactions/transaction-coordinator.ts'
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID } from '../transactions/transaction-metadata.ts'
import { INIT_PRODUCER_ID_ERRORS, transactionError } from '../transactions/wire-errors.ts'

export function initProducerIdHandler(
  runtime: BrokerRuntime,
  coordinator: TransactionCoordinator,
): ApiHandler<InitProducerIdRequest, InitProducerIdResponseInput> {
  return {
    request: initProducerIdRequest,
    response: initProducerIdResponse,
    handle({ apiVersion }, request, respond) {
      const { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch } = request
      const answer = (errorCode: number, id: number, epoch: number): void =>
        respond({
          throttleTimeMs: 0,
          errorCode: transactionError(errorCode, apiVersion, INIT_PRODUCER_ID_ERRORS),
          producerId: errorCode === ErrorCode.NONE ? id : NO_PRODUCER_ID,
          producerEpoch: errorCode === ErrorCode.NONE ? epoch : NO_PRODUCER_EPOCH,
        })
      // Either both are given or none.
      if ((producerId === NO_PRODUCER_ID) !== (producerEpoch === NO_PRODUCER_EPOCH))
        return answer(ErrorCode.INVALID_REQUEST, -1, -1)
      if (transactionalId === null) return runtime.producerIds.next((errorCode, id) => answer(errorCode, id, 0))
      const expected = producerId === NO_PRODUCER_ID ? null : { producerId, producerEpoch }
      return coordinator.init(transactionalId, { timeoutMs, expected }, (errorCode, identity) =>
        answer(errorCode, identity?.producerId ?? -1, identity?.producerEpoch ?? -1),
      )
    },
  }
}
