/** Guards of share groups (KIP-932; kafka-protocol §6.3) and of the state that brokers keep for them. */
import type { MetadataImage } from '@millrace/metadata/image'
import type { Respond } from '@millrace/network/api-handler'
import { guardOf, guardWholly, type Guard } from '@millrace/network/guard'
import { AclOperation, CLUSTER_NAME, ResourceType } from '@millrace/policy/acl/acl'
import type { Access } from '@millrace/policy/acl/access'
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import type {
  ShareGroupHeartbeatRequest,
  ShareGroupHeartbeatResponseInput,
} from '@millrace/protocol/messages/76-share-group-heartbeat'
import type {
  ShareGroupDescribeRequest,
  ShareGroupDescribeResponseInput,
} from '@millrace/protocol/messages/77-share-group-describe'
import type { ShareFetchRequest, ShareFetchResponseInput } from '@millrace/protocol/messages/78-share-fetch'
import type {
  ShareAcknowledgeRequest,
  ShareAcknowledgeResponseInput,
} from '@millrace/protocol/messages/79-share-acknowledge'
import {
  describableGroups,
  hidesTopics,
  mayDescribeAll,
  refusedGroup,
  withOperations,
} from './consumer-group-guards.ts'
import { mayRead } from './group-guards.ts'
import { refuseTopics } from './refuse-topics.ts'
import { shareOffsetGuards } from './share-offset-guards.ts'

const REFUSED = ErrorCode.TOPIC_AUTHORIZATION_FAILED
const REFUSED_MESSAGE = errorMessage(REFUSED)
const NOBODY = { leaderId: -1, leaderEpoch: -1 }

/** @param image the latest one, for topics that are named by their id */
export function shareGroupGuards(image: () => MetadataImage): readonly [number, Guard | null][] {
  const nameOf = ({ topicId }: { readonly topicId: string }): string | null =>
    image().topicsById.get(topicId)?.name ?? null
  return [
    guardWholly<ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponseInput>(
      ApiKey.ShareGroupHeartbeat,
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
    guardOf<ShareGroupDescribeRequest, ShareGroupDescribeResponseInput>(
      ApiKey.ShareGroupDescribe,
      ({ access, request, respond, pass }) => {
        const { kept, refused } = describableGroups(access, request.groupIds)
        pass({ ...request, groupIds: [...kept] }, (response, release) => {
          if (response === null) return respond(null, release)
          const groups = response.groups.map((group) => {
            const topics = group.members.flatMap(({ assignment }) =>
              assignment.topicPartitions.map(({ topicName }) => topicName),
            )
            return hidesTopics(access, topics)
              ? refusedGroup(group.groupId, REFUSED)
              : withOperations(access, request, group)
          })
          const failed = refused.map((groupId) => refusedGroup(groupId, ErrorCode.GROUP_AUTHORIZATION_FAILED))
          return respond({ ...response, groups: [...groups, ...failed] }, release)
        })
      },
    ),
    shareFetchGuard(nameOf),
    guardOf<ShareAcknowledgeRequest, ShareAcknowledgeResponseInput>(ApiKey.ShareAcknowledge, (asked) => {
      const { access, request, respond } = asked
      const errorCode = mayReadShareGroup(access, request.groupId)
      if (errorCode !== ErrorCode.NONE)
        return respond({
          throttleTimeMs: 0,
          errorCode,
          errorMessage: errorMessage(errorCode),
          responses: [],
          nodeEndpoints: [],
        })
      return refuseTopics(asked, {
        operation: AclOperation.READ,
        topics: request.topics,
        nameOf,
        without: (whole, topics) => ({ ...whole, topics: [...topics] }),
        add: (response, refused) => ({
          ...response,
          responses: [
            ...response.responses,
            ...refused.map(({ topicId, partitions }) => ({
              topicId,
              partitions: partitions.map(({ partitionIndex }) => ({
                partitionIndex,
                errorCode: REFUSED,
                errorMessage: REFUSED_MESSAGE,
                currentLeader: NOBODY,
              })),
            })),
          ],
        }),
      })
    }),
    ...shareOffsetGuards(),
    ...[
      ApiKey.InitializeShareGroupState,
      ApiKey.ReadShareGroupState,
      ApiKey.WriteShareGroupState,
      ApiKey.DeleteShareGroupState,
      ApiKey.ReadShareGroupStateSummary,
    ].map((key) => shareStateGuard(key)),
  ]
}

function mayReadShareGroup(access: Access, groupId: string | null): number {
  return mayRead(access, { groupId: groupId ?? '' })
}

/**
 * READ on the group and on each topic. A share session outlives the requests that named its topics, so what is answered is
 * checked as well: records of a topic that may no longer be read do not leave.
 */
function shareFetchGuard(nameOf: (topic: { readonly topicId: string }) => string | null): [number, Guard] {
  return guardOf<ShareFetchRequest, ShareFetchResponseInput>(ApiKey.ShareFetch, (asked) => {
    const { access, request, respond } = asked
    const errorCode = mayReadShareGroup(access, request.groupId)
    if (errorCode !== ErrorCode.NONE) {
      return respond({
        throttleTimeMs: 0,
        errorCode,
        errorMessage: errorMessage(errorCode),
        acquisitionLockTimeoutMs: 0,
        responses: [],
        nodeEndpoints: [],
      })
    }
    const refuse = (
      topicId: string,
      partitionIndexes: readonly number[],
    ): ShareFetchResponseInput['responses'][number] => ({
      topicId,
      partitions: partitionIndexes.map((partitionIndex) => ({
        partitionIndex,
        errorCode: REFUSED,
        errorMessage: REFUSED_MESSAGE,
        acknowledgeErrorCode: REFUSED,
        currentLeader: NOBODY,
        records: null,
        acquiredRecords: [],
      })),
    })
    const mayReadTopic = (topic: { readonly topicId: string }): boolean => {
      const name = nameOf(topic)
      return name === null || access.wouldAllow(AclOperation.READ, ResourceType.TOPIC, name)
    }
    const tell: Respond<ShareFetchResponseInput> = (response, release) => {
      if (response === null) return respond(null, release)
      const responses = response.responses.map((topic) =>
        mayReadTopic(topic)
          ? topic
          : refuse(
              topic.topicId,
              topic.partitions.map(({ partitionIndex }) => partitionIndex),
            ),
      )
      return respond({ ...response, responses }, release)
    }
    return refuseTopics(
      { ...asked, respond: tell, pass: (rest, answer = tell) => asked.pass(rest, answer) },
      {
        operation: AclOperation.READ,
        topics: request.topics,
        nameOf,
        without: (whole, topics) => ({ ...whole, topics: [...topics] }),
        add: (response, refused) => ({
          ...response,
          responses: [
            ...response.responses,
            ...refused.map(({ topicId, partitions }) =>
              refuse(
                topicId,
                partitions.map(({ partitionIndex }) => partitionIndex),
              ),
            ),
          ],
        }),
      },
    )
  })
}

interface StateRequest {
  readonly topics: readonly {
    readonly topicId: string
    readonly partitions: readonly ({ readonly partition: number } | number)[]
  }[]
}

/** Between brokers only: CLUSTER_ACTION. */
function shareStateGuard(apiKey: number): [number, Guard] {
  return guardWholly<StateRequest, object>(
    apiKey,
    (access) =>
      access.allows(AclOperation.CLUSTER_ACTION, ResourceType.CLUSTER, CLUSTER_NAME)
        ? ErrorCode.NONE
        : ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
    ({ topics }, errorCode) => ({
      results: topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map((each) => ({
          partition: typeof each === 'number' ? each : each.partition,
          errorCode,
          errorMessage: errorMessage(errorCode),
          stateEpoch: 0,
          leaderEpoch: -1,
          startOffset: -1,
          stateBatches: [],
        })),
      })),
    }),
  )
}
