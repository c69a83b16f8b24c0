/** Guards of the administration of topics: CreateTopics, DeleteTopics, CreatePartitions (kafka-protocol §6.3). */
import { ZERO_UUID } from '@millrace/base/uuid'
import type { MetadataImage } from '@millrace/metadata/image'
import { guardOf, type Guard } from '@millrace/network/guard'
import { AclOperation, CLUSTER_NAME, ResourceType } from '@millrace/policy/acl/acl'
import type { Access } from '@millrace/policy/acl/access'
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import type { CreateTopicsRequest, CreateTopicsResponseInput } from '@millrace/protocol/messages/19-create-topics'
import type { DeleteTopicsRequest, DeleteTopicsResponseInput } from '@millrace/protocol/messages/20-delete-topics'
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponseInput,
} from '@millrace/protocol/messages/37-create-partitions'

const REFUSED = {
  errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  errorMessage: errorMessage(ErrorCode.TOPIC_AUTHORIZATION_FAILED),
}
const DELETE_BY_ID_VERSION = 6

/** @param image the latest one, for topics that are named by their id */
export function topicGuards(image: () => MetadataImage): readonly [number, Guard][] {
  return [
    guardOf<CreateTopicsRequest, CreateTopicsResponseInput>(
      ApiKey.CreateTopics,
      ({ access, request, respond, pass }) => {
        const everyTopic = access.wouldAllow(AclOperation.CREATE, ResourceType.CLUSTER, CLUSTER_NAME)
        const allowed = new Set(
          request.topics
            .map(({ name }) => name)
            .filter((name) => everyTopic || access.allows(AclOperation.CREATE, ResourceType.TOPIC, name)),
        )
        const kept = request.topics.filter(({ name }) => allowed.has(name))
        const names = new Set(request.topics.map(({ name }) => name))
        const refused = [...names]
          .filter((name) => !allowed.has(name))
          .map((name) => ({ name, topicId: ZERO_UUID, ...REFUSED, configs: null }))
        pass({ ...request, topics: kept }, (response, release) =>
          respond(
            response === null
              ? null
              : { ...response, topics: [...response.topics.map((topic) => withoutConfigs(access, topic)), ...refused] },
            release,
          ),
        )
      },
    ),
    deleteTopicsGuard(image),
    guardOf<CreatePartitionsRequest, CreatePartitionsResponseInput>(
      ApiKey.CreatePartitions,
      ({ access, request, respond, pass }) => {
        const names = new Set(request.topics.map(({ name }) => name))
        const allowed = new Set(
          [...names].filter((name) => access.allows(AclOperation.ALTER, ResourceType.TOPIC, name)),
        )
        const topics = request.topics.filter(({ name }) => allowed.has(name))
        const refused = [...names].filter((name) => !allowed.has(name)).map((name) => ({ name, ...REFUSED }))
        pass({ ...request, topics }, (response, release) =>
          respond(response === null ? null : { ...response, results: [...response.results, ...refused] }, release),
        )
      },
    ),
  ]
}

/** What a new topic looks like is told to who may DESCRIBE_CONFIGS (KIP-525). */
function withoutConfigs(
  access: Access,
  topic: CreateTopicsResponseInput['topics'][number],
): CreateTopicsResponseInput['topics'][number] {
  const { name, topicId, errorCode, errorMessage: message = null } = topic
  if (errorCode !== ErrorCode.NONE || access.wouldAllow(AclOperation.DESCRIBE_CONFIGS, ResourceType.TOPIC, name))
    return topic
  return {
    name,
    ...(topicId === undefined ? {} : { topicId }),
    errorCode,
    errorMessage: message,
    topicConfigErrorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    configs: [],
  }
}

/**
 * DELETE on each topic. By name also DESCRIBE, as in Apache Kafka: without it a topic that exists looks like one that does
 * not, with it the latter is told as such. Who names a topic by id and may not delete it learns its name with DESCRIBE.
 */
function deleteTopicsGuard(image: () => MetadataImage): [number, Guard] {
  return guardOf<DeleteTopicsRequest, DeleteTopicsResponseInput>(
    ApiKey.DeleteTopics,
    ({ access, context, request, respond, pass }) => {
      const { topicsById, topicsByName } = image()
      const mayDescribe = (name: string): boolean => access.wouldAllow(AclOperation.DESCRIBE, ResourceType.TOPIC, name)
      const mayDelete = (name: string): boolean => access.allows(AclOperation.DELETE, ResourceType.TOPIC, name)
      const allowedByName = (name: string): boolean =>
        (!topicsByName.has(name) || mayDelete(name)) && access.allows(AclOperation.DESCRIBE, ResourceType.TOPIC, name)
      if (context.apiVersion < DELETE_BY_ID_VERSION) {
        const allowed = new Set(request.topicNames.filter(allowedByName))
        const topicNames = request.topicNames.filter((name) => allowed.has(name))
        const refused = request.topicNames
          .filter((name) => !allowed.has(name))
          .map((name) => ({ name, topicId: ZERO_UUID, ...REFUSED }))
        return pass({ ...request, topicNames }, (response, release) =>
          respond(response === null ? null : { ...response, responses: [...response.responses, ...refused] }, release),
        )
      }
      const allowed = new Set(
        request.topics.filter(({ name, topicId }) => {
          if (name !== null) return allowedByName(name)
          const known = topicsById.get(topicId)?.name
          return known === undefined || mayDelete(known)
        }),
      )
      const refused = request.topics
        .filter((topic) => !allowed.has(topic))
        .map(({ name, topicId }) => {
          if (name !== null) return { name, topicId: ZERO_UUID, ...REFUSED }
          const known = topicsById.get(topicId)?.name ?? null
          return { name: known !== null && mayDescribe(known) ? known : null, topicId, ...REFUSED }
        })
      return pass({ ...request, topics: [...allowed] }, (response, release) =>
        respond(response === null ? null : { ...response, responses: [...response.responses, ...refused] }, release),
      )
    },
  )
}
