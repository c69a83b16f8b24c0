/**
 * CreateAcls
 */
import type { Decoded, Encodable } from '../definition.ts'

export const createAclsRequest = {
  kind: 'request',
  apiKey: 30,
  name: 'CreateAclsRequest',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'creations',
      type: '[]struct',
      fields: [
        { name: 'resourceType', type: 'int8' },
        { name: 'resourceName', type: 'string' },
        { name: 'resourcePatternType', type: 'int8', versions: '1+', default: 3 },
        { name: 'principal', type: 'string' },
        { name: 'host', type: 'string' },
        { name: 'operation', type: 'int8' },
        { name: 'permissionType', type: 'int8' },
      ],
    },
  ],
} as const

export const createAclsResponse = {
  kind: 'response',
  apiKey: 30,
  name: 'CreateAclsResponse',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    {
      name: 'results',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
      ],
    },
  ],
} as const

export type CreateAclsRequest = Decoded<typeof createAclsRequest>
export type CreateAclsRequestInput = Encodable<typeof createAclsRequest>
export type CreateAclsResponse = Decoded<typeof createAclsResponse>
export type CreateAclsResponseInput = Encodable<typeof createAclsResponse>
