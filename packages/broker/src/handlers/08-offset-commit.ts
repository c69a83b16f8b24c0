/** OffsetCommit: stores a group's positions on its coordinator, replicated before it is answered. */
import { ErrorCode } from '@millrace/protocol/errors'
import {
  offsetCommitRequest,
  offsetCommitResponse,
  type OffsetCommitRequest,
  type OffsetCommitResponseInput,
} from '@millrace/protocol/messages/08-offset-commit'
import type { ApiHandler } from '@millrace/network/api-handler'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { OffsetToCommit } from '../groups/commits.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'

export function offsetCommitHandler(
  runtime: BrokerRuntime,
  coordinator: GroupCoordinator,
): ApiHandler<OffsetCommitRequest, OffsetCommitResponseInput> {
  return {
    request: offsetCommitRequest,
    response: offsetCommitResponse,
    handle(context, request, respond) {
      const image = runtime.metadata.image
      const byId = context.apiVersion >= 10
      const offsets: OffsetToCommit[] = []
      // Each partition's answer: an error known already, or a place in `offsets`.
      const topics = request.topics.map((topic) => {
        const known = byId ? image.topicsById.get(topic.topicId) : image.topicsByName.get(topic.name)
        const partitions = topic.partitions.map((one) => {
          if (known?.partitions[one.partitionIndex] === undefined) {
            const errorCode = byId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            return { partitionIndex: one.partitionIndex, errorCode, position: -1 }
          }
          const { committedOffset, committedLeaderEpoch, committedMetadata } = one
          offsets.push({
            topic: known.name,
            partition: one.partitionIndex,
            offset: committedOffset,
            leaderEpoch: committedLeaderEpoch,
            metadata: committedMetadata ?? '',
          })
          return {
            partitionIndex: one.partitionIndex,
            errorCode: ErrorCode.NONE as number,
            position: offsets.length - 1,
          }
        })
        return { name: topic.name, topicId: topic.topicId, partitions }
      })
      const answer = (codes: readonly number[]): void =>
        respond({
          throttleTimeMs: 0,
          topics: topics.map(({ name, topicId, partitions }) => ({
            name,
            topicId,
            partitions: partitions.map(({ partitionIndex, errorCode, position }) => ({
              partitionIndex,
              errorCode: position === -1 ? errorCode : (codes[position] ?? ErrorCode.UNKNOWN_SERVER_ERROR),
            })),
          })),
        })
      const located = coordinator.locateAny(request.groupId)
      if (located.served === null) return answer(offsets.map(() => located.errorCode))
      const claim = {
        memberId: request.memberId,
        groupInstanceId: request.groupInstanceId,
        generationId: request.generationIdOrMemberEpoch,
      }
      return located.served.commits.commit(
        {
          groupId: request.groupId,
          claim,
          retentionMs: request.retentionTimeMs,
          apiVersion: context.apiVersion,
          offsets,
        },
        answer,
      )
    },
  }
}
