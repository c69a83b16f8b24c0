/**
 * LeaveGroup
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
    { name: 'memberId', type: 'string', versions: '0-2' },
    {
      name: 'members',
      type: '[]struct',
      versions: '3+',
      fields: [
        { name: 'memberId', type: 'string' },
        { name: 'groupInstanceId', type: 'string', nullableVersions: '0+', default: null },
        { name: 'reason', type: 'string', versions: '5+', nullableVersions: '5+', default: null },
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
    { name: 'throttleTimeMs', type: 'int32', versions: '1+' },
    { name: 'errorCode', type: 'int16' },
    {
      name: 'members',
      type: '[]struct',
      versions: '3+',
      fields: [
        { name: 'memberId', type: 'string' },
        { name: 'groupInstanceId', type: 'string', nullableVersions: '0+' },
        { name: 'errorCode', type: 'int16' },
      ],
    },
  ],
} as const

export type LeaveGroupRequest = Decoded<typeof leaveGroupRequest>
export type LeaveGroupRequestInput = Encodable<typeof leaveGroupRequest>
export type LeaveGroupResponse = Decoded<typeof leaveGroupResponse>
export type LeaveGroupResponseInput = Encodable<typeof leaveGroupResponse>
