/**
 * ListTransactions
 */
import type { Decoded, Encodable } from '../definition.ts'

export const listTransactionsRequest = {
  kind: 'request',
  apiKey: 66,
  name: 'ListTransactionsRequest',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'stateFilters', type: '[]string' },
    { name: 'producerIdFilters', type: '[]int64' },
    { name: 'durationFilter', type: 'int64', versions: '1+', default: -1 },
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
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'unknownStateFilters', type: '[]string' },
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
