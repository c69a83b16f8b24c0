import type { OperationHandler } from '@millrace/aws/service'
import { topicArn } from '../arns.ts'
import { encodeTopicConfigs } from '../topics/topic-configs.ts'
import { withTopics } from '../topics/with-topics.ts'
import type { Dependencies } from './dependencies.ts'
import { replicationFactorOf, requireTopic } from './require-topic.ts'

export function describeTopic(dependencies: Dependencies): OperationHandler<'kafka', 'DescribeTopic'> {
  return async ({ ClusterArn, TopicName }, context) =>
    withTopics(dependencies, { clusterArn: ClusterArn, context, reading: true }, async (topics, cluster) => {
      const topic = await requireTopic(topics, TopicName)
      return {
        TopicArn: topicArn(context, cluster, TopicName),
        TopicName,
        ReplicationFactor: replicationFactorOf(topic),
        PartitionCount: topic.partitions.length,
        Configs: encodeTopicConfigs(await topics.configs(TopicName)),
        Status: 'ACTIVE',
      }
    })
}
