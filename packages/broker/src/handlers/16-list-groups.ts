/** ListGroups: the groups this broker coordinates; a client asks every broker. */
import {
  listGroupsRequest,
  listGroupsResponse,
  type ListGroupsRequest,
  type ListGroupsResponseInput,
} from '@millrace/protocol/messages/16-list-groups'
import type { ApiHandler } from '@millrace/network/api-handler'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'

export function listGroupsHandler(
  coordinator: GroupCoordinator,
): ApiHandler<ListGroupsRequest, ListGroupsResponseInput> {
  return {
    request: listGroupsRequest,
    response: listGroupsResponse,
    handle(_context, request, respond) {
      const { errorCode, groups } = coordinator.list()
      const states = new Set(request.statesFilter.map((state) => state.toLowerCase()))
      const types = new Set(request.typesFilter.map((type) => type.toLowerCase()))
      const listed = groups
        .filter((group) => states.size === 0 || states.has(group.state.toLowerCase()))
        .filter((group) => types.size === 0 || types.has(group.type))
        .map((group) => ({
          groupId: group.groupId,
          protocolType: group.protocolType ?? '',
          groupState: group.state,
          groupType: group.type,
        }))
      respond({ throttleTimeMs: 0, errorCode, groups: listed })
    },
  }
}
