/** LeaveGroup: members go at once instead of by their session's end. */
import { ErrorCode } from '@millrace/protocol/errors'
import {
  leaveGroupRequest,
  leaveGroupResponse,
  type LeaveGroupRequest,
  type LeaveGroupResponseInput,
} from '@millrace/protocol/messages/13-leave-group'
import type { ApiHandler } from '@millrace/network/api-handler'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'

export function leaveGroupHandler(
  coordinator: GroupCoordinator,
): ApiHandler<LeaveGroupRequest, LeaveGroupResponseInput> {
  return {
    request: leaveGroupRequest,
    response: leaveGroupResponse,
    handle(context, request, respond) {
      const { served, errorCode } = coordinator.locate(request.groupId)
      if (served === null) return respond({ throttleTimeMs: 0, errorCode, members: [] })
      if (context.apiVersion < 3) {
        const leaving = [{ memberId: request.memberId, groupInstanceId: null }]
        return served.classicMembers.leave(request.groupId, leaving, ([code]) =>
          respond({ throttleTimeMs: 0, errorCode: code ?? ErrorCode.NONE, members: [] }),
        )
      }
      return served.classicMembers.leave(request.groupId, request.members, (codes) =>
        respond({
          throttleTimeMs: 0,
          errorCode: ErrorCode.NONE,
          members: request.members.map(({ memberId, groupInstanceId }, index) => ({
            memberId,
            groupInstanceId,
            errorCode: codes[index] ?? ErrorCode.NONE,
          })),
        }),
      )
    },
  }
}
