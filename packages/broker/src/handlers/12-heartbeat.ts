/** Heartbeat: a member is alive; told of a rebalance by REBALANCE_IN_PROGRESS. */
import {
  heartbeatRequest,
  heartbeatResponse,
  type HeartbeatRequest,
  type HeartbeatResponseInput,
} from '@millrace/protocol/messages/12-heartbeat'
import type { ApiHandler } from '@millrace/network/api-handler'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'

export function heartbeatHandler(coordinator: GroupCoordinator): ApiHandler<HeartbeatRequest, HeartbeatResponseInput> {
  return {
    request: heartbeatRequest,
    response: heartbeatResponse,
    handle(_context, request, respond) {
      const answer = (errorCode: number): void => respond({ throttleTimeMs: 0, errorCode })
      const { served, errorCode } = coordinator.locate(request.groupId)
      if (served === null) return answer(errorCode)
      return served.classicMembers.heartbeat(request.groupId, request, answer)
    },
  }
}
