/** Offsets, records and log directories of partitions. */
import { ErrorCode } from '@millrace/protocol/errors'
import { listOffsetsRequest, listOffsetsResponse } from '@millrace/protocol/messages/02-list-offsets'
import { deleteRecordsRequest, deleteRecordsResponse } from '@millrace/protocol/messages/21-delete-records'
import { describeLogDirsRequest, describeLogDirsResponse } from '@millrace/protocol/messages/35-describe-log-dirs'
import type { ClusterClient } from '../cluster-client.ts'
import { KafkaError } from '../kafka-error.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Which offset: the log start, the high watermark, that of the largest timestamp, or the first at or after a time. */
export type OffsetSpec = 'earliest' | 'latest' | 'max-timestamp' | number

export interface OffsetQuery extends TopicPartition {
  readonly at: OffsetSpec
}

export interface FoundOffset extends TopicPartition {
  /** -1: no record is that late. */
  readonly offset: number
  /** -1 unless a time or the largest timestamp was asked for. */
  readonly timestampMs: number
  readonly leaderEpoch: number
}

export interface LogDirectory {
  readonly brokerId: number
  readonly directory: string
  /** KAFKA_STORAGE_ERROR for one that is offline. */
  readonly errorCode: number
  /** -1 when unknown. */
  readonly totalBytes: number
  readonly usableBytes: number
  readonly replicas: readonly (TopicPartition & { readonly sizeBytes: number; readonly offsetLag: number })[]
}

const SPECS = { latest: -1, earliest: -2, 'max-timestamp': -3 } as const
/** The first version that takes 'max-timestamp'. */
const MAX_TIMESTAMP_VERSION = 7
const LIST_OFFSETS_VERSION_MAX = 10

/** Offsets of the partitions, in the order asked; `readCommitted` takes the last stable offset for 'latest'. */
export async function listOffsets(
  cluster: ClusterClient,
  queries: readonly OffsetQuery[],
  readCommitted: boolean,
): Promise<FoundOffset[]> {
  return atLeaders(cluster, queries, async (nodeId, group) => {
    const response = await cluster.call(
      await cluster.node(nodeId),
      listOffsetsRequest,
      listOffsetsResponse,
      (version) => {
        if (version < MAX_TIMESTAMP_VERSION && group.some(({ at }) => at === 'max-timestamp')) {
          throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION, 'the broker cannot look up the largest timestamp')
        }
        return {
          replicaId: -1,
          ...(version >= 2 ? { isolationLevel: readCommitted ? 1 : 0 } : {}),
          topics: byTopic(group, ({ partition, at }) => ({
            partitionIndex: partition,
            timestamp: typeof at === 'number' ? at : SPECS[at],
          })),
          ...(version >= 10 ? { timeoutMs: cluster.timeoutMs } : {}),
        }
      },
      { atMost: LIST_OFFSETS_VERSION_MAX },
    )
    return flattened(response.topics, (topic, { partitionIndex, errorCode, offset, timestamp, leaderEpoch }) => ({
      errorCode,
      result: { topic, partition: partitionIndex, offset, timestampMs: timestamp, leaderEpoch },
    }))
  })
}

/** Moves the log start to `beforeOffset` (-1: the high watermark); answers the new log start of each partition. */
export async function deleteRecords(
  cluster: ClusterClient,
  targets: readonly (TopicPartition & { readonly beforeOffset: number })[],
): Promise<(TopicPartition & { readonly lowWatermark: number })[]> {
  return atLeaders(cluster, targets, async (nodeId, group) => {
    const body = {
      topics: byTopic(group, ({ partition, beforeOffset }) => ({ partitionIndex: partition, offset: beforeOffset })),
      timeoutMs: cluster.timeoutMs,
    }
    const response = await cluster.call(await cluster.node(nodeId), deleteRecordsRequest, deleteRecordsResponse, body)
    return flattened(response.topics, (topic, { partitionIndex, errorCode, lowWatermark }) => ({
      errorCode,
      result: { topic, partition: partitionIndex, lowWatermark },
    }))
  })
}

/** Log directories of the brokers; of all when `brokerIds` is null. */
export async function describeLogDirs(
  cluster: ClusterClient,
  brokerIds: readonly number[] | null,
): Promise<LogDirectory[]> {
  return cluster.retrying(async () => {
    const ids = brokerIds ?? [...(await cluster.metadata([])).brokers.keys()]
    const directories: LogDirectory[] = []
    for (const brokerId of ids) {
      const response = await cluster.call(
        await cluster.node(brokerId),
        describeLogDirsRequest,
        describeLogDirsResponse,
        { topics: null },
      )
      if (response.errorCode !== ErrorCode.NONE) throw new KafkaError(response.errorCode)
      for (const { logDir, errorCode, totalBytes, usableBytes, topics } of response.results) {
        const replicas = topics.flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex, partitionSize, offsetLag }) => ({
            topic: name,
            partition: partitionIndex,
            sizeBytes: partitionSize,
            offsetLag,
          })),
        )
        directories.push({ brokerId, directory: logDir, errorCode, totalBytes, usableBytes, replicas })
      }
    }
    return directories
  })
}

interface PartitionOutcome<T> {
  readonly errorCode: number
  readonly result: T
}

/** Asks the leaders, each for its partitions; asks again for those whose leader had moved. */
async function atLeaders<Q extends TopicPartition, T extends TopicPartition>(
  cluster: ClusterClient,
  queries: readonly Q[],
  ask: (nodeId: number, group: readonly Q[]) => Promise<readonly PartitionOutcome<T>[]>,
): Promise<T[]> {
  const found = new Map<string, T>()
  await cluster.retrying(async () => {
    const groups = new Map<number, Q[]>()
    for (const query of queries) {
      if (found.has(keyOf(query))) continue
      const leader = await cluster.leaderOf(query.topic, query.partition)
      groups.set(leader, [...(groups.get(leader) ?? []), query])
    }
    let failure: KafkaError | null = null
    for (const [nodeId, group] of groups) {
      for (const { errorCode, result } of await ask(nodeId, group)) {
        if (errorCode === ErrorCode.NONE) found.set(keyOf(result), result)
        else
          failure ??= new KafkaError(
            errorCode,
            `${result.topic}-${result.partition}: ${new KafkaError(errorCode).message}`,
          )
      }
    }
    if (failure !== null) throw failure
  })
  return queries.map((query) => {
    const result = found.get(keyOf(query))
    if (result === undefined) throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `no answer for ${keyOf(query)}`)
    return result
  })
}

/** Kafka's nesting: topics, and in each its partitions. */
export function byTopic<T extends TopicPartition, P>(
  items: readonly T[],
  partitionOf: (item: T) => P,
): { readonly name: string; readonly partitions: readonly P[] }[] {
  const topics = new Map<string, P[]>()
  for (const item of items) {
    const partitions = topics.get(item.topic)
    if (partitions === undefined) topics.set(item.topic, [partitionOf(item)])
    else partitions.push(partitionOf(item))
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }))
}

/** The other way: one list of what the partitions answered. */
export function flattened<P, T>(
  topics: readonly { readonly name: string; readonly partitions: readonly P[] }[],
  outcomeOf: (topic: string, partition: P) => T,
): T[] {
  return topics.flatMap(({ name, partitions }) => partitions.map((partition) => outcomeOf(name, partition)))
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
