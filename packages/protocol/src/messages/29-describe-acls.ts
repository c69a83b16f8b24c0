/**
 * DescribeAcls
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeAclsRequest = {
  kind: 'request',
  apiKey: 29,
  name: 'DescribeAclsRequest',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    { name: 'resourceTypeFilter', type: 'int8' },
    { name: 'resourceNameFilter', type: 'string', nullableVersions: '0+' },
    { name: 'patternTypeFilter', type: 'int8', versions: '1+', default: 3 },
    { name: 'principalFilter', type: 'string', nullableVersions: '0+' },
    { name: 'hostFilter', type: 'string', nullableVersions: '0+' },
    { name: 'operation', type: 'int8' },
    { name: 'permissionType', type: 'int8' },
  ],
} as const

export const describeAclsResponse = {
  kind: 'response',
  apiKey: 29,
  name: 'DescribeAclsResponse',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
    {
      name: 'resources',
      type: '[]struct',
      fields: [
        { name: 'resourceType', type: 'int8' },
        { name: 'resourceName', type: 'string' },
        { name: 'patternType', type: 'int8', versions: '1+', default: 3 },
        {
          name: 'acls',
          type: '[]struct',
          fields: [
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

export type DescribeAclsRequest = Decoded<typeof describeAclsRequest>
export type DescribeAclsRequestInput = Encodable<typeof describeAclsRequest>
export type DescribeAclsResponse = Decoded<typeof describeAclsResponse>
export type DescribeAclsResponseInput = Encodable<typeof describeAclsResponse>
