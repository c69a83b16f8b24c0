/**
 * What a decision works on: a consumer group and the records that the decision wants written. The first record clones the
 * group, and every record is applied to the clone at once, so each step sees what the steps before it did and the group
 * itself stays as the log has it.
 */
import { toWire } from '../modern/topic-partitions.ts'
import type { TopicPartitions } from '../modern/topic-partitions.ts'
import type { ConsumerGroup, ResolvedRegex } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import type { ConsumerRecord } from './consumer-records.ts'
import { applyConsumerRecord, MemberStateCode } from './consumer-replay.ts'

export class GroupDraft {
  #group: ConsumerGroup
  #isClone = false
  readonly records: ConsumerRecord[] = []

  constructor(group: ConsumerGroup) {
    this.#group = group
  }

  /** As it will be when the records are written. Look it up again after each write. */
  get group(): ConsumerGroup {
    return this.#group
  }

  #write(record: ConsumerRecord): void {
    if (!this.#isClone) this.#group = this.#group.clone()
    this.#isClone = true
    applyConsumerRecord(this.#group, record)
    this.records.push(record)
  }

  writeGroup(epoch: number, metadataHash: number): void {
    this.#write({ type: 3, groupId: this.#group.groupId, value: { epoch, metadataHash } })
  }

  /** What the member says of itself. */
  writeMember(member: ConsumerMember): void {
    const { classic, memberId } = member
    this.#write({
      type: 5,
      groupId: this.#group.groupId,
      memberId,
      value: {
        instanceId: member.instanceId,
        rackId: member.rackId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        subscribedTopicNames: [...member.subscribedTopicNames].sort(),
        subscribedTopicRegex: member.subscribedTopicRegex,
        rebalanceTimeoutMs: member.rebalanceTimeoutMs,
        serverAssignor: member.serverAssignor,
        classicMemberMetadata:
          classic === null
            ? null
            : { sessionTimeoutMs: classic.sessionTimeoutMs, supportedProtocols: [...classic.protocols] },
      },
    })
  }

  /** Where the member stands. */
  writeAssignment(member: ConsumerMember): void {
    this.#write({
      type: 8,
      groupId: this.#group.groupId,
      memberId: member.memberId,
      value: {
        memberEpoch: member.memberEpoch,
        previousMemberEpoch: member.previousMemberEpoch,
        state: MemberStateCode[member.state],
        assignedPartitions: toWire(member.assigned),
        partitionsPendingRevocation: toWire(member.pendingRevocation),
      },
    })
  }

  writeTarget(memberId: string, partitions: TopicPartitions): void {
    const value = { topicPartitions: toWire(partitions) }
    this.#write({ type: 7, groupId: this.#group.groupId, memberId, value })
  }

  writeTargetEpoch(assignmentEpoch: number): void {
    this.#write({ type: 6, groupId: this.#group.groupId, value: { assignmentEpoch } })
  }

  writeRegex(regex: string, resolved: ResolvedRegex | null): void {
    const value =
      resolved === null
        ? null
        : { topics: [...resolved.topics].sort(), version: resolved.version, timestamp: resolved.timestampMs }
    this.#write({ type: 16, groupId: this.#group.groupId, regex, value })
  }

  /** Tombstones for all of a member. */
  removeMember(memberId: string): void {
    const { groupId } = this.#group
    this.#write({ type: 8, groupId, memberId, value: null })
    this.#write({ type: 7, groupId, memberId, value: null })
    this.#write({ type: 5, groupId, memberId, value: null })
  }

  /** Tombstones for all of the group; offsets have their own. */
  removeGroup(): void {
    const { groupId, members, targets, regexes } = this.#group
    const all = new Set([...members.keys(), ...targets.keys()])
    for (const memberId of all) this.#write({ type: 8, groupId, memberId, value: null })
    for (const memberId of all) this.#write({ type: 7, groupId, memberId, value: null })
    this.#write({ type: 6, groupId, value: null })
    for (const memberId of all) this.#write({ type: 5, groupId, memberId, value: null })
    for (const regex of [...regexes.keys()]) this.#write({ type: 16, groupId, regex, value: null })
    this.#write({ type: 3, groupId, value: null })
  }
}
