/**
 * ListGroups: the groups that this broker coordinates.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const listGroupsRequest = {
  kind: 'request',
  apiKey: 16,
  name: 'ListGroupsRequest',
  versions: '0-5',
  flexibleVersions: '3+',
  fields: [
    { name: 'statesFilter', type: '[]string', versions: '4+', about: 'Empty: groups in any state (KIP-518).' },
    { name: 'typesFilter', type: '[]string', versions: '5+', about: 'Empty: groups of any type (KIP-848).' },
  ],
} as const

export const listGroupsResponse = {
  kind: 'response',
  apiKey: 16,
  name: 'ListGroupsResponse',
  versions: '0-5',
  flexibleVersions: '3+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      versions: '1+',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16', errors: ['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE'] },
    {
      name: 'groups',
      type: '[]struct',
      fields: [
        { name: 'groupId', type: 'string' },
        { name: 'protocolType', type: 'string', about: 'Kind of group, "consumer" or "connect" for instance.' },
        { name: 'groupState', type: 'string', versions: '4+' },
        { name: 'groupType', type: 'string', versions: '5+', about: '"classic", "consumer", "share" or "streams".' },
      ],
    },
  ],
} as const

export type ListGroupsRequest = Decoded<typeof listGroupsRequest>
export type ListGroupsRequestInput = Encodable<typeof listGroupsRequest>
export type ListGroupsResponse = Decoded<typeof listGroupsResponse>
export type ListGroupsResponseInput = Encodable<typeof listGroupsResponse>
