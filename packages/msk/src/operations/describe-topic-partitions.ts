import type { OperationHandler } from '@millrace/aws/service'
import { withTopics } from '../topics/with-topics.ts'
import { type Dependencies, listScope } from './dependencies.ts'
import { requireTopic } from './require-topic.ts'

export function describeTopicPartitions(
  dependencies: Dependencies,
): OperationHandler<'kafka', 'DescribeTopicPartitions'> {
  return async ({ ClusterArn, TopicName, MaxResults, NextToken }, context) =>
    withTopics(dependencies, { clusterArn: ClusterArn, context, reading: true }, async (topics) => {
      const topic = await requireTopic(topics, TopicName)
      const page = dependencies.paginator.page({
        items: topic.partitions,
        sortKey: ({ partition }) => String(partition).padStart(10, '0'),
        maxResults: MaxResults,
        nextToken: NextToken,
        scope: listScope('DescribeTopicPartitions', context, ClusterArn, TopicName),
      })
      return {
        Partitions: page.items.map(({ partition, leader, replicas, isr }) => ({
          Partition: partition,
          Leader: leader,
          Replicas: [...replicas],
          Isr: [...isr],
        })),
        ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
      }
    })
}
