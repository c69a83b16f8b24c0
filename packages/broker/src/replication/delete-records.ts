/**
 * DeleteRecords for one partition: moves the leader's log start at once and answers when every live replica has
 * followed (their fetches tell), or when the time is up (KIP-107).
 */
import type { Host } from '@millrace/base/host'
import { ErrorCode } from '@millrace/protocol/errors'
import type { Partition } from './partition.ts'

/** Up to the high watermark. */
const HIGH_WATERMARK = -1

/** `done` exactly once; lowWatermark is -1 on errors. */
export function deleteRecords(
  host: Host,
  partition: Partition,
  offset: number,
  timeoutMs: number,
  done: (errorCode: number, lowWatermark: number) => void,
): void {
  const refused = partition.checkRequest(-1, true)
  if (refused !== ErrorCode.NONE) return done(refused, -1)
  if (!partition.log.config.cleanupPolicy.delete) return done(ErrorCode.POLICY_VIOLATION, -1)
  const target = offset === HIGH_WATERMARK ? partition.highWatermark : offset
  if (target < 0 || target > partition.highWatermark) return done(ErrorCode.OFFSET_OUT_OF_RANGE, -1)
  if (target > partition.logStartOffset) partition.advanceLogStart(target)
  if (partition.lowWatermark >= target) return done(ErrorCode.NONE, partition.lowWatermark)
  if (timeoutMs <= 0) return done(ErrorCode.REQUEST_TIMED_OUT, -1)

  const finish = (errorCode: number): void => {
    partition.lowWatermarkWaiters.delete(look)
    host.timers.clear(timer)
    done(errorCode, errorCode === ErrorCode.NONE ? partition.lowWatermark : -1)
  }
  const look = (): void => {
    if (!partition.isLeader) finish(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    else if (partition.lowWatermark >= target) finish(ErrorCode.NONE)
  }
  const timer = host.timers.set(timeoutMs, () => finish(ErrorCode.REQUEST_TIMED_OUT))
  partition.lowWatermarkWaiters.add(look)
}
