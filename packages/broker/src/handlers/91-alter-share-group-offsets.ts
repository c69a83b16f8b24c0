/** AlterShareGroupOffsets (91): sets the start offsets of an empty share group (KIP-932). */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  alterShareGroupOffsetsRequest,
  alterShareGroupOffsetsResponse,
  type AlterShareGroupOffsetsRequest,
  type AlterShareGroupOffsetsResponseInput,
} from '@millrace/protocol/messages/91-alter-share-group-offsets'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { NO_TOPIC_ID } from '../share-partitions/end-offsets.ts'
import { hasShareGroups, messageOf, NO_SHARE_GROUPS } from './share-requests.ts'

export function alterShareGroupOffsetsHandler(
  runtime: BrokerRuntime,
  coordinator: GroupCoordinator,
): ApiHandler<AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponseInput> {
  return {
    request: alterShareGroupOffsetsRequest,
    response: alterShareGroupOffsetsResponse,
    handle(_context, { groupId, topics }, respond) {
      const refuse = (errorCode: number, message: string | null): void =>
        respond({ throttleTimeMs: 0, errorCode, errorMessage: message ?? messageOf(errorCode), responses: [] })
      if (!hasShareGroups(runtime)) return refuse(NO_SHARE_GROUPS.errorCode, NO_SHARE_GROUPS.errorMessage)
      const { served, errorCode } = coordinator.locate(groupId)
      if (served === null) return refuse(errorCode, null)
      const { image } = runtime.metadata
      const asked = topics.flatMap(({ topicName, partitions }) => {
        const topic = image.topicsByName.get(topicName)
        return partitions.map(({ partitionIndex, startOffset }) => ({
          topicName,
          topicId: topic?.id ?? NO_TOPIC_ID,
          partition: partitionIndex,
          startOffset,
          isKnown: topic?.partitions[partitionIndex] !== undefined,
        }))
      })
      const known = asked.filter(({ isKnown }) => isKnown)
      const answer = (errorCodes: readonly number[]): void => {
        const codes = new Map(known.map((one, index) => [one, errorCodes[index] ?? ErrorCode.UNKNOWN_SERVER_ERROR]))
        const responses = [...new Set(topics.map(({ topicName }) => topicName))].map((topicName) => {
          const partitions = asked.filter((one) => one.topicName === topicName)
          return {
            topicName,
            topicId: partitions[0]?.topicId ?? NO_TOPIC_ID,
            partitions: partitions.map((one) => {
              const code = codes.get(one) ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
              return { partitionIndex: one.partition, errorCode: code, errorMessage: messageOf(code) }
            }),
          }
        })
        respond({ throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, responses })
      }
      // No topic that is known: nothing to ask the group.
      if (asked.every(({ topicId }) => topicId === NO_TOPIC_ID)) return answer([])
      return served.shareOffsets.alter(groupId, known, answer, refuse)
    },
  }
}
