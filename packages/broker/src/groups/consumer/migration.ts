/**
 * Groups change their protocol while they live (KIP-848 "Migration"): a classic group becomes a consumer group when the first
 * member that speaks the consumer protocol joins, its other members stay as they are (classic-protocol.ts); it becomes a
 * classic group again when the last such member goes. Pure: gives back what is to be written.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import type { MetadataImage } from '@millrace/metadata/image'
import { ClassicGroup } from '../classic-group.ts'
import { readAssignment, readWholeSubscription, writeAssignment } from '../consumer-protocol.ts'
import { Member } from '../member.ts'
import { fromWire, NO_PARTITIONS, type TopicPartitions } from '../modern/topic-partitions.ts'
import { withTopicNames } from '../modern/subscribed-topics.ts'
import { newMember, type ClassicProtocol, type ConsumerMember } from './consumer-member.ts'
import { ConsumerGroup } from './consumer-group.ts'
import type { DecisionContext } from './decision-context.ts'
import { GroupDraft } from './group-draft.ts'
import { Refusal } from './refusal.ts'

function notConsumer(groupId: string, reason: string): Refusal {
  return new Refusal(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} is not a consumer group${reason}.`)
}

/** The classic group as a draft of a consumer group with the same members, each stable where it is. Throws Refusal. */
export function upgrade(classic: ClassicGroup, context: DecisionContext): GroupDraft {
  const { groupId, generationId, members } = classic
  const { migrationPolicy, groupSizeMax, image } = context
  if (migrationPolicy !== 'bidirectional' && migrationPolicy !== 'upgrade')
    throw notConsumer(groupId, ', and online upgrade is disabled')
  if (classic.protocolType !== 'consumer')
    throw new Refusal(
      ErrorCode.GROUP_ID_NOT_FOUND,
      `Cannot upgrade classic group ${groupId} to consumer group because the group does not use the consumer embedded protocol.`,
    )
  if (members.size > groupSizeMax) throw notConsumer(groupId, ', and has too many members to become one')
  const converted = [...members.values()].map((member) => convertMember(member, classic, image))
  const draft = new GroupDraft(new ConsumerGroup(groupId, classic.offsets))
  for (const member of converted) draft.writeMember(member)
  draft.writeGroup(generationId, 0)
  for (const { memberId, assigned } of converted) draft.writeTarget(memberId, assigned)
  draft.writeTargetEpoch(generationId)
  for (const member of converted) draft.writeAssignment(member)
  return draft
}

function convertMember(member: Member, group: ClassicGroup, image: MetadataImage): ConsumerMember {
  const { groupId, generationId } = group
  const subscription = readWholeSubscription(
    member.metadataFor(group.protocolName ?? member.protocols[0]?.name ?? null),
  )
  if (subscription === null) throw notConsumer(groupId, ', and the metadata of its members cannot be read')
  return {
    ...newMember(member.memberId),
    instanceId: member.groupInstanceId,
    rackId: subscription.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    subscribedTopicNames: subscription.topics,
    classic: { sessionTimeoutMs: member.sessionTimeoutMs, protocols: member.protocols },
    memberEpoch: generationId,
    previousMemberEpoch: generationId,
    assigned: convertAssignment(member.assignment, groupId, image),
  }
}

function convertAssignment(bytes: Buffer, groupId: string, image: MetadataImage): TopicPartitions {
  // A member that has never synced has nothing.
  if (bytes.length === 0) return NO_PARTITIONS
  const assignment = readAssignment(bytes)
  if (assignment === null) throw notConsumer(groupId, ', and the assignments of its members cannot be read')
  if (assignment.userData !== null && assignment.userData.length > 0)
    throw notConsumer(groupId, ', and a custom assignor is in use whose user data would be lost')
  return byTopicId(assignment.assignedPartitions, image)
}

/** Topics that are gone are left out. */
export function byTopicId(
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  image: MetadataImage,
): TopicPartitions {
  return fromWire(
    topics.flatMap(({ topic, partitions }) => {
      const topicId = image.topicsByName.get(topic)?.id
      return topicId === undefined ? [] : [{ topicId, partitions }]
    }),
  )
}

/** Whether the group becomes classic when these members go: others are left, and all of them speak the classic protocol. */
export function downgrades(group: ConsumerGroup, leaving: ReadonlySet<string>, context: DecisionContext): boolean {
  const { migrationPolicy, classicGroupSizeMax } = context
  if (migrationPolicy !== 'bidirectional' && migrationPolicy !== 'downgrade') return false
  let left = 0
  for (const member of group.members.values()) {
    if (leaving.has(member.memberId)) continue
    if (member.classic === null) return false
    left++
  }
  return left > 0 && left <= classicGroupSizeMax
}

/** The consumer group as a classic one, Stable with the generation and assignments its members know. */
export function downgrade(
  group: ConsumerGroup,
  leaving: ReadonlySet<string>,
  { image, nowMs }: DecisionContext,
): ClassicGroup {
  const classic = new ClassicGroup(group.groupId, group.offsets, nowMs, 'Stable')
  classic.generationId = group.groupEpoch
  classic.protocolType = 'consumer'
  for (const member of group.members.values()) {
    if (leaving.has(member.memberId) || member.classic === null) continue
    const { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs } = member
    const { sessionTimeoutMs, protocols } = member.classic
    const converted = new Member({
      memberId,
      groupInstanceId: instanceId,
      clientId,
      clientHost,
      rebalanceTimeoutMs,
      sessionTimeoutMs,
      protocols,
    })
    converted.assignment = classicAssignment(member.classic, member.assigned, image)
    classic.add(converted)
  }
  classic.protocolName = classic.selectProtocol()
  return classic
}

/** A classic member's assignment, in the version of its subscription. */
export function classicAssignment(
  { protocols }: ClassicProtocol,
  assigned: TopicPartitions,
  image: MetadataImage,
): Buffer {
  const version = readWholeSubscription(protocols[0]?.metadata ?? Buffer.alloc(0))?.version ?? 0
  const topics = withTopicNames(image, assigned).map(({ topicName, partitions }) => ({ topic: topicName, partitions }))
  return writeAssignment(version, topics)
}
