/**
 * AddPartitionsToTxn (24): up to version 3 a producer names the partitions that it will write to; from version 4 on the
 * leaders of partitions verify or add for many transactions at once (KIP-890), with CLUSTER_ACTION.
 */
import type { ApiHandler, RequestContext, Respond } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
  type AddPartitionsToTxnRequest,
  type AddPartitionsToTxnResponseInput,
} from '@millrace/protocol/messages/24-add-partitions-to-txn'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { EPOCH_PER_TRANSACTION } from '../transactions/decisions.ts'
import type { TransactionCoordinator } from '../transactions/transaction-coordinator.ts'
import { ADD_PARTITIONS_ERRORS, transactionError } from '../transactions/wire-errors.ts'

const BROKERS_VERSION = 4

type AskedTopics = AddPartitionsToTxnRequest['v3AndBelowTopics']
type AskedTransaction = AddPartitionsToTxnRequest['transactions'][number]

interface TopicResult {
  readonly name: string
  readonly resultsByPartition: { partitionIndex: number; partitionErrorCode: number }[]
}

export function addPartitionsToTxnHandler(
  runtime: BrokerRuntime,
  coordinator: TransactionCoordinator,
): ApiHandler<AddPartitionsToTxnRequest, AddPartitionsToTxnResponseInput> {
  const exists = (topic: string, partition: number): boolean =>
    runtime.metadata.image.topicsByName.get(topic)?.partitions[partition] !== undefined

  /** Adds all or none: beside a partition that does not exist the others are not attempted. */
  const add = (
    transactionalId: string,
    who: { readonly producerId: number; readonly producerEpoch: number },
    topics: AskedTopics,
    options: { readonly clientVersion: number; readonly apiVersion: number },
    done: (results: TopicResult[]) => void,
  ): void => {
    const missing = topics.some(({ name, partitions }) => partitions.some((index) => !exists(name, index)))
    if (missing) {
      return done(
        resultsOf(topics, (name, index) =>
          exists(name, index) ? ErrorCode.OPERATION_NOT_ATTEMPTED : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ),
      )
    }
    const added = new Map<string, Set<number>>()
    for (const { name, partitions } of topics) added.set(name, new Set([...(added.get(name) ?? []), ...partitions]))
    return coordinator.add(transactionalId, who, added, options.clientVersion, (errorCode) => {
      const told = transactionError(errorCode, options.apiVersion, ADD_PARTITIONS_ERRORS)
      done(resultsOf(topics, () => told))
    })
  }

  const fromProducer = (
    { apiVersion }: RequestContext,
    request: AddPartitionsToTxnRequest,
    respond: Respond<AddPartitionsToTxnResponseInput>,
  ): void => {
    const who = { producerId: request.v3AndBelowProducerId, producerEpoch: request.v3AndBelowProducerEpoch }
    const options = { clientVersion: 0, apiVersion }
    add(request.v3AndBelowTransactionalId, who, request.v3AndBelowTopics, options, (results) =>
      respond({ throttleTimeMs: 0, resultsByTopicV3AndBelow: results }),
    )
  }

  const fromBroker = (
    { apiVersion }: RequestContext,
    asked: AskedTransaction,
    done: (results: TopicResult[]) => void,
  ): void => {
    const { transactionalId, topics } = asked
    if (!asked.verifyOnly)
      return add(transactionalId, asked, topics, { clientVersion: EPOCH_PER_TRANSACTION, apiVersion }, done)
    return done(
      resultsOf(topics, (name, index) =>
        transactionError(coordinator.verify(transactionalId, asked, name, index), apiVersion, ADD_PARTITIONS_ERRORS),
      ),
    )
  }

  return {
    request: addPartitionsToTxnRequest,
    response: addPartitionsToTxnResponse,
    handle(context, request, respond) {
      if (context.apiVersion < BROKERS_VERSION) return fromProducer(context, request, respond)
      const { transactions } = request
      const results: { transactionalId: string; topicResults: TopicResult[] }[] = []
      let waiting = transactions.length + 1
      const settle = (): void => {
        if (--waiting === 0) respond({ throttleTimeMs: 0, errorCode: ErrorCode.NONE, resultsByTransaction: results })
      }
      transactions.forEach((asked, position) => {
        fromBroker(context, asked, (topicResults) => {
          results[position] = { transactionalId: asked.transactionalId, topicResults }
          settle()
        })
      })
      return settle()
    },
  }
}

function resultsOf(topics: AskedTopics, errorOf: (topic: string, partition: number) => number): TopicResult[] {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorOf(name, partitionIndex),
    })),
  }))
}
