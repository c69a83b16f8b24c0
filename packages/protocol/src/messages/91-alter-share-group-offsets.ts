/**
 * AlterShareGroupOffsets (KIP-932).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const alterShareGroupOffsetsRequest = {
  kind: 'request',
  apiKey: 91,
  name: 'AlterShareGroupOffsetsRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'groupId', type: 'string' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'topicName', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            { name: 'startOffset', type: 'int64' },
          ],
        },
      ],
    },
  ],
} as const

export const alterShareGroupOffsetsResponse = {
  kind: 'response',
  apiKey: 91,
  name: 'AlterShareGroupOffsetsResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    {
      name: 'errorMessage',
      type: 'string',
      nullableVersions: '0+',
      default: null,
      about: 'For people; null when there is no error.',
    },
    {
      name: 'responses',
      type: '[]struct',
      fields: [
        { name: 'topicName', type: 'string' },
        { name: 'topicId', type: 'uuid' },
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
          ],
        },
      ],
    },
  ],
} as const

export type AlterShareGroupOffsetsRequest = Decoded<typeof alterShareGroupOffsetsRequest>
export type AlterShareGroupOffsetsRequestInput = Encodable<typeof alterShareGroupOffsetsRequest>
export type AlterShareGroupOffsetsResponse = Decoded<typeof alterShareGroupOffsetsResponse>
export type AlterShareGroupOffsetsResponseInput = Encodable<typeof alterShareGroupOffsetsResponse>
