/**
 * OffsetFetch: a group's committed offsets, from version 8 for several groups at once (KIP-709).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const offsetFetchRequest = {
  kind: 'request',
  apiKey: 9,
  name: 'OffsetFetchRequest',
  versions: '0-10',
  flexibleVersions: '6+',
  fields: [
    { name: 'groupId', type: 'string', versions: '0-7' },
    {
      name: 'topics',
      type: '[]struct',
      versions: '0-7',
      nullableVersions: '2+',
      about: 'null: all topics with committed offsets.',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'partitionIndexes', type: '[]int32' },
      ],
    },
    {
      name: 'groups',
      type: '[]struct',
      versions: '8+',
      fields: [
        { name: 'groupId', type: 'string' },
        {
          name: 'memberId',
          type: 'string',
          versions: '9+',
          nullableVersions: '9+',
          default: null,
          ignorable: true,
          about: 'null: not a member (KIP-848).',
        },
        { name: 'memberEpoch', type: 'int32', versions: '9+', default: -1, ignorable: true, about: '-1: not checked.' },
        {
          name: 'topics',
          type: '[]struct',
          nullableVersions: '0+',
          about: 'null: all topics with committed offsets.',
          fields: [
            { name: 'name', type: 'string', versions: '8-9', ignorable: true },
            {
              name: 'topicId',
              type: 'uuid',
              versions: '10+',
              ignorable: true,
              about: 'Unique per incarnation of a topic; the zero uuid where only the name is known.',
            },
            { name: 'partitionIndexes', type: '[]int32' },
          ],
        },
      ],
    },
    {
      name: 'requireStable',
      type: 'bool',
      versions: '7+',
      about: 'Answer UNSTABLE_OFFSET_COMMIT while transactional commits are pending (KIP-447).',
    },
  ],
} as const

export const offsetFetchResponse = {
  kind: 'response',
  apiKey: 9,
  name: 'OffsetFetchResponse',
  versions: '0-10',
  flexibleVersions: '6+',
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
      versions: '0-7',
      fields: [
        { name: 'name', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            { name: 'committedOffset', type: 'int64', about: '-1: none.' },
            {
              name: 'committedLeaderEpoch',
              type: 'int32',
              versions: '5+',
              default: -1,
              about: 'Leader epoch of the last consumed record; -1: not known.',
            },
            { name: 'metadata', type: 'string', nullableVersions: '0+', about: 'Free text of the client.' },
            {
              name: 'errorCode',
              type: 'int16',
              errors: ['TOPIC_AUTHORIZATION_FAILED', 'UNSTABLE_OFFSET_COMMIT', 'UNKNOWN_TOPIC_OR_PARTITION'],
            },
          ],
        },
      ],
    },
    {
      name: 'errorCode',
      type: 'int16',
      versions: '2-7',
      errors: [
        'COORDINATOR_LOAD_IN_PROGRESS',
        'NOT_COORDINATOR',
        'COORDINATOR_NOT_AVAILABLE',
        'GROUP_AUTHORIZATION_FAILED',
      ],
    },
    {
      name: 'groups',
      type: '[]struct',
      versions: '8+',
      fields: [
        { name: 'groupId', type: 'string' },
        {
          name: 'topics',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string', versions: '8-9' },
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
                { name: 'committedOffset', type: 'int64', about: '-1: none.' },
                {
                  name: 'committedLeaderEpoch',
                  type: 'int32',
                  default: -1,
                  about: 'Leader epoch of the last consumed record; -1: not known.',
                },
                { name: 'metadata', type: 'string', nullableVersions: '0+', about: 'Free text of the client.' },
                {
                  name: 'errorCode',
                  type: 'int16',
                  errors: [
                    'TOPIC_AUTHORIZATION_FAILED',
                    'UNSTABLE_OFFSET_COMMIT',
                    'UNKNOWN_TOPIC_OR_PARTITION',
                    'UNKNOWN_TOPIC_ID',
                  ],
                },
              ],
            },
          ],
        },
        {
          name: 'errorCode',
          type: 'int16',
          errors: [
            'COORDINATOR_LOAD_IN_PROGRESS',
            'NOT_COORDINATOR',
            'COORDINATOR_NOT_AVAILABLE',
            'GROUP_AUTHORIZATION_FAILED',
            'UNKNOWN_MEMBER_ID',
            'STALE_MEMBER_EPOCH',
            'INVALID_GROUP_ID',
          ],
        },
      ],
    },
  ],
} as const

export type OffsetFetchRequest = Decoded<typeof offsetFetchRequest>
export type OffsetFetchRequestInput = Encodable<typeof offsetFetchRequest>
export type OffsetFetchResponse = Decoded<typeof offsetFetchResponse>
export type OffsetFetchResponseInput = Encodable<typeof offsetFetchResponse>
