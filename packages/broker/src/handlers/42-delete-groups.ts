/** DeleteGroups: takes Empty groups away with all their offsets. */
import {
  deleteGroupsRequest,
  deleteGroupsResponse,
  type DeleteGroupsRequest,
  type DeleteGroupsResponseInput,
} from '@millrace/protocol/messages/42-delete-groups'
import type { ApiHandler } from '@millrace/network/api-handler'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'

export function deleteGroupsHandler(
  coordinator: GroupCoordinator,
): ApiHandler<DeleteGroupsRequest, DeleteGroupsResponseInput> {
  return {
    request: deleteGroupsRequest,
    response: deleteGroupsResponse,
    handle(_context, request, respond) {
      const groupIds = [...new Set(request.groupsNames)]
      const results: { groupId: string; errorCode: number }[] = []
      const finish = (groupId: string, errorCode: number): void => {
        results.push({ groupId, errorCode })
        if (results.length === groupIds.length) respond({ throttleTimeMs: 0, results })
      }
      if (groupIds.length === 0) respond({ throttleTimeMs: 0, results })
      for (const groupId of groupIds) {
        const { served, errorCode } = coordinator.locateAny(groupId)
        if (served === null) finish(groupId, errorCode)
        else if (served.shard.groups.get(groupId)?.type === 'share')
          served.shareOffsets.deleteGroup(groupId, (code) => finish(groupId, code))
        else served.commits.deleteGroup(groupId, (code) => finish(groupId, code))
      }
    },
  }
}
