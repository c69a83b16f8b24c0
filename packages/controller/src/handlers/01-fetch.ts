/**
 * Fetch of the metadata log by brokers (KIP-595): long poll, bounded by the high watermark. Answers with a snapshot id
 * when the offset is gone from the log, with the diverging epoch when the broker's log is not a prefix of this one, and
 * with OFFSET_OUT_OF_RANGE to a broker that has more than the controller.
 */
import type { TimerHandle } from '@millrace/base/host'
import { METADATA_TOPIC_ID } from '@millrace/base/uuid'
import { METADATA_BATCH_BYTES_MAX } from '@millrace/metadata/metadata-batch'
import type { ApiHandler, Respond } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import { fetchRequest, fetchResponse } from '@millrace/protocol/messages/01-fetch'
import type { FetchRequest, FetchResponseInput } from '@millrace/protocol/messages/01-fetch'
import type { HandlerContext } from './handler-context.ts'
import { handler } from './handler-context.ts'

type WantedPartition = FetchRequest['topics'][number]['partitions'][number]
type PartitionResult = FetchResponseInput['responses'][number]['partitions'][number]

const EMPTY = Buffer.alloc(0)

interface Poll {
  readonly respond: Respond<FetchResponseInput>
  readonly wanted: WantedPartition
  readonly maxBytes: number
  timer: TimerHandle | null
}

export function fetchHandler(context: HandlerContext): ApiHandler {
  const { host, logger, config, runtime, sessions, barrier } = context
  let polls: Poll[] = []

  const answer = (respond: Respond<FetchResponseInput>, result: PartitionResult, release?: (() => void) | null): void =>
    respond(
      {
        throttleTimeMs: 0,
        errorCode: ErrorCode.NONE,
        sessionId: 0,
        responses: [{ topicId: METADATA_TOPIC_ID, partitions: [result] }],
      },
      release,
    )

  const result = (partial: Partial<PartitionResult>): PartitionResult => ({
    partitionIndex: 0,
    errorCode: ErrorCode.NONE,
    highWatermark: runtime.log.highWatermark,
    lastStableOffset: runtime.log.highWatermark,
    logStartOffset: runtime.log.logStartOffset,
    currentLeader: { leaderId: runtime.log.leaderId, leaderEpoch: runtime.log.epoch },
    abortedTransactions: null,
    records: EMPTY,
    ...partial,
  })

  const read = (poll: Poll): void => {
    if (poll.timer !== null) host.timers.clear(poll.timer)
    runtime.log.read(poll.wanted.fetchOffset, poll.maxBytes, (error, found) => {
      if (error !== null || found === null) {
        logger.error('the metadata log cannot be read', {
          offset: poll.wanted.fetchOffset,
          error: error?.message ?? 'nothing found',
        })
        return answer(poll.respond, result({ errorCode: ErrorCode.UNKNOWN_SERVER_ERROR }))
      }
      answer(poll.respond, result({ records: found.buffers }), found.release)
    })
  }

  runtime.onCommit(() => {
    const due = polls
    polls = []
    for (const poll of due) read(poll)
  })

  return handler(fetchRequest, fetchResponse, (request, body, respond) => {
    const refuse = (errorCode: number): void => respond({ throttleTimeMs: 0, errorCode, sessionId: 0, responses: [] })
    if (body.clusterId !== null && body.clusterId !== config.clusterId) return refuse(ErrorCode.INCONSISTENT_CLUSTER_ID)
    const [topic] = body.topics
    const [wanted] = topic?.partitions ?? []
    if (
      body.topics.length !== 1 ||
      topic?.topicId !== METADATA_TOPIC_ID ||
      topic.partitions.length !== 1 ||
      wanted?.partition !== 0
    ) {
      return refuse(ErrorCode.INVALID_REQUEST)
    }
    const refused = refusal(context, wanted)
    if (refused !== null) {
      if (refused.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
        logger.error('a broker has metadata that this controller never wrote; one of them has lost its disk', {
          broker: body.replicaState.replicaId,
          brokerOffset: wanted.fetchOffset,
          controllerOffset: runtime.log.nextOffset,
        })
      }
      return answer(respond, result(refused))
    }
    const brokerId = request.apiVersion >= 15 ? body.replicaState.replicaId : body.replicaId
    if (runtime.image.brokers.has(brokerId)) {
      sessions.fetched(brokerId, host.clock.monotonicMs(), wanted.fetchOffset, runtime.log.highWatermark)
      barrier.progressed()
    }
    const maxBytes = Math.min(body.maxBytes, wanted.partitionMaxBytes, METADATA_BATCH_BYTES_MAX)
    const poll: Poll = { respond, wanted, maxBytes, timer: null }
    if (wanted.fetchOffset < runtime.log.highWatermark) return read(poll)
    if (body.maxWaitMs <= 0) return answer(respond, result({}))
    polls.push(poll)
    // A poll whose connection is gone ends with its time; nobody hears the answer.
    poll.timer = host.timers.set(body.maxWaitMs, () => {
      polls = polls.filter((each) => each !== poll)
      answer(respond, result({}))
    })
  })
}

/** What stands against serving the offset; null when nothing does. */
function refusal({ runtime, snapshots }: HandlerContext, wanted: WantedPartition): Partial<PartitionResult> | null {
  const { log } = runtime
  const { currentLeaderEpoch, fetchOffset, lastFetchedEpoch } = wanted
  if (currentLeaderEpoch >= 0 && currentLeaderEpoch < log.epoch) return { errorCode: ErrorCode.FENCED_LEADER_EPOCH }
  if (currentLeaderEpoch > log.epoch) return { errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH }
  if (fetchOffset > log.nextOffset) return { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }
  if (fetchOffset < log.logStartOffset) {
    const { latest } = snapshots
    return latest === null ? { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE } : { snapshotId: latest }
  }
  if (fetchOffset === 0 || lastFetchedEpoch < 0) return null
  const end = log.endOffsetFor(lastFetchedEpoch)
  if (end.epoch === lastFetchedEpoch && end.endOffset >= fetchOffset) return null
  // The epoch of what a snapshot replaced is no longer in the log: its end is where the log starts.
  if (fetchOffset === log.logStartOffset) return null
  return { divergingEpoch: { epoch: end.epoch, endOffset: Math.max(0, end.endOffset) } }
}
