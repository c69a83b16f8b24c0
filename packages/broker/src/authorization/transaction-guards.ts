/** Guards of the APIs of transactions, but for Produce (kafka-protocol §6.3). */
import type { MetadataImage } from '@millrace/metadata/image'
import { guardOf, guardWholly, type Guard } from '@millrace/network/guard'
import { AclOperation, CLUSTER_NAME, ResourceType } from '@millrace/policy/acl/acl'
import type { Access } from '@millrace/policy/acl/access'
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode } from '@millrace/protocol/errors'
import type {
  InitProducerIdRequest,
  InitProducerIdResponseInput,
} from '@millrace/protocol/messages/22-init-producer-id'
import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponseInput,
} from '@millrace/protocol/messages/24-add-partitions-to-txn'
import type {
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponseInput,
} from '@millrace/protocol/messages/25-add-offsets-to-txn'
import type { EndTxnRequest, EndTxnResponseInput } from '@millrace/protocol/messages/26-end-txn'
import type {
  WriteTxnMarkersRequest,
  WriteTxnMarkersResponseInput,
} from '@millrace/protocol/messages/27-write-txn-markers'
import type {
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponseInput,
} from '@millrace/protocol/messages/28-txn-offset-commit'
import type {
  DescribeTransactionsRequest,
  DescribeTransactionsResponseInput,
} from '@millrace/protocol/messages/65-describe-transactions'
import type {
  ListTransactionsRequest,
  ListTransactionsResponseInput,
} from '@millrace/protocol/messages/66-list-transactions'
import { mayRead } from './group-guards.ts'
import { divide, refuseTopics } from './refuse-topics.ts'

const TOPIC_REFUSED = ErrorCode.TOPIC_AUTHORIZATION_FAILED
const ID_REFUSED = ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
const BROKERS_VERSION = 4
const OFFSETS_BY_ID_VERSION = 6
const NO_PRODUCER = { producerId: -1, producerEpoch: -1 }

function mayWrite(access: Access, transactionalId: string): number {
  return access.allows(AclOperation.WRITE, ResourceType.TRANSACTIONAL_ID, transactionalId) ? ErrorCode.NONE : ID_REFUSED
}

/** @param image the latest one, for topics that are named by their id */
export function transactionGuards(image: () => MetadataImage): readonly [number, Guard | null][] {
  return [
    guardWholly<InitProducerIdRequest, InitProducerIdResponseInput>(
      ApiKey.InitProducerId,
      (access, { transactionalId }) => {
        if (transactionalId !== null) return mayWrite(access, transactionalId)
        const allowed =
          access.wouldAllow(AclOperation.IDEMPOTENT_WRITE, ResourceType.CLUSTER, CLUSTER_NAME) ||
          access.allowsSome(AclOperation.WRITE, ResourceType.TOPIC)
        return allowed ? ErrorCode.NONE : ErrorCode.CLUSTER_AUTHORIZATION_FAILED
      },
      (_request, errorCode) => ({ throttleTimeMs: 0, errorCode, ...NO_PRODUCER }),
    ),
    addPartitionsGuard(image),
    guardWholly<AddOffsetsToTxnRequest, AddOffsetsToTxnResponseInput>(
      ApiKey.AddOffsetsToTxn,
      (access, request) => mayWrite(access, request.transactionalId) || mayRead(access, request),
      (_request, errorCode) => ({ throttleTimeMs: 0, errorCode }),
    ),
    guardWholly<EndTxnRequest, EndTxnResponseInput>(
      ApiKey.EndTxn,
      (access, request) => mayWrite(access, request.transactionalId),
      (_request, errorCode) => ({ throttleTimeMs: 0, errorCode }),
    ),
    guardWholly<WriteTxnMarkersRequest, WriteTxnMarkersResponseInput>(
      ApiKey.WriteTxnMarkers,
      (access) => {
        const allowed =
          access.wouldAllow(AclOperation.ALTER, ResourceType.CLUSTER, CLUSTER_NAME) ||
          access.allows(AclOperation.CLUSTER_ACTION, ResourceType.CLUSTER, CLUSTER_NAME)
        return allowed ? ErrorCode.NONE : ErrorCode.CLUSTER_AUTHORIZATION_FAILED
      },
      ({ markers }, errorCode) => ({
        markers: markers.map(({ producerId, topics }) => ({
          producerId,
          topics: topics.map(({ name, partitionIndexes }) => ({
            name,
            partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode })),
          })),
        })),
      }),
    ),
    txnOffsetCommitGuard(image),
    guardOf<DescribeTransactionsRequest, DescribeTransactionsResponseInput>(
      ApiKey.DescribeTransactions,
      ({ access, request, respond, pass }) => {
        const divided = divide(request.transactionalIds, (id) =>
          access.allows(AclOperation.DESCRIBE, ResourceType.TRANSACTIONAL_ID, id),
        )
        if (divided === null) return pass(request)
        const refused = divided.refused.map((transactionalId) => ({
          errorCode: ID_REFUSED,
          transactionalId,
          transactionState: '',
          transactionTimeoutMs: 0,
          transactionStartTimeMs: 0,
          producerId: 0,
          producerEpoch: 0,
          topics: [],
        }))
        return pass({ ...request, transactionalIds: [...divided.kept] }, (response, release) =>
          respond(
            response === null ? null : { ...response, transactionStates: [...response.transactionStates, ...refused] },
            release,
          ),
        )
      },
    ),
    guardOf<ListTransactionsRequest, ListTransactionsResponseInput>(
      ApiKey.ListTransactions,
      ({ access, request, respond, pass }) =>
        pass(request, (response, release) => {
          if (response === null) return respond(null, release)
          const transactionStates = response.transactionStates.filter(({ transactionalId }) =>
            access.wouldAllow(AclOperation.DESCRIBE, ResourceType.TRANSACTIONAL_ID, transactionalId),
          )
          return respond({ ...response, transactionStates }, release)
        }),
    ),
  ]
}

/** All or none are added: beside a refused topic the others are not attempted. */
function addPartitionsGuard(image: () => MetadataImage): [number, Guard] {
  return guardOf<AddPartitionsToTxnRequest, AddPartitionsToTxnResponseInput>(
    ApiKey.AddPartitionsToTxn,
    ({ access, context, request, respond, pass }) => {
      if (context.apiVersion >= BROKERS_VERSION) {
        if (access.allows(AclOperation.CLUSTER_ACTION, ResourceType.CLUSTER, CLUSTER_NAME)) return pass(request)
        const errorCode = ErrorCode.CLUSTER_AUTHORIZATION_FAILED
        return respond({ throttleTimeMs: 0, errorCode, resultsByTransaction: [] })
      }
      const { topicsByName } = image()
      const topics = request.v3AndBelowTopics
      const answer = (errorOf: (topic: string, partition: number) => number): void =>
        respond({
          throttleTimeMs: 0,
          resultsByTopicV3AndBelow: topics.map(({ name, partitions }) => ({
            name,
            resultsByPartition: partitions.map((partitionIndex) => ({
              partitionIndex,
              partitionErrorCode: errorOf(name, partitionIndex),
            })),
          })),
        })
      if (mayWrite(access, request.v3AndBelowTransactionalId) !== ErrorCode.NONE) return answer(() => ID_REFUSED)
      const divided = divide(topics, ({ name }) => access.allows(AclOperation.WRITE, ResourceType.TOPIC, name))
      if (divided === null) return pass(request)
      const refused = new Set(divided.refused.map(({ name }) => name))
      return answer((name, partition) => {
        if (refused.has(name)) return TOPIC_REFUSED
        const exists = topicsByName.get(name)?.partitions[partition] !== undefined
        return exists ? ErrorCode.OPERATION_NOT_ATTEMPTED : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      })
    },
  )
}

function txnOffsetCommitGuard(image: () => MetadataImage): [number, Guard] {
  return guardOf<TxnOffsetCommitRequest, TxnOffsetCommitResponseInput>(ApiKey.TxnOffsetCommit, (asked) => {
    const { access, context, request, respond } = asked
    const { topicsById } = image()
    const refuse = (
      { name, topicId, partitions }: TxnOffsetCommitRequest['topics'][number],
      errorCode: number,
    ): TxnOffsetCommitResponseInput['topics'][number] => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })
    const errorCode = mayWrite(access, request.transactionalId) || mayRead(access, request)
    if (errorCode !== ErrorCode.NONE) {
      return respond({ throttleTimeMs: 0, topics: request.topics.map((topic) => refuse(topic, errorCode)) })
    }
    const byId = context.apiVersion >= OFFSETS_BY_ID_VERSION
    return refuseTopics(asked, {
      operation: AclOperation.READ,
      nameOf: ({ name, topicId }) => (byId ? (topicsById.get(topicId)?.name ?? null) : name),
      list: 'topics',
      refuse: (topic) => refuse(topic, TOPIC_REFUSED),
    })
  })
}
