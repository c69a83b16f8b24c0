/**
 * DescribeTransactions: state of transactional ids (KIP-664).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeTransactionsRequest = {
  kind: 'request',
  apiKey: 65,
  name: 'DescribeTransactionsRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [{ name: 'transactionalIds', type: '[]string' }],
} as const

export const describeTransactionsResponse = {
  kind: 'response',
  apiKey: 65,
  name: 'DescribeTransactionsResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'transactionStates',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        { name: 'transactionalId', type: 'string' },
        {
          name: 'transactionState',
          type: 'string',
          about:
            'Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort, Dead or PrepareEpochFence.',
        },
        { name: 'transactionTimeoutMs', type: 'int32' },
        { name: 'transactionStartTimeMs', type: 'int64', about: '-1: not started.' },
        { name: 'producerId', type: 'int64' },
        { name: 'producerEpoch', type: 'int16' },
        {
          name: 'topics',
          type: '[]struct',
          fields: [
            { name: 'topic', type: 'string' },
            { name: 'partitions', type: '[]int32' },
          ],
        },
      ],
    },
  ],
} as const

export type DescribeTransactionsRequest = Decoded<typeof describeTransactionsRequest>
export type DescribeTransactionsRequestInput = Encodable<typeof describeTransactionsRequest>
export type DescribeTransactionsResponse = Decoded<typeof describeTransactionsResponse>
export type DescribeTransactionsResponseInput = Encodable<typeof describeTransactionsResponse>
