/** ListOffsets (2): offsets by time or by the negative sentinels. Facts: kafka-protocol §3.8, §9.30. */
import type { ApiHandler, RequestContext } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  listOffsetsRequest,
  listOffsetsResponse,
  type ListOffsetsRequest,
  type ListOffsetsResponseInput,
} from '@millrace/protocol/messages/02-list-offsets'
import type { OffsetResult } from '../replication/list-offset.ts'
import type { BrokerRuntime } from '../broker-runtime.ts'

type PartitionAnswer = ListOffsetsResponseInput['topics'][number]['partitions'][number]
type PartitionQuestion = ListOffsetsRequest['topics'][number]['partitions'][number]

const READ_COMMITTED = 1
/** The first version that knows each sentinel; -1 latest and -2 earliest are in all. */
const SENTINEL_VERSION: ReadonlyMap<number, number> = new Map([
  [-1, 0],
  [-2, 0],
  [-3, 7],
  [-4, 8],
  [-5, 9],
  [-6, 11],
])
const OFFSET_NOT_AVAILABLE_VERSION = 5
const UNKNOWN = -1

export function listOffsetsHandler(runtime: BrokerRuntime): ApiHandler<ListOffsetsRequest, ListOffsetsResponseInput> {
  return {
    request: listOffsetsRequest,
    response: listOffsetsResponse,
    handle(context, request, respond) {
      if (request.replicaId >= 0 && !context.connection.internal) {
        context.closeConnection('ListOffsets with a replica id on a client listener')
        return respond(null)
      }
      const topics = request.topics.map(({ name }) => ({ name, partitions: [] as PartitionAnswer[] }))
      let waiting = 1
      const settle = (): void => {
        if (--waiting === 0) respond({ throttleTimeMs: 0, topics })
      }
      request.topics.forEach(({ name, partitions }, topicIndex) => {
        const answers = topics[topicIndex]?.partitions ?? []
        const twice = duplicates(partitions)
        for (const asked of partitions) {
          const at = answers.push(answerOf(context, asked, ErrorCode.INVALID_REQUEST, null)) - 1
          if (twice.has(asked.partitionIndex)) continue
          waiting++
          lookUp(runtime, context, request, name, asked, (errorCode, result) => {
            answers[at] = answerOf(context, asked, errorCode, result)
            settle()
          })
        }
      })
      settle()
    },
  }
}

function lookUp(
  runtime: BrokerRuntime,
  context: RequestContext,
  request: ListOffsetsRequest,
  topic: string,
  asked: PartitionQuestion,
  done: (errorCode: number, result: OffsetResult | null) => void,
): void {
  const { partitionIndex, currentLeaderEpoch, timestamp } = asked
  const sentinelVersion = timestamp >= 0 ? 0 : SENTINEL_VERSION.get(timestamp)
  if (sentinelVersion === undefined || context.apiVersion < sentinelVersion)
    return done(ErrorCode.UNSUPPORTED_VERSION, null)
  const partition = runtime.replicaManager.get(topic, partitionIndex)
  if (partition === undefined) return done(runtime.replicaManager.missingPartition(topic, partitionIndex), null)
  const readCommitted = request.isolationLevel === READ_COMMITTED
  partition.listOffset(
    { timestampMs: timestamp, currentLeaderEpoch, replicaId: request.replicaId, readCommitted },
    done,
  )
}

/** Not found is no error: offset, timestamp and epoch are then -1, or the old style list is empty. */
function answerOf(
  context: RequestContext,
  asked: PartitionQuestion,
  errorCode: number,
  result: OffsetResult | null,
): PartitionAnswer {
  const notAvailable = errorCode === ErrorCode.OFFSET_NOT_AVAILABLE && context.apiVersion < OFFSET_NOT_AVAILABLE_VERSION
  const found = errorCode === ErrorCode.NONE && result !== null && result.offset >= 0
  return {
    partitionIndex: asked.partitionIndex,
    errorCode: notAvailable ? ErrorCode.LEADER_NOT_AVAILABLE : errorCode,
    oldStyleOffsets: found && asked.maxNumOffsets > 0 ? [result.offset] : [],
    timestamp: found ? result.timestampMs : UNKNOWN,
    offset: found ? result.offset : UNKNOWN,
    leaderEpoch: found ? result.leaderEpoch : UNKNOWN,
  }
}

function duplicates(partitions: readonly PartitionQuestion[]): ReadonlySet<number> {
  const seen = new Set<number>()
  const twice = new Set<number>()
  for (const { partitionIndex } of partitions) {
    if (seen.has(partitionIndex)) twice.add(partitionIndex)
    seen.add(partitionIndex)
  }
  return twice
}
