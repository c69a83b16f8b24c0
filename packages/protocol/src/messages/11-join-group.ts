/**
 * JoinGroup
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
    { name: 'rebalanceTimeoutMs', type: 'int32', versions: '1+', default: -1 },
    { name: 'memberId', type: 'string' },
    { name: 'groupInstanceId', type: 'string', versions: '5+', nullableVersions: '5+', default: null },
    { name: 'protocolType', type: 'string' },
    {
      name: 'protocols',
      type: '[]struct',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'metadata', type: 'bytes' },
      ],
    },
    { name: 'reason', type: 'string', versions: '8+', nullableVersions: '8+', default: null },
  ],
} as const

export const joinGroupResponse = {
  kind: 'response',
  apiKey: 11,
  name: 'JoinGroupResponse',
  versions: '0-9',
  flexibleVersions: '6+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '2+' },
    { name: 'errorCode', type: 'int16' },
    { name: 'generationId', type: 'int32', default: -1 },
    { name: 'protocolType', type: 'string', versions: '7+', nullableVersions: '7+', default: null },
    { name: 'protocolName', type: 'string', nullableVersions: '7+' },
    { name: 'leader', type: 'string' },
    { name: 'skipAssignment', type: 'bool', versions: '9+' },
    { name: 'memberId', type: 'string' },
    {
      name: 'members',
      type: '[]struct',
      fields: [
        { name: 'memberId', type: 'string' },
        { name: 'groupInstanceId', type: 'string', versions: '5+', nullableVersions: '5+', default: null },
        { name: 'metadata', type: 'bytes' },
      ],
    },
  ],
} as const

export type JoinGroupRequest = Decoded<typeof joinGroupRequest>
export type JoinGroupRequestInput = Encodable<typeof joinGroupRequest>
export type JoinGroupResponse = Decoded<typeof joinGroupResponse>
export type JoinGroupResponseInput = Encodable<typeof joinGroupResponse>
