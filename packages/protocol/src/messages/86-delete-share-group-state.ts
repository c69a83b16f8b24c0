/**
 * DeleteShareGroupState: to the share coordinator (KIP-932).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const deleteShareGroupStateRequest = {
  kind: 'request',
  apiKey: 86,
  name: 'DeleteShareGroupStateRequest',
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
          fields: [{ name: 'partition', type: 'int32' }],
        },
      ],
    },
  ],
} as const

export const deleteShareGroupStateResponse = {
  kind: 'response',
  apiKey: 86,
  name: 'DeleteShareGroupStateResponse',
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

export type DeleteShareGroupStateRequest = Decoded<typeof deleteShareGroupStateRequest>
export type DeleteShareGroupStateRequestInput = Encodable<typeof deleteShareGroupStateRequest>
export type DeleteShareGroupStateResponse = Decoded<typeof deleteShareGroupStateResponse>
export type DeleteShareGroupStateResponseInput = Encodable<typeof deleteShareGroupStateResponse>
