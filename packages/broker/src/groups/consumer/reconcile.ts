/**
 * One member's next step towards its target (KIP-848 "Member reconciliation"): it gives up what is no longer its own before
 * its epoch moves, and takes what others have let go of. Pure.
 *
 *   STABLE, epoch behind the target ─▶ step(own epoch)
 *   UNREVOKED, still owns something to give up ─▶ waits
 *   UNREVOKED, all given up ─▶ step(own epoch + 1)
 *   UNRELEASED ─▶ step(own epoch)
 *
 *   step: something to give up that the client may still have ─▶ UNREVOKED, same epoch
 *         else all of the target that nobody holds is assigned, epoch = target's
 *              ─▶ UNRELEASED when others hold some of it, else STABLE
 */
import type { Uuid } from '@millrace/base/uuid'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  difference,
  filterPartitions,
  haveCommon,
  intersection,
  NO_PARTITIONS,
  samePartitions,
  union,
  type TopicPartitions,
} from '../modern/topic-partitions.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { Refusal } from './refusal.ts'

export interface ReconcileOptions {
  readonly target: TopicPartitions
  readonly targetEpoch: number
  /** What the client says it has; null when it does not say. */
  readonly owned: TopicPartitions | null
  /** Whether some member holds the partition, this one included. */
  readonly isHeld: (topicId: Uuid, partition: number) => boolean
}

/** The member as it is after the step; the same object when nothing changes. Throws Refusal to fence it. */
export function reconcile(member: ConsumerMember, options: ReconcileOptions): ConsumerMember {
  const next = nextOf(member, options)
  const unchanged =
    next.memberEpoch === member.memberEpoch &&
    next.previousMemberEpoch === member.previousMemberEpoch &&
    next.state === member.state &&
    samePartitions(next.assigned, member.assigned) &&
    samePartitions(next.pendingRevocation, member.pendingRevocation)
  return unchanged ? member : next
}

function nextOf(member: ConsumerMember, options: ReconcileOptions): ConsumerMember {
  switch (member.state) {
    case 'STABLE':
      return member.memberEpoch === options.targetEpoch ? member : step(member, member.memberEpoch, options)
    case 'UNREVOKED':
      if (mayOwn(options.owned, member.pendingRevocation)) return member
      return step(member, member.memberEpoch + 1, options)
    case 'UNRELEASED':
      return step(member, member.memberEpoch, options)
    case 'UNKNOWN':
      // A newer coordinator left it in a state that is not known here: it must not keep what it was giving up.
      if (mayOwn(options.owned, member.pendingRevocation))
        throw new Refusal(
          ErrorCode.FENCED_MEMBER_EPOCH,
          'The consumer group member is in an unknown state. It must abandon all its partitions and rejoin.',
        )
      return step(member, options.targetEpoch, options)
  }
}

function step(member: ConsumerMember, memberEpoch: number, options: ReconcileOptions): ConsumerMember {
  const { target, targetEpoch, owned, isHeld } = options
  const kept = intersection(member.assigned, target)
  const given = difference(member.assigned, target)
  if (given.size > 0 && mayOwn(owned, given)) {
    return {
      ...member,
      state: 'UNREVOKED',
      memberEpoch,
      previousMemberEpoch: previousEpoch(member, memberEpoch),
      assigned: kept,
      pendingRevocation: given,
    }
  }
  const wanted = difference(target, kept)
  const free = filterPartitions(wanted, (topicId, partition) => !isHeld(topicId, partition))
  return {
    ...member,
    state: samePartitions(free, wanted) ? 'STABLE' : 'UNRELEASED',
    memberEpoch: targetEpoch,
    previousMemberEpoch: previousEpoch(member, targetEpoch),
    assigned: union(kept, free),
    pendingRevocation: NO_PARTITIONS,
  }
}

/** Stays when the epoch does: the answer that told of it may still be on its way. */
function previousEpoch(member: ConsumerMember, nextEpoch: number): number {
  return nextEpoch === member.memberEpoch ? member.previousMemberEpoch : member.memberEpoch
}

/** A client that does not say what it has may have everything. */
function mayOwn(owned: TopicPartitions | null, partitions: TopicPartitions): boolean {
  return owned === null || haveCommon(owned, partitions)
}
