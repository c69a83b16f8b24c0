/**
 * ShareGroupHeartbeat
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
    { name: 'memberId', type: 'string' },
    { name: 'memberEpoch', type: 'int32' },
    { name: 'rackId', type: 'string', nullableVersions: '0+', default: null },
    { name: 'subscribedTopicNames', type: '[]string', nullableVersions: '0+', default: null },
  ],
} as const

export const shareGroupHeartbeatResponse = {
  kind: 'response',
  apiKey: 76,
  name: 'ShareGroupHeartbeatResponse',
  versions: '1',
  flexibleVersions: '0+',
  fields: [
    { name: 'throttleTimeMs', type: 'int32' },
    { name: 'errorCode', type: 'int16' },
    { name: 'errorMessage', type: 'string', nullableVersions: '0+', default: null },
    { name: 'memberId', type: 'string', nullableVersions: '0+', default: null },
    { name: 'memberEpoch', type: 'int32' },
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
