/** Applies what `__consumer_offsets` holds to the groups in memory: the same at load and after every live append. */
import type { CoordinatorRecord, GroupMetadataValue, ReadRecord } from './offset-records.ts'
import { groupRecord } from './offset-records.ts'
import { ClassicGroup } from './classic-group.ts'
import { GroupOffsets } from './group-offsets.ts'
import { Member } from './member.ts'

/**
 * Applies one record. An offset makes its group if need be (a group that only commits); a tombstone of a group takes
 * the group away unless offsets are left.
 */
export function replay(groups: Map<string, ClassicGroup>, record: ReadRecord, nowMs: number): void {
  if (record.kind === 'unknown') return
  if (record.kind === 'offset') {
    let group = groups.get(record.groupId)
    if (record.committed === null) {
      group?.offsets.delete(record.topic, record.partition)
      return
    }
    if (group === undefined) {
      group = new ClassicGroup(record.groupId, new GroupOffsets(), nowMs)
      groups.set(record.groupId, group)
    }
    group.offsets.set(record.topic, record.partition, record.committed)
    return
  }
  if (record.value === null) groups.delete(record.groupId)
  else
    groups.set(
      record.groupId,
      groupFromValue(record.groupId, record.value, groups.get(record.groupId)?.offsets ?? new GroupOffsets(), nowMs),
    )
}

/** Stable with the members and assignments of its last generation, or Empty. */
function groupFromValue(
  groupId: string,
  value: GroupMetadataValue,
  offsets: GroupOffsets,
  nowMs: number,
): ClassicGroup {
  const group = new ClassicGroup(groupId, offsets, nowMs, value.members.length === 0 ? 'Empty' : 'Stable')
  if (value.currentStateTimestamp >= 0) group.restoreStateSince(value.currentStateTimestamp)
  group.generationId = value.generation
  group.protocolType = value.protocolType === '' ? null : value.protocolType
  group.protocolName = value.protocol
  for (const stored of value.members) {
    const member = new Member({
      memberId: stored.memberId,
      groupInstanceId: stored.groupInstanceId,
      clientId: stored.clientId,
      clientHost: stored.clientHost,
      rebalanceTimeoutMs: stored.rebalanceTimeout === -1 ? stored.sessionTimeout : stored.rebalanceTimeout,
      sessionTimeoutMs: stored.sessionTimeout,
      protocols: [{ name: value.protocol ?? '', metadata: Buffer.from(stored.subscription) }],
    })
    member.assignment = Buffer.from(stored.assignment)
    group.add(member)
  }
  group.leaderId = value.leader
  return group
}

/** The record that stores a group as it is, with `assignments` where given instead of the members' current ones. */
export function recordOfGroup(
  group: ClassicGroup,
  assignments: ReadonlyMap<string, Buffer> | null,
  nowMs: number,
): CoordinatorRecord {
  return groupRecord(group.groupId, {
    protocolType: group.protocolType ?? '',
    generation: group.generationId,
    protocol: group.protocolName,
    leader: group.leaderId,
    currentStateTimestamp: nowMs,
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: member.metadataFor(group.protocolName),
      assignment: assignments?.get(member.memberId) ?? (assignments === null ? member.assignment : Buffer.alloc(0)),
    })),
  })
}
