/** Every operation of the Topics API begins and ends the same: the cluster, its state, a connection, Kafka's errors told in AWS's words. */
import type { CallContext } from '@millrace/aws/call-context'
import { badRequest } from '@millrace/aws/errors'
import { type Dependencies, requireCluster } from '../operations/dependencies.ts'
import type { Cluster } from '../store/records.ts'
import type { TopicAdmin } from './topic-admin.ts'
import { topicError } from './topic-errors.ts'

export interface TopicCall {
  readonly clusterArn: string
  readonly context: CallContext
  /** The operation changes nothing, and declares fewer exceptions. */
  readonly reading: boolean
}

export async function withTopics<T>(
  { store, openTopics }: Dependencies,
  { clusterArn, context, reading }: TopicCall,
  work: (topics: TopicAdmin, cluster: Cluster) => Promise<T>,
): Promise<T> {
  const cluster = await requireCluster(store, clusterArn, context)
  if (cluster.state !== 'ACTIVE') {
    throw badRequest({
      message: `The cluster is in ${cluster.state} state. Topics can be worked with when it is ACTIVE.`,
      invalidParameter: 'clusterArn',
    })
  }
  let topics: TopicAdmin | null = null
  try {
    topics = await openTopics(cluster)
    return await work(topics, cluster)
  } catch (error) {
    throw topicError(error, { reading })
  } finally {
    await topics?.close()
  }
}
