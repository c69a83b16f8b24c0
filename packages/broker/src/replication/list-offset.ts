/** ListOffsets and OffsetForLeaderEpoch for one partition (kafka-protocol §3.7, §3.8). */
import { CorruptBatch } from '@millrace/log/corrupt-batch'
import { ErrorCode } from '@millrace/protocol/errors'
import type { Partition } from './partition.ts'

/** The negative timestamps with a meaning. */
export const OffsetTimestamp = {
  LATEST: -1,
  EARLIEST: -2,
  MAX_TIMESTAMP: -3,
  EARLIEST_LOCAL: -4,
  LATEST_TIERED: -5,
} as const

export interface OffsetRequest {
  /** Ms since the epoch, or one of OffsetTimestamp. */
  readonly timestampMs: number
  /** -1: not checked. */
  readonly currentLeaderEpoch: number
  /** -1 consumer, -2 debugging consumer (any replica answers), ≥ 0 follower. */
  readonly replicaId: number
  readonly readCommitted: boolean
}

/** All -1 when nothing was found. */
export interface OffsetResult {
  readonly timestampMs: number
  readonly offset: number
  readonly leaderEpoch: number
}

const NOT_FOUND: OffsetResult = { timestampMs: -1, offset: -1, leaderEpoch: -1 }
const DEBUGGING_REPLICA = -2

/**
 * Answers one entry; `done` exactly once, with a result exactly when errorCode is NONE. UNSUPPORTED_VERSION for a
 * negative timestamp without a meaning; OFFSET_NOT_AVAILABLE right after an election, while the high watermark is not
 * yet known to have reached what the previous leader showed (KIP-207).
 */
export function listOffset(
  partition: Partition,
  request: OffsetRequest,
  done: (errorCode: number, result: OffsetResult | null) => void,
): void {
  const refused = partition.checkRequest(request.currentLeaderEpoch, request.replicaId !== DEBUGGING_REPLICA)
  if (refused !== ErrorCode.NONE) return done(refused, null)
  const { log } = partition
  const consumes = request.replicaId === -1
  const visibleEnd = consumes
    ? request.readCommitted
      ? partition.lastStableOffset
      : partition.highWatermark
    : log.logEndOffset
  const unsettled = consumes && partition.isLeader && visibleEnd < partition.leaderEpochStartOffset
  const at = (offset: number): OffsetResult => ({
    timestampMs: -1,
    offset,
    leaderEpoch: log.leaderEpochs.epochAt(offset),
  })

  switch (request.timestampMs) {
    case OffsetTimestamp.LATEST:
      if (unsettled) return done(ErrorCode.OFFSET_NOT_AVAILABLE, null)
      return done(ErrorCode.NONE, { ...at(visibleEnd), leaderEpoch: partition.leaderEpoch })
    case OffsetTimestamp.EARLIEST:
    case OffsetTimestamp.EARLIEST_LOCAL:
      return done(ErrorCode.NONE, at(log.logStartOffset))
    case OffsetTimestamp.LATEST_TIERED:
      return done(ErrorCode.NONE, NOT_FOUND)
  }
  if (request.timestampMs < OffsetTimestamp.MAX_TIMESTAMP) return done(ErrorCode.UNSUPPORTED_VERSION, null)

  const found = (
    error: Error | null,
    result: { readonly offset: number; readonly timestamp: number; readonly leaderEpoch: number } | null,
  ): void => {
    if (error !== null) {
      const isCorrupt = error instanceof CorruptBatch
      return done(isCorrupt ? ErrorCode.CORRUPT_MESSAGE : ErrorCode.KAFKA_STORAGE_ERROR, null)
    }
    if (result !== null && result.offset >= 0 && (!consumes || result.offset < visibleEnd)) {
      return done(ErrorCode.NONE, {
        timestampMs: result.timestamp,
        offset: result.offset,
        leaderEpoch: result.leaderEpoch,
      })
    }
    if (unsettled) return done(ErrorCode.OFFSET_NOT_AVAILABLE, null)
    done(ErrorCode.NONE, NOT_FOUND)
  }
  if (request.timestampMs === OffsetTimestamp.MAX_TIMESTAMP) log.maxTimestampOffset(found)
  else log.offsetForTimestamp(request.timestampMs, found)
}

export interface EpochEndResult {
  readonly errorCode: number
  /** -1 with endOffset -1: the epoch is not known here. */
  readonly leaderEpoch: number
  readonly endOffset: number
}

/** OffsetForLeaderEpoch for one partition. Only the leader answers. */
export function offsetForLeaderEpoch(
  partition: Partition,
  currentLeaderEpoch: number,
  leaderEpoch: number,
): EpochEndResult {
  const errorCode = partition.checkRequest(currentLeaderEpoch, true)
  if (errorCode !== ErrorCode.NONE) return { errorCode, leaderEpoch: -1, endOffset: -1 }
  if (leaderEpoch === partition.leaderEpoch) return { errorCode, leaderEpoch, endOffset: partition.logEndOffset }
  const end = partition.log.leaderEpochs.endOffsetFor(leaderEpoch)
  return { errorCode, leaderEpoch: end.epoch, endOffset: end.endOffset }
}
