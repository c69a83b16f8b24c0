/** From the replica manager's results to the topics of a Fetch response. Views, never copies, of the records. */
import type { Access } from '@millrace/policy/acl/access'
import { AclOperation, ResourceType } from '@millrace/policy/acl/acl'
import { ErrorCode } from '@millrace/protocol/errors'
import { CompressionCodec } from '@millrace/protocol/compression/compression'
import type { FetchResponseInput } from '@millrace/protocol/messages/01-fetch'
import { batchSizeBytes, compressionCodec } from '@millrace/protocol/records/batch-header'
import type { AskedPartition } from '../fetch-session/fetch-session.ts'
import type { FetchPartitionResult } from '../replication/fetch-types.ts'

export type FetchResult = FetchPartitionResult<AskedPartition>

type TopicAnswer = FetchResponseInput['responses'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

const STORAGE_ERROR_VERSION = 6
/** Clients want zero-length records where there are none; null confuses some. */
const NO_RECORDS = Buffer.alloc(0)

/** The results with the refusals in the places of partitions that were not read; null: all were. */
export function withRefused(
  partitions: readonly AskedPartition[],
  refusals: readonly number[] | null,
  results: readonly FetchResult[],
): readonly FetchResult[] {
  if (refusals === null) return results
  let next = 0
  return partitions.map((asked, index): FetchResult => {
    const result = results[next]
    const refusal = refusals[index] ?? ErrorCode.NONE
    if (refusal !== ErrorCode.NONE || result === undefined) return failedResult(asked, refusal)
    next++
    return result
  })
}

/** A client that does not know zstd must not get it: the partition fails, and its records are given back. */
export function withoutZstd(result: FetchResult): FetchResult {
  if (result.records === null || !result.records.buffers.some(holdsZstd)) return result
  result.records.release?.()
  return failedResult(result.request, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)
}

/** A topic that may not be read any more fails, and its records are given back. */
export function stillReadable(result: FetchResult, access: Access): FetchResult {
  if (access.allows(AclOperation.READ, ResourceType.TOPIC, result.request.topic)) return result
  result.records?.release?.()
  return failedResult(result.request, ErrorCode.TOPIC_AUTHORIZATION_FAILED)
}

function holdsZstd(batches: Buffer): boolean {
  for (let at = 0; at < batches.length; at += batchSizeBytes(batches, at)) {
    if (compressionCodec(batches, at) === CompressionCodec.zstd) return true
  }
  return false
}

function failedResult(request: AskedPartition, errorCode: number): FetchResult {
  return {
    request,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    divergingEpoch: null,
    currentLeader: null,
    preferredReadReplica: -1,
    abortedTransactions: null,
    records: null,
  }
}

/** Neighbouring partitions of one topic share an entry; the order stays. */
export function fetchTopics(results: readonly FetchResult[], apiVersion: number): TopicAnswer[] {
  const topics: { topic: string; topicId: string; partitions: PartitionAnswer[] }[] = []
  for (const result of results) {
    const { topic, topicId } = result.request
    let last = topics.at(-1)
    if (last === undefined || last.topic !== topic || last.topicId !== topicId) {
      last = { topic, topicId, partitions: [] }
      topics.push(last)
    }
    last.partitions.push(partitionAnswer(result, apiVersion))
  }
  return topics
}

function partitionAnswer(result: FetchResult, apiVersion: number): PartitionAnswer {
  const unknown = result.errorCode === ErrorCode.KAFKA_STORAGE_ERROR && apiVersion < STORAGE_ERROR_VERSION
  return {
    partitionIndex: result.request.partition,
    errorCode: unknown ? ErrorCode.NOT_LEADER_OR_FOLLOWER : result.errorCode,
    highWatermark: result.highWatermark,
    lastStableOffset: result.lastStableOffset,
    logStartOffset: result.logStartOffset,
    ...(result.divergingEpoch === null ? {} : { divergingEpoch: result.divergingEpoch }),
    ...(result.currentLeader === null ? {} : { currentLeader: result.currentLeader }),
    ...(result.preferredReadReplica < 0 ? {} : { preferredReadReplica: result.preferredReadReplica }),
    abortedTransactions: result.abortedTransactions,
    records: result.records === null || result.records.sizeBytes === 0 ? NO_RECORDS : result.records.buffers,
  }
}

/** Gives back the records of all results; null when none needs it. */
export function releaseRecords(results: readonly FetchResult[]): (() => void) | null {
  const releases: (() => void)[] = []
  for (const { records } of results) if (records !== null && records.release !== null) releases.push(records.release)
  if (releases.length === 0) return null
  return () => {
    for (const release of releases) release()
  }
}
