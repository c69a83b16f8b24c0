/**
 * DeleteShareGroupOffsets (KIP-932).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const deleteShareGroupOffsetsRequest = {
  kind: 'request',
  apiKey: 92,
  name: 'DeleteShareGroupOffsetsRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'groupId', type: 'string' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [{ name: 'topicName', type: 'string' }],
    },
  ],
} as const

export const deleteShareGroupOffsetsResponse = {
  kind: 'response',
  apiKey: 92,
  name: 'DeleteShareGroupOffsetsResponse',
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

export type DeleteShareGroupOffsetsRequest = Decoded<typeof deleteShareGroupOffsetsRequest>
export type DeleteShareGroupOffsetsRequestInput = Encodable<typeof deleteShareGroupOffsetsRequest>
export type DeleteShareGroupOffsetsResponse = Decoded<typeof deleteShareGroupOffsetsResponse>
export type DeleteShareGroupOffsetsResponseInput = Encodable<typeof deleteShareGroupOffsetsResponse>
