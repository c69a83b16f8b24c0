/**
 * ListOffsets
 */
import type { Decoded, Encodable } from '../definition.ts'

export const listOffsetsRequest = {
  kind: 'request',
  apiKey: 2,
  name: 'ListOffsetsRequest',
  versions: '0-11',
  flexibleVersions: '6+',
  fields: [
    { name: 'replicaId', type: 'int32' },
    { name: 'isolationLevel', type: 'int8', versions: '2+' },
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
            { name: 'currentLeaderEpoch', type: 'int32', versions: '4+', default: -1 },
            { name: 'timestamp', type: 'int64' },
            { name: 'maxNumOffsets', type: 'int32', versions: '0', default: 1 },
          ],
        },
      ],
    },
    { name: 'timeoutMs', type: 'int32', versions: '10+' },
  ],
} as const

export const listOffsetsResponse = {
  kind: 'response',
  apiKey: 2,
  name: 'ListOffsetsResponse',
  versions: '0-11',
  flexibleVersions: '6+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '2+' },
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
            { name: 'oldStyleOffsets', type: '[]int64', versions: '0' },
            { name: 'timestamp', type: 'int64', versions: '1+', default: -1 },
            { name: 'offset', type: 'int64', versions: '1+', default: -1 },
            { name: 'leaderEpoch', type: 'int32', versions: '4+', default: -1 },
          ],
        },
      ],
    },
  ],
} as const

export type ListOffsetsRequest = Decoded<typeof listOffsetsRequest>
export type ListOffsetsRequestInput = Encodable<typeof listOffsetsRequest>
export type ListOffsetsResponse = Decoded<typeof listOffsetsResponse>
export type ListOffsetsResponseInput = Encodable<typeof listOffsetsResponse>
