/**
 * AlterShareGroupOffsets
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
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+', default: null },
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
            { name: 'errorMessage', type: 'string', nullableVersions: '0+', default: null },
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
