/** Records about topics and partitions (kafka-records §2). */
import type { Decoded, MessageDefinition } from '@millrace/protocol/definition'

const topic = {
  kind: 'data',
  apiKey: 2,
  name: 'TopicRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [
    { name: 'name', type: 'string' },
    { name: 'topicId', type: 'uuid' },
  ],
} as const

const partition = {
  kind: 'data',
  apiKey: 3,
  name: 'PartitionRecord',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'partitionId', type: 'int32', default: -1 },
    { name: 'topicId', type: 'uuid' },
    { name: 'replicas', type: '[]int32' },
    { name: 'isr', type: '[]int32' },
    { name: 'removingReplicas', type: '[]int32' },
    { name: 'addingReplicas', type: '[]int32' },
    { name: 'leader', type: 'int32', default: -1 },
    { name: 'leaderRecoveryState', type: 'int8', tag: 0, default: 0 },
    { name: 'leaderEpoch', type: 'int32', default: -1 },
    { name: 'partitionEpoch', type: 'int32', default: -1 },
    { name: 'directories', type: '[]uuid', versions: '1+', about: 'parallel to replicas' },
    { name: 'eligibleLeaderReplicas', type: '[]int32', versions: '2+', nullableVersions: '2+', tag: 1, default: null },
    { name: 'lastKnownElr', type: '[]int32', versions: '2+', nullableVersions: '2+', tag: 2, default: null },
  ],
} as const

const partitionChange = {
  kind: 'data',
  apiKey: 5,
  name: 'PartitionChangeRecord',
  versions: '0-2',
  flexibleVersions: '0+',
  fields: [
    { name: 'partitionId', type: 'int32', default: -1 },
    { name: 'topicId', type: 'uuid' },
    { name: 'isr', type: '[]int32', nullableVersions: '0+', tag: 0, default: null },
    { name: 'leader', type: 'int32', tag: 1, default: -2, about: 'present, even unchanged: the leader epoch grows' },
    { name: 'replicas', type: '[]int32', nullableVersions: '0+', tag: 2, default: null },
    { name: 'removingReplicas', type: '[]int32', nullableVersions: '0+', tag: 3, default: null },
    { name: 'addingReplicas', type: '[]int32', nullableVersions: '0+', tag: 4, default: null },
    { name: 'leaderRecoveryState', type: 'int8', tag: 5, default: -1 },
    { name: 'eligibleLeaderReplicas', type: '[]int32', versions: '2+', nullableVersions: '2+', tag: 6, default: null },
    { name: 'lastKnownElr', type: '[]int32', versions: '2+', nullableVersions: '2+', tag: 7, default: null },
    { name: 'directories', type: '[]uuid', versions: '1+', nullableVersions: '1+', tag: 8, default: null },
  ],
} as const

const removeTopic = {
  kind: 'data',
  apiKey: 9,
  name: 'RemoveTopicRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [{ name: 'topicId', type: 'uuid' }],
} as const

const clearElr = {
  kind: 'data',
  apiKey: 28,
  name: 'ClearElrRecord',
  versions: '0',
  flexibleVersions: '0+',
  fields: [{ name: 'topicName', type: 'string', about: 'empty: all topics' }],
} as const

export type TopicRecord = Decoded<typeof topic>
export type PartitionRecord = Decoded<typeof partition>
export type PartitionChangeRecord = Decoded<typeof partitionChange>
export type RemoveTopicRecord = Decoded<typeof removeTopic>
export type ClearElrRecord = Decoded<typeof clearElr>

export const topicRecords: readonly MessageDefinition[] = [topic, partition, partitionChange, removeTopic, clearElr]
