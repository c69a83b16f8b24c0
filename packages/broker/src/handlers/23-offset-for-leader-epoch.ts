/** OffsetForLeaderEpoch (23): where an epoch ended, for consumers and followers that check for truncation. Facts: kafka-protocol §3.7. */
import type { ApiHandler } from '@millrace/network/api-handler'
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponseInput,
} from '@millrace/protocol/messages/23-offset-for-leader-epoch'
import type { BrokerRuntime } from '../broker-runtime.ts'

type PartitionAnswer = OffsetForLeaderEpochResponseInput['topics'][number]['partitions'][number]

export function offsetForLeaderEpochHandler(
  runtime: BrokerRuntime,
): ApiHandler<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponseInput> {
  return {
    request: offsetForLeaderEpochRequest,
    response: offsetForLeaderEpochResponse,
    handle(context, request, respond) {
      if (request.replicaId >= 0 && !context.connection.internal) {
        context.closeConnection('OffsetForLeaderEpoch with a replica id on a client listener')
        return respond(null)
      }
      const { replicaManager } = runtime
      const topics = request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch }): PartitionAnswer => {
          const partition = replicaManager.get(topic, index)
          if (partition === undefined) {
            return { partition: index, errorCode: replicaManager.missingPartition(topic, index) }
          }
          return { partition: index, ...partition.offsetForLeaderEpoch(currentLeaderEpoch, leaderEpoch) }
        }),
      }))
      respond({ throttleTimeMs: 0, topics })
    },
  }
}
