/**
 * InitProducerId
 */
import type { Decoded, Encodable } from '../definition.ts'

export const initProducerIdRequest = {
  kind: 'request',
  apiKey: 22,
  name: 'InitProducerIdRequest',
  versions: '0-5',
  flexibleVersions: '2+',
  fields: [
    { name: 'transactionalId', type: 'string', nullableVersions: '0+' },
    { name: 'transactionTimeoutMs', type: 'int32' },
    { name: 'producerId', type: 'int64', versions: '3+', default: -1 },
    { name: 'producerEpoch', type: 'int16', versions: '3+', default: -1 },
  ],
} as const

export const initProducerIdResponse = {
  kind: 'response',
  apiKey: 22,
  name: 'InitProducerIdResponse',
  versions: '0-5',
  flexibleVersions: '2+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'producerId', type: 'int64', default: -1 },
    { name: 'producerEpoch', type: 'int16' },
  ],
} as const

export type InitProducerIdRequest = Decoded<typeof initProducerIdRequest>
export type InitProducerIdRequestInput = Encodable<typeof initProducerIdRequest>
export type InitProducerIdResponse = Decoded<typeof initProducerIdResponse>
export type InitProducerIdResponseInput = Encodable<typeof initProducerIdResponse>
