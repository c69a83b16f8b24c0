/**
 * ListGroups
 */
import type { Decoded, Encodable } from '../definition.ts'

export const listGroupsRequest = {
  kind: 'request',
  apiKey: 16,
  name: 'ListGroupsRequest',
  versions: '0-5',
  flexibleVersions: '3+',
  fields: [
    { name: 'statesFilter', type: '[]string', versions: '4+' },
    { name: 'typesFilter', type: '[]string', versions: '5+' },
  ],
} as const

export const listGroupsResponse = {
  kind: 'response',
  apiKey: 16,
  name: 'ListGroupsResponse',
  versions: '0-5',
  flexibleVersions: '3+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '1+' },
    { name: 'errorCode', type: 'int16' },
    {
      name: 'groups',
      type: '[]struct',
      fields: [
        { name: 'groupId', type: 'string' },
        { name: 'protocolType', type: 'string' },
        { name: 'groupState', type: 'string', versions: '4+' },
        { name: 'groupType', type: 'string', versions: '5+' },
      ],
    },
  ],
} as const

export type ListGroupsRequest = Decoded<typeof listGroupsRequest>
export type ListGroupsRequestInput = Encodable<typeof listGroupsRequest>
export type ListGroupsResponse = Decoded<typeof listGroupsResponse>
export type ListGroupsResponseInput = Encodable<typeof listGroupsResponse>
