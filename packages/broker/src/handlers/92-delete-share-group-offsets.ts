/** DeleteShareGroupOffsets (92): an empty share group forgets topics (KIP-932). */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  deleteShareGroupOffsetsRequest,
  deleteShareGroupOffsetsResponse,
  type DeleteShareGroupOffsetsRequest,
  type DeleteShareGroupOffsetsResponseInput,
} from '@millrace/protocol/messages/92-delete-share-group-offsets'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { NO_TOPIC_ID } from '../share-partitions/end-offsets.ts'
import { hasShareGroups, messageOf, NO_SHARE_GROUPS } from './share-requests.ts'

export function deleteShareGroupOffsetsHandler(
  runtime: BrokerRuntime,
  coordinator: GroupCoordinator,
): ApiHandler<DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponseInput> {
  return {
    request: deleteShareGroupOffsetsRequest,
    response: deleteShareGroupOffsetsResponse,
    handle(_context, { groupId, topics }, respond) {
      const refuse = (errorCode: number, message: string | null): void =>
        respond({ throttleTimeMs: 0, errorCode, errorMessage: message ?? messageOf(errorCode), responses: [] })
      if (!hasShareGroups(runtime)) return refuse(NO_SHARE_GROUPS.errorCode, NO_SHARE_GROUPS.errorMessage)
      const { served, errorCode } = coordinator.locate(groupId)
      if (served === null) return refuse(errorCode, null)
      const { image } = runtime.metadata
      const known = new Set(topics.flatMap(({ topicName }) => image.topicsByName.get(topicName)?.id ?? []))
      return served.shareOffsets.delete(
        groupId,
        known,
        (deleted) => {
          const responses = topics.map(({ topicName }) => {
            const topicId = image.topicsByName.get(topicName)?.id
            const code = topicId === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : deleted
            return { topicName, topicId: topicId ?? NO_TOPIC_ID, errorCode: code, errorMessage: messageOf(code) }
          })
          respond({ throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, responses })
        },
        refuse,
      )
    },
  }
}
