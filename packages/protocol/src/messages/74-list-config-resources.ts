/**
 * ListConfigResources
 */
import type { Decoded, Encodable } from '../definition.ts'

export const listConfigResourcesRequest = {
  kind: 'request',
  apiKey: 74,
  name: 'ListConfigResourcesRequest',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [{ name: 'resourceTypes', type: '[]int8', versions: '1+' }],
} as const

export const listConfigResourcesResponse = {
  kind: 'response',
  apiKey: 74,
  name: 'ListConfigResourcesResponse',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    {
      name: 'configResources',
      type: '[]struct',
      fields: [
        { name: 'resourceName', type: 'string' },
        { name: 'resourceType', type: 'int8', versions: '1+', default: 16 },
      ],
    },
  ],
} as const

export type ListConfigResourcesRequest = Decoded<typeof listConfigResourcesRequest>
export type ListConfigResourcesRequestInput = Encodable<typeof listConfigResourcesRequest>
export type ListConfigResourcesResponse = Decoded<typeof listConfigResourcesResponse>
export type ListConfigResourcesResponseInput = Encodable<typeof listConfigResourcesResponse>
