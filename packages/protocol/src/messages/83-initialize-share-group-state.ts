/**
 * InitializeShareGroupState: to the share coordinator (KIP-932).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const initializeShareGroupStateRequest = {
  kind: 'request',
  apiKey: 83,
  name: 'InitializeShareGroupStateRequest',
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
            { name: 'stateEpoch', type: 'int32' },
            { name: 'startOffset', type: 'int64' },
          ],
        },
      ],
    },
  ],
} as const

export const initializeShareGroupStateResponse = {
  kind: 'response',
  apiKey: 83,
  name: 'InitializeShareGroupStateResponse',
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
          ],
        },
      ],
    },
  ],
} as const

export type InitializeShareGroupStateRequest = Decoded<typeof initializeShareGroupStateRequest>
export type InitializeShareGroupStateRequestInput = Encodable<typeof initializeShareGroupStateRequest>
export type InitializeShareGroupStateResponse = Decoded<typeof initializeShareGroupStateResponse>
export type InitializeShareGroupStateResponseInput = Encodable<typeof initializeShareGroupStateResponse>
