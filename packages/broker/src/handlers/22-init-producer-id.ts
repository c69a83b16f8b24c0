/**
 * InitProducerId (22) for idempotent producers: a new producer id, epoch 0, from this broker's block.
 *
 * There is no transaction coordinator. A transactional id is refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED, the one
 * code that Java, librdkafka and kafkajs all take as final: a retriable one would leave the producer hanging.
 * Facts: kafka-protocol §5.5.
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

const NO_EPOCH = -1

export function initProducerIdHandler(
  runtime: BrokerRuntime,
): ApiHandler<InitProducerIdRequest, InitProducerIdResponseInput> {
  return {
    request: initProducerIdRequest,
    response: initProducerIdResponse,
    handle(context, request, respond) {
      const answer = (errorCode: number, producerId: number): void =>
        respond({
          throttleTimeMs: 0,
          errorCode,
          producerId,
          producerEpoch: errorCode === ErrorCode.NONE ? 0 : NO_EPOCH,
        })
      if (request.transactionalId === null) return runtime.producerIds.next(answer)
      if (request.transactionalId === '') return answer(ErrorCode.INVALID_REQUEST, -1)
      runtime.logger.warn('a transactional producer was refused: there is no transaction coordinator', {
        transactionalId: request.transactionalId,
        clientId: context.clientId,
      })
      answer(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, -1)
    },
  }
}
