/**
 * WriteShareGroupState: to the share coordinator (KIP-932).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const writeShareGroupStateRequest = {
  kind: 'request',
  apiKey: 85,
  name: 'WriteShareGroupStateRequest',
  versions: '0-1',
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
            { name: 'stateEpoch', type: 'int32' },
            { name: 'leaderEpoch', type: 'int32', about: 'Epoch of the leadership; -1: not known.' },
            { name: 'startOffset', type: 'int64' },
            { name: 'deliveryCompleteCount', type: 'int32', versions: '1+', default: -1 },
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

export const writeShareGroupStateResponse = {
  kind: 'response',
  apiKey: 85,
  name: 'WriteShareGroupStateResponse',
  versions: '0-1',
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
          ],
        },
      ],
    },
  ],
} as const

export type WriteShareGroupStateRequest = Decoded<typeof writeShareGroupStateRequest>
export type WriteShareGroupStateRequestInput = Encodable<typeof writeShareGroupStateRequest>
export type WriteShareGroupStateResponse = Decoded<typeof writeShareGroupStateResponse>
export type WriteShareGroupStateResponseInput = Encodable<typeof writeShareGroupStateResponse>
