/**
 * DeleteTopics
 */
import type { Decoded, Encodable } from '../definition.ts'

export const deleteTopicsRequest = {
  kind: 'request',
  apiKey: 20,
  name: 'DeleteTopicsRequest',
  versions: '0-6',
  flexibleVersions: '4+',
  fields: [
    {
      name: 'topics',
      type: '[]struct',
      versions: '6+',
      fields: [
        { name: 'name', type: 'string', nullableVersions: '0+', default: null },
        { name: 'topicId', type: 'uuid' },
      ],
    },
    { name: 'topicNames', type: '[]string', versions: '0-5' },
    { name: 'timeoutMs', type: 'int32' },
  ],
} as const

export const deleteTopicsResponse = {
  kind: 'response',
  apiKey: 20,
  name: 'DeleteTopicsResponse',
  versions: '0-6',
  flexibleVersions: '4+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '1+' },
    {
      name: 'responses',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string', nullableVersions: '6+' },
        { name: 'topicId', type: 'uuid', versions: '6+' },
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', versions: '5+', nullableVersions: '5+', default: null },
      ],
    },
  ],
} as const

export type DeleteTopicsRequest = Decoded<typeof deleteTopicsRequest>
export type DeleteTopicsRequestInput = Encodable<typeof deleteTopicsRequest>
export type DeleteTopicsResponse = Decoded<typeof deleteTopicsResponse>
export type DeleteTopicsResponseInput = Encodable<typeof deleteTopicsResponse>
