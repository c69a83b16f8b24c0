/**
 * ApiVersions: what the broker speaks; the client's first request. Its response header is version 0 always, and an
 * unknown request version is answered in the layout of version 0 (KIP-511).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const apiVersionsRequest = {
  kind: 'request',
  apiKey: 18,
  name: 'ApiVersionsRequest',
  versions: '0-4',
  flexibleVersions: '3+',
  fields: [
    {
      name: 'clientSoftwareName',
      type: 'string',
      versions: '3+',
      ignorable: true,
      about: 'For metrics and logs (KIP-511).',
    },
    { name: 'clientSoftwareVersion', type: 'string', versions: '3+', ignorable: true },
  ],
} as const

export const apiVersionsResponse = {
  kind: 'response',
  apiKey: 18,
  name: 'ApiVersionsResponse',
  versions: '0-4',
  flexibleVersions: '3+',
  fields: [
    { name: 'errorCode', type: 'int16', errors: ['UNSUPPORTED_VERSION', 'INVALID_REQUEST'] },
    {
      name: 'apiKeys',
      type: '[]struct',
      fields: [
        { name: 'apiKey', type: 'int16' },
        { name: 'minVersion', type: 'int16' },
        { name: 'maxVersion', type: 'int16' },
      ],
    },
    {
      name: 'throttleTimeMs',
      type: 'int32',
      versions: '1+',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'supportedFeatures',
      type: '[]struct',
      versions: '3+',
      tag: 0,
      about: 'Features that the broker knows, with their range of levels.',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'minVersion', type: 'int16' },
        { name: 'maxVersion', type: 'int16' },
      ],
    },
    {
      name: 'finalizedFeaturesEpoch',
      type: 'int64',
      versions: '3+',
      default: -1,
      tag: 1,
      about: 'Grows with every change of the finalized features; -1: not known.',
    },
    {
      name: 'finalizedFeatures',
      type: '[]struct',
      versions: '3+',
      tag: 2,
      about: 'Features in force in the cluster.',
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
