/** PushTelemetry (72): metrics of a client (KIP-714). */
import type { ApiHandler } from '@millrace/network/api-handler'
import {
  pushTelemetryRequest,
  pushTelemetryResponse,
  type PushTelemetryRequest,
  type PushTelemetryResponseInput,
} from '@millrace/protocol/messages/72-push-telemetry'
import type { BrokerRuntime } from '../broker-runtime.ts'

export function pushTelemetryHandler({
  telemetry,
}: Pick<BrokerRuntime, 'telemetry'>): ApiHandler<PushTelemetryRequest, PushTelemetryResponseInput> {
  return {
    request: pushTelemetryRequest,
    response: pushTelemetryResponse,
    handle: (context, request, respond) => respond({ throttleTimeMs: 0, errorCode: telemetry.push(context, request) }),
  }
}
