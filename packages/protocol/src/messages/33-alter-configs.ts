/**
 * AlterConfigs
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
      fields: [
        { name: 'resourceType', type: 'int8' },
        { name: 'resourceName', type: 'string' },
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
    { name: 'validateOnly', type: 'bool' },
  ],
} as const

export const alterConfigsResponse = {
  kind: 'response',
  apiKey: 33,
  name: 'AlterConfigsResponse',
  versions: '0-2',
  flexibleVersions: '2+',
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

export type AlterConfigsRequest = Decoded<typeof alterConfigsRequest>
export type AlterConfigsRequestInput = Encodable<typeof alterConfigsRequest>
export type AlterConfigsResponse = Decoded<typeof alterConfigsResponse>
export type AlterConfigsResponseInput = Encodable<typeof alterConfigsResponse>
