/** Applies one record to a share group: the same at load, after a live append, and on the clone that a decision works on. */
import { fromWire, NO_PARTITIONS } from '../modern/topic-partitions.ts'
import { LEAVE_EPOCH, newShareMember, type ShareGroup, type ShareMember } from './share-group.ts'
import type { ShareRecord } from './share-records.ts'

/** The tombstone of type 11, which takes the whole group away, is its owner's to act on. */
export function applyShareRecord(group: ShareGroup, record: ShareRecord): void {
  switch (record.type) {
    case 10:
      if (record.value === null) group.members.delete(record.memberId)
      else group.members.set(record.memberId, { ...memberOf(group, record.memberId), ...record.value })
      return
    case 11:
      if (record.value === null) return
      group.groupEpoch = record.value.epoch
      group.metadataHash = record.value.metadataHash
      return
    case 12:
      group.assignmentEpoch = record.value?.assignmentEpoch ?? 0
      return
    case 13:
      if (record.value === null) group.targets.delete(record.memberId)
      else group.targets.set(record.memberId, fromWire(record.value.topicPartitions))
      return
    case 14:
      applyAssignment(group, record)
      return
    case 15:
      group.initializing = fromWire(record.value?.initializingTopics ?? [])
      group.initialized = fromWire(record.value?.initializedTopics ?? [])
  }
}

function memberOf(group: ShareGroup, memberId: string): ShareMember {
  return group.members.get(memberId) ?? newShareMember(memberId)
}

function applyAssignment(group: ShareGroup, { memberId, value }: ShareRecord & { type: 14 }): void {
  if (value !== null) {
    const { memberEpoch, previousMemberEpoch, assignedPartitions } = value
    const assigned = fromWire(assignedPartitions)
    group.members.set(memberId, { ...memberOf(group, memberId), memberEpoch, previousMemberEpoch, assigned })
    return
  }
  // A tombstone comes before the member's own; alone it is a member that has nothing.
  const member = group.members.get(memberId)
  const nothing = { memberEpoch: LEAVE_EPOCH, previousMemberEpoch: LEAVE_EPOCH, assigned: NO_PARTITIONS }
  if (member !== undefined) group.members.set(memberId, { ...member, ...nothing })
}
