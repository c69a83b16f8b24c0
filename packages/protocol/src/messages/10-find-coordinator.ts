/**
 * FindCoordinator: the broker that coordinates a group, a transactional id or a share partition.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const findCoordinatorRequest = {
  kind: 'request',
  apiKey: 10,
  name: 'FindCoordinatorRequest',
  versions: '0-6',
  flexibleVersions: '3+',
  fields: [
    { name: 'key', type: 'string', versions: '0-3', about: 'Group id, transactional id or "group:topicId:partition".' },
    { name: 'keyType', type: 'int8', versions: '1+', about: '0: group, 1: transaction, 2: share.' },
    { name: 'coordinatorKeys', type: '[]string', versions: '4+', about: 'Several keys of one type (KIP-699).' },
  ],
} as const

export const findCoordinatorResponse = {
  kind: 'response',
  apiKey: 10,
  name: 'FindCoordinatorResponse',
  versions: '0-6',
  flexibleVersions: '3+',
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
      versions: '0-3',
      errors: [
        'COORDINATOR_NOT_AVAILABLE',
        'INVALID_GROUP_ID',
        'GROUP_AUTHORIZATION_FAILED',
        'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
        'INVALID_REQUEST',
      ],
    },
    {
      name: 'errorMessage',
      type: 'string',
      versions: '1-3',
      nullableVersions: '1-3',
      about: 'For people; null when there is no error.',
    },
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
        {
          name: 'errorCode',
          type: 'int16',
          errors: [
            'COORDINATOR_NOT_AVAILABLE',
            'INVALID_GROUP_ID',
            'GROUP_AUTHORIZATION_FAILED',
            'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
            'INVALID_REQUEST',
          ],
        },
        {
          name: 'errorMessage',
          type: 'string',
          nullableVersions: '0+',
          about: 'For people; null when there is no error.',
        },
      ],
    },
  ],
} as const

export type FindCoordinatorRequest = Decoded<typeof findCoordinatorRequest>
export type FindCoordinatorRequestInput = Encodable<typeof findCoordinatorRequest>
export type FindCoordinatorResponse = Decoded<typeof findCoordinatorResponse>
export type FindCoordinatorResponseInput = Encodable<typeof findCoordinatorResponse>
