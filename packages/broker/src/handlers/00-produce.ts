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
import {
  BATCH_HEADER_BYTES,
  MAGIC_V2,
  baseSequence,
  isTransactional,
  magic,
  producerEpoch,
  producerId,
} from '@millrace/protocol/records/batch-header'
import type { AppendCallback, AppendOptions, AppendRefusal } from '../replication/append-types.ts'
import type { Partition } from '../replication/partition.ts'
import type { TransactionalAppends } from '../transactions/transactional-appends.ts'
import { PRODUCE_ERRORS, transactionError, verificationError } from '../transactions/wire-errors.ts'
import { nodeEndpoints } from './endpoints.ts'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { isInternalTopic } from './topic-names.ts'

type PartitionAnswer = ProduceResponseInput['responses'][number]['partitionResponses'][number]

/** Java's admin tools may write internal topics. */
const ADMIN_CLIENT_ID = '__admin_client'
const TOPIC_ID_VERSION = 13
const LEADER_HINT_VERSION = 10
const STORAGE_ERROR_VERSION = 4
/** From here on a transactional producer does not name its partitions before: its batches add them (KIP-890). */
const ADDING_VERSION = 12

export function produceHandler(
  runtime: BrokerRuntime,
  transactional: TransactionalAppends,
): ApiHandler<ProduceRequest, ProduceResponseInput> {
  /** Appends a transactional batch once it is known to be part of its transaction. */
  const appendVerified = (
    context: RequestContext,
    transactionalId: string,
    partition: Partition,
    records: Buffer,
    options: AppendOptions,
    done: AppendCallback,
  ): void => {
    const slab = context.frame?.slab ?? null
    const adds = context.apiVersion >= ADDING_VERSION
    const append = (): void => partition.appendAsLeader(slab, records, 0, records.length, options, done)
    if (!adds && !runtime.settings.boolean('transaction.partition.verification.enable')) return append()
    return transactional.verify(
      {
        transactionalId,
        partition,
        producerId: producerId(records, 0),
        producerEpoch: producerEpoch(records, 0),
        baseSequence: baseSequence(records, 0),
        adds,
      },
      (errorCode) => {
        if (errorCode === ErrorCode.NONE) append()
        else done(verificationError(errorCode, adds), -1, -1, null)
      },
    )
  }

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
      const requestError = refusalOfTransactions(request)
      request.topicData.forEach((topic, topicIndex) => {
        const answers = responses[topicIndex]?.partitionResponses ?? []
        const name =
          context.apiVersion < TOPIC_ID_VERSION ? topic.name : (image.topicsById.get(topic.topicId)?.name ?? null)
        const topicError = requestError ?? refusalOfTopic(context, request, name)
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
          const { transactionalId } = request
          if (transactionalId !== null && isTransactionalBatch(records))
            appendVerified(context, transactionalId, partition, records, options, done)
          else partition.appendAsLeader(context.frame?.slab ?? null, records, 0, records.length, options, done)
        }
      })
      // All refused: nothing waits for a log, and the bytes need not take the place of what followers and consumers read.
      if (waiting === 1 && context.frame !== null) runtime.arena.shrink(context.frame, context.frame.start)
      settle()
    },
  }
}

/** Why nothing may be written to the topic; null when it may. `name` null: the topic id is not known. */
function refusalOfTopic({ clientId }: RequestContext, request: ProduceRequest, name: string | null): number | null {
  if (request.acks !== -1 && request.acks !== 0 && request.acks !== 1) return ErrorCode.INVALID_REQUIRED_ACKS
  if (name === null) return ErrorCode.UNKNOWN_TOPIC_ID
  if (isInternalTopic(name) && clientId !== ADMIN_CLIENT_ID) return ErrorCode.INVALID_TOPIC_EXCEPTION
  return null
}

/** Why the batch is refused before the partition judges it; null otherwise. */
function refusalOfRecords(records: Buffer | null): number | null {
  return records === null || records.length === 0 ? ErrorCode.INVALID_RECORD : null
}

function isTransactionalBatch(records: Buffer): boolean {
  return records.length >= BATCH_HEADER_BYTES && magic(records, 0) === MAGIC_V2 && isTransactional(records, 0)
}

/** What is wrong with the request as a whole: transactional batches without their id, or of several producers. */
function refusalOfTransactions({ transactionalId, topicData }: ProduceRequest): number | null {
  let only = -1
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      if (records === null || !isTransactionalBatch(records)) continue
      if (transactionalId === null) return ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
      const id = producerId(records, 0)
      if (only >= 0 && id !== only) return ErrorCode.INVALID_PRODUCER_ID_MAPPING
      only = id
    }
  }
  return null
}

function emptyAnswer(index: number): PartitionAnswer {
  return { index, errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, baseOffset: -1 }
}

/** Clients of old versions do not know KAFKA_STORAGE_ERROR. */
function wireError(apiVersion: number, errorCode: number): number {
  const unknown = errorCode === ErrorCode.KAFKA_STORAGE_ERROR && apiVersion < STORAGE_ERROR_VERSION
  return unknown ? ErrorCode.NOT_LEADER_OR_FOLLOWER : transactionError(errorCode, apiVersion, PRODUCE_ERRORS)
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
