/**
 * ListTransactions: transactional ids that this broker coordinates (KIP-664).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const listTransactionsRequest = {
  kind: 'request',
  apiKey: 66,
  name: 'ListTransactionsRequest',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'stateFilters', type: '[]string', about: 'Empty: any state.' },
    { name: 'producerIdFilters', type: '[]int64', about: 'Empty: any producer.' },
    {
      name: 'durationFilter',
      type: 'int64',
      versions: '1+',
      default: -1,
      about: 'Only transactions older than this, ms; -1: any.',
    },
    { name: 'transactionalIdPattern', type: 'string', versions: '2+', nullableVersions: '2+', default: null },
  ],
} as const

export const listTransactionsResponse = {
  kind: 'response',
  apiKey: 66,
  name: 'ListTransactionsResponse',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    { name: 'unknownStateFilters', type: '[]string', about: 'Filters that name no state.' },
    {
      name: 'transactionStates',
      type: '[]struct',
      fields: [
        { name: 'transactionalId', type: 'string' },
        { name: 'producerId', type: 'int64' },
        { name: 'transactionState', type: 'string' },
      ],
    },
  ],
} as const

export type ListTransactionsRequest = Decoded<typeof listTransactionsRequest>
export type ListTransactionsRequestInput = Encodable<typeof listTransactionsRequest>
export type ListTransactionsResponse = Decoded<typeof listTransactionsResponse>
export type ListTransactionsResponseInput = Encodable<typeof listTransactionsResponse>
