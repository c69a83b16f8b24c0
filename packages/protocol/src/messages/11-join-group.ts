/**
 * JoinGroup: makes a member join a classic group; answered when the rebalance has all members, or told the first time
 * to come again with the member id in the answer (KIP-394).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const joinGroupRequest = {
  kind: 'request',
  apiKey: 11,
  name: 'JoinGroupRequest',
  versions: '0-9',
  flexibleVersions: '6+',
  fields: [
    { name: 'groupId', type: 'string' },
    { name: 'sessionTimeoutMs', type: 'int32' },
    {
      name: 'rebalanceTimeoutMs',
      type: 'int32',
      versions: '1+',
      default: -1,
      ignorable: true,
      about: 'How long members may take to rejoin, ms; -1 (version 0): the session timeout.',
    },
    { name: 'memberId', type: 'string', about: 'Empty at the first join.' },
    {
      name: 'groupInstanceId',
      type: 'string',
      versions: '5+',
      nullableVersions: '5+',
      default: null,
      about: 'Id of a static member, kept over restarts (KIP-345); null: dynamic member.',
    },
    { name: 'protocolType', type: 'string', about: 'Kind of group, "consumer" or "connect" for instance.' },
    {
      name: 'protocols',
      type: '[]struct',
      about: 'What the member supports, preferred first.',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'metadata', type: 'bytes', about: "Subscription in the protocol type's own format." },
      ],
    },
    {
      name: 'reason',
      type: 'string',
      versions: '8+',
      nullableVersions: '8+',
      default: null,
      ignorable: true,
      about: 'Why the member joins, for the log (KIP-800).',
    },
  ],
} as const

export const joinGroupResponse = {
  kind: 'response',
  apiKey: 11,
  name: 'JoinGroupResponse',
  versions: '0-9',
  flexibleVersions: '6+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      versions: '2+',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'errorCode',
      type: 'int16',
      errors: [
        'COORDINATOR_LOAD_IN_PROGRESS',
        'COORDINATOR_NOT_AVAILABLE',
        'NOT_COORDINATOR',
        'INCONSISTENT_GROUP_PROTOCOL',
        'INVALID_GROUP_ID',
        'UNKNOWN_MEMBER_ID',
        'INVALID_SESSION_TIMEOUT',
        'REBALANCE_IN_PROGRESS',
        'GROUP_AUTHORIZATION_FAILED',
        'MEMBER_ID_REQUIRED',
        'GROUP_MAX_SIZE_REACHED',
        'FENCED_INSTANCE_ID',
        'UNSUPPORTED_VERSION',
      ],
    },
    { name: 'generationId', type: 'int32', default: -1, about: 'Generation of the group.' },
    {
      name: 'protocolType',
      type: 'string',
      versions: '7+',
      nullableVersions: '7+',
      default: null,
      about: 'Kind of group, "consumer" or "connect" for instance.',
    },
    { name: 'protocolName', type: 'string', nullableVersions: '7+', about: 'The protocol that the coordinator chose.' },
    { name: 'leader', type: 'string', about: 'Member id of the leader.' },
    {
      name: 'skipAssignment',
      type: 'bool',
      versions: '9+',
      about: 'The leader need not compute an assignment (KIP-814).',
    },
    { name: 'memberId', type: 'string' },
    {
      name: 'members',
      type: '[]struct',
      about: 'All members for the leader, empty for the others.',
      fields: [
        { name: 'memberId', type: 'string' },
        {
          name: 'groupInstanceId',
          type: 'string',
          versions: '5+',
          nullableVersions: '5+',
          default: null,
          about: 'Id of a static member, kept over restarts (KIP-345); null: dynamic member.',
        },
        { name: 'metadata', type: 'bytes', about: 'As the member sent it for the chosen protocol.' },
      ],
    },
  ],
} as const

export type JoinGroupRequest = Decoded<typeof joinGroupRequest>
export type JoinGroupRequestInput = Encodable<typeof joinGroupRequest>
export type JoinGroupResponse = Decoded<typeof joinGroupResponse>
export type JoinGroupResponseInput = Encodable<typeof joinGroupResponse>
