/**
 * Heartbeat: keeps a member of a classic group alive and tells it to rejoin.
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
    { name: 'generationId', type: 'int32', about: 'Generation of the group.' },
    { name: 'memberId', type: 'string', about: 'Given by the coordinator at the first join.' },
    {
      name: 'groupInstanceId',
      type: 'string',
      versions: '3+',
      nullableVersions: '3+',
      default: null,
      about: 'Id of a static member, kept over restarts (KIP-345); null: dynamic member.',
    },
  ],
} as const

export const heartbeatResponse = {
  kind: 'response',
  apiKey: 12,
  name: 'HeartbeatResponse',
  versions: '0-4',
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
        'COORDINATOR_NOT_AVAILABLE',
        'NOT_COORDINATOR',
        'ILLEGAL_GENERATION',
        'INVALID_GROUP_ID',
        'UNKNOWN_MEMBER_ID',
        'REBALANCE_IN_PROGRESS',
        'GROUP_AUTHORIZATION_FAILED',
        'FENCED_INSTANCE_ID',
      ],
    },
  ],
} as const

export type HeartbeatRequest = Decoded<typeof heartbeatRequest>
export type HeartbeatRequestInput = Encodable<typeof heartbeatRequest>
export type HeartbeatResponse = Decoded<typeof heartbeatResponse>
export type HeartbeatResponseInput = Encodable<typeof heartbeatResponse>
