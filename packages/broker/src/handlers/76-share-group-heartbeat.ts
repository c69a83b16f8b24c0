/** ShareGroupHeartbeat (76): a member of a share group joins, stays, is given partitions, and leaves (KIP-932). */
import type { ApiHandler } from '@millrace/network/api-handler'
import {
  shareGroupHeartbeatRequest,
  shareGroupHeartbeatResponse,
  type ShareGroupHeartbeatRequest,
  type ShareGroupHeartbeatResponseInput,
} from '@millrace/protocol/messages/76-share-group-heartbeat'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { shareHeartbeatError, type ShareHeartbeatResult } from '../groups/share/share-members.ts'
import { hasShareGroups, NO_SHARE_GROUPS } from './share-requests.ts'

export function shareGroupHeartbeatHandler(
  runtime: BrokerRuntime,
  coordinator: GroupCoordinator,
): ApiHandler<ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponseInput> {
  return {
    request: shareGroupHeartbeatRequest,
    response: shareGroupHeartbeatResponse,
    handle(context, request, respond) {
      const { groupId, memberId, memberEpoch, rackId, subscribedTopicNames } = request
      const answer = (result: ShareHeartbeatResult): void => respond({ throttleTimeMs: 0, ...result })
      if (!hasShareGroups(runtime))
        return answer(shareHeartbeatError(NO_SHARE_GROUPS.errorCode, NO_SHARE_GROUPS.errorMessage))
      const { served, errorCode } = coordinator.locateAny(groupId)
      if (served === null) return answer(shareHeartbeatError(errorCode, null))
      const clientId = context.clientId ?? ''
      const clientHost = `/${context.connection.remoteAddress}`
      return served.shareMembers.heartbeat(
        { groupId, memberId, memberEpoch, rackId, subscribedTopicNames, clientId, clientHost },
        answer,
      )
    },
  }
}
