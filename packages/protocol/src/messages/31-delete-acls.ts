/**
 * DeleteAcls
 */
import type { Decoded, Encodable } from '../definition.ts'

export const deleteAclsRequest = {
  kind: 'request',
  apiKey: 31,
  name: 'DeleteAclsRequest',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    {
      name: 'filters',
      type: '[]struct',
      fields: [
        { name: 'resourceTypeFilter', type: 'int8' },
        { name: 'resourceNameFilter', type: 'string', nullableVersions: '0+' },
        { name: 'patternTypeFilter', type: 'int8', versions: '1+', default: 3 },
        { name: 'principalFilter', type: 'string', nullableVersions: '0+' },
        { name: 'hostFilter', type: 'string', nullableVersions: '0+' },
        { name: 'operation', type: 'int8' },
        { name: 'permissionType', type: 'int8' },
      ],
    },
  ],
} as const

export const deleteAclsResponse = {
  kind: 'response',
  apiKey: 31,
  name: 'DeleteAclsResponse',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    {
      name: 'filterResults',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
        {
          name: 'matchingAcls',
          type: '[]struct',
          fields: [
            { name: 'errorCode', type: 'int16' },
            { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
            { name: 'resourceType', type: 'int8' },
            { name: 'resourceName', type: 'string' },
            { name: 'patternType', type: 'int8', versions: '1+', default: 3 },
            { name: 'principal', type: 'string' },
            { name: 'host', type: 'string' },
            { name: 'operation', type: 'int8' },
            { name: 'permissionType', type: 'int8' },
          ],
        },
      ],
    },
  ],
} as const

export type DeleteAclsRequest = Decoded<typeof deleteAclsRequest>
export type DeleteAclsRequestInput = Encodable<typeof deleteAclsRequest>
export type DeleteAclsResponse = Decoded<typeof deleteAclsResponse>
export type DeleteAclsResponseInput = Encodable<typeof deleteAclsResponse>
