/**
 * OffsetForLeaderEpoch
 */
import type { Decoded, Encodable } from '../definition.ts'

export const offsetForLeaderEpochRequest = {
  kind: 'request',
  apiKey: 23,
  name: 'OffsetForLeaderEpochRequest',
  versions: '0-4',
  flexibleVersions: '4+',
  fields: [
    { name: 'replicaId', type: 'int32', versions: '3+', default: -2 },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'topic', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partition', type: 'int32' },
            { name: 'currentLeaderEpoch', type: 'int32', versions: '2+', default: -1 },
            { name: 'leaderEpoch', type: 'int32' },
          ],
        },
      ],
    },
  ],
} as const

export const offsetForLeaderEpochResponse = {
  kind: 'response',
  apiKey: 23,
  name: 'OffsetForLeaderEpochResponse',
  versions: '0-4',
  flexibleVersions: '4+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '2+' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'topic', type: 'string' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'errorCode', type: 'int16' },
            { name: 'partition', type: 'int32' },
            { name: 'leaderEpoch', type: 'int32', versions: '1+', default: -1 },
            { name: 'endOffset', type: 'int64', default: -1 },
          ],
        },
      ],
    },
  ],
} as const

export type OffsetForLeaderEpochRequest = Decoded<typeof offsetForLeaderEpochRequest>
export type OffsetForLeaderEpochRequestInput = Encodable<typeof offsetForLeaderEpochRequest>
export type OffsetForLeaderEpochResponse = Decoded<typeof offsetForLeaderEpochResponse>
export type OffsetForLeaderEpochResponseInput = Encodable<typeof offsetForLeaderEpochResponse>
