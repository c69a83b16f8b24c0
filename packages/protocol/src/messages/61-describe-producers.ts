/**
 * DescribeProducers: idempotent and transactional producers that a partition's leader knows (KIP-664).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeProducersRequest = {
  kind: 'request',
  apiKey: 61,
  name: 'DescribeProducersRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'partitionIndexes', type: '[]int32' },
      ],
    },
  ],
} as const

export const describeProducersResponse = {
  kind: 'response',
  apiKey: 61,
  name: 'DescribeProducersResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
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
            {
              name: 'errorMessage',
              type: 'string',
              nullableVersions: '0+',
              default: null,
              about: 'For people; null when there is no error.',
            },
            {
              name: 'activeProducers',
              type: '[]struct',
              fields: [
                { name: 'producerId', type: 'int64' },
                { name: 'producerEpoch', type: 'int32' },
                { name: 'lastSequence', type: 'int32', default: -1 },
                { name: 'lastTimestamp', type: 'int64', default: -1 },
                { name: 'coordinatorEpoch', type: 'int32' },
                { name: 'currentTxnStartOffset', type: 'int64', default: -1, about: '-1: no open transaction.' },
              ],
            },
          ],
        },
      ],
    },
  ],
} as const

export type DescribeProducersRequest = Decoded<typeof describeProducersRequest>
export type DescribeProducersRequestInput = Encodable<typeof describeProducersRequest>
export type DescribeProducersResponse = Decoded<typeof describeProducersResponse>
export type DescribeProducersResponseInput = Encodable<typeof describeProducersResponse>
