/** SyncGroup: the leader brings the assignment, every member gets its part once it is stored. */
import {
  syncGroupRequest,
  syncGroupResponse,
  type SyncGroupRequest,
  type SyncGroupResponseInput,
} from '@millrace/protocol/messages/14-sync-group'
import type { ApiHandler } from '@millrace/network/api-handler'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import type { SyncResult } from '../groups/member.ts'
import { syncError } from '../groups/rebalance.ts'

export function syncGroupHandler(coordinator: GroupCoordinator): ApiHandler<SyncGroupRequest, SyncGroupResponseInput> {
  return {
    request: syncGroupRequest,
    response: syncGroupResponse,
    handle(_context, request, respond) {
      const answer = (result: SyncResult): void => respond({ throttleTimeMs: 0, ...result })
      const located = coordinator.locate(request.groupId)
      if (located.served === null) return answer(syncError(located.errorCode))
      const assignments = new Map(
        request.assignments.map(({ memberId, assignment }) => [memberId, assignment] as const),
      )
      return located.served.classicMembers.sync(request.groupId, request, request, assignments, answer)
    },
  }
}
