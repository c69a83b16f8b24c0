/**
 * DescribeGroups: state and members of classic groups.
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
    {
      name: 'includeAuthorizedOperations',
      type: 'bool',
      versions: '3+',
      about: 'Tell the operations the client may do.',
    },
  ],
} as const

export const describeGroupsResponse = {
  kind: 'response',
  apiKey: 15,
  name: 'DescribeGroupsResponse',
  versions: '0-6',
  flexibleVersions: '5+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      versions: '1+',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'groups',
      type: '[]struct',
      fields: [
        {
          name: 'errorCode',
          type: 'int16',
          errors: [
            'COORDINATOR_LOAD_IN_PROGRESS',
            'COORDINATOR_NOT_AVAILABLE',
            'NOT_COORDINATOR',
            'INVALID_GROUP_ID',
            'GROUP_AUTHORIZATION_FAILED',
            'GROUP_ID_NOT_FOUND',
          ],
        },
        {
          name: 'errorMessage',
          type: 'string',
          versions: '6+',
          nullableVersions: '6+',
          default: null,
          about: 'For people; null when there is no error.',
        },
        { name: 'groupId', type: 'string' },
        {
          name: 'groupState',
          type: 'string',
          about: 'Empty, PreparingRebalance, CompletingRebalance, Stable or Dead.',
        },
        { name: 'protocolType', type: 'string', about: 'Kind of group, "consumer" or "connect" for instance.' },
        { name: 'protocolData', type: 'string', about: 'Name of the chosen protocol.' },
        {
          name: 'members',
          type: '[]struct',
          fields: [
            { name: 'memberId', type: 'string' },
            {
              name: 'groupInstanceId',
              type: 'string',
              versions: '4+',
              nullableVersions: '4+',
              default: null,
              about: 'Id of a static member, kept over restarts (KIP-345); null: dynamic member.',
            },
            { name: 'clientId', type: 'string' },
            { name: 'clientHost', type: 'string', about: 'Address with a slash in front, as Java prints it.' },
            { name: 'memberMetadata', type: 'bytes', about: "Subscription in the protocol type's own format." },
            { name: 'memberAssignment', type: 'bytes', about: "In the protocol type's own format." },
          ],
        },
        {
          name: 'authorizedOperations',
          type: 'int32',
          versions: '3+',
          default: -2_147_483_648,
          about: 'Bit field of the operations the client may do; -2147483648: not asked for.',
        },
      ],
    },
  ],
} as const

export type DescribeGroupsRequest = Decoded<typeof describeGroupsRequest>
export type DescribeGroupsRequestInput = Encodable<typeof describeGroupsRequest>
export type DescribeGroupsResponse = Decoded<typeof describeGroupsResponse>
export type DescribeGroupsResponseInput = Encodable<typeof describeGroupsResponse>
