/** DescribeQuorum: the controller as the only voter, the brokers as observers. */
import { ZERO_UUID } from '@millrace/base/uuid'
import type { ApiHandler } from '@millrace/network/api-handler'
import { ErrorCode } from '@millrace/protocol/errors'
import { describeQuorumRequest, describeQuorumResponse } from '@millrace/protocol/messages/55-describe-quorum'
import { METADATA_TOPIC } from '../storage/directory.ts'
import type { HandlerContext } from './handler-context.ts'
import { handler } from './handler-context.ts'

interface ReplicaState {
  readonly replicaId: number
  readonly replicaDirectoryId: string
  readonly logEndOffset: number
  readonly lastFetchTimestamp: number
  readonly lastCaughtUpTimestamp: number
}

export function describeQuorumHandler(
  context: HandlerContext,
  endpoint: () => { host: string; port: number },
): ApiHandler {
  const { host, runtime } = context
  return handler(describeQuorumRequest, describeQuorumResponse, (_, request, respond) => {
    const [topic] = request.topics
    const isMetadata =
      request.topics.length === 1 &&
      topic?.topicName === METADATA_TOPIC &&
      topic.partitions.every((each) => each.partitionIndex === 0)
    if (!isMetadata) return respond({ errorCode: ErrorCode.INVALID_REQUEST, errorMessage: null, topics: [], nodes: [] })
    const { leaderId, epoch, highWatermark, nextOffset } = runtime.log
    const nowMs = host.clock.nowMs()
    const leader: ReplicaState = {
      replicaId: leaderId,
      replicaDirectoryId: ZERO_UUID,
      logEndOffset: nextOffset,
      lastFetchTimestamp: nowMs,
      lastCaughtUpTimestamp: nowMs,
    }
    const partition = {
      partitionIndex: 0,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      leaderId,
      leaderEpoch: epoch,
      highWatermark,
      currentVoters: [leader],
      observers: observers(context),
    }
    respond({
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      topics: [{ topicName: METADATA_TOPIC, partitions: [partition] }],
      nodes: [{ nodeId: leaderId, listeners: [{ name: 'CONTROLLER', ...endpoint() }] }],
    })
  })
}

function observers({ host, runtime, sessions }: HandlerContext): ReplicaState[] {
  const wallMinusMonotonicMs = host.clock.nowMs() - host.clock.monotonicMs()
  const wall = (monotonicMs: number): number => (monotonicMs < 0 ? -1 : Math.floor(monotonicMs + wallMinusMonotonicMs))
  const states: ReplicaState[] = []
  for (const broker of runtime.image.brokers.values()) {
    const fetched = sessions.fetchState(broker.id)
    if (fetched === undefined || fetched.fetchOffset < 0) continue
    states.push({
      replicaId: broker.id,
      replicaDirectoryId: broker.directoryIds[0] ?? ZERO_UUID,
      logEndOffset: fetched.fetchOffset,
      lastFetchTimestamp: wall(fetched.lastFetchMs),
      lastCaughtUpTimestamp: wall(fetched.lastCaughtUpMs),
    })
  }
  return states
}
