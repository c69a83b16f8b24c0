/**
 * DeleteGroups: removes empty groups with their offsets.
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
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'results',
      type: '[]struct',
      fields: [
        { name: 'groupId', type: 'string' },
        {
          name: 'errorCode',
          type: 'int16',
          errors: [
            'COORDINATOR_LOAD_IN_PROGRESS',
            'COORDINATOR_NOT_AVAILABLE',
            'NOT_COORDINATOR',
            'INVALID_GROUP_ID',
            'GROUP_AUTHORIZATION_FAILED',
            'NON_EMPTY_GROUP',
            'GROUP_ID_NOT_FOUND',
          ],
        },
        {
          name: 'errorMessage',
          type: 'string',
          versions: '3+',
          nullableVersions: '3+',
          about: 'For people; null when there is no error.',
        },
      ],
    },
  ],
} as const

export type DeleteGroupsRequest = Decoded<typeof deleteGroupsRequest>
export type DeleteGroupsRequestInput = Encodable<typeof deleteGroupsRequest>
export type DeleteGroupsResponse = Decoded<typeof deleteGroupsResponse>
export type DeleteGroupsResponseInput = Encodable<typeof deleteGroupsResponse>
