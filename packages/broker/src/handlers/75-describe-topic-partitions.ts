/**
 * DescribeTopicPartitions (75, KIP-966): topics by name in order, in pages. A page ends at the partition limit; its
 * cursor names where the next begins, which may be a topic that is gone by then. Facts: kafka-protocol §2.8.
 */
import { ZERO_UUID } from '@millrace/base/uuid'
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponseInput,
} from '@millrace/protocol/messages/75-describe-topic-partitions'
import { ALL_TOPIC_OPERATIONS } from './authorized-operations.ts'
import { describePartition } from './partition-description.ts'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { isInternalTopic, isLegalTopicName } from './topic-names.ts'

/** max.request.partition.size.limit */
const PARTITIONS_MAX = 2000

type TopicAnswer = DescribeTopicPartitionsResponseInput['topics'][number]

export function describeTopicPartitionsHandler(
  runtime: BrokerRuntime,
): ApiHandler<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponseInput> {
  return {
    request: describeTopicPartitionsRequest,
    response: describeTopicPartitionsResponse,
    handle({ connection }, request, respond) {
      const { image } = runtime.metadata
      const all = request.topics.length === 0
      const asked = all ? [...image.topicsByName.keys()] : request.topics.map(({ name }) => name)
      const from = request.cursor
      const names = [...new Set(asked)].sort(byCodeUnits).filter((name) => from === null || name >= from.topicName)
      let room = Math.min(PARTITIONS_MAX, Math.max(1, request.responsePartitionLimit))
      const topics: TopicAnswer[] = []
      let nextCursor: { topicName: string; partitionIndex: number } | null = null
      for (const name of names) {
        if (room === 0) {
          nextCursor = { topicName: name, partitionIndex: 0 }
          break
        }
        const topic = image.topicsByName.get(name)
        if (topic === undefined) {
          if (from?.topicName !== name) topics.push(unknownTopic(name))
          continue
        }
        const first = from !== null && from.topicName === name ? Math.max(0, from.partitionIndex) : 0
        const end = Math.min(topic.partitions.length, first + room)
        room -= Math.max(0, end - first)
        topics.push({
          errorCode: ErrorCode.NONE,
          name,
          topicId: topic.id,
          isInternal: isInternalTopic(name),
          partitions: topic.partitions.slice(first, end).map((partition, index) => ({
            ...describePartition(image, connection, first + index, partition),
            // Never null, though the schema allows it: Java's admin client (3.9.1, 4.1.1) fails on null.
            eligibleLeaderReplicas: partition.eligibleLeaderReplicas,
            lastKnownElr: partition.lastKnownElr,
          })),
          topicAuthorizedOperations: ALL_TOPIC_OPERATIONS,
        })
        if (end < topic.partitions.length) {
          nextCursor = { topicName: name, partitionIndex: end }
          break
        }
      }
      respond({ throttleTimeMs: 0, topics, nextCursor })
    },
  }
}

function unknownTopic(name: string): TopicAnswer {
  const errorCode = isLegalTopicName(name) ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION
  return { errorCode, name, topicId: ZERO_UUID, isInternal: isInternalTopic(name), partitions: [] }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
