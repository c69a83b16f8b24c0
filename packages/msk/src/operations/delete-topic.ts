import type { OperationHandler } from '@millrace/aws/service'
import { topicArn } from '../arns.ts'
import { checkTopicName } from '../topics/topic-configs.ts'
import { withTopics } from '../topics/with-topics.ts'
import type { Dependencies } from './dependencies.ts'

export function deleteTopic(dependencies: Dependencies): OperationHandler<'kafka', 'DeleteTopic'> {
  return async ({ ClusterArn, TopicName }, context) => {
    checkTopicName(TopicName)
    return withTopics(dependencies, { clusterArn: ClusterArn, context, reading: false }, async (topics, cluster) => {
      await topics.delete(TopicName)
      return { TopicArn: topicArn(context, cluster, TopicName), TopicName, Status: 'DELETING' }
    })
  }
}
