/**
 * FindCoordinator
 */
import type { Decoded, Encodable } from '../definition.ts'

export const findCoordinatorRequest = {
  kind: 'request',
  apiKey: 10,
  name: 'FindCoordinatorRequest',
  versions: '0-6',
  flexibleVersions: '3+',
  fields: [
    { name: 'key', type: 'string', versions: '0-3' },
    { name: 'keyType', type: 'int8', versions: '1+' },
    { name: 'coordinatorKeys', type: '[]string', versions: '4+' },
  ],
} as const

export const findCoordinatorResponse = {
  kind: 'response',
  apiKey: 10,
  name: 'FindCoordinatorResponse',
  versions: '0-6',
  flexibleVersions: '3+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32', versions: '1+' },
    { name: 'errorCode', type: 'int16', versions: '0-3' },
    { name: 'errorMessage', type: 'string', versions: '1-3', nullableVersions: '1-3' },
    { name: 'nodeId', type: 'int32', versions: '0-3' },
    { name: 'host', type: 'string', versions: '0-3' },
    { name: 'port', type: 'int32', versions: '0-3' },
    {
      name: 'coordinators',
      type: '[]struct',
      versions: '4+',
      fields: [
        { name: 'key', type: 'string' },
        { name: 'nodeId', type: 'int32' },
        { name: 'host', type: 'string' },
        { name: 'port', type: 'int32' },
        { name: 'errorCode', type: 'int16' },
        { name: 'errorMessage', type: 'string', nullableVersions: '0+' },
      ],
    },
  ],
} as const

export type FindCoordinatorRequest = Decoded<typeof findCoordinatorRequest>
export type FindCoordinatorRequestInput = Encodable<typeof findCoordinatorRequest>
export type FindCoordinatorResponse = Decoded<typeof findCoordinatorResponse>
export type FindCoordinatorResponseInput = Encodable<typeof findCoordinatorResponse>
