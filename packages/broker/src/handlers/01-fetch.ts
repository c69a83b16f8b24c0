/**
 * Fetch (1) of consumers and followers: sessions, topic ids and the wire's versions here; reading, waiting and the byte
 * limits in the replica manager. The record bytes of a response are slices of slabs or file buffers, released once the
 * kernel has taken them. Facts: kafka-protocol §3.1, §4.5, §9.11–§9.17.
 */
import type { MetadataImage } from '@millrace/metadata/image'
import type { ApiHandler, RequestContext, Respond } from '@millrace/network/api-handler'
import type { Access } from '@millrace/policy/acl/access'
import { AclOperation, ResourceType } from '@millrace/policy/acl/acl'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  fetchRequest,
  fetchResponse,
  type FetchRequest,
  type FetchResponseInput,
} from '@millrace/protocol/messages/01-fetch'
import { openFetchContext, type FetchAsk, type FetchContext } from '../fetch-session/fetch-context.ts'
import type { FetchSessionCache } from '../fetch-session/fetch-session-cache.ts'
import type { AskedPartition } from '../fetch-session/fetch-session.ts'
import { nodeEndpoints } from './endpoints.ts'
import {
  fetchTopics,
  releaseRecords,
  stillReadable,
  withRefused,
  withoutZstd,
  type FetchResult,
} from './fetch-answer.ts'
import type { BrokerRuntime } from '../broker-runtime.ts'

const TOPIC_ID_VERSION = 13
const REPLICA_STATE_VERSION = 15
const ZSTD_VERSION = 10
/** From here on consumers may fetch from followers (KIP-392). */
const RACK_VERSION = 11
const READ_COMMITTED = 1

export function fetchHandler(
  runtime: BrokerRuntime,
  fetchSessions: FetchSessionCache,
): ApiHandler<FetchRequest, FetchResponseInput> {
  return {
    request: fetchRequest,
    response: fetchResponse,
    handle(context, request, respond) {
      const { replicaManager, metrics, settings, metadata } = runtime
      const { replicaId, replicaEpoch } = replicaOf(context, request)
      const isFollower = replicaId >= 0
      if (isFollower && !context.connection.internal) {
        context.closeConnection('Fetch with a replica id on a client listener')
        return respond(null)
      }
      if (isFollower) metrics.followerFetchRequests++
      else metrics.fetchRequests++
      const opened = openFetchContext(fetchSessions, askOf(context, request, isFollower))
      if ('errorCode' in opened) {
        return respond({ throttleTimeMs: 0, errorCode: opened.errorCode, sessionId: 0, responses: [] })
      }
      const byId = context.apiVersion >= TOPIC_ID_VERSION
      const partitions = byId ? opened.partitions.map((asked) => named(metadata.image, asked)) : opened.partitions
      const access = runtime.authorizer.of(context.connection)
      const refusals = refusalsOf(partitions, byId, access)
      const readable =
        refusals === null ? partitions : partitions.filter((_, index) => refusals[index] === ErrorCode.NONE)
      const { quota } = context.connection
      const quotaBytes = quota?.active === true ? quota.fetchBytesMax(context.clientId) : Infinity
      const maxBytes = Math.min(request.maxBytes, settings.number('fetch.max.bytes'), quotaBytes)
      let answered = false
      let stopListening: (() => void) | null = null
      const giveUp = replicaManager.fetch<AskedPartition>(
        {
          replicaId,
          replicaEpoch,
          leaderOnly: isFollower || context.apiVersion < RACK_VERSION,
          rackId: request.rackId,
          maxWaitMs: request.maxWaitMs,
          minBytes: Math.min(request.minBytes, maxBytes),
          maxBytes,
          readCommitted: request.isolationLevel === READ_COMMITTED,
          completeNow: readable.length < partitions.length,
          partitions: readable,
        },
        (results) => {
          answered = true
          stopListening?.()
          // Whoever waited for records gets none that it may not read any more.
          const accessNow = runtime.authorizer.of(context.connection)
          const found = accessNow === access ? results : results.map((result) => stillReadable(result, accessNow))
          answer(runtime, context, opened, withRefused(partitions, refusals, found), respond)
        },
      )
      // A long poll ends with its connection.
      if (!answered) {
        stopListening = context.connection.onClose(() => {
          giveUp()
          respond(null)
        })
      }
    },
  }
}

function answer(
  runtime: BrokerRuntime,
  context: RequestContext,
  opened: FetchContext,
  found: readonly FetchResult[],
  respond: Respond<FetchResponseInput>,
): void {
  const { apiVersion, clientId, connection } = context
  const { quota } = connection
  const throttleTimeMs = quota?.active === true ? quota.fetched(clientId, sizeOf(found)) : 0
  if (throttleTimeMs > 0) {
    // Nothing is told, so that the session tells it the next time (KIP-219).
    releaseRecords(found)?.()
    return respond({ throttleTimeMs, errorCode: ErrorCode.NONE, sessionId: opened.sessionId, responses: [] })
  }
  const results = apiVersion < ZSTD_VERSION ? found.map(withoutZstd) : found
  const { sessionId, told } = opened.conclude(results)
  const leaders = new Set<number>()
  let bytes = 0
  let failed = false
  for (const { currentLeader, errorCode, records } of told) {
    if (currentLeader !== null && currentLeader.leaderId >= 0) leaders.add(currentLeader.leaderId)
    if (errorCode !== 0) failed = true
    bytes += records?.sizeBytes ?? 0
  }
  runtime.metrics.bytesOut += bytes
  if (failed) runtime.metrics.failedFetchRequests++
  const nodes = leaders.size === 0 ? [] : nodeEndpoints(runtime.metadata.image, connection, leaders)
  const response = {
    throttleTimeMs: 0,
    errorCode: 0,
    sessionId,
    responses: fetchTopics(told, apiVersion),
    nodeEndpoints: nodes,
  }
  respond(response, releaseRecords(results))
}

function sizeOf(results: readonly FetchResult[]): number {
  let bytes = 0
  for (const { records } of results) bytes += records?.sizeBytes ?? 0
  return bytes
}

function replicaOf({ apiVersion }: RequestContext, request: FetchRequest): { replicaId: number; replicaEpoch: number } {
  return apiVersion < REPLICA_STATE_VERSION ? { replicaId: request.replicaId, replicaEpoch: -1 } : request.replicaState
}

function askOf({ apiVersion }: RequestContext, request: FetchRequest, privileged: boolean): FetchAsk {
  const partitions: AskedPartition[] = []
  for (const { topic, topicId, partitions: asked } of request.topics) {
    for (const {
      partition,
      currentLeaderEpoch,
      fetchOffset,
      lastFetchedEpoch,
      logStartOffset,
      partitionMaxBytes,
    } of asked) {
      partitions.push({
        topic,
        topicId,
        partition,
        currentLeaderEpoch,
        fetchOffset,
        lastFetchedEpoch,
        logStartOffset,
        maxBytes: partitionMaxBytes,
      })
    }
  }
  const forgotten = request.forgottenTopicsData.flatMap(({ topic, topicId, partitions: indexes }) =>
    indexes.map((partition) => ({ topic, topicId, partition })),
  )
  const { sessionId, sessionEpoch } = request
  return { sessionId, sessionEpoch, privileged, byId: apiVersion >= TOPIC_ID_VERSION, partitions, forgotten }
}

/** Why each partition is not read, by its index; null when all may be. */
function refusalsOf(partitions: readonly AskedPartition[], byId: boolean, access: Access): readonly number[] | null {
  let refusals: number[] | null = null
  for (const [index, { topic }] of partitions.entries()) {
    const errorCode =
      byId && topic === ''
        ? ErrorCode.UNKNOWN_TOPIC_ID
        : access.unrestricted || access.allows(AclOperation.READ, ResourceType.TOPIC, topic)
          ? ErrorCode.NONE
          : ErrorCode.TOPIC_AUTHORIZATION_FAILED
    if (errorCode === ErrorCode.NONE) continue
    refusals ??= partitions.map(() => ErrorCode.NONE as number)
    refusals[index] = errorCode
  }
  return refusals
}

/** With the name that the topic's id has now; '' when the cluster does not know the id (any more). */
function named(image: MetadataImage, asked: AskedPartition): AskedPartition {
  const topic = image.topicsById.get(asked.topicId)?.name ?? ''
  return asked.topic === topic ? asked : { ...asked, topic }
}
