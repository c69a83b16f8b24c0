/**
 * ShareFetch (78): records for a member of a share group, with acknowledgements of earlier ones on the same way (KIP-932).
 * Acknowledgements are taken first; the answer leaves when they are durable and there are records, or the wait is over.
 */
import type { Uuid } from '@millrace/base/uuid'
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  shareFetchRequest,
  shareFetchResponse,
  type ShareFetchRequest,
  type ShareFetchResponseInput,
} from '@millrace/protocol/messages/78-share-fetch'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { ShareFetchOperation, type SharePartitionResult } from '../share-partitions/share-fetch-operation.ts'
import type { ShareParts } from '../share-partitions/share-parts.ts'
import { shareSettings } from '../share-partitions/share-settings.ts'
import { FINAL_EPOCH, INITIAL_EPOCH, rotated } from '../share-partitions/share-sessions.ts'
import { nodeEndpoints } from './endpoints.ts'
import { readablePartitions, stillReadable } from './share-reading.ts'
import {
  acknowledgeAll,
  askedPartitions,
  hasShareGroups,
  NO_SHARE_GROUPS,
  type AcknowledgeResult,
} from './share-requests.ts'

type PartitionAnswer = ShareFetchResponseInput['responses'][number]['partitions'][number]

const RENEW_VERSION = 2
const STRICT_MODE = 1
const NO_LEADER = { leaderId: -1, leaderEpoch: -1 } as const
/** Clients want zero-length records where there are none. */
const NO_RECORDS = Buffer.alloc(0)

function failed(errorCode: number, errorMessage: string | null = null): ShareFetchResponseInput {
  return { throttleTimeMs: 0, errorCode, errorMessage, acquisitionLockTimeoutMs: 0, responses: [], nodeEndpoints: [] }
}

export function shareFetchHandler(
  runtime: BrokerRuntime,
  { shares, sessions }: ShareParts,
): ApiHandler<ShareFetchRequest, ShareFetchResponseInput> {
  return {
    request: shareFetchRequest,
    response: shareFetchResponse,
    handle({ apiVersion, clientId, connection }, request, respond) {
      if (!hasShareGroups(runtime)) return respond(failed(NO_SHARE_GROUPS.errorCode, NO_SHARE_GROUPS.errorMessage))
      const { groupId, memberId, shareSessionEpoch: epoch, isRenewAck } = request
      if (groupId === null || groupId === '' || memberId === null || memberId === '')
        return respond(failed(ErrorCode.INVALID_REQUEST, 'A ShareFetch names its group and its member.'))
      const asked = askedPartitions(request.topics)
      const acknowledged = asked.filter(({ batches }) => batches.length > 0)
      if (epoch === INITIAL_EPOCH && acknowledged.length > 0)
        return respond(
          failed(ErrorCode.INVALID_REQUEST, 'The request that opens a share session acknowledges nothing.'),
        )
      if (
        isRenewAck &&
        (request.maxRecords > 0 || request.maxBytes > 0 || request.minBytes > 0 || request.maxWaitMs > 0)
      )
        return respond(failed(ErrorCode.INVALID_REQUEST, 'A ShareFetch that renews locks fetches nothing.'))
      const forgotten = request.forgottenTopicsData.flatMap(({ topicId, partitions }) =>
        partitions.map((partition) => ({ topicId, partition })),
      )
      const added = asked.map(({ topicId, partition }) => ({ topicId, partition }))
      const opened = sessions.proceed({ groupId, memberId, epoch, added, forgotten }, connection)
      if (opened.session === null) return respond(failed(opened.errorCode))
      const { session } = opened
      const access = runtime.authorizer.of(connection)
      runtime.metrics.fetchRequests++

      const quota = connection.quota?.active === true ? connection.quota : null
      let acknowledgements: readonly AcknowledgeResult[] | null = null
      let fetched: readonly SharePartitionResult[] | null = null
      const answerWhenBoth = (): void => {
        if (acknowledgements === null || fetched === null) return
        stopListening()
        session.endListeners.delete(onSessionEnd)
        if (epoch === FINAL_EPOCH) sessions.end(session)
        const told = answers(fetched, acknowledgements, epoch === INITIAL_EPOCH ? added : [])
        const leaders = new Set<number>()
        for (const { currentLeader } of told.values())
          if (currentLeader.leaderId >= 0) leaders.add(currentLeader.leaderId)
        let bytes = 0
        for (const { sizeBytes } of fetched) bytes += sizeBytes
        runtime.metrics.bytesOut += bytes
        const response = {
          // What was acquired is sent in any case; the connection is silent for the time that it costs.
          throttleTimeMs: quota === null || bytes === 0 ? 0 : quota.fetched(clientId, bytes),
          errorCode: ErrorCode.NONE,
          errorMessage: null,
          acquisitionLockTimeoutMs: shareSettings(runtime, groupId).recordLockMs,
          responses: byTopic(told.values()),
          nodeEndpoints: leaders.size === 0 ? [] : nodeEndpoints(runtime.metadata.image, connection, leaders),
        }
        const releases = fetched.flatMap(({ release }) => (release === null ? [] : [release]))
        respond(response, releases.length === 0 ? null : () => releases.forEach((release) => release()))
      }
      const mayRenew = apiVersion >= RENEW_VERSION && isRenewAck
      acknowledgeAll(shares, { groupId, memberId, mayRenew }, acknowledged, (results) => {
        acknowledgements = results
        answerWhenBoth()
      })
      const fetchesNothing = epoch === FINAL_EPOCH || isRenewAck
      const { readable, refused } = readablePartitions(runtime, access, fetchesNothing ? [] : rotated(session))
      const operation = new ShareFetchOperation(
        { host: runtime.host, shares, storageFailed: (...args) => runtime.replicaManager.storageFailed(...args) },
        {
          groupId,
          memberId,
          maxWaitMs: request.maxWaitMs,
          minBytes: request.minBytes,
          maxBytes: Math.min(
            request.maxBytes,
            runtime.settings.number('fetch.max.bytes'),
            quota?.fetchBytesMax(clientId) ?? Infinity,
          ),
          recordsMax: request.maxRecords,
          batchSize: request.batchSize,
          isStrict: request.shareAcquireMode === STRICT_MODE,
          partitions: readable,
        },
        (results) => {
          // Whoever waited gets nothing that it may not read any more.
          const accessNow = runtime.authorizer.of(connection)
          const giveBack = ({ acquired, ...asked }: SharePartitionResult): void =>
            shares.open(groupId, asked).share?.giveBack(memberId, acquired)
          const checked =
            accessNow === access ? results : results.map((each) => stillReadable(runtime, accessNow, each, giveBack))
          fetched = [...checked, ...refused]
          answerWhenBoth()
        },
      )
      const onSessionEnd = (): void => operation.end()
      session.endListeners.add(onSessionEnd)
      const stopListening = connection.onClose(() => {
        operation.cancel()
        if (fetched === null) respond(null)
      })
      operation.start()
    },
  }
}

interface Told extends PartitionAnswer {
  readonly topicId: Uuid
  readonly currentLeader: { readonly leaderId: number; readonly leaderEpoch: number }
}

/** One answer per partition that has something to say; `all` are answered whether they have or not. */
function answers(
  fetched: readonly SharePartitionResult[],
  acknowledgements: readonly AcknowledgeResult[],
  all: readonly { readonly topicId: Uuid; readonly partition: number }[],
): Map<string, Told> {
  const told = new Map<string, Told>()
  const known = (topicId: Uuid, partition: number): Told =>
    told.get(`${topicId}:${partition}`) ?? {
      topicId,
      partitionIndex: partition,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      acknowledgeErrorCode: ErrorCode.NONE,
      acknowledgeErrorMessage: null,
      currentLeader: NO_LEADER,
      records: NO_RECORDS,
      acquiredRecords: [],
    }
  const tell = (answer: Told): void => void told.set(`${answer.topicId}:${answer.partitionIndex}`, answer)
  for (const { topicId, partition } of all) tell(known(topicId, partition))
  for (const { topicId, partition, errorCode, currentLeader, acquired, buffers } of fetched) {
    tell({
      ...known(topicId, partition),
      errorCode,
      currentLeader: currentLeader ?? NO_LEADER,
      records: buffers.length === 0 ? NO_RECORDS : buffers,
      acquiredRecords: acquired,
    })
  }
  for (const { topicId, partition, errorCode, errorMessage, currentLeader } of acknowledgements) {
    const answer = known(topicId, partition)
    tell({
      ...answer,
      acknowledgeErrorCode: errorCode,
      acknowledgeErrorMessage: errorMessage,
      currentLeader: currentLeader ?? answer.currentLeader,
    })
  }
  return told
}

function byTopic(told: Iterable<Told>): ShareFetchResponseInput['responses'][number][] {
  const topics = new Map<Uuid, Told[]>()
  for (const answer of told) {
    const partitions = topics.get(answer.topicId)
    if (partitions === undefined) topics.set(answer.topicId, [answer])
    else partitions.push(answer)
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }))
}
