/** GetTelemetrySubscriptions (71): what this client is to push, and how often (KIP-714). */
import { ZERO_UUID } from '@millrace/base/uuid'
import type { ApiHandler } from '@millrace/network/api-handler'
import {
  getTelemetrySubscriptionsRequest,
  getTelemetrySubscriptionsResponse,
  type GetTelemetrySubscriptionsRequest,
  type GetTelemetrySubscriptionsResponseInput,
} from '@millrace/protocol/messages/71-get-telemetry-subscriptions'
import { ACCEPTED_COMPRESSION } from '../telemetry/client-telemetry.ts'
import type { BrokerRuntime } from '../broker-runtime.ts'

export function getTelemetrySubscriptionsHandler({
  telemetry,
}: Pick<BrokerRuntime, 'telemetry'>): ApiHandler<
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponseInput
> {
  return {
    request: getTelemetrySubscriptionsRequest,
    response: getTelemetrySubscriptionsResponse,
    handle(context, request, respond) {
      const answer = telemetry.subscriptionOf(context, request.clientInstanceId)
      const found = 'subscription' in answer ? answer : null
      respond({
        throttleTimeMs: 0,
        errorCode: answer.errorCode,
        clientInstanceId: found?.clientInstanceId ?? ZERO_UUID,
        subscriptionId: found?.subscription.id ?? 0,
        acceptedCompressionTypes: found === null ? [] : [...ACCEPTED_COMPRESSION],
        pushIntervalMs: found?.subscription.pushIntervalMs ?? 0,
        telemetryMaxBytes: found === null ? 0 : telemetry.bytesMax,
        deltaTemporality: found !== null,
        requestedMetrics: [...(found?.subscription.metrics ?? [])],
      })
    },
  }
}
