/** ConsumerGroupDescribe (69): state, epochs, members and assignments of consumer groups (KIP-848). */
import type { ApiHandler } from '@millrace/network/api-handler'
import type { MetadataImage } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  consumerGroupDescribeRequest,
  consumerGroupDescribeResponse,
  type ConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeResponseInput,
} from '@millrace/protocol/messages/69-consumer-group-describe'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { ConsumerGroup } from '../groups/consumer/consumer-group.ts'
import type { ConsumerMember } from '../groups/consumer/consumer-member.ts'
import { offersConsumerGroups } from '../groups/consumer/protocol-offer.ts'
import { assignorOf } from '../groups/consumer/rebalance-group.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { withTopicNames } from '../groups/modern/subscribed-topics.ts'
import { ALL_GROUP_OPERATIONS, NOT_ASKED } from './authorized-operations.ts'

type Described = ConsumerGroupDescribeResponseInput['groups'][number]

/** Version 1's MemberType. */
const MemberType = { CLASSIC: 0, CONSUMER: 1 } as const

export function consumerGroupDescribeHandler(
  runtime: BrokerRuntime,
  coordinator: GroupCoordinator,
): ApiHandler<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponseInput> {
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
    if (!offersConsumerGroups(runtime)) return failed(ErrorCode.UNSUPPORTED_VERSION, null)
    const { served, errorCode } = coordinator.locate(groupId)
    if (served === null) return failed(errorCode, null)
    const group = served.shard.groups.get(groupId)
    if (group === undefined) return failed(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} not found.`)
    if (group.type !== 'consumer')
      return failed(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} is not a consumer group.`)
    const { image } = runtime.metadata
    return {
      errorCode: ErrorCode.NONE,
      groupId,
      groupState: group.state,
      groupEpoch: group.groupEpoch,
      assignmentEpoch: group.assignmentEpoch,
      assignorName: assignorOf(group, served.operations.context()).name,
      members: [...group.members.values()].map((member) => describeMember(group, member, image)),
      authorizedOperations,
    }
  }
  return {
    request: consumerGroupDescribeRequest,
    response: consumerGroupDescribeResponse,
    handle(_context, request, respond) {
      const operations = request.includeAuthorizedOperations ? ALL_GROUP_OPERATIONS : NOT_ASKED
      // A group asked for twice is answered once: every answer repeats what all its members said.
      const groups = [...new Set(request.groupIds)].map((groupId) => describe(groupId, operations))
      respond({ throttleTimeMs: 0, groups })
    },
  }
}

function describeMember(
  group: ConsumerGroup,
  member: ConsumerMember,
  image: MetadataImage,
): Described['members'][number] {
  return {
    memberId: member.memberId,
    instanceId: member.instanceId,
    rackId: member.rackId,
    memberEpoch: member.memberEpoch,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: [...member.subscribedTopicNames],
    subscribedTopicRegex: member.subscribedTopicRegex ?? '',
    assignment: { topicPartitions: withTopicNames(image, member.assigned) },
    targetAssignment: { topicPartitions: withTopicNames(image, group.targetOf(member.memberId)) },
    memberType: member.classic === null ? MemberType.CONSUMER : MemberType.CLASSIC,
  }
}
