/**
 * Which replica a consumer had better fetch from (KIP-392): with Kafka's rack-aware selector one in its own zone, so that
 * its bytes stay there. The leader says so in an answer without records; the consumer then asks that follower.
 */
import type { FollowerProgress } from './follower-progress.ts'

/** The broker's `replica.selector.class` that does this; any other leaves consumers with the leader, as the default does. */
const RACK_AWARE = 'RackAwareReplicaSelector'

export function isRackAware(selectorClass: string): boolean {
  return selectorClass.endsWith(`.${RACK_AWARE}`) || selectorClass === RACK_AWARE
}

export interface ReplicaView {
  readonly nodeId: number
  readonly isr: readonly number[]
  readonly followers: readonly FollowerProgress[]
}

/**
 * The in-sync follower in `rackId` that has `fetchOffset`, the one with the most records; -1: stay with the leader, since
 * it is in that rack itself, or nobody else is.
 */
export function preferredReplica(
  { nodeId, isr, followers }: ReplicaView,
  fetchOffset: number,
  rackId: string,
  rackOf: (brokerId: number) => string | null,
): number {
  if (rackId === '' || rackOf(nodeId) === rackId) return -1
  let best: FollowerProgress | null = null
  for (const follower of followers) {
    if (follower.logEndOffset < fetchOffset || follower.logStartOffset > fetchOffset) continue
    if (!isr.includes(follower.brokerId) || rackOf(follower.brokerId) !== rackId) continue
    if (best === null || isFurther(follower, best)) best = follower
  }
  return best?.brokerId ?? -1
}

function isFurther(one: FollowerProgress, other: FollowerProgress): boolean {
  if (one.logEndOffset !== other.logEndOffset) return one.logEndOffset > other.logEndOffset
  return one.lastCaughtUpMs > other.lastCaughtUpMs
}
