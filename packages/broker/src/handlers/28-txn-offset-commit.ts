/**
 * TxnOffsetCommit (28): a group's offsets as part of a transaction, at the group's coordinator. They are verified to be part
 * of it as a produced batch is, and pending until the marker. Facts: kafka-protocol §5.2, §5.5.
 */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  txnOffsetCommitRequest,
  txnOffsetCommitResponse,
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitResponseInput,
} from '@millrace/protocol/messages/28-txn-offset-commit'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { OffsetToCommit } from '../groups/commits.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { coordinatorError } from '../groups/shard.ts'
import type { TransactionalAppends } from '../transactions/transactional-appends.ts'
import { TXN_OFFSET_COMMIT_ERRORS, transactionError, verificationError } from '../transactions/wire-errors.ts'

const LOAD_IN_PROGRESS_VERSION = 2
const ADDING_VERSION = 5
const TOPIC_ID_VERSION = 6

export function txnOffsetCommitHandler(
  runtime: BrokerRuntime,
  groups: GroupCoordinator,
  appends: TransactionalAppends,
): ApiHandler<TxnOffsetCommitRequest, TxnOffsetCommitResponseInput> {
  return {
    request: txnOffsetCommitRequest,
    response: txnOffsetCommitResponse,
    handle({ apiVersion }, request, respond) {
      const { image } = runtime.metadata
      const offsets: OffsetToCommit[] = []
      const topics = request.topics.map(({ name, topicId, partitions }) => {
        const byId = apiVersion >= TOPIC_ID_VERSION
        const known = byId ? image.topicsById.get(topicId) : image.topicsByName.get(name)
        return {
          name,
          topicId,
          partitions: partitions.map((one) => {
            const { partitionIndex } = one
            if (known?.partitions[partitionIndex] === undefined) {
              const errorCode: number = byId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
              return { partitionIndex, errorCode, position: -1 }
            }
            offsets.push({
              topic: known.name,
              partition: partitionIndex,
              offset: one.committedOffset,
              leaderEpoch: one.committedLeaderEpoch,
              metadata: one.committedMetadata ?? '',
            })
            return { partitionIndex, errorCode: ErrorCode.NONE as number, position: offsets.length - 1 }
          }),
        }
      })
      const answer = (codes: readonly number[]): void =>
        respond({
          throttleTimeMs: 0,
          topics: topics.map(({ name, topicId, partitions }) => ({
            name,
            topicId,
            partitions: partitions.map(({ partitionIndex, errorCode, position }) => ({
              partitionIndex,
              errorCode:
                position === -1 ? errorCode : wireError(apiVersion, codes[position] ?? ErrorCode.UNKNOWN_SERVER_ERROR),
            })),
          })),
        })
      const refuse = (errorCode: number): void => answer(offsets.map(() => errorCode))
      const { groupId, transactionalId, producerId, producerEpoch, memberId, groupInstanceId, generationId } = request
      const { served, errorCode } = groups.locate(groupId)
      if (served === null) return refuse(errorCode)
      const claim = { memberId, groupInstanceId, generationId }
      const refused = served.commits.checkTransactional(groupId, claim)
      if (refused !== ErrorCode.NONE) return refuse(refused)
      const commit = { groupId, claim, producerId, producerEpoch, offsets }
      const adds = apiVersion >= ADDING_VERSION
      if (!adds && !runtime.settings.boolean('transaction.partition.verification.enable'))
        return served.commits.commitTransactional(commit, answer)
      const { partition } = served.shard
      return appends.verify(
        { transactionalId, producerId, producerEpoch, partition, baseSequence: -1, adds },
        (unverified) => {
          if (unverified !== ErrorCode.NONE) return refuse(coordinatorError(verificationError(unverified, adds)))
          // Leadership may have gone while the question was out.
          if (served.shard.state !== 'active') return refuse(served.shard.errorCode)
          return served.commits.commitTransactional(commit, answer)
        },
      )
    },
  }
}

function wireError(apiVersion: number, errorCode: number): number {
  if (errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS && apiVersion < LOAD_IN_PROGRESS_VERSION)
    return ErrorCode.COORDINATOR_NOT_AVAILABLE
  return transactionError(errorCode, apiVersion, TXN_OFFSET_COMMIT_ERRORS)
}
