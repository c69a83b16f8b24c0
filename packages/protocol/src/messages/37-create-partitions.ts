/**
 * CreatePartitions: gives topics more partitions. Handled by the controller.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const createPartitionsRequest = {
  kind: 'request',
  apiKey: 37,
  name: 'CreatePartitionsRequest',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'count', type: 'int32', about: 'Partitions afterwards, the old ones included.' },
        {
          name: 'assignments',
          type: '[]struct',
          nullableVersions: '0+',
          about: 'Replicas of the new partitions; null: the controller places them.',
          fields: [{ name: 'brokerIds', type: '[]int32', about: 'The preferred leader first.' }],
        },
      ],
    },
    { name: 'timeoutMs', type: 'int32', about: 'How long the broker may take, ms.' },
    { name: 'validateOnly', type: 'bool', about: 'Check the request, change nothing.' },
  ],
} as const

export const createPartitionsResponse = {
  kind: 'response',
  apiKey: 37,
  name: 'CreatePartitionsResponse',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'results',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        {
          name: 'errorCode',
          type: 'int16',
          errors: [
            'UNKNOWN_TOPIC_OR_PARTITION',
            'REQUEST_TIMED_OUT',
            'TOPIC_AUTHORIZATION_FAILED',
            'INVALID_PARTITIONS',
            'INVALID_REPLICA_ASSIGNMENT',
            'NOT_CONTROLLER',
            'INVALID_REQUEST',
            'REASSIGNMENT_IN_PROGRESS',
            'THROTTLING_QUOTA_EXCEEDED',
          ],
        },
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

export type CreatePartitionsRequest = Decoded<typeof createPartitionsRequest>
export type CreatePartitionsRequestInput = Encodable<typeof createPartitionsRequest>
export type CreatePartitionsResponse = Decoded<typeof createPartitionsResponse>
export type CreatePartitionsResponseInput = Encodable<typeof createPartitionsResponse>
