/**
 * ConsumerGroupHeartbeat
 */
import type { Decoded, Encodable } from '../definition.ts'

export const consumerGroupHeartbeatRequest = {
  kind: 'request',
  apiKey: 68,
  name: 'ConsumerGroupHeartbeatRequest',
  versions: '0-1',
  flexibleVersions: '0+',
  fields: [
    { name: 'groupId', type: 'string' },
    { name: 'memberId', type: 'string' },
    { name: 'memberEpoch', type: 'int32' },
    { name: 'instanceId', type: 'string', nullableVersions: '0+', default: null },
    { name: 'rackId', type: 'string', nullableVersions: '0+', default: null },
    { name: 'rebalanceTimeoutMs', type: 'int32', default: -1 },
    { name: 'subscribedTopicNames', type: '[]string', nullableVersions: '0+', default: null },
    { name: 'subscribedTopicRegex', type: 'string', versions: '1+', nullableVersions: '1+', default: null },
    { name: 'serverAssignor', type: 'string', nullableVersions: '0+', default: null },
    {
      name: 'topicPartitions',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      fields: [
        { name: 'topicId', type: 'uuid' },
        { name: 'partitions', type: '[]int32' },
      ],
    },
  ],
} as const

export const consumerGroupHeartbeatResponse = {
  kind: 'response',
  apiKey: 68,
  name: 'ConsumerGroupHeartbeatResponse',
  versions: '0-1',
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

export type ConsumerGroupHeartbeatRequest = Decoded<typeof consumerGroupHeartbeatRequest>
export type ConsumerGroupHeartbeatRequestInput = Encodable<typeof consumerGroupHeartbeatRequest>
export type ConsumerGroupHeartbeatResponse = Decoded<typeof consumerGroupHeartbeatResponse>
export type ConsumerGroupHeartbeatResponseInput = Encodable<typeof consumerGroupHeartbeatResponse>
