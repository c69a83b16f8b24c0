/**
 * WriteTxnMarkers: from the transaction coordinator to the partitions' leaders: end this transaction in your logs.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const writeTxnMarkersRequest = {
  kind: 'request',
  apiKey: 27,
  name: 'WriteTxnMarkersRequest',
  versions: '0-2',
  flexibleVersions: '1+',
  fields: [
    {
      name: 'markers',
      type: '[]struct',
      fields: [
        { name: 'producerId', type: 'int64' },
        { name: 'producerEpoch', type: 'int16' },
        { name: 'transactionResult', type: 'bool', about: 'true: commit, false: abort.' },
        {
          name: 'topics',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            { name: 'partitionIndexes', type: '[]int32' },
          ],
        },
        { name: 'coordinatorEpoch', type: 'int32', about: 'Leader epoch of the transaction log partition.' },
        {
          name: 'transactionVersion',
          type: 'int8',
          versions: '2+',
          about: 'Version of the transaction protocol, 2 with KIP-890.',
        },
      ],
    },
  ],
} as const

export const writeTxnMarkersResponse = {
  kind: 'response',
  apiKey: 27,
  name: 'WriteTxnMarkersResponse',
  versions: '0-2',
  flexibleVersions: '1+',
  fields: [
    {
      name: 'markers',
      type: '[]struct',
      fields: [
        { name: 'producerId', type: 'int64' },
        {
          name: 'topics',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            {
              name: 'partitions',
              type: '[]struct',
              fields: [
                { name: 'partitionIndex', type: 'int32' },
                { name: 'errorCode', type: 'int16' },
              ],
            },
          ],
        },
      ],
    },
  ],
} as const

export type WriteTxnMarkersRequest = Decoded<typeof writeTxnMarkersRequest>
export type WriteTxnMarkersRequestInput = Encodable<typeof writeTxnMarkersRequest>
export type WriteTxnMarkersResponse = Decoded<typeof writeTxnMarkersResponse>
export type WriteTxnMarkersResponseInput = Encodable<typeof writeTxnMarkersResponse>
