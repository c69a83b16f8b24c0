/**
 * ListConfigResources: resources that have configurations (KIP-1000, 1142). Version 0 lists client metrics only.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const listConfigResourcesRequest = {
  kind: 'request',
  apiKey: 74,
  name: 'ListConfigResourcesRequest',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'resourceTypes',
      type: '[]int8',
      versions: '1+',
      about: 'Empty: client metrics, topics, brokers, broker loggers and groups.',
    },
  ],
} as const

export const listConfigResourcesResponse = {
  kind: 'response',
  apiKey: 74,
  name: 'ListConfigResourcesResponse',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    {
      name: 'configResources',
      type: '[]struct',
      fields: [
        { name: 'resourceName', type: 'string' },
        {
          name: 'resourceType',
          type: 'int8',
          versions: '1+',
          default: 16,
          about: '2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group.',
        },
      ],
    },
  ],
} as const

export type ListConfigResourcesRequest = Decoded<typeof listConfigResourcesRequest>
export type ListConfigResourcesRequestInput = Encodable<typeof listConfigResourcesRequest>
export type ListConfigResourcesResponse = Decoded<typeof listConfigResourcesResponse>
export type ListConfigResourcesResponseInput = Encodable<typeof listConfigResourcesResponse>
