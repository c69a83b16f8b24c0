/**
 * ReadShareGroupState: to the share coordinator (KIP-932).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const readShareGroupStateRequest = {
  kind: 'request',
  apiKey: 84,
  name: 'ReadShareGroupStateRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'groupId', type: 'string' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partition', type: 'int32' },
            { name: 'leaderEpoch', type: 'int32', about: 'Epoch of the leadership; -1: not known.' },
          ],
        },
      ],
    },
  ],
} as const

export const readShareGroupStateResponse = {
  kind: 'response',
  apiKey: 84,
  name: 'ReadShareGroupStateResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'results',
      type: '[]struct',
      fields: [
        { name: 'topicId', type: 'uuid' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'partition', type: 'int32' },
            { name: 'errorCode', type: 'int16' },
            {
              name: 'errorMessage',
              type: 'string',
              nullableVersions: '0+',
              default: null,
              about: 'For people; null when there is no error.',
            },
            { name: 'stateEpoch', type: 'int32' },
            { name: 'startOffset', type: 'int64' },
            {
              name: 'stateBatches',
              type: '[]struct',
              fields: [
                { name: 'firstOffset', type: 'int64' },
                { name: 'lastOffset', type: 'int64' },
                { name: 'deliveryState', type: 'int8' },
                { name: 'deliveryCount', type: 'int16' },
              ],
            },
          ],
        },
      ],
    },
  ],
} as const

export type ReadShareGroupStateRequest = Decoded<typeof readShareGroupStateRequest>
export type ReadShareGroupStateRequestInput = Encodable<typeof readShareGroupStateRequest>
export type ReadShareGroupStateResponse = Decoded<typeof readShareGroupStateResponse>
export type ReadShareGroupStateResponseInput = Encodable<typeof readShareGroupStateResponse>
