/**
 * The guard of OffsetFetch (9): DESCRIBE on the group and on each topic. Who asks for all topics of a group gets those
 * that may be described; one that is named and may not be is answered as such.
 */
import { ZERO_UUID } from '@millrace/base/uuid'
import type { MetadataImage } from '@millrace/metadata/image'
import { guardOf, type Guard } from '@millrace/network/guard'
import { AclOperation, ResourceType } from '@millrace/policy/acl/acl'
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode } from '@millrace/protocol/errors'
import type { OffsetFetchRequest, OffsetFetchResponseInput } from '@millrace/protocol/messages/09-offset-fetch'
import { divide } from './refuse-topics.ts'

type GroupAnswer = NonNullable<OffsetFetchResponseInput['groups']>[number]
type RefusedTopic = ReturnType<typeof refusedTopic>

const GROUPS_VERSION = 8
const GROUP_ERROR_VERSION = 2
const BY_ID_VERSION = 10

interface AskedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

interface Checked<Topic> {
  readonly errorCode: number
  /** What the handler is asked for; null: all. */
  readonly topics: readonly Topic[] | null
  readonly refused: readonly RefusedTopic[]
}

/** @param image the latest one, for topics that are named by their id */
export function offsetFetchGuard(image: () => MetadataImage): [number, Guard] {
  return guardOf<OffsetFetchRequest, OffsetFetchResponseInput>(
    ApiKey.OffsetFetch,
    ({ access, context, request, respond, pass }) => {
      const { apiVersion } = context
      const nameOf = ({ name, topicId }: { readonly name: string; readonly topicId: string }): string | null =>
        apiVersion >= BY_ID_VERSION ? (image().topicsById.get(topicId)?.name ?? null) : name
      const check = <Topic extends { readonly name: string; readonly partitionIndexes: readonly number[] }>(
        groupId: string,
        topics: readonly Topic[] | null,
        identify: (topic: Topic) => AskedTopic,
      ): Checked<Topic> => {
        if (!access.allows(AclOperation.DESCRIBE, ResourceType.GROUP, groupId))
          return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, topics: [], refused: [] }
        const divided =
          topics === null
            ? null
            : divide(topics, (topic) => {
                const known = nameOf(identify(topic))
                return known === null || access.allows(AclOperation.DESCRIBE, ResourceType.TOPIC, known)
              })
        if (divided === null) return { errorCode: ErrorCode.NONE, topics, refused: [] }
        const refused = divided.refused.map((topic) =>
          refusedTopic(identify(topic), ErrorCode.TOPIC_AUTHORIZATION_FAILED),
        )
        return { errorCode: ErrorCode.NONE, topics: divided.kept, refused }
      }
      const visible = <Topic extends { readonly name?: string | undefined; readonly topicId?: string | undefined }>(
        topics: readonly Topic[],
        all: boolean,
      ): readonly Topic[] =>
        !all
          ? topics
          : topics.filter(({ name = '', topicId = ZERO_UUID }) => {
              const known = name === '' ? nameOf({ name, topicId }) : name
              return known !== null && access.wouldAllow(AclOperation.DESCRIBE, ResourceType.TOPIC, known)
            })

      if (apiVersion < GROUPS_VERSION) {
        const identify = (topic: NonNullable<OffsetFetchRequest['topics']>[number]): AskedTopic => ({
          ...topic,
          topicId: ZERO_UUID,
        })
        const { errorCode, topics, refused } = check(request.groupId, request.topics, identify)
        if (errorCode !== ErrorCode.NONE) {
          if (apiVersion >= GROUP_ERROR_VERSION) return respond({ throttleTimeMs: 0, errorCode, topics: [] })
          const failed = (request.topics ?? []).map((topic) => refusedTopic(identify(topic), errorCode))
          return respond({ throttleTimeMs: 0, topics: failed })
        }
        return pass({ ...request, topics: topics === null ? null : [...topics] }, (response, release) => {
          if (response === null) return respond(null, release)
          const told = visible(response.topics ?? [], topics === null)
          return respond({ ...response, topics: [...told, ...refused] }, release)
        })
      }

      const checks = new Map(
        request.groups.map((group) => [group.groupId, check(group.groupId, group.topics, (topic) => topic)]),
      )
      const kept = request.groups
        .filter(({ groupId }) => checks.get(groupId)?.errorCode === ErrorCode.NONE)
        .map((group) => {
          const topics = checks.get(group.groupId)?.topics ?? null
          return { ...group, topics: topics === null ? null : [...topics] }
        })
      const refusedGroups: GroupAnswer[] = [...checks]
        .filter(([, { errorCode }]) => errorCode !== ErrorCode.NONE)
        .map(([groupId, { errorCode }]) => ({ groupId, errorCode, topics: [] }))
      return pass({ ...request, groups: kept }, (response, release) => {
        if (response === null) return respond(null, release)
        const groups = (response.groups ?? []).map((group): GroupAnswer => {
          const checked = checks.get(group.groupId)
          const told = visible(group.topics, checked?.topics === null)
          return { ...group, topics: [...told, ...(checked?.refused ?? [])] }
        })
        return respond({ ...response, groups: [...groups, ...refusedGroups] }, release)
      })
    },
  )
}

function refusedTopic(
  { name, topicId, partitionIndexes }: AskedTopic,
  errorCode: number,
): {
  readonly name: string
  readonly topicId: string
  readonly partitions: {
    readonly partitionIndex: number
    readonly committedOffset: number
    readonly committedLeaderEpoch: number
    readonly metadata: string
    readonly errorCode: number
  }[]
} {
  return {
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      committedOffset: -1,
      committedLeaderEpoch: -1,
      metadata: '',
      errorCode,
    })),
  }
}
