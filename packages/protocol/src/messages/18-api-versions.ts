/**
 * ApiVersions
 */
import type { Decoded, Encodable } from '../definition.ts'

export const apiVersionsRequest = {
  kind: 'request',
  apiKey: 18,
  name: 'ApiVersionsRequest',
  versions: '0-4',
  flexibleVersions: '3+',
  fields: [
    { name: 'clientSoftwareName', type: 'string', versions: '3+' },
    { name: 'clientSoftwareVersion', type: 'string', versions: '3+' },
  ],
} as const

export const apiVersionsResponse = {
  kind: 'response',
  apiKey: 18,
  name: 'ApiVersionsResponse',
  versions: '0-4',
  flexibleVersions: '3+',
  fields: [
    { name: 'errorCode', type: 'int16' },
    {
      name: 'apiKeys',
      type: '[]struct',
      fields: [
        { name: 'apiKey', type: 'int16' },
        { name: 'minVersion', type: 'int16' },
        { name: 'maxVersion', type: 'int16' },
      ],
    },
    { name: 'throttleTimeMs', type: 'int32', versions: '1+' },
    {
      name: 'supportedFeatures',
      type: '[]struct',
      versions: '3+',
      tag: 0,
      fields: [
        { name: 'name', type: 'string' },
        { name: 'minVersion', type: 'int16' },
        { name: 'maxVersion', type: 'int16' },
      ],
    },
    { name: 'finalizedFeaturesEpoch', type: 'int64', versions: '3+', default: -1, tag: 1 },
    {
      name: 'finalizedFeatures',
      type: '[]struct',
      versions: '3+',
      tag: 2,
      fields: [
        { name: 'name', type: 'string' },
        { name: 'maxVersionLevel', type: 'int16' },
        { name: 'minVersionLevel', type: 'int16' },
      ],
    },
    { name: 'zkMigrationReady', type: 'bool', versions: '3+', tag: 3 },
  ],
} as const

export type ApiVersionsRequest = Decoded<typeof apiVersionsRequest>
export type ApiVersionsRequestInput = Encodable<typeof apiVersionsRequest>
export type ApiVersionsResponse = Decoded<typeof apiVersionsResponse>
export type ApiVersionsResponseInput = Encodable<typeof apiVersionsResponse>
