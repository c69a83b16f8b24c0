/**
 * SyncGroup
 */
import type { Decoded, Encodable } from '../definition.ts'

export const syncGroupRequest = {
  kind: 'request',
  apiKey: 14,
  name: 'SyncGroupRequest',
  versions: '0-5',
  flexibleVersions: '4+',
  fields: [
    { name: 'groupId', type: 'string' },
    { name: 'generationId', type: 'int32' },
    { name: 'memberId', type: 'string' },
    { name: 'groupInstanceId', type: 'string', versions: '3+', nullableVersions: '3+', default: null },
    { name: 'protocolType', type: 'string', versions: '5+', nullableVersions: '5+', default: null },
    { name: 'protocolName', type: 'string', versions: '5+', nullableVersions: '5+', default: null },
    {
      name: 'assignments',
      type: '[]struct',
      fields: [
        { name: 'memberId', type: 'string' },
        { name: 'assignment', type: 'bytes' },
      ],
    },
  ],
} as const

export const syncGroupResponse = {
  kind: 'response',
  apiKey: 14,
  name: 'SyncGroupResponse',
  versions: '0-5',
  flexibleVersions: '4+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '1+' },
    { name: 'errorCode', type: 'int16' },
    { name: 'protocolType', type: 'string', versions: '5+', nullableVersions: '5+', default: null },
    { name: 'protocolName', type: 'string', versions: '5+', nullableVersions: '5+', default: null },
    { name: 'assignment', type: 'bytes' },
  ],
} as const

export type SyncGroupRequest = Decoded<typeof syncGroupRequest>
export type SyncGroupRequestInput = Encodable<typeof syncGroupRequest>
export type SyncGroupResponse = Decoded<typeof syncGroupResponse>
export type SyncGroupResponseInput = Encodable<typeof syncGroupResponse>
