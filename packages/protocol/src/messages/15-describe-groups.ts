/**
 * DescribeGroups
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeGroupsRequest = {
  kind: 'request',
  apiKey: 15,
  name: 'DescribeGroupsRequest',
  versions: '0-6',
  flexibleVersions: '5+',
  fields: [
    { name: 'groups', type: '[]string' },
    { name: 'includeAuthorizedOperations', type: 'bool', versions: '3+' },
  ],
} as const

export const describeGroupsResponse = {
  kind: 'response',
  apiKey: 15,
  name: 'DescribeGroupsResponse',
  versions: '0-6',
  flexibleVersions: '5+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '1+' },
    {
      name: 'groups',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', versions: '6+', nullableVersions: '6+', default: null },
        { name: 'groupId', type: 'string' },
        { name: 'groupState', type: 'string' },
        { name: 'protocolType', type: 'string' },
        { name: 'protocolData', type: 'string' },
        {
          name: 'members',
          type: '[]struct',
          fields: [
            { name: 'memberId', type: 'string' },
            { name: 'groupInstanceId', type: 'string', versions: '4+', nullableVersions: '4+', default: null },
            { name: 'clientId', type: 'string' },
            { name: 'clientHost', type: 'string' },
            { name: 'memberMetadata', type: 'bytes' },
            { name: 'memberAssignment', type: 'bytes' },
          ],
        },
        { name: 'authorizedOperations', type: 'int32', versions: '3+', default: -2_147_483_648 },
      ],
    },
  ],
} as const

export type DescribeGroupsRequest = Decoded<typeof describeGroupsRequest>
export type DescribeGroupsRequestInput = Encodable<typeof describeGroupsRequest>
export type DescribeGroupsResponse = Decoded<typeof describeGroupsResponse>
export type DescribeGroupsResponseInput = Encodable<typeof describeGroupsResponse>
