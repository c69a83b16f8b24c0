/** ShareAcknowledge (79): what a member of a share group has done with the records it acquired (KIP-932). */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  shareAcknowledgeRequest,
  shareAcknowledgeResponse,
  type ShareAcknowledgeRequest,
  type ShareAcknowledgeResponseInput,
} from '@millrace/protocol/messages/79-share-acknowledge'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { ShareParts } from '../share-partitions/share-parts.ts'
import { shareSettings } from '../share-partitions/share-settings.ts'
import { FINAL_EPOCH, INITIAL_EPOCH } from '../share-partitions/share-sessions.ts'
import { nodeEndpoints } from './endpoints.ts'
import { acknowledgeAll, askedPartitions, hasShareGroups, NO_SHARE_GROUPS } from './share-requests.ts'

const RENEW_VERSION = 2

function failed(errorCode: number, errorMessage: string | null = null): ShareAcknowledgeResponseInput {
  return { throttleTimeMs: 0, errorCode, errorMessage, acquisitionLockTimeoutMs: 0, responses: [], nodeEndpoints: [] }
}

export function shareAcknowledgeHandler(
  runtime: BrokerRuntime,
  { shares, sessions }: ShareParts,
): ApiHandler<ShareAcknowledgeRequest, ShareAcknowledgeResponseInput> {
  return {
    request: shareAcknowledgeRequest,
    response: shareAcknowledgeResponse,
    handle({ apiVersion, connection }, request, respond) {
      if (!hasShareGroups(runtime)) return respond(failed(NO_SHARE_GROUPS.errorCode, NO_SHARE_GROUPS.errorMessage))
      const { groupId, memberId, shareSessionEpoch: epoch, isRenewAck } = request
      if (groupId === null || groupId === '' || memberId === null || memberId === '')
        return respond(failed(ErrorCode.INVALID_REQUEST, 'A ShareAcknowledge names its group and its member.'))
      if (epoch === INITIAL_EPOCH) return respond(failed(ErrorCode.INVALID_SHARE_SESSION_EPOCH))
      const opened = sessions.proceed({ groupId, memberId, epoch, added: [], forgotten: [] }, connection)
      if (opened.session === null) return respond(failed(opened.errorCode))
      const { session } = opened
      const mayRenew = apiVersion >= RENEW_VERSION && isRenewAck
      acknowledgeAll(shares, { groupId, memberId, mayRenew }, askedPartitions(request.topics), (results) => {
        if (epoch === FINAL_EPOCH) sessions.end(session)
        const leaders = new Set<number>()
        const topics = new Map<string, ShareAcknowledgeResponseInput['responses'][number]['partitions'][number][]>()
        for (const { topicId, partition, errorCode, errorMessage, currentLeader } of results) {
          if (currentLeader !== null && currentLeader.leaderId >= 0) leaders.add(currentLeader.leaderId)
          const partitions = topics.get(topicId) ?? []
          topics.set(topicId, partitions)
          partitions.push({
            partitionIndex: partition,
            errorCode,
            errorMessage,
            currentLeader: currentLeader ?? { leaderId: -1, leaderEpoch: -1 },
          })
        }
        respond({
          throttleTimeMs: 0,
          errorCode: ErrorCode.NONE,
          errorMessage: null,
          acquisitionLockTimeoutMs: shareSettings(runtime, groupId).recordLockMs,
          responses: [...topics].map(([topicId, partitions]) => ({ topicId, partitions })),
          nodeEndpoints: leaders.size === 0 ? [] : nodeEndpoints(runtime.metadata.image, connection, leaders),
        })
      })
    },
  }
}
