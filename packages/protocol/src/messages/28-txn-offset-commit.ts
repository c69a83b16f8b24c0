/**
 * TxnOffsetCommit
 */
import type { Decoded, Encodable } from '../definition.ts'

export const txnOffsetCommitRequest = {
  kind: 'request',
  apiKey: 28,
  name: 'TxnOffsetCommitRequest',
  versions: '0-6',
  flexibleVersions: '3+',
  fields: [
    { name: 'transactionalId', type: 'string' },
    { name: 'groupId', type: 'string' },
    { name: 'producerId', type: 'int64' },
    { name: 'producerEpoch', type: 'int16' },
    { name: 'generationId', type: 'int32', versions: '3+', default: -1 },
    { name: 'memberId', type: 'string', versions: '3+' },
    { name: 'groupInstanceId', type: 'string', versions: '3+', nullableVersions: '3+', default: null },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string', versions: '0-5' },
        { name: 'topicId', type: 'uuid', versions: '6+' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            { name: 'committedOffset', type: 'int64' },
            { name: 'committedLeaderEpoch', type: 'int32', versions: '2+', default: -1 },
            { name: 'committedMetadata', type: 'string', nullableVersions: '0+' },
          ],
        },
      ],
    },
  ],
} as const

export const txnOffsetCommitResponse = {
  kind: 'response',
  apiKey: 28,
  name: 'TxnOffsetCommitResponse',
  versions: '0-6',
  flexibleVersions: '3+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string', versions: '0-5' },
        { name: 'topicId', type: 'uuid', versions: '6+' },
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
} as const

export type TxnOffsetCommitRequest = Decoded<typeof txnOffsetCommitRequest>
export type TxnOffsetCommitRequestInput = Encodable<typeof txnOffsetCommitRequest>
export type TxnOffsetCommitResponse = Decoded<typeof txnOffsetCommitResponse>
export type TxnOffsetCommitResponseInput = Encodable<typeof txnOffsetCommitResponse>
