/**
 * DeleteGroups
 */
import type { Decoded, Encodable } from '../definition.ts'

export const deleteGroupsRequest = {
  kind: 'request',
  apiKey: 42,
  name: 'DeleteGroupsRequest',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [{ name: 'groupsNames', type: '[]string' }],
} as const

export const deleteGroupsResponse = {
  kind: 'response',
  apiKey: 42,
  name: 'DeleteGroupsResponse',
  versions: '0-3',
  flexibleVersions: '2+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    {
      name: 'results',
      type: '[]struct',
      fields: [
        { name: 'groupId', type: 'string' },
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', versions: '3+', nullableVersions: '3+' },
      ],
    },
  ],
} as const

export type DeleteGroupsRequest = Decoded<typeof deleteGroupsRequest>
export type DeleteGroupsRequestInput = Encodable<typeof deleteGroupsRequest>
export type DeleteGroupsResponse = Decoded<typeof deleteGroupsResponse>
export type DeleteGroupsResponseInput = Encodable<typeof deleteGroupsResponse>
