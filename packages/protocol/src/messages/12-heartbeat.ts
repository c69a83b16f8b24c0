/**
 * Heartbeat
 */
import type { Decoded, Encodable } from '../definition.ts'

export const heartbeatRequest = {
  kind: 'request',
  apiKey: 12,
  name: 'HeartbeatRequest',
  versions: '0-4',
  flexibleVersions: '4+',
  fields: [
    { name: 'groupId', type: 'string' },
    { name: 'generationId', type: 'int32' },
    { name: 'memberId', type: 'string' },
    { name: 'groupInstanceId', type: 'string', versions: '3+', nullableVersions: '3+', default: null },
  ],
} as const

export const heartbeatResponse = {
  kind: 'response',
  apiKey: 12,
  name: 'HeartbeatResponse',
  versions: '0-4',
  flexibleVersions: '4+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '1+' },
    { name: 'errorCode', type: 'int16' },
  ],
} as const

export type HeartbeatRequest = Decoded<typeof heartbeatRequest>
export type HeartbeatRequestInput = Encodable<typeof heartbeatRequest>
export type HeartbeatResponse = Decoded<typeof heartbeatResponse>
export type HeartbeatResponseInput = Encodable<typeof heartbeatResponse>
