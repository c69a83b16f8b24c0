import { badRequest } from '@millrace/aws/errors'
import type { OperationHandler } from '@millrace/aws/service'
import { topicArn } from '../arns.ts'
import { checkTopicName, decodeTopicConfigs } from '../topics/topic-configs.ts'
import { withTopics } from '../topics/with-topics.ts'
import type { Dependencies } from './dependencies.ts'

/** Either more partitions or other configs, never both in one call. */
export function updateTopic(dependencies: Dependencies): OperationHandler<'kafka', 'UpdateTopic'> {
  return async ({ ClusterArn, TopicName, Configs, PartitionCount }, context) => {
    checkTopicName(TopicName)
    if ((Configs === undefined) === (PartitionCount === undefined)) {
      throw badRequest({
        message: 'Give either partitionCount or configs, and only one of them.',
        invalidParameter: 'configs',
      })
    }
    const configs = decodeTopicConfigs(Configs)
    return withTopics(dependencies, { clusterArn: ClusterArn, context, reading: false }, async (topics, cluster) => {
      if (PartitionCount !== undefined) await topics.addPartitions(TopicName, PartitionCount)
      else await topics.setConfigs(TopicName, configs)
      return { TopicArn: topicArn(context, cluster, TopicName), TopicName, Status: 'UPDATING' }
    })
  }
}
