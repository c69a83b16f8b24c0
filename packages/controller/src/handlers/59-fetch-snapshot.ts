/** FetchSnapshot (KIP-630): a snapshot's bytes, piece by piece. */
import { ErrorCode } from '@millrace/protocol/errors'
import type { ApiHandler } from '@millrace/network/api-handler'
import { fetchSnapshotRequest, fetchSnapshotResponse } from '@millrace/protocol/messages/59-fetch-snapshot'
import type { FetchSnapshotRequest, FetchSnapshotResponseInput } from '@millrace/protocol/messages/59-fetch-snapshot'
import { METADATA_TOPIC } from '../storage/directory.ts'
import type { HandlerContext } from './handler-context.ts'
import { handler } from './handler-context.ts'

/** Most bytes of one answer: reading them must not hold up the loop. */
const PIECE_BYTES_MAX = 1_048_576

type WantedPartition = FetchSnapshotRequest['topics'][number]['partitions'][number]
type PartitionResult = FetchSnapshotResponseInput['topics'][number]['partitions'][number]

export function fetchSnapshotHandler(context: HandlerContext): ApiHandler {
  return handler(fetchSnapshotRequest, fetchSnapshotResponse, (_, request, respond) => {
    const refuse = (errorCode: number): void => respond({ throttleTimeMs: 0, errorCode, topics: [] })
    if (request.clusterId !== null && request.clusterId !== context.config.clusterId)
      return refuse(ErrorCode.INCONSISTENT_CLUSTER_ID)
    const [topic] = request.topics
    const [wanted] = topic?.partitions ?? []
    if (request.topics.length !== 1 || topic?.name !== METADATA_TOPIC || wanted?.partition !== 0)
      return refuse(ErrorCode.INVALID_REQUEST)
    const partitions = [piece(context, wanted, request.maxBytes)]
    respond({ throttleTimeMs: 0, errorCode: ErrorCode.NONE, topics: [{ name: METADATA_TOPIC, partitions }] })
  })
}

function piece({ runtime, snapshots }: HandlerContext, wanted: WantedPartition, maxBytes: number): PartitionResult {
  const { snapshotId, position } = wanted
  const { epoch, leaderId } = runtime.log
  const answer = (errorCode: number, size: number, bytes: Buffer): PartitionResult => ({
    index: 0,
    errorCode,
    snapshotId,
    currentLeader: { leaderId, leaderEpoch: epoch },
    size,
    position,
    unalignedRecords: bytes,
  })
  const refused = (errorCode: number): PartitionResult => answer(errorCode, 0, Buffer.alloc(0))
  if (wanted.currentLeaderEpoch >= 0 && wanted.currentLeaderEpoch < epoch) return refused(ErrorCode.FENCED_LEADER_EPOCH)
  if (wanted.currentLeaderEpoch > epoch) return refused(ErrorCode.UNKNOWN_LEADER_EPOCH)
  if (!snapshots.has(snapshotId)) return refused(ErrorCode.SNAPSHOT_NOT_FOUND)
  const size = snapshots.sizeBytes(snapshotId)
  if (position < 0 || position >= size) return refused(ErrorCode.POSITION_OUT_OF_RANGE)
  return answer(ErrorCode.NONE, size, snapshots.readAt(snapshotId, position, Math.min(maxBytes, PIECE_BYTES_MAX)))
}
