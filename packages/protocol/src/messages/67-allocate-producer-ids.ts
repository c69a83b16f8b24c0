/**
 * AllocateProducerIds: a block of producer ids from the controller (KIP-730).
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
    { name: 'brokerEpoch', type: 'int64', default: -1, about: "Epoch of the broker's registration; -1: not checked." },
  ],
} as const

export const allocateProducerIdsResponse = {
  kind: 'response',
  apiKey: 67,
  name: 'AllocateProducerIdsResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'errorCode',
      type: 'int16',
      errors: ['CLUSTER_AUTHORIZATION_FAILED', 'NOT_CONTROLLER', 'STALE_BROKER_EPOCH', 'BROKER_ID_NOT_REGISTERED'],
    },
    { name: 'producerIdStart', type: 'int64' },
    { name: 'producerIdLen', type: 'int32', about: 'Producer ids in the block.' },
  ],
} as const

export type AllocateProducerIdsRequest = Decoded<typeof allocateProducerIdsRequest>
export type AllocateProducerIdsRequestInput = Encodable<typeof allocateProducerIdsRequest>
export type AllocateProducerIdsResponse = Decoded<typeof allocateProducerIdsResponse>
export type AllocateProducerIdsResponseInput = Encodable<typeof allocateProducerIdsResponse>
