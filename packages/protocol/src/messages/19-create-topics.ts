/**
 * CreateTopics
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
        { name: 'numPartitions', type: 'int32' },
        { name: 'replicationFactor', type: 'int16' },
        {
          name: 'assignments',
          type: '[]struct',
          fields: [
            { name: 'partitionIndex', type: 'int32' },
            { name: 'brokerIds', type: '[]int32' },
          ],
        },
        {
          name: 'configs',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            { name: 'value', type: 'string', nullableVersions: '0+' },
          ],
        },
      ],
    },
    { name: 'timeoutMs', type: 'int32', default: 60_000 },
    { name: 'validateOnly', type: 'bool', versions: '1+' },
  ],
} as const

export const createTopicsResponse = {
  kind: 'response',
  apiKey: 19,
  name: 'CreateTopicsResponse',
  versions: '0-7',
  flexibleVersions: '5+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '2+' },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'topicId', type: 'uuid', versions: '7+' },
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', versions: '1+', nullableVersions: '1+' },
        { name: 'topicConfigErrorCode', type: 'int16', versions: '5+', tag: 0 },
        { name: 'numPartitions', type: 'int32', versions: '5+', default: -1 },
        { name: 'replicationFactor', type: 'int16', versions: '5+', default: -1 },
        {
          name: 'configs',
          type: '[]struct',
          versions: '5+',
          nullableVersions: '5+',
          fields: [
            { name: 'name', type: 'string' },
            { name: 'value', type: 'string', nullableVersions: '0+' },
            { name: 'readOnly', type: 'bool' },
            { name: 'configSource', type: 'int8', default: -1 },
            { name: 'isSensitive', type: 'bool' },
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
