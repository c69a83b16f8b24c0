/** Guards of APIs that read and write records of topics (kafka-protocol §6.3). */
import type { MetadataImage } from '@millrace/metadata/image'
import { guardOf, type Guard } from '@millrace/network/guard'
import { AclOperation, ResourceType } from '@millrace/policy/acl/acl'
import { ApiKey } from '@millrace/protocol/apis'
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import type { ProduceRequest, ProduceResponseInput } from '@millrace/protocol/messages/00-produce'
import type { ListOffsetsRequest, ListOffsetsResponseInput } from '@millrace/protocol/messages/02-list-offsets'
import type { DeleteRecordsRequest, DeleteRecordsResponseInput } from '@millrace/protocol/messages/21-delete-records'
import type {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponseInput,
} from '@millrace/protocol/messages/23-offset-for-leader-epoch'
import type {
  DescribeProducersRequest,
  DescribeProducersResponseInput,
} from '@millrace/protocol/messages/61-describe-producers'
import { BATCH_HEADER_BYTES, MAGIC_V2, isTransactional, magic } from '@millrace/protocol/records/batch-header'
import { divide, refuseTopics } from './refuse-topics.ts'

const PRODUCE_TOPIC_ID_VERSION = 13
const REFUSED = ErrorCode.TOPIC_AUTHORIZATION_FAILED

/** @param image the latest one, for topics that are named by their id */
export function topicGuards(image: () => MetadataImage): readonly [number, Guard | null][] {
  return [
    produceGuard(image),
    // Which partitions a Fetch reads is known only with its session: handlers/01-fetch.ts asks for READ on each topic.
    [ApiKey.Fetch, null],
    guardOf<ListOffsetsRequest, ListOffsetsResponseInput>(ApiKey.ListOffsets, (asked) =>
      refuseTopics(asked, {
        operation: AclOperation.DESCRIBE,
        nameOf: ({ name }) => name,
        list: 'topics',
        refuse: ({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({
            partitionIndex,
            errorCode: REFUSED,
            oldStyleOffsets: [],
            timestamp: -1,
            offset: -1,
            leaderEpoch: -1,
          })),
        }),
      }),
    ),
    guardOf<DeleteRecordsRequest, DeleteRecordsResponseInput>(ApiKey.DeleteRecords, (asked) =>
      refuseTopics(asked, {
        operation: AclOperation.DELETE,
        nameOf: ({ name }) => name,
        list: 'topics',
        refuse: ({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({
            partitionIndex,
            lowWatermark: -1,
            errorCode: REFUSED,
          })),
        }),
      }),
    ),
    guardOf<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponseInput>(ApiKey.OffsetForLeaderEpoch, (asked) => {
      if (asked.access.wouldAllow(AclOperation.CLUSTER_ACTION, ResourceType.CLUSTER, 'kafka-cluster'))
        return asked.pass(asked.request)
      return refuseTopics(asked, {
        operation: AclOperation.DESCRIBE,
        nameOf: ({ topic }) => topic,
        list: 'topics',
        refuse: ({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition }) => ({ partition, errorCode: REFUSED })),
        }),
      })
    }),
    guardOf<DescribeProducersRequest, DescribeProducersResponseInput>(ApiKey.DescribeProducers, (asked) =>
      refuseTopics(asked, {
        operation: AclOperation.READ,
        nameOf: ({ name }) => name,
        list: 'topics',
        refuse: ({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({
            partitionIndex,
            errorCode: REFUSED,
            activeProducers: [],
          })),
        }),
      }),
    ),
  ]
}

/** WRITE on each topic; transactional batches also need WRITE on their id. Idempotent producers need no more (KIP-679). */
function produceGuard(image: () => MetadataImage): [number, Guard] {
  return guardOf<ProduceRequest, ProduceResponseInput>(
    ApiKey.Produce,
    ({ access, context, request, respond, pass }) => {
      const { topicsById } = image()
      const byId = context.apiVersion >= PRODUCE_TOPIC_ID_VERSION
      const { transactionalId, topicData } = request
      const idRefused =
        transactionalId !== null &&
        hasTransactionalBatch(request) &&
        !access.allows(AclOperation.WRITE, ResourceType.TRANSACTIONAL_ID, transactionalId)
      const divided = idRefused
        ? { kept: [], refused: topicData }
        : divide(topicData, ({ name, topicId }) => {
            const known = byId ? topicsById.get(topicId)?.name : name
            return known === undefined || access.allows(AclOperation.WRITE, ResourceType.TOPIC, known)
          })
      if (divided === null) return pass(request)
      const errorCode = idRefused ? ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED : REFUSED
      const answers = divided.refused.map(({ name, topicId, partitionData }) => ({
        name,
        topicId,
        partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1 })),
      }))
      return pass({ ...request, topicData: [...divided.kept] }, (response, release) => {
        if (request.acks === 0) context.closeConnection(`produce with acks=0 failed: ${errorName(errorCode)}`)
        respond(response === null ? null : { ...response, responses: [...response.responses, ...answers] }, release)
      })
    },
  )
}

function hasTransactionalBatch({ topicData }: ProduceRequest): boolean {
  return topicData.some(({ partitionData }) =>
    partitionData.some(
      ({ records }) =>
        records !== null &&
        records.length >= BATCH_HEADER_BYTES &&
        magic(records, 0) === MAGIC_V2 &&
        isTransactional(records, 0),
    ),
  )
}
