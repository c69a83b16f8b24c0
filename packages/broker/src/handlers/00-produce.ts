/**
 * Produce (0): one batch per partition to this broker's leaders. Hot path: callbacks, no promises, no object per record.
 * What a batch must look like is checked by the partition; here: who may write where, and the wire's versions.
 * One failed partition does not fail the others. acks=0 gets no response; an error closes its connection.
 * Facts: kafka-protocol §2.5, §9.9, §9.21.
 */
import type { MetadataImage } from '@millrace/metadata/image'
import type { ApiHandler, RequestContext } from '@millrace/network/api-handler'
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import {
  produceRequest,
  produceResponse,
  type ProduceRequest,
  type ProduceResponseInput,
} from '@millrace/protocol/messages/00-produce'
import { BATCH_HEADER_BYTES, MAGIC_V2, isTransactional, magic } from '@millrace/protocol/records/batch-header'
import type { AppendOptions, AppendRefusal } from '../replication/partition.ts'
import { nodeEndpoints } from './endpoints.ts'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { isInternalTopic } from './topic-names.ts'

type PartitionAnswer = ProduceResponseInput['responses'][number]['partitionResponses'][number]

/** Java's admin tools may write internal topics. */
const ADMIN_CLIENT_ID = '__admin_client'
const TOPIC_ID_VERSION = 13
const LEADER_HINT_VERSION = 10
const STORAGE_ERROR_VERSION = 4

export function produceHandler(runtime: BrokerRuntime): ApiHandler<ProduceRequest, ProduceResponseInput> {
  return {
    request: produceRequest,
    response: produceResponse,
    handle(context, request, respond) {
      runtime.metrics.produceRequests++
      const { metrics, replicaManager } = runtime
      const responses = request.topicData.map(({ name, topicId }) => ({
        name,
        topicId,
        partitionResponses: [] as PartitionAnswer[],
      }))
      const leaders = new Set<number>()
      let waiting = 1
      let failed: string | null = null
      const settle = (): void => {
        if (--waiting > 0) return
        if (failed !== null) metrics.failedProduceRequests++
        if (request.acks !== 0) {
          const { image } = runtime.metadata
          const nodes = leaders.size === 0 ? [] : nodeEndpoints(image, context.connection, leaders)
          return respond({ responses, throttleTimeMs: 0, nodeEndpoints: nodes })
        }
        if (failed !== null) context.closeConnection(`produce with acks=0 failed: ${failed}`)
        respond(null)
      }
      const options: AppendOptions = {
        acks: request.acks,
        timeoutMs: request.timeoutMs,
        origin: 'client',
        produceVersion: context.apiVersion,
      }
      const { image } = runtime.metadata
      request.topicData.forEach((topic, topicIndex) => {
        const answers = responses[topicIndex]?.partitionResponses ?? []
        const name =
          context.apiVersion < TOPIC_ID_VERSION ? topic.name : (image.topicsById.get(topic.topicId)?.name ?? null)
        const topicError = refusalOfTopic(context, request, name)
        const seen = new Set<number>()
        for (const { index, records } of topic.partitionData) {
          const at = answers.push(emptyAnswer(index)) - 1
          waiting++
          const done = (
            errorCode: number,
            baseOffset: number,
            logAppendTimeMs: number,
            refusal: AppendRefusal | null,
          ): void => {
            if (errorCode !== ErrorCode.NONE) failed = `${errorName(errorCode)} for ${name ?? topic.topicId}-${index}`
            const answer = {
              index,
              errorCode: wireError(context.apiVersion, errorCode),
              baseOffset: errorCode === ErrorCode.NONE ? baseOffset : -1,
              logAppendTimeMs,
              logStartOffset:
                errorCode === ErrorCode.NONE ? (replicaManager.get(name ?? '', index)?.logStartOffset ?? -1) : -1,
              recordErrors:
                refusal?.recordErrors?.map(({ batchIndex, message }) => ({
                  batchIndex,
                  batchIndexErrorMessage: message,
                })) ?? [],
              errorMessage: refusal?.message ?? null,
              ...leaderHint(context, runtime.metadata.image, name, index, errorCode, leaders),
            }
            answers[at] = answer
            settle()
          }
          const refused = topicError ?? (seen.has(index) ? ErrorCode.INVALID_REQUEST : refusalOfRecords(records))
          seen.add(index)
          if (refused !== null || records === null || name === null) {
            done(refused ?? ErrorCode.UNKNOWN_SERVER_ERROR, -1, -1, null)
            continue
          }
          const partition = replicaManager.get(name, index)
          if (partition === undefined) {
            done(replicaManager.missingPartition(name, index), -1, -1, null)
            continue
          }
          partition.appendAsLeader(context.frame?.slab ?? null, records, 0, records.length, options, done)
        }
      })
      settle()
    },
  }
}

/** Why nothing may be written to the topic; null when it may. `name` null: the topic id is not known. */
function refusalOfTopic({ clientId }: RequestContext, request: ProduceRequest, name: string | null): number | null {
  if (request.acks !== -1 && request.acks !== 0 && request.acks !== 1) return ErrorCode.INVALID_REQUIRED_ACKS
  // There are no transactions: nobody can have begun the one that this write would belong to.
  if (request.transactionalId !== null) return ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
  if (name === null) return ErrorCode.UNKNOWN_TOPIC_ID
  if (isInternalTopic(name) && clientId !== ADMIN_CLIENT_ID) return ErrorCode.INVALID_TOPIC_EXCEPTION
  return null
}

/** Why the batch is refused before the partition judges it; null otherwise. */
function refusalOfRecords(records: Buffer | null): number | null {
  if (records === null || records.length === 0) return ErrorCode.INVALID_RECORD
  const readable = records.length >= BATCH_HEADER_BYTES && magic(records, 0) === MAGIC_V2
  return readable && isTransactional(records, 0) ? ErrorCode.INVALID_TXN_STATE : null
}

function emptyAnswer(index: number): PartitionAnswer {
  return { index, errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, baseOffset: -1 }
}

/** Clients of old versions do not know KAFKA_STORAGE_ERROR. */
function wireError(apiVersion: number, errorCode: number): number {
  const unknown = errorCode === ErrorCode.KAFKA_STORAGE_ERROR && apiVersion < STORAGE_ERROR_VERSION
  return unknown ? ErrorCode.NOT_LEADER_OR_FOLLOWER : errorCode
}

/** Who leads now, for a client that asked the wrong broker; its address is collected in `leaders`. */
function leaderHint(
  { apiVersion }: RequestContext,
  image: MetadataImage,
  name: string | null,
  index: number,
  errorCode: number,
  leaders: Set<number>,
): Pick<PartitionAnswer, 'currentLeader'> {
  if (apiVersion < LEADER_HINT_VERSION || errorCode !== ErrorCode.NOT_LEADER_OR_FOLLOWER || name === null) return {}
  const state = image.topicsByName.get(name)?.partitions[index]
  if (state === undefined) return {}
  if (state.leader >= 0) leaders.add(state.leader)
  return { currentLeader: { leaderId: state.leader, leaderEpoch: state.leaderEpoch } }
}
