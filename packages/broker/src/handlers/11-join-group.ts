/** JoinGroup: a member asks to be part of the next generation; answered when the join phase ends. */
import {
  joinGroupRequest,
  joinGroupResponse,
  type JoinGroupRequest,
  type JoinGroupResponseInput,
} from '@millrace/protocol/messages/11-join-group'
import type { ApiHandler } from '@millrace/network/api-handler'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import type { JoinResult } from '../groups/member.ts'
import { joinError } from '../groups/rebalance.ts'

export function joinGroupHandler(coordinator: GroupCoordinator): ApiHandler<JoinGroupRequest, JoinGroupResponseInput> {
  return {
    request: joinGroupRequest,
    response: joinGroupResponse,
    handle(context, request, respond) {
      const answer = (result: JoinResult): void =>
        respond({
          throttleTimeMs: 0,
          errorCode: result.errorCode,
          generationId: result.generationId,
          protocolType: result.protocolType,
          // Before v7 the name may not be null, also on errors.
          protocolName: context.apiVersion >= 7 ? result.protocolName : (result.protocolName ?? ''),
          leader: result.leaderId,
          skipAssignment: result.skipAssignment,
          memberId: result.memberId,
          members: result.members,
        })
      const located = coordinator.locate(request.groupId)
      if (located.served === null) return answer(joinError(request.memberId, located.errorCode))
      return located.served.classicMembers.join(
        {
          groupId: request.groupId,
          memberId: request.memberId,
          groupInstanceId: request.groupInstanceId,
          clientId: context.clientId ?? '',
          clientHost: `/${context.connection.remoteAddress}`,
          sessionTimeoutMs: request.sessionTimeoutMs,
          rebalanceTimeoutMs: request.rebalanceTimeoutMs === -1 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
          protocolType: request.protocolType,
          protocols: request.protocols,
          requiresKnownMemberId: context.apiVersion >= 4,
          supportsSkipAssignment: context.apiVersion >= 9,
        },
        answer,
      )
    },
  }
}
