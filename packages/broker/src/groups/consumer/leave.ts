/** The decisions on members that go: by their own wish, because they were not heard of, or for a while (static members). */
import { NO_PARTITIONS } from '../modern/topic-partitions.ts'
import { ErrorCode } from '@millrace/protocol/errors'
import { checkInstance, unknownMember } from './admission.ts'
import { STATIC_LEAVE_EPOCH, type ConsumerMember } from './consumer-member.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { GroupDraft } from './group-draft.ts'
import type { HeartbeatRequest } from './heartbeat-request.ts'
import { Refusal } from './refusal.ts'

/** The member that says it leaves. Throws Refusal. */
export function leavingMember(
  group: ConsumerGroup,
  { memberId, instanceId }: Pick<HeartbeatRequest, 'memberId' | 'instanceId'>,
): ConsumerMember {
  if (instanceId === null) {
    const member = group.members.get(memberId)
    if (member === undefined) throw unknownMember(group, memberId)
    return member
  }
  const holder = group.staticMember(instanceId)
  if (holder === undefined) throw new Refusal(ErrorCode.UNKNOWN_MEMBER_ID, `Instance id ${instanceId} is unknown.`)
  checkInstance(holder, memberId, instanceId)
  return holder
}

/** A static member goes for a while: what it has stays its own until its session ends or its successor comes. */
export function leaveForAWhile(draft: GroupDraft, member: ConsumerMember): void {
  draft.writeAssignment({
    ...member,
    memberEpoch: STATIC_LEAVE_EPOCH,
    previousMemberEpoch: member.memberEpoch,
    pendingRevocation: NO_PARTITIONS,
    state: 'STABLE',
  })
}
