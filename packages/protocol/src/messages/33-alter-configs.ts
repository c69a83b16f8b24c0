/**
 * AlterConfigs: replaces all configurations of a resource. Superseded by IncrementalAlterConfigs (KIP-339).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const alterConfigsRequest = {
  kind: 'request',
  apiKey: 33,
  name: 'AlterConfigsRequest',
  versions: '0-2',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'resources',
      type: '[]struct',
      about: 'Each resource gets exactly the configs given: what is left out goes back to its default.',
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
            { name: 'value', type: 'string', nullableVersions: '0+', about: 'null: the default.' },
          ],
        },
      ],
    },
    { name: 'validateOnly', type: 'bool', about: 'Check the request, change nothing.' },
  ],
} as const

export const alterConfigsResponse = {
  kind: 'response',
  apiKey: 33,
  name: 'AlterConfigsResponse',
  versions: '0-2',
  flexibleVersions: '2+',
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

export type AlterConfigsRequest = Decoded<typeof alterConfigsRequest>
export type AlterConfigsRequestInput = Encodable<typeof alterConfigsRequest>
export type AlterConfigsResponse = Decoded<typeof alterConfigsResponse>
export type AlterConfigsResponseInput = Encodable<typeof alterConfigsResponse>
