/**
 * PushTelemetry: metrics of the client (KIP-714).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const pushTelemetryRequest = {
  kind: 'request',
  apiKey: 72,
  name: 'PushTelemetryRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'clientInstanceId', type: 'uuid' },
    { name: 'subscriptionId', type: 'int32' },
    { name: 'terminating', type: 'bool' },
    { name: 'compressionType', type: 'int8' },
    { name: 'metrics', type: 'bytes' },
  ],
} as const

export const pushTelemetryResponse = {
  kind: 'response',
  apiKey: 72,
  name: 'PushTelemetryResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
  ],
} as const

export type PushTelemetryRequest = Decoded<typeof pushTelemetryRequest>
export type PushTelemetryRequestInput = Encodable<typeof pushTelemetryRequest>
export type PushTelemetryResponse = Decoded<typeof pushTelemetryResponse>
export type PushTelemetryResponseInput = Encodable<typeof pushTelemetryResponse>
