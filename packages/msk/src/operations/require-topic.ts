import { notFound } from '@millrace/aws/errors'
import { checkTopicName } from '../topics/topic-configs.ts'
import type { Topic, TopicAdmin } from '../topics/topic-admin.ts'

/** @throws BadRequestException for what cannot be a name, NotFoundException when there is no such topic */
export async function requireTopic(topics: TopicAdmin, name: string): Promise<Topic> {
  checkTopicName(name)
  const topic = await topics.describe(name)
  if (topic === null) throw notFound({ message: `The topic ${name} does not exist.`, invalidParameter: 'topicName' })
  return topic
}

export function replicationFactorOf(topic: Topic): number {
  return Math.max(0, ...topic.partitions.map(({ replicas }) => replicas.length))
}
