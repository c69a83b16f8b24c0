/**
 * DescribeTopicPartitions: topics and partitions in pages, with eligible leader replicas (KIP-966).
 */
import type { Decoded, Encodable } from '../definition.ts'

export const describeTopicPartitionsRequest = {
  kind: 'request',
  apiKey: 75,
  name: 'DescribeTopicPartitionsRequest',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'topics',
      type: '[]struct',
      fields: [{ name: 'name', type: 'string' }],
    },
    { name: 'responsePartitionLimit', type: 'int32', default: 2000, about: 'Most partitions in the response.' },
    {
      name: 'cursor',
      type: 'struct',
      nullableVersions: '0+',
      default: null,
      about: 'Where the response before ended; null: begin.',
      fields: [
        { name: 'topicName', type: 'string' },
        { name: 'partitionIndex', type: 'int32' },
      ],
    },
  ],
} as const

export const describeTopicPartitionsResponse = {
  kind: 'response',
  apiKey: 75,
  name: 'DescribeTopicPartitionsResponse',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    {
      name: 'throttleTimeMs',
      type: 'int32',
      about: 'How long the client should hold back because of a quota, ms; 0: not throttled.',
    },
    {
      name: 'topics',
      type: '[]struct',
      fields: [
        { name: 'errorCode', type: 'int16' },
        { name: 'name', type: 'string', nullableVersions: '0+' },
        { name: 'topicId', type: 'uuid' },
        { name: 'isInternal', type: 'bool' },
        {
          name: 'partitions',
          type: '[]struct',
          fields: [
            { name: 'errorCode', type: 'int16' },
            { name: 'partitionIndex', type: 'int32' },
            { name: 'leaderId', type: 'int32', about: 'Broker id of the leader; -1: none.' },
            { name: 'leaderEpoch', type: 'int32', default: -1, about: 'Epoch of the leadership; -1: not known.' },
            { name: 'replicaNodes', type: '[]int32', about: 'Brokers with a replica, the preferred leader first.' },
            { name: 'isrNodes', type: '[]int32', about: 'Brokers whose replica is in sync.' },
            {
              name: 'eligibleLeaderReplicas',
              type: '[]int32',
              nullableVersions: '0+',
              default: null,
              about: 'Replicas that have all committed records though they are not in sync (KIP-966).',
            },
            { name: 'lastKnownElr', type: '[]int32', nullableVersions: '0+', default: null },
            { name: 'offlineReplicas', type: '[]int32', about: 'Brokers whose replica is not available.' },
          ],
        },
        {
          name: 'topicAuthorizedOperations',
          type: 'int32',
          default: -2_147_483_648,
          about: 'Bit field of the operations the client may do; -2147483648: not asked for.',
        },
      ],
    },
    {
      name: 'nextCursor',
      type: 'struct',
      nullableVersions: '0+',
      default: null,
      about: 'null: that was all.',
      fields: [
        { name: 'topicName', type: 'string' },
        { name: 'partitionIndex', type: 'int32' },
      ],
    },
  ],
} as const

export type DescribeTopicPartitionsRequest = Decoded<typeof describeTopicPartitionsRequest>
export type DescribeTopicPartitionsRequestInput = Encodable<typeof describeTopicPartitionsRequest>
export type DescribeTopicPartitionsResponse = Decoded<typeof describeTopicPartitionsResponse>
export type DescribeTopicPartitionsResponseInput = Encodable<typeof describeTopicPartitionsResponse>
