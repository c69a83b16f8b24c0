/** OffsetDelete: forgets committed offsets of topics that the group does not consume. */
import { ErrorCode } from '@millrace/protocol/errors'
import {
  offsetDeleteRequest,
  offsetDeleteResponse,
  type OffsetDeleteRequest,
  type OffsetDeleteResponseInput,
} from '@millrace/protocol/messages/47-offset-delete'
import type { ApiHandler } from '@millrace/network/api-handler'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'

export function offsetDeleteHandler(
  runtime: BrokerRuntime,
  coordinator: GroupCoordinator,
): ApiHandler<OffsetDeleteRequest, OffsetDeleteResponseInput> {
  return {
    request: offsetDeleteRequest,
    response: offsetDeleteResponse,
    handle(_context, request, respond) {
      const { served, errorCode } = coordinator.locate(request.groupId)
      if (served === null) return respond({ errorCode, throttleTimeMs: 0, topics: [] })
      const known: { topic: string; partition: number }[] = []
      const topics = request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => {
          const exists = runtime.metadata.image.topicsByName.get(name)?.partitions[partitionIndex] !== undefined
          if (exists) known.push({ topic: name, partition: partitionIndex })
          return { partitionIndex, position: exists ? known.length - 1 : -1 }
        }),
      }))
      return served.commits.deleteOffsets(request.groupId, known, (groupErrorCode, codes) => {
        if (groupErrorCode !== ErrorCode.NONE)
          return respond({ errorCode: groupErrorCode, throttleTimeMs: 0, topics: [] })
        return respond({
          errorCode: ErrorCode.NONE,
          throttleTimeMs: 0,
          topics: topics.map(({ name, partitions }) => ({
            name,
            partitions: partitions.map(({ partitionIndex, position }) => ({
              partitionIndex,
              errorCode: position === -1 ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : (codes[position] ?? ErrorCode.NONE),
            })),
          })),
        })
      })
    },
  }
}
