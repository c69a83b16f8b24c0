/**
 * Guards of APIs that tell of topics, brokers and configs. A topic that may not be described looks the same whether it
 * exists or not, and lists leave it out. Facts: kafka-protocol §2.8, §6.3.
 */
import { ZERO_UUID } from '@millrace/base/uuid'
import { ConfigResourceType } from '@millrace/metadata/image'
import { guardOf, type Guard } from '@millrace/network/guard'
import { AclOperation, CLUSTER_NAME, ResourceType } from '@millrace/policy/acl/acl'
import type { Access } from '@millrace/policy/acl/access'
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import type { MetadataRequest, MetadataResponseInput } from '@millrace/protocol/messages/03-metadata'
import type {
  DescribeConfigsRequest,
  DescribeConfigsResponseInput,
} from '@millrace/protocol/messages/32-describe-configs'
import type {
  DescribeClusterRequest,
  DescribeClusterResponseInput,
} from '@millrace/protocol/messages/60-describe-cluster'
import type {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponseInput,
} from '@millrace/protocol/messages/75-describe-topic-partitions'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { isInternalTopic } from '../handlers/topic-names.ts'
import { divide } from './refuse-topics.ts'

const REFUSED = ErrorCode.TOPIC_AUTHORIZATION_FAILED
/** Up to here an empty list of topics asks for all. */
const METADATA_EMPTY_IS_ALL_VERSION = 0
const METADATA_ALWAYS_CREATES_BELOW = 4
/** Before it a request without a name is refused by the handler. */
const TOPIC_ID_VERSION = 12

export function metadataGuards(runtime: BrokerRuntime): readonly [number, Guard | null][] {
  return [
    metadataGuard(runtime),
    guardOf<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponseInput>(
      ApiKey.DescribeTopicPartitions,
      describeTopicPartitionsGuard(runtime),
    ),
    // Brokers are told to everyone, to IAM principals as well: Java's describeTopics asks for them (KIP-966) before it needs
    // no more than DescribeTopic. What may be done with the cluster only who may describe it is told.
    guardOf<DescribeClusterRequest, DescribeClusterResponseInput>(
      ApiKey.DescribeCluster,
      ({ access, request, respond, pass }) =>
        pass(request, (response, release) =>
          respond(
            response === null || !request.includeClusterAuthorizedOperations
              ? response
              : { ...response, clusterAuthorizedOperations: clusterOperations(access) },
            release,
          ),
        ),
    ),
    guardOf<DescribeConfigsRequest, DescribeConfigsResponseInput>(
      ApiKey.DescribeConfigs,
      ({ access, request, respond, pass }) => {
        const divided = divide(request.resources, (resource) => configError(access, resource) === ErrorCode.NONE)
        if (divided === null) return pass(request)
        const refused = divided.refused.map((resource) => {
          const errorCode = configErrorCode(resource.resourceType)
          const { resourceType, resourceName } = resource
          return { errorCode, errorMessage: errorMessage(errorCode), resourceType, resourceName, configs: [] }
        })
        return pass({ ...request, resources: [...divided.kept] }, (response, release) =>
          respond(response === null ? null : { ...response, results: [...response.results, ...refused] }, release),
        )
      },
    ),
  ]
}

/** DESCRIBE on each topic; one that would be created needs CREATE on the cluster or on itself. */
function metadataGuard(runtime: BrokerRuntime): [number, Guard] {
  return guardOf<MetadataRequest, MetadataResponseInput>(
    ApiKey.Metadata,
    ({ access, context, request, respond, pass }) => {
      const { image } = runtime.metadata
      const { apiVersion } = context
      const asked = request.topics
      if (asked === null || (apiVersion === METADATA_EMPTY_IS_ALL_VERSION && asked.length === 0)) {
        return pass(request, (response, release) => {
          if (response === null) return respond(null, release)
          const topics = response.topics.filter(({ name }) => mayDescribe(access, name ?? null))
          return respond(withOperations({ ...response, topics }, request, access), release)
        })
      }
      const mayCreate = apiVersion < METADATA_ALWAYS_CREATES_BELOW || request.allowAutoTopicCreation
      const creates = mayCreate && runtime.settings.boolean('auto.create.topics.enable')
      const divided = divide(asked, ({ name, topicId }) => {
        // Java clients that ask by id leave the name empty instead of null. Versions that know no ids the handler refuses.
        const byId = topicId !== ZERO_UUID
        const known = byId && apiVersion >= TOPIC_ID_VERSION ? image.topicsById.get(topicId)?.name : byId ? null : name
        if (known === undefined || known === null) return true
        if (!access.allows(AclOperation.DESCRIBE, ResourceType.TOPIC, known)) return false
        const missing = creates && !image.topicsByName.has(known)
        return !missing || allowsCreation(access, known)
      })
      const refused = (divided?.refused ?? []).map(({ name, topicId }) => ({
        errorCode: REFUSED,
        name: topicId === ZERO_UUID ? name : null,
        // Who asks by name must not learn the id.
        topicId,
        isInternal: name !== null && isInternalTopic(name),
        partitions: [],
      }))
      const passed = divided === null ? request : { ...request, topics: [...divided.kept] }
      const answer = (response: MetadataResponseInput): MetadataResponseInput => {
        const told = withOperations(response, request, access)
        return refused.length === 0 ? told : { ...told, topics: [...told.topics, ...refused] }
      }
      // Version 0 takes an empty list for all topics: ask as a later version does.
      if (divided?.kept.length === 0) {
        return pass({ ...passed, topics: [{ name: '', topicId: ZERO_UUID }] }, (response, release) =>
          respond(response === null ? null : answer({ ...response, topics: [] }), release),
        )
      }
      return pass(passed, (response, release) => respond(response === null ? null : answer(response), release))
    },
  )
}

/** Which topics there are must be known before the page is cut. */
function describeTopicPartitionsGuard(
  runtime: BrokerRuntime,
): Guard<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponseInput> {
  return ({ access, request, respond, pass }) => {
    const all = request.topics.length === 0
    const asked = all ? [...runtime.metadata.image.topicsByName.keys()] : request.topics.map(({ name }) => name)
    const kept = asked.filter((name) =>
      all ? mayDescribe(access, name) : access.allows(AclOperation.DESCRIBE, ResourceType.TOPIC, name),
    )
    const refusedNames = all ? [] : [...new Set(asked)].filter((name) => !mayDescribe(access, name))
    const refused = refusedNames.map((name) => ({
      errorCode: REFUSED,
      name,
      topicId: ZERO_UUID,
      isInternal: isInternalTopic(name),
      partitions: [],
    }))
    if (kept.length === 0) return respond({ throttleTimeMs: 0, topics: refused, nextCursor: null })
    return pass({ ...request, topics: kept.map((name) => ({ name })) }, (response, release) => {
      if (response === null) return respond(null, release)
      const told = response.topics.map((topic) => ({
        ...topic,
        topicAuthorizedOperations: access.operationsOn(ResourceType.TOPIC, topic.name ?? ''),
      }))
      return respond({ ...response, topics: [...told, ...refused] }, release)
    })
  }
}

function mayDescribe(access: Access, name: string | null): boolean {
  return name === null || access.wouldAllow(AclOperation.DESCRIBE, ResourceType.TOPIC, name)
}

function allowsCreation(access: Access, topic: string): boolean {
  return (
    access.wouldAllow(AclOperation.CREATE, ResourceType.CLUSTER, CLUSTER_NAME) ||
    access.allows(AclOperation.CREATE, ResourceType.TOPIC, topic)
  )
}

function withOperations(
  response: MetadataResponseInput,
  request: MetadataRequest,
  access: Access,
): MetadataResponseInput {
  const { includeTopicAuthorizedOperations: ofTopics, includeClusterAuthorizedOperations: ofCluster } = request
  if (!ofTopics && !ofCluster) return response
  return {
    ...response,
    ...(ofCluster ? { clusterAuthorizedOperations: clusterOperations(access) } : {}),
    topics: ofTopics
      ? response.topics.map((topic) =>
          topic.errorCode === ErrorCode.NONE
            ? { ...topic, topicAuthorizedOperations: access.operationsOn(ResourceType.TOPIC, topic.name ?? '') }
            : topic,
        )
      : response.topics,
  }
}

/** 0 for who may not describe the cluster. */
function clusterOperations(access: Access): number {
  const known = access.wouldAllow(AclOperation.DESCRIBE, ResourceType.CLUSTER, CLUSTER_NAME)
  return known ? access.operationsOn(ResourceType.CLUSTER, CLUSTER_NAME) : 0
}

/** DESCRIBE_CONFIGS on the topic or group; on the cluster for brokers, their loggers, and client metrics. */
function configError(
  access: Access,
  { resourceType, resourceName }: DescribeConfigsRequest['resources'][number],
): number {
  const operation = AclOperation.DESCRIBE_CONFIGS
  const allowed =
    resourceType === ConfigResourceType.TOPIC
      ? access.allows(operation, ResourceType.TOPIC, resourceName)
      : resourceType === ConfigResourceType.GROUP
        ? access.allows(operation, ResourceType.GROUP, resourceName)
        : access.allows(operation, ResourceType.CLUSTER, CLUSTER_NAME)
  return allowed ? ErrorCode.NONE : configErrorCode(resourceType)
}

function configErrorCode(resourceType: number): number {
  if (resourceType === ConfigResourceType.TOPIC) return REFUSED
  if (resourceType === ConfigResourceType.GROUP) return ErrorCode.GROUP_AUTHORIZATION_FAILED
  return ErrorCode.CLUSTER_AUTHORIZATION_FAILED
}
