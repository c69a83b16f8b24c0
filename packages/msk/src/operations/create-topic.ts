import type { OperationHandler } from '@millrace/aws/service'
import { topicArn } from '../arns.ts'
import { checkTopicName, decodeTopicConfigs } from '../topics/topic-configs.ts'
import { withTopics } from '../topics/with-topics.ts'
import type { Dependencies } from './dependencies.ts'

export function createTopic(dependencies: Dependencies): OperationHandler<'kafka', 'CreateTopic'> {
  return async ({ ClusterArn, TopicName, PartitionCount, ReplicationFactor, Configs }, context) => {
    checkTopicName(TopicName)
    const configs = decodeTopicConfigs(Configs)
    return withTopics(dependencies, { clusterArn: ClusterArn, context, reading: false }, async (topics, cluster) => {
      await topics.create({
        name: TopicName,
        partitionCount: PartitionCount,
        replicationFactor: ReplicationFactor,
        configs,
      })
      return { TopicArn: topicArn(context, cluster, TopicName), TopicName, Status: 'CREATING' }
    })
  }
}
