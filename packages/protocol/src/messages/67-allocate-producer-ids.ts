/**
 * AllocateProducerIds
 */
import type { Decoded, Encodable } from '../definition.ts'

export const allocateProducerIdsRequest = {
  kind: 'request',
  apiKey: 67,
  name: 'AllocateProducerIdsRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'brokerId', type: 'int32' },
    { name: 'brokerEpoch', type: 'int64', default: -1 },
  ],
} as const

export const allocateProducerIdsResponse = {
  kind: 'response',
  apiKey: 67,
  name: 'AllocateProducerIdsResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'producerIdStart', type: 'int64' },
    { name: 'producerIdLen', type: 'int32' },
  ],
} as const

export type AllocateProducerIdsRequest = Decoded<typeof allocateProducerIdsRequest>
export type AllocateProducerIdsRequestInput = Encodable<typeof allocateProducerIdsRequest>
export type AllocateProducerIdsResponse = Decoded<typeof allocateProducerIdsResponse>
export type AllocateProducerIdsResponseInput = Encodable<typeof allocateProducerIdsResponse>
