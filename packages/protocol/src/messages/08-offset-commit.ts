/**
 * OffsetCommit
 */
import type { Decoded, Encodable } from '../definition.ts'

export const offsetCommitRequest = {
  kind: 'request',
  apiKey: 8,
  name: 'OffsetCommitRequest',
  versions: '0-10',
  flexibleVersions: '8+',
  fields: [
    { name: 'groupId', type: 'string' },
    { name: 'generationIdOrMemberEpoch', type: 'int32', versions: '1+', default: -1 },
    { name: 'memberId', type: 'string', versions: '1+' },
    { name: 'groupInstanceId', type: 'string', versions: '7+', nullableVersions: '7+', default: null },
    { name: 'retentionTimeMs', type: 'int64', versions: '2-4', default: -1 },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string', versions: '0-9' },
        { name: 'topicId', type: 'uuid', versions: '10+' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            { name: 'committedOffset', type: 'int64' },
            { name: 'committedLeaderEpoch', type: 'int32', versions: '6+', default: -1 },
            { name: 'commitTimestamp', type: 'int64', versions: '1', default: -1 },
            { name: 'committedMetadata', type: 'string', nullableVersions: '0+' },
          ],
        },
      ],
    },
  ],
} as const

export const offsetCommitResponse = {
  kind: 'response',
  apiKey: 8,
  name: 'OffsetCommitResponse',
  versions: '0-10',
  flexibleVersions: '8+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '3+' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string', versions: '0-9' },
        { name: 'topicId', type: 'uuid', versions: '10+' },
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

export type OffsetCommitRequest = Decoded<typeof offsetCommitRequest>
export type OffsetCommitRequestInput = Encodable<typeof offsetCommitRequest>
export type OffsetCommitResponse = Decoded<typeof offsetCommitResponse>
export type OffsetCommitResponseInput = Encodable<typeof offsetCommitResponse>
