/** Applies what `__consumer_offsets` holds to the groups in memory: the same at load and after every live append. */
import type { CoordinatorRecord, GroupMetadataValue, ReadRecord } from './offset-records.ts'
import { groupRecord } from './offset-records.ts'
import { ClassicGroup } from './classic-group.ts'
import { ConsumerGroup } from './consumer/consumer-group.ts'
import { ConsumerRecordType, type ConsumerRecord } from './consumer/consumer-records.ts'
import { applyConsumerRecord } from './consumer/consumer-replay.ts'
import type { Group } from './group.ts'
import { GroupOffsets } from './group-offsets.ts'
import { Member } from './member.ts'
import { ShareGroup } from './share/share-group.ts'
import { ShareRecordType, type ShareRecord } from './share/share-records.ts'
import { applyShareRecord } from './share/share-replay.ts'

/**
 * Applies one record. An offset makes its group if need be (a group that only commits). A group that goes while it has
 * offsets leaves them to such a group, and the group that takes its place under another protocol takes them over.
 */
export function replay(groups: Map<string, Group>, record: ReadRecord, nowMs: number): void {
  switch (record.kind) {
    case 'unknown':
      return
    case 'offset':
      replayOffset(groups, record, nowMs)
      return
    case 'consumer':
      replayConsumer(groups, record.record, nowMs)
      return
    case 'share':
      replayShare(groups, record.record)
      return
    case 'group': {
      const known = groups.get(record.groupId)
      if (record.value !== null) {
        const offsets = known?.offsets ?? new GroupOffsets()
        groups.set(record.groupId, groupFromValue(record.groupId, record.value, offsets, nowMs))
      } else if (known?.type === 'classic') leave(groups, known, nowMs)
    }
  }
}

function replayOffset(groups: Map<string, Group>, record: ReadRecord & { kind: 'offset' }, nowMs: number): void {
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
}

function replayConsumer(groups: Map<string, Group>, record: ConsumerRecord, nowMs: number): void {
  let group = groups.get(record.groupId)
  if (group?.type !== 'consumer') {
    if (record.value === null) return
    group = new ConsumerGroup(record.groupId, group?.offsets ?? new GroupOffsets())
    groups.set(record.groupId, group)
  }
  if (record.type === ConsumerRecordType.GROUP && record.value === null) leave(groups, group, nowMs)
  else applyConsumerRecord(group, record)
}

function replayShare(groups: Map<string, Group>, record: ShareRecord): void {
  let group = groups.get(record.groupId)
  if (group?.type !== 'share') {
    if (record.value === null) return
    group = new ShareGroup(record.groupId)
    groups.set(record.groupId, group)
  }
  if (record.type === ShareRecordType.GROUP && record.value === null) groups.delete(record.groupId)
  else applyShareRecord(group, record)
}

function leave(groups: Map<string, Group>, { groupId, offsets }: Group, nowMs: number): void {
  if (offsets.isEmpty) groups.delete(groupId)
  else groups.set(groupId, new ClassicGroup(groupId, offsets, nowMs))
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
