/**
 * InitProducerId: a producer id and epoch, for a transactional id the next epoch, which fences the producer before.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const initProducerIdRequest = {
  kind: 'request',
  apiKey: 22,
  name: 'InitProducerIdRequest',
  versions: '0-5',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'transactionalId',
      type: 'string',
      nullableVersions: '0+',
      about: 'null: an idempotent producer without transactions.',
    },
    { name: 'transactionTimeoutMs', type: 'int32', about: 'The coordinator aborts transactions that are older, ms.' },
    {
      name: 'producerId',
      type: 'int64',
      versions: '3+',
      default: -1,
      about: 'The id the producer has, to get its epoch bumped (KIP-360); -1: none.',
    },
    {
      name: 'producerEpoch',
      type: 'int16',
      versions: '3+',
      default: -1,
      about: 'The epoch the producer has; -1: none.',
    },
  ],
} as const

export const initProducerIdResponse = {
  kind: 'response',
  apiKey: 22,
  name: 'InitProducerIdResponse',
  versions: '0-5',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'errorCode',
      type: 'int16',
      errors: [
        'COORDINATOR_LOAD_IN_PROGRESS',
        'COORDINATOR_NOT_AVAILABLE',
        'NOT_COORDINATOR',
        'CLUSTER_AUTHORIZATION_FAILED',
        'INVALID_REQUEST',
        'INVALID_PRODUCER_EPOCH',
        'INVALID_PRODUCER_ID_MAPPING',
        'INVALID_TRANSACTION_TIMEOUT',
        'CONCURRENT_TRANSACTIONS',
        'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
        'PRODUCER_FENCED',
      ],
    },
    { name: 'producerId', type: 'int64', default: -1 },
    { name: 'producerEpoch', type: 'int16' },
  ],
} as const

export type InitProducerIdRequest = Decoded<typeof initProducerIdRequest>
export type InitProducerIdRequestInput = Encodable<typeof initProducerIdRequest>
export type InitProducerIdResponse = Decoded<typeof initProducerIdResponse>
export type InitProducerIdResponseInput = Encodable<typeof initProducerIdResponse>
