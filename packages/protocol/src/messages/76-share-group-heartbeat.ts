/**
 * ShareGroupHeartbeat (KIP-932). Version 0 was a preview with another layout and is not defined.
 */
import type { Decoded, Encodable } from '../definition.ts'

export const shareGroupHeartbeatRequest = {
  kind: 'request',
  apiKey: 76,
  name: 'ShareGroupHeartbeatRequest',
  versions: '1',
  flexibleVersions: '0+',
  fields: [
    { name: 'groupId', type: 'string' },
    { name: 'memberId', type: 'string', about: 'Given by the coordinator at the first join.' },
    { name: 'memberEpoch', type: 'int32', about: 'Epoch of the member in the group (KIP-848).' },
    {
      name: 'rackId',
      type: 'string',
      nullableVersions: '0+',
      default: null,
      about: 'Rack of the client; empty or null: none told.',
    },
    {
      name: 'subscribedTopicNames',
      type: '[]string',
      nullableVersions: '0+',
      default: null,
      about: 'null: as in the heartbeat before.',
    },
  ],
} as const

export const shareGroupHeartbeatResponse = {
  kind: 'response',
  apiKey: 76,
  name: 'ShareGroupHeartbeatResponse',
  versions: '1',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    { name: 'errorCode', type: 'int16' },
    {
      name: 'errorMessage',
      type: 'string',
      nullableVersions: '0+',
      default: null,
      about: 'For people; null when there is no error.',
    },
    { name: 'memberId', type: 'string', nullableVersions: '0+', default: null },
    { name: 'memberEpoch', type: 'int32', about: 'Epoch of the member in the group (KIP-848).' },
    { name: 'heartbeatIntervalMs', type: 'int32' },
    {
      name: 'assignment',
      type: 'struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        {
          name: 'topicPartitions',
          type: '[]struct',
          fields: [
            { name: 'topicId', type: 'uuid' },
            { name: 'partitions', type: '[]int32' },
          ],
        },
      ],
    },
  ],
} as const

export type ShareGroupHeartbeatRequest = Decoded<typeof shareGroupHeartbeatRequest>
export type ShareGroupHeartbeatRequestInput = Encodable<typeof shareGroupHeartbeatRequest>
export type ShareGroupHeartbeatResponse = Decoded<typeof shareGroupHeartbeatResponse>
export type ShareGroupHeartbeatResponseInput = Encodable<typeof shareGroupHeartbeatResponse>
