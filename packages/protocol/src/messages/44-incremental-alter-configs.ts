/**
 * IncrementalAlterConfigs
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
        { name: 'resourceType', type: 'int8' },
        { name: 'resourceName', type: 'string' },
        {
          name: 'configs',
          type: '[]struct',
          fields: [
            { name: 'name', type: 'string' },
            { name: 'configOperation', type: 'int8' },
            { name: 'value', type: 'string', nullableVersions: '0+' },
          ],
        },
      ],
    },
    { name: 'validateOnly', type: 'bool' },
  ],
} as const

export const incrementalAlterConfigsResponse = {
  kind: 'response',
  apiKey: 44,
  name: 'IncrementalAlterConfigsResponse',
  versions: '0-1',
  flexibleVersions: '1+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    {
      name: 'responses',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
        { name: 'resourceType', type: 'int8' },
        { name: 'resourceName', type: 'string' },
      ],
    },
  ],
} as const

export type IncrementalAlterConfigsRequest = Decoded<typeof incrementalAlterConfigsRequest>
export type IncrementalAlterConfigsRequestInput = Encodable<typeof incrementalAlterConfigsRequest>
export type IncrementalAlterConfigsResponse = Decoded<typeof incrementalAlterConfigsResponse>
export type IncrementalAlterConfigsResponseInput = Encodable<typeof incrementalAlterConfigsResponse>
