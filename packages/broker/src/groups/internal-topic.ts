/** `__consumer_offsets`: made when the first coordinator is looked for, with as many replicas as the cluster can give. */
import { isLive } from '@millrace/metadata/image'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { TopicToCreate } from '../forwarding/topic-creation.ts'

export const GROUP_METADATA_TOPIC = '__consumer_offsets'

/** The replication factor is min(offsets.topic.replication.factor, live brokers): a cluster of one must serve groups too. */
export function groupMetadataTopic({ settings, metadata }: BrokerRuntime): TopicToCreate {
  let live = 0
  for (const id of metadata.image.brokers.keys()) if (isLive(metadata.image, id)) live++
  return {
    name: GROUP_METADATA_TOPIC,
    partitions: settings.number('offsets.topic.num.partitions'),
    replicationFactor: Math.max(1, Math.min(settings.number('offsets.topic.replication.factor'), live)),
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'producer' },
      { name: 'segment.bytes', value: String(settings.number('offsets.topic.segment.bytes')) },
    ],
  }
}
