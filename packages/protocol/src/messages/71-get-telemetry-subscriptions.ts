/**
 * GetTelemetrySubscriptions: which metrics the client shall push (KIP-714).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const getTelemetrySubscriptionsRequest = {
  kind: 'request',
  apiKey: 71,
  name: 'GetTelemetrySubscriptionsRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [{ name: 'clientInstanceId', type: 'uuid' }],
} as const

export const getTelemetrySubscriptionsResponse = {
  kind: 'response',
  apiKey: 71,
  name: 'GetTelemetrySubscriptionsResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    { name: 'clientInstanceId', type: 'uuid' },
    { name: 'subscriptionId', type: 'int32' },
    { name: 'acceptedCompressionTypes', type: '[]int8' },
    { name: 'pushIntervalMs', type: 'int32' },
    { name: 'telemetryMaxBytes', type: 'int32' },
    { name: 'deltaTemporality', type: 'bool' },
    { name: 'requestedMetrics', type: '[]string' },
  ],
} as const

export type GetTelemetrySubscriptionsRequest = Decoded<typeof getTelemetrySubscriptionsRequest>
export type GetTelemetrySubscriptionsRequestInput = Encodable<typeof getTelemetrySubscriptionsRequest>
export type GetTelemetrySubscriptionsResponse = Decoded<typeof getTelemetrySubscriptionsResponse>
export type GetTelemetrySubscriptionsResponseInput = Encodable<typeof getTelemetrySubscriptionsResponse>
