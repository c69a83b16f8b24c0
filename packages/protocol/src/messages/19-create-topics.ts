/**
 * CreateTopics. Handled by the controller; brokers forward it.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const createTopicsRequest = {
  kind: 'request',
  apiKey: 19,
  name: 'CreateTopicsRequest',
  versions: '0-7',
  flexibleVersions: '5+',
  fields: [
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'numPartitions', type: 'int32', about: '-1: as the broker is configured, or as assignments say.' },
        { name: 'replicationFactor', type: 'int16', about: '-1: as the broker is configured, or as assignments say.' },
        {
          name: 'assignments',
          type: '[]struct',
          about: 'Replicas of every partition; empty: the controller places them.',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            { name: 'brokerIds', type: '[]int32', about: 'The preferred leader first.' },
          ],
        },
        {
          name: 'configs',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            { name: 'value', type: 'string', nullableVersions: '0+', about: 'null: the default.' },
          ],
        },
      ],
    },
    { name: 'timeoutMs', type: 'int32', default: 60_000, about: 'How long the broker may take, ms.' },
    { name: 'validateOnly', type: 'bool', versions: '1+', about: 'Check the request, change nothing.' },
  ],
} as const

export const createTopicsResponse = {
  kind: 'response',
  apiKey: 19,
  name: 'CreateTopicsResponse',
  versions: '0-7',
  flexibleVersions: '5+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      versions: '2+',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        {
          name: 'topicId',
          type: 'uuid',
          versions: '7+',
          about: 'Unique per incarnation of a topic; the zero uuid where only the name is known.',
        },
        {
          name: 'errorCode',
          type: 'int16',
          errors: [
            'REQUEST_TIMED_OUT',
            'INVALID_TOPIC_EXCEPTION',
            'TOPIC_AUTHORIZATION_FAILED',
            'CLUSTER_AUTHORIZATION_FAILED',
            'TOPIC_ALREADY_EXISTS',
            'INVALID_PARTITIONS',
            'INVALID_REPLICATION_FACTOR',
            'INVALID_REPLICA_ASSIGNMENT',
            'INVALID_CONFIG',
            'NOT_CONTROLLER',
            'INVALID_REQUEST',
            'POLICY_VIOLATION',
            'THROTTLING_QUOTA_EXCEEDED',
          ],
        },
        {
          name: 'errorMessage',
          type: 'string',
          versions: '1+',
          nullableVersions: '1+',
          about: 'For people; null when there is no error.',
        },
        {
          name: 'topicConfigErrorCode',
          type: 'int16',
          versions: '5+',
          tag: 0,
          about: 'Why the configuration is not told.',
          errors: ['TOPIC_AUTHORIZATION_FAILED'],
        },
        { name: 'numPartitions', type: 'int32', versions: '5+', default: -1, about: '-1: not authorized to see it.' },
        {
          name: 'replicationFactor',
          type: 'int16',
          versions: '5+',
          default: -1,
          about: '-1: not authorized to see it.',
        },
        {
          name: 'configs',
          type: '[]struct',
          versions: '5+',
          nullableVersions: '5+',
          about: 'null: not authorized to see it.',
          fields: [
            { name: 'name', type: 'string' },
            { name: 'value', type: 'string', nullableVersions: '0+' },
            { name: 'readOnly', type: 'bool', about: 'Cannot be changed at run time.' },
            {
              name: 'configSource',
              type: 'int8',
              default: -1,
              about:
                '1 dynamic topic, 2 dynamic broker, 3 dynamic default broker, 4 static broker, 5 default, 6 dynamic broker logger, 7 client metrics, 8 group.',
            },
            { name: 'isSensitive', type: 'bool', about: 'The value is a secret and not told.' },
          ],
        },
      ],
    },
  ],
} as const

export type CreateTopicsRequest = Decoded<typeof createTopicsRequest>
export type CreateTopicsRequestInput = Encodable<typeof createTopicsRequest>
export type CreateTopicsResponse = Decoded<typeof createTopicsResponse>
export type CreateTopicsResponseInput = Encodable<typeof createTopicsResponse>
