/** `__transaction_state`: made when the first coordinator is looked for, with as many replicas as the cluster can give. */
import { isLive } from '@millrace/metadata/image'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { TopicToCreate } from '../forwarding/topic-creation.ts'

export const TRANSACTION_STATE_TOPIC = '__transaction_state'

/** As with `__consumer_offsets`, a smaller cluster gets fewer replicas, and no more in-sync ones are demanded than there are. */
export function transactionStateTopic({ settings, metadata }: BrokerRuntime): TopicToCreate {
  let live = 0
  for (const id of metadata.image.brokers.keys()) if (isLive(metadata.image, id)) live++
  const replicas = Math.max(1, Math.min(settings.number('transaction.state.log.replication.factor'), live))
  return {
    name: TRANSACTION_STATE_TOPIC,
    partitions: settings.number('transaction.state.log.num.partitions'),
    replicationFactor: replicas,
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'uncompressed' },
      {
        name: 'min.insync.replicas',
        value: String(Math.min(replicas, settings.number('transaction.state.log.min.isr'))),
      },
      { name: 'segment.bytes', value: String(settings.number('transaction.state.log.segment.bytes')) },
      { name: 'unclean.leader.election.enable', value: 'false' },
    ],
  }
}
