/** Who a heartbeat or join comes from: a known member, a new one, or one that takes a static member's place; and whether its epoch is right. */
import { ErrorCode } from '@millrace/protocol/errors'
import { isSubset, NO_PARTITIONS, type TopicPartitions } from '../modern/topic-partitions.ts'
import { newMember, STATIC_LEAVE_EPOCH, type ConsumerMember } from './consumer-member.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { GroupDraft } from './group-draft.ts'
import { Refusal } from './refusal.ts'

export interface Claimant {
  readonly memberId: string
  readonly instanceId: string | null
  /** 0: it joins. */
  readonly memberEpoch: number
  readonly owned: TopicPartitions | null
  /** It speaks the classic protocol, which has generations and fences static members by itself. */
  readonly isClassic: boolean
}

/** Throws Refusal GROUP_MAX_SIZE_REACHED for someone new in a full group. */
export function checkGroupSize(group: ConsumerGroup, memberId: string, groupSizeMax: number): void {
  if (group.members.size < groupSizeMax || group.members.has(memberId)) return
  throw new Refusal(
    ErrorCode.GROUP_MAX_SIZE_REACHED,
    `The consumer group has reached its maximum capacity of ${groupSizeMax} members.`,
  )
}

/** The member as it is known, or new; a static member's successor takes its place in the draft. Throws Refusal. */
export function admit(draft: GroupDraft, claimant: Claimant): ConsumerMember {
  return claimant.instanceId === null
    ? admitDynamic(draft, claimant)
    : admitStatic(draft, claimant, claimant.instanceId)
}

function admitDynamic({ group }: GroupDraft, claimant: Claimant): ConsumerMember {
  const { memberId, memberEpoch } = claimant
  const member = group.members.get(memberId)
  if (member === undefined) {
    if (memberEpoch !== 0 && !claimant.isClassic) throw unknownMember(group, memberId)
    return newMember(memberId)
  }
  if (!claimant.isClassic) checkMemberEpoch(member, memberEpoch, claimant.owned)
  return member
}

function admitStatic(draft: GroupDraft, claimant: Claimant, instanceId: string): ConsumerMember {
  const { memberId, memberEpoch } = claimant
  const { group } = draft
  const holder = group.staticMember(instanceId)
  if (memberEpoch !== 0 && !claimant.isClassic) {
    if (holder === undefined) throw new Refusal(ErrorCode.UNKNOWN_MEMBER_ID, `Instance id ${instanceId} is unknown.`)
    checkInstance(holder, memberId, instanceId)
    checkMemberEpoch(holder, memberEpoch, claimant.owned)
    return holder
  }
  if (holder === undefined) return newMember(memberId)
  if (holder.memberId === memberId) return holder
  if (!claimant.isClassic && holder.memberEpoch !== STATIC_LEAVE_EPOCH)
    throw new Refusal(
      ErrorCode.UNRELEASED_INSTANCE_ID,
      `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${holder.memberId} member.`,
    )
  return replaceStatic(draft, holder, memberId)
}

/** The successor gets the predecessor's subscription, target and partitions, and starts at epoch 0. */
function replaceStatic(draft: GroupDraft, holder: ConsumerMember, memberId: string): ConsumerMember {
  const target = draft.group.targetOf(holder.memberId)
  const successor: ConsumerMember = {
    ...holder,
    memberId,
    memberEpoch: 0,
    previousMemberEpoch: 0,
    state: 'STABLE',
    pendingRevocation: NO_PARTITIONS,
  }
  draft.removeMember(holder.memberId)
  draft.writeMember(successor)
  draft.writeTarget(memberId, target)
  draft.writeAssignment(successor)
  return successor
}

export function checkInstance(holder: ConsumerMember, memberId: string, instanceId: string): void {
  if (holder.memberId === memberId) return
  throw new Refusal(
    ErrorCode.FENCED_INSTANCE_ID,
    `Static member ${memberId} with instance id ${instanceId} was fenced by member ${holder.memberId}.`,
  )
}

export function unknownMember({ groupId }: ConsumerGroup, memberId: string): Refusal {
  return new Refusal(ErrorCode.UNKNOWN_MEMBER_ID, `Member ${memberId} is not a member of group ${groupId}.`)
}

/** Throws Refusal FENCED_MEMBER_EPOCH unless the epoch is the member's, or the one before and its answer may have got lost. */
function checkMemberEpoch(member: ConsumerMember, received: number, owned: TopicPartitions | null): void {
  if (received === member.memberEpoch) return
  // It starts anew and has nothing (checkHeartbeat): whatever it was assigned can be given to it again.
  if (received === 0) return
  const isEarlier = received < member.memberEpoch
  if (isEarlier && received === member.previousMemberEpoch && owned !== null && isSubset(owned, member.assigned)) return
  throw new Refusal(
    ErrorCode.FENCED_MEMBER_EPOCH,
    `The consumer group member has a ${isEarlier ? 'smaller' : 'greater'} member epoch (${received}) than the one known by the group coordinator (${member.memberEpoch}). The member must abandon all its partitions and rejoin.`,
  )
}
