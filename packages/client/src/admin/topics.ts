/** Topics for administrators: list, describe, create, delete, grow. */
import type { Uuid } from '@millrace/base/uuid'
import { ErrorCode } from '@millrace/protocol/errors'
import { createTopicsRequest, createTopicsResponse } from '@millrace/protocol/messages/19-create-topics'
import { deleteTopicsRequest, deleteTopicsResponse } from '@millrace/protocol/messages/20-delete-topics'
import { createPartitionsRequest, createPartitionsResponse } from '@millrace/protocol/messages/37-create-partitions'
import { isWorthRetrying, type ClusterClient, type TopicMetadata } from '../cluster-client.ts'
import { KafkaError } from '../kafka-error.ts'
import { describeConfigs, type ConfigEntry } from './configs.ts'

/** Later versions of DeleteTopics take topic ids beside names. */
const DELETE_TOPICS_BY_NAME_VERSION_MAX = 5

export interface TopicDescription extends TopicMetadata {
  /** Effective configuration; null unless it was asked for. */
  readonly configs: readonly ConfigEntry[] | null
}

export interface NewTopic {
  readonly name: string
  /** -1 or absent: the cluster's default. */
  readonly partitions?: number
  /** -1 or absent: the cluster's default. */
  readonly replicationFactor?: number
  /** Brokers of each partition, the preferred leader first; excludes `partitions` and `replicationFactor`. */
  readonly assignments?: readonly (readonly number[])[]
  readonly configs?: Readonly<Record<string, string>>
}

export interface CreatedTopic {
  readonly name: string
  readonly topicId: Uuid
  readonly partitions: number
  readonly replicationFactor: number
}

export interface MorePartitions {
  readonly name: string
  /** Partitions that the topic shall have. */
  readonly totalCount: number
  /** Brokers of each new partition. */
  readonly assignments?: readonly (readonly number[])[]
}

/** All topics, by name. */
export async function listTopics(cluster: ClusterClient, withConfigs: boolean): Promise<TopicDescription[]> {
  const { topics } = await cluster.retrying(() => cluster.metadata(null))
  const there = topics.filter((topic) => topic.errorCode === ErrorCode.NONE)
  return addConfigs(
    cluster,
    there.sort((one, other) => (one.name < other.name ? -1 : 1)),
    withConfigs,
  )
}

/** The named topics, in the order asked. Throws UNKNOWN_TOPIC_OR_PARTITION for the first that is not there. */
export async function describeTopics(
  cluster: ClusterClient,
  names: readonly string[],
  withConfigs: boolean,
): Promise<TopicDescription[]> {
  const described = await cluster.retrying(async () => {
    const byName = new Map((await cluster.metadata(names)).topics.map((topic) => [topic.name, topic]))
    return names.map((name) => {
      const topic = byName.get(name)
      const code = topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      if (topic === undefined || code !== ErrorCode.NONE) throw new KafkaError(code, named(name, null, code))
      return topic
    })
  })
  return addConfigs(cluster, described, withConfigs)
}

async function addConfigs(
  cluster: ClusterClient,
  topics: readonly TopicMetadata[],
  withConfigs: boolean,
): Promise<TopicDescription[]> {
  if (!withConfigs || topics.length === 0) return topics.map((topic) => ({ ...topic, configs: null }))
  const described = await describeConfigs(
    cluster,
    topics.map(({ name }) => ({ type: 'topic', name })),
  )
  const byName = new Map(described.map((resource) => [resource.name, resource.entries]))
  return topics.map((topic) => ({ ...topic, configs: byName.get(topic.name) ?? [] }))
}

/** Creates the topics; the first that fails for good throws, those before it stay. `validateOnly` creates none. */
export async function createTopics(
  cluster: ClusterClient,
  topics: readonly NewTopic[],
  validateOnly: boolean,
): Promise<CreatedTopic[]> {
  const created = new Map<string, CreatedTopic>()
  await eachItem(
    cluster,
    topics,
    ({ name }) => name,
    async (left) => {
      const response = await cluster.call(await cluster.controller(), createTopicsRequest, createTopicsResponse, {
        topics: left.map((topic) => ({
          name: topic.name,
          numPartitions: topic.assignments === undefined ? (topic.partitions ?? -1) : -1,
          replicationFactor: topic.assignments === undefined ? (topic.replicationFactor ?? -1) : -1,
          assignments: (topic.assignments ?? []).map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
          configs: Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value })),
        })),
        timeoutMs: cluster.timeoutMs,
        validateOnly,
      })
      for (const { name, topicId, numPartitions, replicationFactor, errorCode } of response.topics) {
        if (errorCode === ErrorCode.NONE)
          created.set(name, { name, topicId, partitions: numPartitions, replicationFactor })
      }
      return response.topics
    },
  )
  return topics.map(({ name }) => created.get(name) as CreatedTopic)
}

/** Deletes the topics; the first that fails for good throws. */
export async function deleteTopics(cluster: ClusterClient, names: readonly string[]): Promise<void> {
  await eachItem(
    cluster,
    names,
    (name) => name,
    async (left) => {
      const body = { topicNames: left, timeoutMs: cluster.timeoutMs }
      const options = { atMost: DELETE_TOPICS_BY_NAME_VERSION_MAX }
      const response = await cluster.call(
        await cluster.controller(),
        deleteTopicsRequest,
        deleteTopicsResponse,
        body,
        options,
      )
      return response.responses.map((result) => ({ ...result, name: result.name ?? '' }))
    },
  )
}

/** Grows topics; the first that fails for good throws. */
export async function createPartitions(
  cluster: ClusterClient,
  topics: readonly MorePartitions[],
  validateOnly: boolean,
): Promise<void> {
  await eachItem(
    cluster,
    topics,
    ({ name }) => name,
    async (left) => {
      const response = await cluster.call(
        await cluster.controller(),
        createPartitionsRequest,
        createPartitionsResponse,
        {
          topics: left.map(({ name, totalCount, assignments }) => ({
            name,
            count: totalCount,
            assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null,
          })),
          timeoutMs: cluster.timeoutMs,
          validateOnly,
        },
      )
      return response.results
    },
  )
}

interface ItemResult {
  readonly name: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** Sends all items, then again those whose error is worth it, until none is left. */
async function eachItem<T>(
  cluster: ClusterClient,
  items: readonly T[],
  nameOf: (item: T) => string,
  attempt: (left: readonly T[]) => Promise<readonly ItemResult[]>,
): Promise<void> {
  let left = items
  if (left.length === 0) return
  await cluster.retrying(async () => {
    const results = new Map((await attempt(left)).map((result) => [result.name, result]))
    const failures = new Map<T, KafkaError>()
    for (const item of left) {
      const name = nameOf(item)
      const result = results.get(name)
      const code = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
      if (code !== ErrorCode.NONE)
        failures.set(item, new KafkaError(code, named(name, result?.errorMessage ?? null, code)))
    }
    left = [...failures.keys()]
    const errors = [...failures.values()]
    const first = errors.find((error) => !isWorthRetrying(error)) ?? errors[0]
    if (first !== undefined) throw first
  })
}

function named(name: string, message: string | null, code: number): string {
  return `${name}: ${message ? message : new KafkaError(code).message}`
}
