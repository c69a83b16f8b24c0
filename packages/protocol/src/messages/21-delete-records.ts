/**
 * DeleteRecords: moves log start offsets forward. Sent to the partitions' leaders.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const deleteRecordsRequest = {
  kind: 'request',
  apiKey: 21,
  name: 'DeleteRecordsRequest',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
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
            { name: 'offset', type: 'int64', about: 'First offset to keep; -1: the high watermark.' },
          ],
        },
      ],
    },
    { name: 'timeoutMs', type: 'int32', about: 'How long the broker may take, ms.' },
  ],
} as const

export const deleteRecordsResponse = {
  kind: 'response',
  apiKey: 21,
  name: 'DeleteRecordsResponse',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
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
            { name: 'lowWatermark', type: 'int64', about: 'Log start offset afterwards; -1 with an error.' },
            {
              name: 'errorCode',
              type: 'int16',
              errors: [
                'OFFSET_OUT_OF_RANGE',
                'UNKNOWN_TOPIC_OR_PARTITION',
                'NOT_LEADER_OR_FOLLOWER',
                'REQUEST_TIMED_OUT',
                'TOPIC_AUTHORIZATION_FAILED',
                'POLICY_VIOLATION',
                'KAFKA_STORAGE_ERROR',
              ],
            },
          ],
        },
      ],
    },
  ],
} as const

export type DeleteRecordsRequest = Decoded<typeof deleteRecordsRequest>
export type DeleteRecordsRequestInput = Encodable<typeof deleteRecordsRequest>
export type DeleteRecordsResponse = Decoded<typeof deleteRecordsResponse>
export type DeleteRecordsResponseInput = Encodable<typeof deleteRecordsResponse>
