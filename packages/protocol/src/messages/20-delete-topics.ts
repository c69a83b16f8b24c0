/**
 * DeleteTopics, by name or, from version 6, by topic id. Handled by the controller; brokers forward it.
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
        { name: 'name', type: 'string', nullableVersions: '0+', default: null, about: 'null: by topic id.' },
        { name: 'topicId', type: 'uuid' },
      ],
    },
    { name: 'topicNames', type: '[]string', versions: '0-5', ignorable: true },
    { name: 'timeoutMs', type: 'int32', about: 'How long the broker may take, ms.' },
  ],
} as const

export const deleteTopicsResponse = {
  kind: 'response',
  apiKey: 20,
  name: 'DeleteTopicsResponse',
  versions: '0-6',
  flexibleVersions: '4+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      versions: '1+',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'responses',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string', nullableVersions: '6+', about: 'null: a topic id that is not known.' },
        {
          name: 'topicId',
          type: 'uuid',
          versions: '6+',
          about: 'Unique per incarnation of a topic; the zero uuid where only the name is known.',
        },
        {
          name: 'errorCode',
          type: 'int16',
          errors: [
            'UNKNOWN_TOPIC_OR_PARTITION',
            'REQUEST_TIMED_OUT',
            'TOPIC_AUTHORIZATION_FAILED',
            'NOT_CONTROLLER',
            'INVALID_REQUEST',
            'TOPIC_DELETION_DISABLED',
            'THROTTLING_QUOTA_EXCEEDED',
            'UNKNOWN_TOPIC_ID',
          ],
        },
        {
          name: 'errorMessage',
          type: 'string',
          versions: '5+',
          nullableVersions: '5+',
          default: null,
          about: 'For people; null when there is no error.',
        },
      ],
    },
  ],
} as const

export type DeleteTopicsRequest = Decoded<typeof deleteTopicsRequest>
export type DeleteTopicsRequestInput = Encodable<typeof deleteTopicsRequest>
export type DeleteTopicsResponse = Decoded<typeof deleteTopicsResponse>
export type DeleteTopicsResponseInput = Encodable<typeof deleteTopicsResponse>
