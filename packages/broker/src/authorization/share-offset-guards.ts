/** Guards of the offsets of share groups (90–92; KIP-932, kafka-protocol §6.3). */
import { ZERO_UUID } from '@millrace/base/uuid'
import { guardOf, type Guard } from '@millrace/network/guard'
import { AclOperation, ResourceType } from '@millrace/policy/acl/acl'
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import type {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponseInput,
} from '@millrace/protocol/messages/90-describe-share-group-offsets'
import type {
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponseInput,
} from '@millrace/protocol/messages/91-alter-share-group-offsets'
import type {
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponseInput,
} from '@millrace/protocol/messages/92-delete-share-group-offsets'
import { mayRead } from './group-guards.ts'
import { refuseTopics } from './refuse-topics.ts'

const GROUP_REFUSED = ErrorCode.GROUP_AUTHORIZATION_FAILED
const TOPIC_REFUSED = { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, errorMessage: errorMessage(29) }

export function shareOffsetGuards(): readonly [number, Guard][] {
  return [
    guardOf<DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponseInput>(
      ApiKey.DescribeShareGroupOffsets,
      ({ access, request, respond, pass }) => {
        const mayDescribe = (topic: string): boolean => access.allows(AclOperation.DESCRIBE, ResourceType.TOPIC, topic)
        const groups = request.groups.filter(({ groupId }) =>
          access.allows(AclOperation.DESCRIBE, ResourceType.GROUP, groupId),
        )
        const refusedGroups = request.groups
          .filter((group) => !groups.includes(group))
          .map(({ groupId }) => ({
            groupId,
            topics: [],
            errorCode: GROUP_REFUSED,
            errorMessage: errorMessage(GROUP_REFUSED),
          }))
        const refusedTopics = new Map(
          groups.map(({ groupId, topics }) => [
            groupId,
            (topics ?? []).filter(({ topicName }) => !mayDescribe(topicName)),
          ]),
        )
        const kept = groups.map((group) => ({
          ...group,
          topics: group.topics?.filter((topic) => !refusedTopics.get(group.groupId)?.includes(topic)) ?? null,
        }))
        pass({ ...request, groups: kept }, (response, release) => {
          if (response === null) return respond(null, release)
          const told = response.groups.map((group) => ({
            ...group,
            topics: [
              // Who asks for all topics is told of those that may be described.
              ...group.topics.filter(({ topicName }) =>
                access.wouldAllow(AclOperation.DESCRIBE, ResourceType.TOPIC, topicName),
              ),
              ...(refusedTopics.get(group.groupId) ?? []).map(({ topicName, partitions }) => ({
                topicName,
                topicId: ZERO_UUID,
                partitions: partitions.map((partitionIndex) => ({
                  partitionIndex,
                  startOffset: -1,
                  leaderEpoch: 0,
                  ...TOPIC_REFUSED,
                })),
              })),
            ],
          }))
          return respond({ ...response, groups: [...told, ...refusedGroups] }, release)
        })
      },
    ),
    guardOf<AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponseInput>(
      ApiKey.AlterShareGroupOffsets,
      (asked) => {
        const { access, request, respond } = asked
        const errorCode = mayRead(access, request)
        if (errorCode !== ErrorCode.NONE)
          return respond({ throttleTimeMs: 0, errorCode, errorMessage: errorMessage(errorCode), responses: [] })
        return refuseTopics(asked, {
          operation: AclOperation.READ,
          nameOf: ({ topicName }) => topicName,
          list: 'responses',
          refuse: ({ topicName, partitions }) => ({
            topicName,
            topicId: ZERO_UUID,
            partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...TOPIC_REFUSED })),
          }),
        })
      },
    ),
    guardOf<DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponseInput>(
      ApiKey.DeleteShareGroupOffsets,
      (asked) => {
        const { access, request, respond } = asked
        if (!access.allows(AclOperation.DELETE, ResourceType.GROUP, request.groupId)) {
          const message = errorMessage(GROUP_REFUSED)
          return respond({ throttleTimeMs: 0, errorCode: GROUP_REFUSED, errorMessage: message, responses: [] })
        }
        return refuseTopics(asked, {
          operation: AclOperation.READ,
          nameOf: ({ topicName }) => topicName,
          list: 'responses',
          refuse: ({ topicName }) => ({ topicName, topicId: ZERO_UUID, ...TOPIC_REFUSED }),
        })
      },
    ),
  ]
}
