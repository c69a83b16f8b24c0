/** Guards of share groups (KIP-932; kafka-protocol §6.3). */
import type { MetadataImage } from '@millrace/metadata/image'
import { guardOf, type Guard } from '@millrace/network/guard'
import { AclOperation } from '@millrace/policy/acl/acl'
import type { Access } from '@millrace/policy/acl/access'
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import type { ShareGroupHeartbeatRequest } from '@millrace/protocol/messages/76-share-group-heartbeat'
import type {
  ShareGroupDescribeRequest,
  ShareGroupDescribeResponseInput,
} from '@millrace/protocol/messages/77-share-group-describe'
import type { ShareFetchRequest, ShareFetchResponseInput } from '@millrace/protocol/messages/78-share-fetch'
import type {
  ShareAcknowledgeRequest,
  ShareAcknowledgeResponseInput,
} from '@millrace/protocol/messages/79-share-acknowledge'
import { describeGuard, heartbeatGuard } from './member-guards.ts'
import { mayRead } from './group-guards.ts'
import { refuseTopics } from './refuse-topics.ts'
import { shareOffsetGuards } from './share-offset-guards.ts'

const REFUSED = ErrorCode.TOPIC_AUTHORIZATION_FAILED
const REFUSED_PARTITION = {
  errorCode: REFUSED,
  errorMessage: errorMessage(REFUSED),
  currentLeader: { leaderId: -1, leaderEpoch: -1 },
}

/** @param image the latest one, for topics that are named by their id */
export function shareGroupGuards(image: () => MetadataImage): readonly [number, Guard | null][] {
  const nameOf = ({ topicId }: { readonly topicId: string }): string | null =>
    image().topicsById.get(topicId)?.name ?? null
  return [
    heartbeatGuard<ShareGroupHeartbeatRequest>(ApiKey.ShareGroupHeartbeat),
    describeGuard<ShareGroupDescribeRequest, ShareGroupDescribeResponseInput['groups'][number]>(
      ApiKey.ShareGroupDescribe,
      ({ assignment }) => assignment.topicPartitions,
    ),
    shareFetchGuard(nameOf),
    guardOf<ShareAcknowledgeRequest, ShareAcknowledgeResponseInput>(ApiKey.ShareAcknowledge, (asked) => {
      const { access, request, respond } = asked
      const errorCode = mayReadShareGroup(access, request.groupId)
      if (errorCode !== ErrorCode.NONE)
        return respond({
          throttleTimeMs: 0,
          errorCode,
          errorMessage: errorMessage(errorCode),
          responses: [],
          nodeEndpoints: [],
        })
      return refuseTopics(asked, {
        operation: AclOperation.READ,
        nameOf,
        list: 'responses',
        refuse: ({ topicId, partitions }) => ({
          topicId,
          partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, ...REFUSED_PARTITION })),
        }),
      })
    }),
    ...shareOffsetGuards(),
    // Served to nodes of the cluster alone, which nothing is refused.
    [ApiKey.InitializeShareGroupState, null],
    [ApiKey.ReadShareGroupState, null],
    [ApiKey.WriteShareGroupState, null],
    [ApiKey.DeleteShareGroupState, null],
    [ApiKey.ReadShareGroupStateSummary, null],
  ]
}

/** Java's client cannot read an answer in which there are none. */
const NO_RECORDS = Buffer.alloc(0)

function mayReadShareGroup(access: Access, groupId: string | null): number {
  return mayRead(access, { groupId: groupId ?? '' })
}

/** READ on the group and on each topic that is named. What the session names besides is for the handler: share-reading.ts. */
function shareFetchGuard(nameOf: (topic: { readonly topicId: string }) => string | null): [number, Guard] {
  return guardOf<ShareFetchRequest, ShareFetchResponseInput>(ApiKey.ShareFetch, (asked) => {
    const { access, request, respond } = asked
    const errorCode = mayReadShareGroup(access, request.groupId)
    if (errorCode !== ErrorCode.NONE) {
      return respond({
        throttleTimeMs: 0,
        errorCode,
        errorMessage: errorMessage(errorCode),
        acquisitionLockTimeoutMs: 0,
        responses: [],
        nodeEndpoints: [],
      })
    }
    return refuseTopics(asked, {
      operation: AclOperation.READ,
      nameOf,
      list: 'responses',
      refuse: ({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          ...REFUSED_PARTITION,
          acknowledgeErrorCode: REFUSED,
          records: NO_RECORDS,
          acquiredRecords: [],
        })),
      }),
    })
  })
}
