/**
 * OffsetFetch
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
        { name: 'memberId', type: 'string', versions: '9+', nullableVersions: '9+', default: null },
        { name: 'memberEpoch', type: 'int32', versions: '9+', default: -1 },
        {
          name: 'topics',
          type: '[]struct',
          nullableVersions: '0+',
          fields: [
            { name: 'name', type: 'string', versions: '8-9' },
            { name: 'topicId', type: 'uuid', versions: '10+' },
            { name: 'partitionIndexes', type: '[]int32' },
          ],
        },
      ],
    },
    { name: 'requireStable', type: 'bool', versions: '7+' },
  ],
} as const

export const offsetFetchResponse = {
  kind: 'response',
  apiKey: 9,
  name: 'OffsetFetchResponse',
  versions: '0-10',
  flexibleVersions: '6+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '3+' },
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
            { name: 'committedOffset', type: 'int64' },
            { name: 'committedLeaderEpoch', type: 'int32', versions: '5+', default: -1 },
            { name: 'metadata', type: 'string', nullableVersions: '0+' },
            { name: 'errorCode', type: 'int16' },
          ],
        },
      ],
    },
    { name: 'errorCode', type: 'int16', versions: '2-7' },
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
            { name: 'topicId', type: 'uuid', versions: '10+' },
            {
              name: 'partitions',
              type: '[]struct',
              fields: [
                { name: 'partitionIndex', type: 'int32' },
                { name: 'committedOffset', type: 'int64' },
                { name: 'committedLeaderEpoch', type: 'int32', default: -1 },
                { name: 'metadata', type: 'string', nullableVersions: '0+' },
                { name: 'errorCode', type: 'int16' },
              ],
            },
          ],
        },
        { name: 'errorCode', type: 'int16' },
      ],
    },
  ],
} as const

export type OffsetFetchRequest = Decoded<typeof offsetFetchRequest>
export type OffsetFetchRequestInput = Encodable<typeof offsetFetchRequest>
export type OffsetFetchResponse = Decoded<typeof offsetFetchResponse>
export type OffsetFetchResponseInput = Encodable<typeof offsetFetchResponse>
