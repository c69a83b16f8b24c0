/** Guards of the consumer group protocol (KIP-848; kafka-protocol §6.3). */
import { guardOf, guardWholly, type Guard } from '@millrace/network/guard'
import { AclOperation, ResourceType } from '@millrace/policy/acl/acl'
import type { Access } from '@millrace/policy/acl/access'
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from '@millrace/protocol/messages/68-consumer-group-heartbeat'
import type {
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponseInput,
} from '@millrace/protocol/messages/69-consumer-group-describe'
import { mayRead } from './group-guards.ts'
import { divide } from './refuse-topics.ts'

export function consumerGroupGuards(): readonly [number, Guard | null][] {
  return [
    // What a regular expression matches only the coordinator knows: it asks for DESCRIBE on each topic.
    guardWholly<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponseInput>(
      ApiKey.ConsumerGroupHeartbeat,
      (access, request) => mayRead(access, request) || mayDescribeAll(access, request.subscribedTopicNames),
      ({ memberId }, errorCode) => ({
        throttleTimeMs: 0,
        errorCode,
        errorMessage: errorMessage(errorCode),
        memberId,
        memberEpoch: 0,
        heartbeatIntervalMs: 0,
        assignment: null,
      }),
    ),
    guardOf<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponseInput>(
      ApiKey.ConsumerGroupDescribe,
      ({ access, request, respond, pass }) => {
        const { kept, refused } = describableGroups(access, request.groupIds)
        pass({ ...request, groupIds: [...kept] }, (response, release) => {
          if (response === null) return respond(null, release)
          const groups = response.groups.map((group) => {
            const topics = group.members.flatMap(({ assignment, targetAssignment }) =>
              [...assignment.topicPartitions, ...targetAssignment.topicPartitions].map(({ topicName }) => topicName),
            )
            return hidesTopics(access, topics)
              ? refusedGroup(group.groupId, ErrorCode.TOPIC_AUTHORIZATION_FAILED)
              : withOperations(access, request, group)
          })
          const failed = refused.map((groupId) => refusedGroup(groupId, ErrorCode.GROUP_AUTHORIZATION_FAILED))
          return respond({ ...response, groups: [...groups, ...failed] }, release)
        })
      },
    ),
  ]
}

/** NONE when all topics may be described; null: the request names none. */
export function mayDescribeAll(access: Access, topics: readonly string[] | null): number {
  const refused = topics?.some((topic) => !access.allows(AclOperation.DESCRIBE, ResourceType.TOPIC, topic)) ?? false
  return refused ? ErrorCode.TOPIC_AUTHORIZATION_FAILED : ErrorCode.NONE
}

export function describableGroups(
  access: Access,
  groupIds: readonly string[],
): { readonly kept: readonly string[]; readonly refused: readonly string[] } {
  const divided = divide(groupIds, (id) => access.allows(AclOperation.DESCRIBE, ResourceType.GROUP, id))
  return divided ?? { kept: groupIds, refused: [] }
}

export function hidesTopics(access: Access, topics: readonly string[]): boolean {
  return topics.some((topic) => !access.wouldAllow(AclOperation.DESCRIBE, ResourceType.TOPIC, topic))
}

/** A described group with what the asker may do with it, if that was asked. */
export function withOperations<Group extends { readonly groupId: string }>(
  access: Access,
  request: { readonly includeAuthorizedOperations: boolean },
  group: Group,
): Group {
  if (!request.includeAuthorizedOperations) return group
  return { ...group, authorizedOperations: access.operationsOn(ResourceType.GROUP, group.groupId) }
}

/** Of ConsumerGroupDescribe and ShareGroupDescribe, whose groups have one layout but for their members. */
export function refusedGroup(
  groupId: string,
  errorCode: number,
): {
  readonly groupId: string
  readonly errorCode: number
  readonly errorMessage: string
  readonly groupState: string
  readonly groupEpoch: number
  readonly assignmentEpoch: number
  readonly assignorName: string
  readonly members: never[]
} {
  const message =
    errorCode === ErrorCode.TOPIC_AUTHORIZATION_FAILED
      ? 'The group has described topic(s) that the client is not authorized to describe.'
      : errorMessage(errorCode)
  return {
    groupId,
    errorCode,
    errorMessage: message,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  }
}
