/**
 * IncrementalAlterConfigs: changes single configurations of resources (KIP-339).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const incrementalAlterConfigsRequest = {
  kind: 'request',
  apiKey: 44,
  name: 'IncrementalAlterConfigsRequest',
  versions: '0-1',
  flexibleVersions: '1+',
  fields: [
    {
      name: 'resources',
      type: '[]struct',
      fields: [
        {
          name: 'resourceType',
          type: 'int8',
          about: '2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.',
        },
        { name: 'resourceName', type: 'string' },
        {
          name: 'configs',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            {
              name: 'configOperation',
              type: 'int8',
              about: '0 set, 1 delete, 2 append to a list, 3 take out of a list.',
            },
            { name: 'value', type: 'string', nullableVersions: '0+', about: 'null with delete.' },
          ],
        },
      ],
    },
    { name: 'validateOnly', type: 'bool', about: 'Check the request, change nothing.' },
  ],
} as const

export const incrementalAlterConfigsResponse = {
  kind: 'response',
  apiKey: 44,
  name: 'IncrementalAlterConfigsResponse',
  versions: '0-1',
  flexibleVersions: '1+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'responses',
      type: '[]struct',
      fields: [
        {
          name: 'errorCode',
          type: 'int16',
          errors: [
            'UNKNOWN_TOPIC_OR_PARTITION',
            'TOPIC_AUTHORIZATION_FAILED',
            'CLUSTER_AUTHORIZATION_FAILED',
            'GROUP_AUTHORIZATION_FAILED',
            'INVALID_CONFIG',
            'NOT_CONTROLLER',
            'INVALID_REQUEST',
            'POLICY_VIOLATION',
          ],
        },
        {
          name: 'errorMessage',
          type: 'string',
          nullableVersions: '0+',
          about: 'For people; null when there is no error.',
        },
        {
          name: 'resourceType',
          type: 'int8',
          about: '2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.',
        },
        { name: 'resourceName', type: 'string' },
      ],
    },
  ],
} as const

export type IncrementalAlterConfigsRequest = Decoded<typeof incrementalAlterConfigsRequest>
export type IncrementalAlterConfigsRequestInput = Encodable<typeof incrementalAlterConfigsRequest>
export type IncrementalAlterConfigsResponse = Decoded<typeof incrementalAlterConfigsResponse>
export type IncrementalAlterConfigsResponseInput = Encodable<typeof incrementalAlterConfigsResponse>
