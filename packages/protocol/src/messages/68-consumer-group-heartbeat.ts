/**
 * ConsumerGroupHeartbeat: the one request of the consumer group protocol (KIP-848).
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
    { name: 'memberId', type: 'string', about: 'Given by the coordinator at the first join.' },
    { name: 'memberEpoch', type: 'int32', about: '0: join, -1: leave, -2: leave but keep the static membership.' },
    { name: 'instanceId', type: 'string', nullableVersions: '0+', default: null, about: 'null: as before.' },
    { name: 'rackId', type: 'string', nullableVersions: '0+', default: null, about: 'null: as before.' },
    { name: 'rebalanceTimeoutMs', type: 'int32', default: -1, about: '-1: as before.' },
    {
      name: 'subscribedTopicNames',
      type: '[]string',
      nullableVersions: '0+',
      default: null,
      about: 'null: as in the heartbeat before.',
    },
    {
      name: 'subscribedTopicRegex',
      type: 'string',
      versions: '1+',
      nullableVersions: '1+',
      default: null,
      about: 'Topics as a regular expression (RE2/J); null: as before.',
    },
    {
      name: 'serverAssignor',
      type: 'string',
      nullableVersions: '0+',
      default: null,
      about: 'null: as before, or the default.',
    },
    {
      name: 'topicPartitions',
      type: '[]struct',
      nullableVersions: '0+',
      default: null,
      about: 'What the member owns; null: as before.',
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
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'errorCode',
      type: 'int16',
      errors: [
        'COORDINATOR_LOAD_IN_PROGRESS',
        'COORDINATOR_NOT_AVAILABLE',
        'NOT_COORDINATOR',
        'UNKNOWN_MEMBER_ID',
        'GROUP_AUTHORIZATION_FAILED',
        'TOPIC_AUTHORIZATION_FAILED',
        'INVALID_REQUEST',
        'GROUP_MAX_SIZE_REACHED',
        'FENCED_MEMBER_EPOCH',
        'UNRELEASED_INSTANCE_ID',
        'UNSUPPORTED_ASSIGNOR',
        'INVALID_REGULAR_EXPRESSION',
      ],
    },
    {
      name: 'errorMessage',
      type: 'string',
      nullableVersions: '0+',
      default: null,
      about: 'For people; null when there is no error.',
    },
    { name: 'memberId', type: 'string', nullableVersions: '0+', default: null, about: 'null: as the member told.' },
    { name: 'memberEpoch', type: 'int32', about: 'Epoch of the member in the group (KIP-848).' },
    { name: 'heartbeatIntervalMs', type: 'int32' },
    {
      name: 'assignment',
      type: 'struct',
      nullableVersions: '0+',
      default: null,
      about: 'null: unchanged.',
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
