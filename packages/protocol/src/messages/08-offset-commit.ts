/**
 * OffsetCommit: stores a group's offsets. Sent to the group's coordinator.
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
    {
      name: 'generationIdOrMemberEpoch',
      type: 'int32',
      versions: '1+',
      default: -1,
      ignorable: true,
      about: 'Generation (classic) or member epoch (KIP-848); -1: a commit from outside the group.',
    },
    { name: 'memberId', type: 'string', versions: '1+', ignorable: true },
    {
      name: 'groupInstanceId',
      type: 'string',
      versions: '7+',
      nullableVersions: '7+',
      default: null,
      about: 'Id of a static member, kept over restarts (KIP-345); null: dynamic member.',
    },
    {
      name: 'retentionTimeMs',
      type: 'int64',
      versions: '2-4',
      default: -1,
      ignorable: true,
      about: '-1: as the broker is configured.',
    },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string', versions: '0-9', ignorable: true },
        {
          name: 'topicId',
          type: 'uuid',
          versions: '10+',
          ignorable: true,
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
              versions: '6+',
              default: -1,
              ignorable: true,
              about: 'Leader epoch of the last consumed record; -1: not known.',
            },
            { name: 'commitTimestamp', type: 'int64', versions: '1', default: -1 },
            { name: 'committedMetadata', type: 'string', nullableVersions: '0+', about: 'Free text of the client.' },
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
    {
      name: 'throttleTimeMs',
      type: 'int32',
      versions: '3+',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string', versions: '0-9' },
        {
          name: 'topicId',
          type: 'uuid',
          versions: '10+',
          about: 'Unique per incarnation of a topic; the zero uuid where only the name is known.',
        },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            {
              name: 'errorCode',
              type: 'int16',
              errors: [
                'UNKNOWN_TOPIC_OR_PARTITION',
                'OFFSET_METADATA_TOO_LARGE',
                'COORDINATOR_LOAD_IN_PROGRESS',
                'COORDINATOR_NOT_AVAILABLE',
                'NOT_COORDINATOR',
                'ILLEGAL_GENERATION',
                'INVALID_GROUP_ID',
                'UNKNOWN_MEMBER_ID',
                'REBALANCE_IN_PROGRESS',
                'INVALID_COMMIT_OFFSET_SIZE',
                'TOPIC_AUTHORIZATION_FAILED',
                'GROUP_AUTHORIZATION_FAILED',
                'FENCED_INSTANCE_ID',
                'GROUP_ID_NOT_FOUND',
                'STALE_MEMBER_EPOCH',
                'UNKNOWN_TOPIC_ID',
              ],
            },
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
