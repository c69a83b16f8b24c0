/**
 * What a decision works on: a share group and the records that the decision wants written. The first record clones the
 * group, and every record is applied to the clone at once; the group itself stays as the log has it.
 */
import type { MetadataImage } from '@millrace/metadata/image'
import { toWire, type TopicPartitions } from '../modern/topic-partitions.ts'
import type { ShareGroup, ShareMember } from './share-group.ts'
import type { ShareRecord } from './share-records.ts'
import { applyShareRecord } from './share-replay.ts'

/** A member of a share group has nothing to give up: it is always stable. */
const STABLE = 0

export class ShareDraft {
  #group: ShareGroup
  #isClone = false
  readonly records: ShareRecord[] = []

  constructor(group: ShareGroup) {
    this.#group = group
  }

  /** As it will be when the records are written. Look it up again after each write. */
  get group(): ShareGroup {
    return this.#group
  }

  #write(record: ShareRecord): void {
    if (!this.#isClone) this.#group = this.#group.clone()
    this.#isClone = true
    applyShareRecord(this.#group, record)
    this.records.push(record)
  }

  writeGroup(epoch: number, metadataHash: number): void {
    this.#write({ type: 11, groupId: this.#group.groupId, value: { epoch, metadataHash } })
  }

  /** What the member says of itself. */
  writeMember({ memberId, rackId, clientId, clientHost, subscribedTopicNames }: ShareMember): void {
    const value = { rackId, clientId, clientHost, subscribedTopicNames: [...subscribedTopicNames] }
    this.#write({ type: 10, groupId: this.#group.groupId, memberId, value })
  }

  /** Where the member stands. */
  writeAssignment({ memberId, memberEpoch, previousMemberEpoch, assigned }: ShareMember): void {
    const value = { memberEpoch, previousMemberEpoch, state: STABLE, assignedPartitions: toWire(assigned) }
    this.#write({ type: 14, groupId: this.#group.groupId, memberId, value })
  }

  writeTarget(memberId: string, partitions: TopicPartitions): void {
    const value = { topicPartitions: toWire(partitions) }
    this.#write({ type: 13, groupId: this.#group.groupId, memberId, value })
  }

  writeTargetEpoch(assignmentEpoch: number): void {
    this.#write({ type: 12, groupId: this.#group.groupId, value: { assignmentEpoch } })
  }

  writeStatePartitions(image: MetadataImage, initializing: TopicPartitions, initialized: TopicPartitions): void {
    const named = (partitions: TopicPartitions): { topicId: string; topicName: string; partitions: number[] }[] =>
      toWire(partitions).map((topic) => ({ ...topic, topicName: image.topicsById.get(topic.topicId)?.name ?? '' }))
    const value = {
      initializingTopics: named(initializing),
      initializedTopics: named(initialized),
      deletingTopics: [],
    }
    this.#write({ type: 15, groupId: this.#group.groupId, value })
  }

  /** Tombstones for all of a member. */
  removeMember(memberId: string): void {
    const { groupId } = this.#group
    this.#write({ type: 14, groupId, memberId, value: null })
    this.#write({ type: 13, groupId, memberId, value: null })
    this.#write({ type: 10, groupId, memberId, value: null })
  }

  /** Tombstones for all of the group. */
  removeGroup(): void {
    const { groupId, members, targets } = this.#group
    for (const memberId of new Set([...members.keys(), ...targets.keys()])) this.removeMember(memberId)
    this.#write({ type: 12, groupId, value: null })
    this.#write({ type: 15, groupId, value: null })
    this.#write({ type: 11, groupId, value: null })
  }
}
