/** Registration, heartbeat and unregistration of brokers (62, 63, 64). */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import {
  brokerRegistrationRequest,
  brokerRegistrationResponse,
} from '@millrace/protocol/messages/62-broker-registration'
import { brokerHeartbeatRequest, brokerHeartbeatResponse } from '@millrace/protocol/messages/63-broker-heartbeat'
import { unregisterBrokerRequest, unregisterBrokerResponse } from '@millrace/protocol/messages/64-unregister-broker'
import { heartbeat } from '../cluster-control/heartbeat.ts'
import { registerBroker } from '../cluster-control/register-broker.ts'
import { unregisterBroker } from '../cluster-control/unregister-broker.ts'
import type { HandlerContext } from './handler-context.ts'
import { handler } from './handler-context.ts'

export function brokerRegistrationHandler(context: HandlerContext): ApiHandler {
  const { host, logger, runtime, sessions, barrier } = context
  return handler(brokerRegistrationRequest, brokerRegistrationResponse, ({ connection }, request, respond) => {
    const { brokerId, incarnationId } = request
    const isNew = runtime.image.brokers.get(brokerId)?.incarnationId !== incarnationId
    const submitted = runtime.submit(
      (state) => registerBroker(state, request),
      ({ remark, ...response }) => {
        const fields = { broker: brokerId, brokerEpoch: response.brokerEpoch, remark }
        if (response.errorCode === ErrorCode.NONE) logger.info('broker registered', fields)
        else logger.warn('broker refused', { ...fields, error: errorName(response.errorCode) })
        respond(response)
      },
    )
    if (submitted?.response.errorCode !== ErrorCode.NONE) return
    if (isNew) sessions.registered(brokerId, host.clock.monotonicMs(), connection.id)
    barrier.progressed()
  })
}

export function brokerHeartbeatHandler(context: HandlerContext): ApiHandler {
  const { host, logger, runtime, sessions, watch, barrier } = context
  return handler(brokerHeartbeatRequest, brokerHeartbeatResponse, ({ connection }, request, respond) => {
    const { brokerId, currentMetadataOffset } = request
    const departure = {
      lowestActiveOffset: sessions.lowestActiveOffset(runtime.image),
      controlledShutdownOffset: sessions.controlledShutdownOffset(brokerId),
    }
    let isAnswered = false
    const submitted = runtime.submit(
      (state) => heartbeat(state, request, departure),
      (outcome) => {
        isAnswered = true
        sessions.answered(brokerId, host.clock.monotonicMs(), connection.id)
        watch.reschedule()
        respond(outcome)
      },
    )
    if (submitted === null) return
    const { response, wroteUpTo } = submitted
    if (response.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      logger.error('a broker has metadata that this controller never wrote; one of them has lost its disk', {
        broker: brokerId,
        brokerOffset: currentMetadataOffset,
        controllerOffset: runtime.log.nextOffset - 1,
      })
    }
    if (response.errorCode !== ErrorCode.NONE) return
    sessions.heartbeat(brokerId, host.clock.monotonicMs(), connection.id, currentMetadataOffset, !isAnswered)
    if (wroteUpTo >= 0) {
      logger.info('broker changes state', { broker: brokerId, state: response.state })
      if (response.state === 'controlledShutdown') sessions.shutdownBegan(brokerId, wroteUpTo)
      watch.reschedule()
    }
    barrier.progressed()
  })
}

export function unregisterBrokerHandler({ runtime, sessions, barrier }: HandlerContext): ApiHandler {
  return handler(unregisterBrokerRequest, unregisterBrokerResponse, (_, request, respond) => {
    const submitted = runtime.submit(
      (state) => unregisterBroker(state, request),
      (response) => respond(response),
    )
    if (submitted?.response.errorCode !== ErrorCode.NONE) return
    sessions.forget(request.brokerId)
    barrier.progressed()
  })
}
