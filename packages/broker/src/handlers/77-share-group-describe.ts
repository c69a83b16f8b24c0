/** ShareGroupDescribe (77): state, epochs, members and assignments of share groups (KIP-932). */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  shareGroupDescribeRequest,
  shareGroupDescribeResponse,
  type ShareGroupDescribeRequest,
  type ShareGroupDescribeResponseInput,
} from '@millrace/protocol/messages/77-share-group-describe'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { withTopicNames } from '../groups/modern/subscribed-topics.ts'
import { SIMPLE_ASSIGNOR_NAME } from '../groups/share/simple-assignor.ts'
import { ALL_GROUP_OPERATIONS, NOT_ASKED } from './authorized-operations.ts'
import { hasShareGroups, NO_SHARE_GROUPS } from './share-requests.ts'

type Described = ShareGroupDescribeResponseInput['groups'][number]

export function shareGroupDescribeHandler(
  runtime: BrokerRuntime,
  coordinator: GroupCoordinator,
): ApiHandler<ShareGroupDescribeRequest, ShareGroupDescribeResponseInput> {
  const describe = (groupId: string, authorizedOperations: number): Described => {
    const failed = (errorCode: number, errorMessage: string | null): Described => ({
      errorCode,
      errorMessage,
      groupId,
      groupState: '',
      groupEpoch: 0,
      assignmentEpoch: 0,
      assignorName: '',
      members: [],
    })
    if (!hasShareGroups(runtime)) return failed(NO_SHARE_GROUPS.errorCode, NO_SHARE_GROUPS.errorMessage)
    const { served, errorCode } = coordinator.locate(groupId)
    if (served === null) return failed(errorCode, null)
    const group = served.shard.groups.get(groupId)
    if (group?.type !== 'share') {
      const reason = group === undefined ? 'not found' : 'is not a share group'
      return failed(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} ${reason}.`)
    }
    return {
      errorCode: ErrorCode.NONE,
      groupId,
      groupState: group.state,
      groupEpoch: group.groupEpoch,
      assignmentEpoch: group.assignmentEpoch,
      assignorName: SIMPLE_ASSIGNOR_NAME,
      members: [...group.members.values()].map((member) => ({
        memberId: member.memberId,
        rackId: member.rackId,
        memberEpoch: member.memberEpoch,
        clientId: member.clientId,
        clientHost: member.clientHost,
        subscribedTopicNames: [...member.subscribedTopicNames],
        assignment: { topicPartitions: withTopicNames(runtime.metadata.image, member.assigned) },
      })),
      authorizedOperations,
    }
  }
  return {
    request: shareGroupDescribeRequest,
    response: shareGroupDescribeResponse,
    handle(_context, request, respond) {
      const operations = request.includeAuthorizedOperations ? ALL_GROUP_OPERATIONS : NOT_ASKED
      // A group asked for twice is answered once: every answer repeats what all its members said.
      const groups = [...new Set(request.groupIds)].map((groupId) => describe(groupId, operations))
      respond({ throttleTimeMs: 0, groups })
    },
  }
}
