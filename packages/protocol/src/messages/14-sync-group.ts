/**
 * SyncGroup: the leader hands in the assignment, every member gets its own. Answered when the leader has spoken.
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
    {
      name: 'protocolType',
      type: 'string',
      versions: '5+',
      nullableVersions: '5+',
      default: null,
      ignorable: true,
      about: 'Kind of group, "consumer" or "connect" for instance.',
    },
    {
      name: 'protocolName',
      type: 'string',
      versions: '5+',
      nullableVersions: '5+',
      default: null,
      ignorable: true,
      about: 'The protocol that the coordinator chose.',
    },
    {
      name: 'assignments',
      type: '[]struct',
      about: 'From the leader only.',
      fields: [
        { name: 'memberId', type: 'string', about: 'Given by the coordinator at the first join.' },
        { name: 'assignment', type: 'bytes', about: "In the protocol type's own format." },
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
        'ILLEGAL_GENERATION',
        'INCONSISTENT_GROUP_PROTOCOL',
        'INVALID_GROUP_ID',
        'UNKNOWN_MEMBER_ID',
        'REBALANCE_IN_PROGRESS',
        'GROUP_AUTHORIZATION_FAILED',
        'FENCED_INSTANCE_ID',
      ],
    },
    {
      name: 'protocolType',
      type: 'string',
      versions: '5+',
      nullableVersions: '5+',
      default: null,
      about: 'Kind of group, "consumer" or "connect" for instance.',
    },
    {
      name: 'protocolName',
      type: 'string',
      versions: '5+',
      nullableVersions: '5+',
      default: null,
      about: 'The protocol that the coordinator chose.',
    },
    { name: 'assignment', type: 'bytes', about: "In the protocol type's own format." },
  ],
} as const

export type SyncGroupRequest = Decoded<typeof syncGroupRequest>
export type SyncGroupRequestInput = Encodable<typeof syncGroupRequest>
export type SyncGroupResponse = Decoded<typeof syncGroupResponse>
export type SyncGroupResponseInput = Encodable<typeof syncGroupResponse>
