/** Applies one record to a consumer group: the same at load, after a live append, and on the clone that a decision works on. */
import { fromWire } from '../modern/topic-partitions.ts'
import { LEAVE_EPOCH, newMember, type ConsumerMember, type MemberState } from './consumer-member.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerRecord, CurrentAssignmentValue, MemberValue } from './consumer-records.ts'

/** The wire's numbers (record type 8). */
export const MemberStateCode: Readonly<Record<MemberState, number>> = {
  STABLE: 0,
  UNREVOKED: 1,
  UNRELEASED: 2,
  UNKNOWN: 127,
}

/** The tombstone of type 3, which takes the whole group away, is its owner's to act on. */
export function applyConsumerRecord(group: ConsumerGroup, record: ConsumerRecord): void {
  switch (record.type) {
    case 3:
      if (record.value === null) return
      group.groupEpoch = record.value.epoch
      group.metadataHash = record.value.metadataHash
      return
    case 5:
      if (record.value === null) group.removeMember(record.memberId)
      else group.setMember(described(group, memberOf(group, record.memberId), record.value))
      return
    case 6:
      group.assignmentEpoch = record.value?.assignmentEpoch ?? -1
      return
    case 7:
      if (record.value === null) group.targets.delete(record.memberId)
      else group.targets.set(record.memberId, fromWire(record.value.topicPartitions))
      return
    case 8:
      applyAssignment(group, record.memberId, record.value)
      return
    case 16:
      if (record.value === null) group.regexes.delete(record.regex)
      else {
        const { topics, version, timestamp } = record.value
        group.regexes.set(record.regex, { topics: new Set(topics), version, timestampMs: timestamp })
      }
  }
}

function memberOf(group: ConsumerGroup, memberId: string): ConsumerMember {
  return group.members.get(memberId) ?? newMember(memberId)
}

function described(group: ConsumerGroup, member: ConsumerMember, value: MemberValue): ConsumerMember {
  const { classicMemberMetadata } = value
  return {
    ...member,
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    serverAssignor: value.serverAssignor,
    subscribedTopicNames: group.sharedNames(value.subscribedTopicNames),
    subscribedTopicRegex: value.subscribedTopicRegex,
    classic:
      classicMemberMetadata === null
        ? null
        : {
            sessionTimeoutMs: classicMemberMetadata.sessionTimeoutMs,
            // The bytes are views of what is replayed.
            protocols: classicMemberMetadata.supportedProtocols.map(({ name, metadata }) => ({
              name,
              metadata: Buffer.from(metadata),
            })),
          },
  }
}

function applyAssignment(group: ConsumerGroup, memberId: string, value: CurrentAssignmentValue | null): void {
  // A tombstone comes before the member's own; alone it is a member that has nothing.
  if (value === null) {
    const member = group.members.get(memberId)
    if (member === undefined) return
    const { assigned, pendingRevocation } = newMember(memberId)
    group.setMember({
      ...member,
      memberEpoch: LEAVE_EPOCH,
      previousMemberEpoch: LEAVE_EPOCH,
      state: 'STABLE',
      assigned,
      pendingRevocation,
    })
    return
  }
  group.setMember({
    ...memberOf(group, memberId),
    memberEpoch: value.memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: stateOf(value.state),
    assigned: fromWire(value.assignedPartitions),
    pendingRevocation: fromWire(value.partitionsPendingRevocation),
  })
}

function stateOf(code: number): MemberState {
  for (const [state, known] of Object.entries(MemberStateCode)) if (known === code) return state as MemberState
  return 'UNKNOWN'
}
