/**
 * LeaveGroup: takes members out of a classic group at once.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const leaveGroupRequest = {
  kind: 'request',
  apiKey: 13,
  name: 'LeaveGroupRequest',
  versions: '0-5',
  flexibleVersions: '4+',
  fields: [
    { name: 'groupId', type: 'string' },
    { name: 'memberId', type: 'string', versions: '0-2', about: 'Given by the coordinator at the first join.' },
    {
      name: 'members',
      type: '[]struct',
      versions: '3+',
      fields: [
        { name: 'memberId', type: 'string' },
        {
          name: 'groupInstanceId',
          type: 'string',
          nullableVersions: '0+',
          default: null,
          about: 'Id of a static member, kept over restarts (KIP-345); null: dynamic member.',
        },
        {
          name: 'reason',
          type: 'string',
          versions: '5+',
          nullableVersions: '5+',
          default: null,
          ignorable: true,
          about: 'Why the member leaves, for the log (KIP-800).',
        },
      ],
    },
  ],
} as const

export const leaveGroupResponse = {
  kind: 'response',
  apiKey: 13,
  name: 'LeaveGroupResponse',
  versions: '0-5',
  flexibleVersions: '4+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      versions: '1+',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'errorCode',
      type: 'int16',
      errors: [
        'COORDINATOR_LOAD_IN_PROGRESS',
        'COORDINATOR_NOT_AVAILABLE',
        'NOT_COORDINATOR',
        'INVALID_GROUP_ID',
        'UNKNOWN_MEMBER_ID',
        'GROUP_AUTHORIZATION_FAILED',
      ],
    },
    {
      name: 'members',
      type: '[]struct',
      versions: '3+',
      fields: [
        { name: 'memberId', type: 'string' },
        {
          name: 'groupInstanceId',
          type: 'string',
          nullableVersions: '0+',
          about: 'Id of a static member, kept over restarts (KIP-345); null: dynamic member.',
        },
        { name: 'errorCode', type: 'int16', errors: ['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'] },
      ],
    },
  ],
} as const

export type LeaveGroupRequest = Decoded<typeof leaveGroupRequest>
export type LeaveGroupRequestInput = Encodable<typeof leaveGroupRequest>
export type LeaveGroupResponse = Decoded<typeof leaveGroupResponse>
export type LeaveGroupResponseInput = Encodable<typeof leaveGroupResponse>
