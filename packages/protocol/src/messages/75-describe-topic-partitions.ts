/**
 * DescribeTopicPartitions
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
    { name: 'responsePartitionLimit', type: 'int32', default: 2000 },
    {
      name: 'cursor',
      type: 'struct',
      nullableVersions: '0+',
      default: null,
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
    { name: 'throttleTimeMs', type: 'int32' },
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
            { name: 'leaderId', type: 'int32' },
            { name: 'leaderEpoch', type: 'int32', default: -1 },
            { name: 'replicaNodes', type: '[]int32' },
            { name: 'isrNodes', type: '[]int32' },
            { name: 'eligibleLeaderReplicas', type: '[]int32', nullableVersions: '0+', default: null },
            { name: 'lastKnownElr', type: '[]int32', nullableVersions: '0+', default: null },
            { name: 'offlineReplicas', type: '[]int32' },
          ],
        },
        { name: 'topicAuthorizedOperations', type: 'int32', default: -2_147_483_648 },
      ],
    },
    {
      name: 'nextCursor',
      type: 'struct',
      nullableVersions: '0+',
      default: null,
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
