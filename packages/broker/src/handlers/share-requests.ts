/** What the handlers of share groups have in common: whether the cluster has share groups, and the checks of acknowledgements. */
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { AcknowledgeType, type AcknowledgementBatch } from '../share-partitions/in-flight-records.ts'
import type { SharePartitions, TopicPartitionId } from '../share-partitions/share-partitions.ts'

export const SHARE_VERSION_FEATURE = 'share.version'

/** Kafka 4.2 clusters have share groups from the start; in 4.1 they are a preview that an administrator turns on. */
export function hasShareGroups({ metadata, settings }: BrokerRuntime): boolean {
  if ((metadata.image.features.get(SHARE_VERSION_FEATURE) ?? 0) >= 1) return true
  const protocols = settings.string('group.coordinator.rebalance.protocols').split(',')
  return protocols.some((protocol) => protocol.trim().toLowerCase() === 'share')
}

export const NO_SHARE_GROUPS: { readonly errorCode: number; readonly errorMessage: string } = {
  errorCode: ErrorCode.UNSUPPORTED_VERSION,
  errorMessage: 'Share groups are off: finalize the feature share.version at level 1 (kafka-features.sh upgrade).',
}

/** For people; null when there is no error. */
export function messageOf(errorCode: number): string | null {
  return errorCode === ErrorCode.NONE ? null : errorMessage(errorCode)
}

export interface AcknowledgedPartition extends TopicPartitionId {
  readonly batches: readonly AcknowledgementBatch[]
}

type AskedTopics = readonly {
  readonly topicId: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly acknowledgementBatches: readonly AcknowledgementBatch[]
  }[]
}[]

/** The partitions of a ShareFetch or ShareAcknowledge, with what each acknowledges. */
export function askedPartitions(topics: AskedTopics): AcknowledgedPartition[] {
  return topics.flatMap(({ topicId, partitions }) =>
    partitions.map(({ partitionIndex, acknowledgementBatches }) => ({
      topicId,
      partition: partitionIndex,
      batches: acknowledgementBatches,
    })),
  )
}

/** Null, or what is wrong with a partition's acknowledgements, whatever its state. */
export function acknowledgementError(batches: readonly AcknowledgementBatch[], mayRenew: boolean): string | null {
  const highest = mayRenew ? AcknowledgeType.RENEW : AcknowledgeType.REJECT
  let next = 0
  for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
    if (firstOffset > lastOffset) return 'An acknowledgement ends before it begins.'
    if (firstOffset < next) return 'Acknowledgements overlap, or are not in the order of offsets.'
    if (acknowledgeTypes.length !== 1 && acknowledgeTypes.length !== lastOffset - firstOffset + 1)
      return 'An acknowledgement has neither one type nor one per offset.'
    const unknown = acknowledgeTypes.find((type) => type < AcknowledgeType.GAP || type > highest)
    if (unknown !== undefined) return `Acknowledgement type ${unknown} is not known in this version.`
    next = lastOffset + 1
  }
  return null
}

export interface AcknowledgeResult extends TopicPartitionId {
  errorCode: number
  errorMessage: string | null
  currentLeader: { readonly leaderId: number; readonly leaderEpoch: number } | null
}

/** Takes the acknowledgements of all partitions; `done` once, with a result for each. */
export function acknowledgeAll(
  shares: SharePartitions,
  who: { readonly groupId: string; readonly memberId: string; readonly mayRenew: boolean },
  asked: readonly AcknowledgedPartition[],
  done: (results: readonly AcknowledgeResult[]) => void,
): void {
  let waiting = 1
  const settle = (): void => {
    if (--waiting === 0) done(results)
  }
  const results = asked.map(({ topicId, partition, batches }): AcknowledgeResult => {
    const result: AcknowledgeResult = { topicId, partition, errorCode: 0, errorMessage: null, currentLeader: null }
    const wrong = acknowledgementError(batches, who.mayRenew)
    if (wrong !== null) return { ...result, errorCode: ErrorCode.INVALID_REQUEST, errorMessage: wrong }
    const opened = shares.open(who.groupId, { topicId, partition })
    if (opened.share === null) {
      const { errorCode, currentLeader } = opened
      return { ...result, errorCode, errorMessage: messageOf(errorCode), currentLeader }
    }
    waiting++
    opened.share.acknowledge(who.memberId, batches, (errorCode) => {
      result.errorCode = errorCode
      result.errorMessage = messageOf(errorCode)
      settle()
    })
    return result
  })
  settle()
}
