/**
 * OffsetDelete: forgets committed offsets of topics the group no longer subscribes to (KIP-496).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const offsetDeleteRequest = {
  kind: 'request',
  apiKey: 47,
  name: 'OffsetDeleteRequest',
  versions: '0',
  flexibleVersions: 'none',
  fields: [
    { name: 'groupId', type: 'string' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [{ name: 'partitionIndex', type: 'int32' }],
        },
      ],
    },
  ],
} as const

export const offsetDeleteResponse = {
  kind: 'response',
  apiKey: 47,
  name: 'OffsetDeleteResponse',
  versions: '0',
  flexibleVersions: 'none',
  fields: [
    { name: 'errorCode', type: 'int16' },
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
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

export type OffsetDeleteRequest = Decoded<typeof offsetDeleteRequest>
export type OffsetDeleteRequestInput = Encodable<typeof offsetDeleteRequest>
export type OffsetDeleteResponse = Decoded<typeof offsetDeleteResponse>
export type OffsetDeleteResponseInput = Encodable<typeof offsetDeleteResponse>
