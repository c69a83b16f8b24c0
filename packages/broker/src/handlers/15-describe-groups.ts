/** DescribeGroups: state, protocol and members of classic groups; what is no such group is "Dead". */
import { ErrorCode } from '@millrace/protocol/errors'
import {
  describeGroupsRequest,
  describeGroupsResponse,
  type DescribeGroupsRequest,
  type DescribeGroupsResponseInput,
} from '@millrace/protocol/messages/15-describe-groups'
import type { ApiHandler } from '@millrace/network/api-handler'
import { ALL_GROUP_OPERATIONS, NOT_ASKED } from './authorized-operations.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'

const NOTHING = Buffer.alloc(0)

export function describeGroupsHandler(
  coordinator: GroupCoordinator,
): ApiHandler<DescribeGroupsRequest, DescribeGroupsResponseInput> {
  return {
    request: describeGroupsRequest,
    response: describeGroupsResponse,
    handle(context, request, respond) {
      const authorizedOperations = request.includeAuthorizedOperations ? ALL_GROUP_OPERATIONS : NOT_ASKED
      const nothing = { protocolType: '', protocolData: '', members: [], authorizedOperations }
      // A group asked for twice is answered once: every answer repeats what all its members said.
      const groups = [...new Set(request.groups)].map((groupId) => {
        const { served, errorCode } = coordinator.locateAny(groupId)
        if (served === null) return { ...nothing, groupId, errorCode, errorMessage: null, groupState: '' }
        const group = served.shard.groups.get(groupId)
        if (group?.type !== 'classic') {
          const told = context.apiVersion >= 6 ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.NONE
          const reason = group === undefined ? 'not found' : 'is not a classic group'
          const errorMessage = context.apiVersion >= 6 ? `Group ${groupId} ${reason}.` : null
          const dead = { ...nothing, groupId, errorCode: told, errorMessage, groupState: 'Dead' }
          return told === ErrorCode.NONE ? dead : { ...dead, authorizedOperations: NOT_ASKED }
        }
        const stable = group.state === 'Stable'
        return {
          errorCode: ErrorCode.NONE,
          errorMessage: null,
          groupId,
          groupState: group.state,
          protocolType: group.protocolType ?? '',
          protocolData: stable ? (group.protocolName ?? '') : '',
          members: [...group.members.values()].map((member) => ({
            memberId: member.memberId,
            groupInstanceId: member.groupInstanceId,
            clientId: member.clientId,
            clientHost: member.clientHost,
            memberMetadata: stable ? member.metadataFor(group.protocolName) : NOTHING,
            memberAssignment: stable ? member.assignment : NOTHING,
          })),
          authorizedOperations,
        }
      })
      respond({ throttleTimeMs: 0, groups })
    },
  }
}
