/**
 * DescribeShareGroupOffsets (KIP-932).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeShareGroupOffsetsRequest = {
  kind: 'request',
  apiKey: 90,
  name: 'DescribeShareGroupOffsetsRequest',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'groups',
      type: '[]struct',
      fields: [
        { name: 'groupId', type: 'string' },
        {
          name: 'topics',
          type: '[]struct',
          nullableVersions: '0+',
          fields: [
            { name: 'topicName', type: 'string' },
            { name: 'partitions', type: '[]int32' },
          ],
        },
      ],
    },
  ],
} as const

export const describeShareGroupOffsetsResponse = {
  kind: 'response',
  apiKey: 90,
  name: 'DescribeShareGroupOffsetsResponse',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'groups',
      type: '[]struct',
      fields: [
        { name: 'groupId', type: 'string' },
        {
          name: 'topics',
          type: '[]struct',
          fields: [
            { name: 'topicName', type: 'string' },
            { name: 'topicId', type: 'uuid' },
            {
              name: 'partitions',
              type: '[]struct',
              fields: [
                { name: 'partitionIndex', type: 'int32' },
                { name: 'startOffset', type: 'int64' },
                { name: 'leaderEpoch', type: 'int32', about: 'Epoch of the leadership; -1: not known.' },
                { name: 'lag', type: 'int64', versions: '1+', default: -1 },
                { name: 'errorCode', type: 'int16' },
                {
                  name: 'errorMessage',
                  type: 'string',
                  nullableVersions: '0+',
                  default: null,
                  about: 'For people; null when there is no error.',
                },
              ],
            },
          ],
        },
        { name: 'errorCode', type: 'int16' },
        {
          name: 'errorMessage',
          type: 'string',
          nullableVersions: '0+',
          default: null,
          about: 'For people; null when there is no error.',
        },
      ],
    },
  ],
} as const

export type DescribeShareGroupOffsetsRequest = Decoded<typeof describeShareGroupOffsetsRequest>
export type DescribeShareGroupOffsetsRequestInput = Encodable<typeof describeShareGroupOffsetsRequest>
export type DescribeShareGroupOffsetsResponse = Decoded<typeof describeShareGroupOffsetsResponse>
export type DescribeShareGroupOffsetsResponseInput = Encodable<typeof describeShareGroupOffsetsResponse>
