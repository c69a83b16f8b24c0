/**
 * TxnOffsetCommit: stores a group's offsets as part of a transaction. Sent to the group's coordinator.
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
    { name: 'generationId', type: 'int32', versions: '3+', default: -1, about: '-1: not checked.' },
    { name: 'memberId', type: 'string', versions: '3+' },
    {
      name: 'groupInstanceId',
      type: 'string',
      versions: '3+',
      nullableVersions: '3+',
      default: null,
      about: 'Id of a static member, kept over restarts (KIP-345); null: dynamic member.',
    },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string', versions: '0-5' },
        {
          name: 'topicId',
          type: 'uuid',
          versions: '6+',
          about: 'Unique per incarnation of a topic; the zero uuid where only the name is known.',
        },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            { name: 'committedOffset', type: 'int64' },
            {
              name: 'committedLeaderEpoch',
              type: 'int32',
              versions: '2+',
              default: -1,
              ignorable: true,
              about: 'Leader epoch of the last consumed record; -1: not known.',
            },
            { name: 'committedMetadata', type: 'string', nullableVersions: '0+', about: 'Free text of the client.' },
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
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string', versions: '0-5' },
        {
          name: 'topicId',
          type: 'uuid',
          versions: '6+',
          about: 'Unique per incarnation of a topic; the zero uuid where only the name is known.',
        },
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
