import type { OperationHandler } from '@millrace/aws/service'
import { topicArn } from '../arns.ts'
import { withTopics } from '../topics/with-topics.ts'
import { type Dependencies, listScope } from './dependencies.ts'
import { replicationFactorOf } from './require-topic.ts'

/** `topicNameFilter` is a prefix. Read from the cluster at every call, where MSK shows a view of up to a minute ago. */
export function listTopics(dependencies: Dependencies): OperationHandler<'kafka', 'ListTopics'> {
  return async ({ ClusterArn, MaxResults, NextToken, TopicNameFilter }, context) =>
    withTopics(dependencies, { clusterArn: ClusterArn, context, reading: true }, async (topics, cluster) => {
      const all = await topics.list()
      const page = dependencies.paginator.page({
        items: all
          .filter(({ name }) => name.startsWith(TopicNameFilter ?? ''))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
        sortKey: ({ name }) => name,
        maxResults: MaxResults,
        nextToken: NextToken,
        scope: listScope('ListTopics', context, ClusterArn, TopicNameFilter),
      })
      return {
        Topics: page.items.map((topic) => ({
          TopicArn: topicArn(context, cluster, topic.name),
          TopicName: topic.name,
          ReplicationFactor: replicationFactorOf(topic),
          PartitionCount: topic.partitions.length,
          OutOfSyncReplicaCount: topic.partitions.reduce(
            (sum, { replicas, isr }) => sum + replicas.length - isr.length,
            0,
          ),
        })),
        ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
      }
    })
}
