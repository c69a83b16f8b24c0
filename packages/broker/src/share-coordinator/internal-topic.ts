/** `__share_group_state`: made when the first share partition is to be kept, with as many replicas as the cluster can give. */
import { isLive } from '@millrace/metadata/image'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { TopicToCreate } from '../forwarding/topic-creation.ts'

export const SHARE_GROUP_STATE_TOPIC = '__share_group_state'

/** Not compacted: updates of one share partition build on each other. What is not needed any more is pruned instead. */
export function shareGroupStateTopic({ settings, metadata }: BrokerRuntime): TopicToCreate {
  let live = 0
  for (const id of metadata.image.brokers.keys()) if (isLive(metadata.image, id)) live++
  const replicas = Math.max(1, Math.min(settings.number('share.coordinator.state.topic.replication.factor'), live))
  return {
    name: SHARE_GROUP_STATE_TOPIC,
    partitions: settings.number('share.coordinator.state.topic.num.partitions'),
    replicationFactor: replicas,
    configs: [
      { name: 'cleanup.policy', value: 'delete' },
      { name: 'compression.type', value: 'uncompressed' },
      { name: 'retention.ms', value: '-1' },
      {
        name: 'min.insync.replicas',
        value: String(Math.min(replicas, settings.number('share.coordinator.state.topic.min.isr'))),
      },
      { name: 'segment.bytes', value: String(settings.number('share.coordinator.state.topic.segment.bytes')) },
      { name: 'unclean.leader.election.enable', value: 'false' },
    ],
  }
}
