/**
 * OffsetFetch: a group's committed offsets. Every partition asked for is answered; what was never committed is offset
 * -1 without an error, also in groups that do not exist.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import {
  offsetFetchRequest,
  offsetFetchResponse,
  type OffsetFetchRequest,
  type OffsetFetchResponseInput,
} from '@millrace/protocol/messages/09-offset-fetch'
import { ZERO_UUID, type Uuid } from '@millrace/base/uuid'
import type { ApiHandler } from '@millrace/network/api-handler'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { GroupCoordinator, ServedShard } from '../groups/group-coordinator.ts'

interface AskedTopic {
  readonly name: string
  readonly topicId: Uuid
  readonly partitionIndexes: readonly number[]
}

interface FetchedTopic {
  readonly name: string
  readonly topicId: Uuid
  readonly partitions: {
    partitionIndex: number
    committedOffset: number
    committedLeaderEpoch: number
    metadata: string
    errorCode: number
  }[]
}

/** Who asks from outside: tools, and clients before version 9. */
const NOBODY = { memberId: null, memberEpoch: -1 } as const

export function offsetFetchHandler(
  runtime: BrokerRuntime,
  coordinator: GroupCoordinator,
): ApiHandler<OffsetFetchRequest, OffsetFetchResponseInput> {
  /** One group's topics; null topics asks for all that it has. */
  const fetchGroup = (
    groupId: string,
    asked: readonly AskedTopic[] | null,
    byId: boolean,
    requireStable: boolean,
    member: { readonly memberId: string | null; readonly memberEpoch: number } = NOBODY,
  ): { errorCode: number; topics: FetchedTopic[] } => {
    const located = coordinator.locateAny(groupId)
    if (located.served === null) return { errorCode: located.errorCode, topics: [] }
    const refused = located.served.commits.checkFetch(groupId, member.memberId, member.memberEpoch)
    if (refused !== ErrorCode.NONE) return { errorCode: refused, topics: [] }
    const topics = asked ?? allTopics(located.served, groupId)
    return {
      errorCode: ErrorCode.NONE,
      topics: topics.map((topic) => fetchTopic(located.served, groupId, topic, byId, requireStable)),
    }
  }

  const allTopics = (served: ServedShard, groupId: string): AskedTopic[] => {
    const offsets = served.shard.groups.get(groupId)?.offsets
    if (offsets === undefined) return []
    return [...offsets.topics()].map((name) => ({
      name,
      topicId: runtime.metadata.image.topicsByName.get(name)?.id ?? ZERO_UUID,
      partitionIndexes: [...offsets.partitions(name).keys()],
    }))
  }

  const fetchTopic = (
    served: ServedShard,
    groupId: string,
    topic: AskedTopic,
    byId: boolean,
    requireStable: boolean,
  ): FetchedTopic => {
    const name = byId && topic.name === '' ? runtime.metadata.image.topicsById.get(topic.topicId)?.name : topic.name
    const partitions = topic.partitionIndexes.map((partitionIndex) => {
      if (requireStable && name !== undefined && served.commits.isUnstable(groupId, name, partitionIndex))
        return unstable(partitionIndex)
      const committed = name === undefined ? undefined : served.commits.fetch(groupId, name, partitionIndex)
      return {
        partitionIndex,
        committedOffset: committed?.offset ?? -1,
        committedLeaderEpoch: committed?.leaderEpoch ?? -1,
        metadata: committed?.metadata ?? '',
        errorCode: name === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.NONE,
      }
    })
    return { name: name ?? topic.name, topicId: topic.topicId, partitions }
  }

  return {
    request: offsetFetchRequest,
    response: offsetFetchResponse,
    handle(context, request, respond) {
      if (context.apiVersion >= 8) {
        const byId = context.apiVersion >= 10
        // A group asked for twice is answered once, as the last mention wants it.
        const groups = new Map(request.groups.map((group) => [group.groupId, group]))
        respond({
          throttleTimeMs: 0,
          groups: [...groups.values()].map(({ groupId, topics, memberId, memberEpoch }) => ({
            groupId,
            ...fetchGroup(groupId, topics, byId, request.requireStable, { memberId, memberEpoch }),
          })),
        })
        return
      }
      const asked =
        request.topics?.map(({ name, partitionIndexes }) => ({ name, topicId: ZERO_UUID, partitionIndexes })) ?? null
      const { errorCode, topics } = fetchGroup(request.groupId, asked, false, request.requireStable)
      if (errorCode === ErrorCode.NONE || context.apiVersion >= 2) {
        respond({ throttleTimeMs: 0, errorCode, topics })
        return
      }
      // Versions 0 and 1 have no error for the group: every partition carries it.
      const failed = (asked ?? []).map((topic) => ({
        name: topic.name,
        partitions: topic.partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          committedOffset: -1,
          metadata: '',
          errorCode,
        })),
      }))
      respond({ throttleTimeMs: 0, topics: failed })
    },
  }
}

/** A transaction is about to change it: the consumer asks again until the transaction has ended (KIP-447). */
function unstable(partitionIndex: number): FetchedTopic['partitions'][number] {
  return {
    partitionIndex,
    committedOffset: -1,
    committedLeaderEpoch: -1,
    metadata: '',
    errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT,
  }
}
