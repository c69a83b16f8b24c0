/** Where partitions end, asked of their leaders: what the lag of a share group is counted from. */
import type { Uuid } from '@millrace/base/uuid'
import { listOffsetsRequest, listOffsetsResponse } from '@millrace/protocol/messages/02-list-offsets'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { PeerChannels } from '../coordination/peer-channels.ts'
import { OffsetTimestamp } from '../replication/list-offset.ts'
import type { TopicPartitionId } from './share-partitions.ts'

/** Stands where there is no topic. */
export const NO_TOPIC_ID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAA'

const LIST_OFFSETS_VERSION = 7
const REQUEST_TIMEOUT_MS = 5_000
const CONSUMER = -1

export class EndOffsets {
  readonly #runtime: BrokerRuntime
  readonly #channels: PeerChannels

  constructor(runtime: BrokerRuntime, channels: PeerChannels) {
    this.#runtime = runtime
    this.#channels = channels
  }

  /** The partition's high watermark; -1 when its leader cannot be asked. */
  of({ topicId, partition: partitionIndex }: TopicPartitionId, done: (endOffset: number) => void): void {
    const { metadata, nodeId, replicaManager } = this.#runtime
    const topic = metadata.image.topicsById.get(topicId)
    const leader = topic?.partitions[partitionIndex]?.leader ?? -1
    if (topic === undefined || leader < 0) return done(-1)
    if (leader === nodeId) return done(replicaManager.get(topic.name, partitionIndex)?.highWatermark ?? -1)
    const partitions = [{ partitionIndex, currentLeaderEpoch: -1, timestamp: OffsetTimestamp.LATEST }]
    const body = { replicaId: CONSUMER, isolationLevel: 0, topics: [{ name: topic.name, partitions }] }
    this.#channels.send(
      leader,
      listOffsetsRequest,
      listOffsetsResponse,
      LIST_OFFSETS_VERSION,
      body,
      (_error, response) => done(response?.topics[0]?.partitions[0]?.offset ?? -1),
      REQUEST_TIMEOUT_MS,
    )
  }
}
