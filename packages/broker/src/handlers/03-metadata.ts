/**
 * Metadata (3): topics, partitions with their leaders, and the brokers to reach them. Facts: kafka-protocol §2.8, §9.29.
 * Topics that may be created on request are created before the answer and answered with their partitions.
 */
import { ZERO_UUID } from '@millrace/base/uuid'
import type { MetadataImage, TopicImage } from '@millrace/metadata/image'
import type { ApiHandler, ConnectionInfo, RequestContext } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  metadataRequest,
  metadataResponse,
  type MetadataRequest,
  type MetadataResponseInput,
} from '@millrace/protocol/messages/03-metadata'
import { ALL_CLUSTER_OPERATIONS, ALL_TOPIC_OPERATIONS, NOT_ASKED } from './authorized-operations.ts'
import { advertisedBrokers, controllerIdFor } from './endpoints.ts'
import { describePartition } from './partition-description.ts'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { TopicCreation } from '../forwarding/topic-creation.ts'
import { isInternalTopic, isLegalTopicName } from './topic-names.ts'

type TopicAnswer = MetadataResponseInput['topics'][number]

/** First version whose requests carry topic ids that are looked up. */
const TOPIC_ID_VERSION = 12

export function metadataHandler(
  runtime: BrokerRuntime,
  topicCreation: TopicCreation,
): ApiHandler<MetadataRequest, MetadataResponseInput> {
  return {
    request: metadataRequest,
    response: metadataResponse,
    handle(context, request, respond) {
      const missing = missingTopics(runtime, context, request)
      const errors = new Map<string, number>()
      let waiting = missing.length
      const answer = (): void => respond(answerMetadata(runtime, context, request, errors))
      if (waiting === 0) return answer()
      for (const name of missing) {
        const topic = { name, partitions: -1, replicationFactor: -1, configs: [] }
        topicCreation.create(context.connection, topic, (errorCode) => {
          errors.set(name, errorCode)
          if (--waiting === 0) answer()
        })
      }
    },
  }
}

/** Named topics that do not exist and are to be created. */
function missingTopics(runtime: BrokerRuntime, context: RequestContext, request: MetadataRequest): string[] {
  const allowed = context.apiVersion < 4 || request.allowAutoTopicCreation
  if (!allowed || request.topics === null || !runtime.settings.boolean('auto.create.topics.enable')) return []
  const { topicsByName } = runtime.metadata.image
  const names = new Set<string>()
  for (const { name, topicId } of request.topics) {
    if (
      name !== null &&
      !isById({ name, topicId }) &&
      !topicsByName.has(name) &&
      isLegalTopicName(name) &&
      !isInternalTopic(name)
    )
      names.add(name)
  }
  return [...names]
}

function answerMetadata(
  runtime: BrokerRuntime,
  context: RequestContext,
  request: MetadataRequest,
  creationErrors: ReadonlyMap<string, number>,
): MetadataResponseInput {
  const { image } = runtime.metadata
  const { connection, apiVersion } = context
  const brokers = advertisedBrokers(image, connection)
  const asked = request.topics
  const all = asked === null || (apiVersion === 0 && asked.length === 0)
  const topics = all
    ? [...image.topicsByName.values()].map((topic) => describeTopic(image, connection, topic, request))
    : once(asked).map((topic) => answerTopic(image, context, topic, request, creationErrors))
  return {
    throttleTimeMs: 0,
    brokers: brokers.map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack })),
    clusterId: runtime.clusterId,
    controllerId: controllerIdFor(brokers, runtime.nodeId),
    topics: apiVersion === 0 ? topics.map(asVersion0) : topics,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? ALL_CLUSTER_OPERATIONS : NOT_ASKED,
    errorCode: ErrorCode.NONE,
  }
}

/** A topic asked for twice is answered once, as Kafka does: a large one asked for a thousand times would fill the memory. */
function once<T extends { readonly name: string | null; readonly topicId: string }>(asked: readonly T[]): T[] {
  // No topic id has a slash.
  return [...new Map(asked.map((topic) => [isById(topic) ? topic.topicId : `/${topic.name}`, topic])).values()]
}

/** A topic with an id is asked for by that: Java clients leave its name empty instead of null. */
function isById({ name, topicId }: { readonly name: string | null; readonly topicId: string }): boolean {
  return name === null || topicId !== ZERO_UUID
}

function answerTopic(
  image: MetadataImage,
  context: RequestContext,
  { name, topicId }: { readonly name: string | null; readonly topicId: string },
  request: MetadataRequest,
  creationErrors: ReadonlyMap<string, number>,
): TopicAnswer {
  const { apiVersion, connection } = context
  if (topicId !== ZERO_UUID && apiVersion < TOPIC_ID_VERSION)
    return failedTopic(ErrorCode.INVALID_REQUEST, name ?? '', topicId)
  if (name === null || isById({ name, topicId })) {
    if (apiVersion < TOPIC_ID_VERSION) return failedTopic(ErrorCode.INVALID_REQUEST, '', topicId)
    const topic = image.topicsById.get(topicId)
    return topic === undefined
      ? failedTopic(ErrorCode.UNKNOWN_TOPIC_ID, null, topicId)
      : describeTopic(image, connection, topic, request)
  }
  const topic = image.topicsByName.get(name)
  if (topic !== undefined) return describeTopic(image, connection, topic, request)
  if (!isLegalTopicName(name)) return failedTopic(ErrorCode.INVALID_TOPIC_EXCEPTION, name, ZERO_UUID)
  const creationError = creationErrors.get(name) ?? ErrorCode.NONE
  const errorCode = creationError === ErrorCode.NONE ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : creationError
  return failedTopic(errorCode, name, ZERO_UUID)
}

function failedTopic(errorCode: number, name: string | null, topicId: string): TopicAnswer {
  return { errorCode, name, topicId, isInternal: name !== null && isInternalTopic(name), partitions: [] }
}

function describeTopic(
  image: MetadataImage,
  connection: ConnectionInfo,
  topic: TopicImage,
  request: MetadataRequest,
): TopicAnswer {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition, index) => describePartition(image, connection, index, partition)),
    topicAuthorizedOperations: request.includeTopicAuthorizedOperations ? ALL_TOPIC_OPERATIONS : NOT_ASKED,
  }
}

/** Version 0 knows no offline replicas: it lists only live ones and says REPLICA_NOT_AVAILABLE when some are not. */
function asVersion0(topic: TopicAnswer): TopicAnswer {
  return {
    ...topic,
    partitions: topic.partitions.map((partition) => {
      const offline = partition.offlineReplicas ?? []
      if (offline.length === 0) return partition
      const live = (ids: readonly number[]): number[] => ids.filter((id) => !offline.includes(id))
      const errorCode = partition.errorCode === ErrorCode.NONE ? ErrorCode.REPLICA_NOT_AVAILABLE : partition.errorCode
      return { ...partition, errorCode, replicaNodes: live(partition.replicaNodes), isrNodes: live(partition.isrNodes) }
    }),
  }
}
