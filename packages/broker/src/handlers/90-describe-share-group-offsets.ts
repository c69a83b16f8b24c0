/** DescribeShareGroupOffsets (90): where share groups stand in their partitions, and how far behind (KIP-932, KIP-1226). */
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  describeShareGroupOffsetsRequest,
  describeShareGroupOffsetsResponse,
  type DescribeShareGroupOffsetsRequest,
  type DescribeShareGroupOffsetsResponseInput,
} from '@millrace/protocol/messages/90-describe-share-group-offsets'
import { NO_TOPIC_ID } from '../share-partitions/end-offsets.ts'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import type { DescribedOffset } from '../groups/share/share-offsets.ts'
import type { EndOffsets } from '../share-partitions/end-offsets.ts'
import type { ShareParts } from '../share-partitions/share-parts.ts'
import { hasShareGroups, messageOf, NO_SHARE_GROUPS } from './share-requests.ts'

type AskedGroup = DescribeShareGroupOffsetsRequest['groups'][number]
type DescribedGroup = DescribeShareGroupOffsetsResponseInput['groups'][number]
type DescribedPartition = DescribedGroup['topics'][number]['partitions'][number]

const LAG_VERSION = 1

export function describeShareGroupOffsetsHandler(
  runtime: BrokerRuntime,
  coordinator: GroupCoordinator,
  { endOffsets }: ShareParts,
): ApiHandler<DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponseInput> {
  const describe = ({ groupId, topics }: AskedGroup, withLag: boolean, done: (group: DescribedGroup) => void): void => {
    const refuse = (errorCode: number, message: string | null): void =>
      done({ groupId, topics: [], errorCode, errorMessage: message ?? messageOf(errorCode) })
    if (!hasShareGroups(runtime)) return refuse(NO_SHARE_GROUPS.errorCode, NO_SHARE_GROUPS.errorMessage)
    const { served, errorCode } = coordinator.locateAny(groupId)
    if (served === null) return refuse(errorCode, null)
    const { image } = runtime.metadata
    // Topics that are not known are no error either: no group has read of them.
    const unknown: DescribedGroup['topics'][number][] = []
    const wanted = topics === null ? null : new Map<string, Set<number>>()
    for (const { topicName, partitions } of topics ?? []) {
      const topic = image.topicsByName.get(topicName)
      if (topic === undefined) unknown.push(unknownTopic(topicName, partitions))
      else wanted?.set(topic.id, new Set(partitions))
    }
    return served.shareOffsets.describe(
      groupId,
      wanted,
      (offsets) =>
        withEnds(offsets, withLag ? endOffsets : null, (described) => {
          const known = new Map<string, DescribedPartition[]>()
          for (const { topicId, ...partition } of described) {
            if (!image.topicsById.has(topicId)) continue
            const partitions = known.get(topicId) ?? []
            known.set(topicId, partitions)
            partitions.push(partition)
          }
          const answered = [...known].map(([topicId, partitions]) => ({
            topicName: image.topicsById.get(topicId)?.name ?? '',
            topicId,
            partitions: partitions.sort((a, b) => a.partitionIndex - b.partitionIndex),
          }))
          done({ groupId, topics: [...answered, ...unknown], errorCode: ErrorCode.NONE, errorMessage: null })
        }),
      refuse,
    )
  }
  return {
    request: describeShareGroupOffsetsRequest,
    response: describeShareGroupOffsetsResponse,
    handle({ apiVersion }, request, respond) {
      const groups: DescribedGroup[] = []
      if (request.groups.length === 0) respond({ throttleTimeMs: 0, groups })
      for (const asked of request.groups) {
        describe(asked, apiVersion >= LAG_VERSION, (group) => {
          groups.push(group)
          if (groups.length === request.groups.length) respond({ throttleTimeMs: 0, groups })
        })
      }
    },
  }
}

function unknownTopic(topicName: string, partitions: readonly number[]): DescribedGroup['topics'][number] {
  const nothing = { startOffset: -1, leaderEpoch: 0, lag: -1, errorCode: ErrorCode.NONE, errorMessage: null }
  return {
    topicName,
    topicId: NO_TOPIC_ID,
    partitions: partitions.map((partitionIndex) => ({ partitionIndex, ...nothing })),
  }
}

/** The lag: records from the start offset to the end whose delivery is not complete; -1 where it is not known. */
function withEnds(
  offsets: readonly DescribedOffset[],
  endOffsets: EndOffsets | null,
  done: (described: (DescribedPartition & { readonly topicId: string })[]) => void,
): void {
  const described: (DescribedPartition & { readonly topicId: string })[] = []
  const tell = ({ topicId, partition, errorCode, summary }: DescribedOffset, endOffset: number): void => {
    const startOffset = summary?.startOffset ?? -1
    const complete = summary?.deliveryCompleteCount ?? -1
    const isKnown = endOffset >= 0 && startOffset >= 0 && complete >= 0
    described.push({
      topicId,
      partitionIndex: partition,
      startOffset,
      leaderEpoch: summary?.leaderEpoch ?? 0,
      lag: isKnown ? Math.max(0, endOffset - startOffset - complete) : -1,
      errorCode,
      errorMessage: messageOf(errorCode),
    })
    if (described.length === offsets.length) done(described)
  }
  if (offsets.length === 0) return done(described)
  for (const offset of offsets) {
    if (endOffsets === null || offset.summary === null) tell(offset, -1)
    else endOffsets.of(offset, (endOffset) => tell(offset, endOffset))
  }
}
