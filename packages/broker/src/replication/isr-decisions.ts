/**
 * The decisions of a leader about its in-sync replicas and high watermark, as pure functions (kafka-protocol §4.2).
 * Partition holds the state and acts; nothing here reads a clock or sends anything.
 */
import type { FollowerProgress } from './follower-progress.ts'

/** The ISR as committed by the controller, and the one the leader has proposed and not yet heard about. */
export interface IsrState {
  readonly committed: readonly number[]
  readonly proposed: readonly number[] | null
}

/** Committed and proposed members together: whoever may be counted as in sync by anyone. */
export function inMaximalIsr(isr: IsrState, brokerId: number): boolean {
  return isr.committed.includes(brokerId) || (isr.proposed !== null && isr.proposed.includes(brokerId))
}

/** The members that fell behind: not at the leader's log end and not caught up within `lagMsMax`. */
export function laggingMembers(
  committed: readonly number[],
  followers: readonly FollowerProgress[],
  leaderEndOffset: number,
  nowMs: number,
  lagMsMax: number,
): number[] {
  const lagging: number[] = []
  for (const follower of followers) {
    if (!committed.includes(follower.brokerId)) continue
    if (!follower.isCaughtUp(leaderEndOffset, nowMs, lagMsMax)) lagging.push(follower.brokerId)
  }
  return lagging
}

/**
 * True when the follower may be proposed for the ISR: it has all that is committed, and all from before this leader's
 * epoch, so that as a leader it would lose nothing.
 */
export function mayJoinIsr(
  isr: IsrState,
  follower: FollowerProgress,
  highWatermark: number,
  leaderEpochStartOffset: number,
  eligible: boolean,
): boolean {
  if (isr.proposed !== null || isr.committed.includes(follower.brokerId) || !eligible) return false
  return follower.logEndOffset >= highWatermark && follower.logEndOffset >= leaderEpochStartOffset
}

export interface HighWatermarkInputs {
  readonly current: number
  readonly isr: IsrState
  readonly leaderEndOffset: number
  readonly followers: readonly FollowerProgress[]
  /** Fewer committed members than min(min.insync.replicas, replicas). */
  readonly underMinIsr: boolean
  /** KIP-966, Kafka 4.0: the high watermark stays put while under min ISR. */
  readonly holdsUnderMinIsr: boolean
  readonly nowMs: number
  readonly lagMsMax: number
  /** Live, not shutting down, and the epoch it fetches with is its registered one. */
  readonly isEligible: (follower: FollowerProgress) => boolean
}

/**
 * The leader's high watermark: the smallest log end of the maximal ISR, and of caught-up replicas that are about to
 * join it (else they could never catch up with a busy leader). Never below the current one.
 */
export function nextHighWatermark(inputs: HighWatermarkInputs): number {
  if (inputs.underMinIsr && inputs.holdsUnderMinIsr) return inputs.current
  let smallest = inputs.leaderEndOffset
  for (const follower of inputs.followers) {
    if (follower.logEndOffset >= smallest) continue
    const counts =
      inMaximalIsr(inputs.isr, follower.brokerId) ||
      (follower.isCaughtUp(inputs.leaderEndOffset, inputs.nowMs, inputs.lagMsMax) && inputs.isEligible(follower))
    if (counts) smallest = follower.logEndOffset
  }
  return Math.max(inputs.current, smallest)
}
