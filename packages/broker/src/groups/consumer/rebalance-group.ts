/**
 * What follows when a member's subscription, the members or the topics change: regular expressions are resolved, the group's
 * epoch moves, the target is computed anew, and the member takes its next step. Pure: works on a draft.
 */
import type { Uuid } from '@millrace/base/uuid'
import { ErrorCode } from '@millrace/protocol/errors'
import type { MetadataImage } from '@millrace/metadata/image'
import { compilePattern } from '../../coordination/linear-pattern.ts'
import type { Assignor, AssignorMember } from '../modern/assignor.ts'
import { metadataHash, topicIdsOf } from '../modern/subscribed-topics.ts'
import { samePartitions, type TopicPartitions } from '../modern/topic-partitions.ts'
import type { ConsumerGroup, ResolvedRegex } from './consumer-group.ts'
import { hasRegex, sameDescription, sameNames, type ConsumerMember } from './consumer-member.ts'
import type { DecisionContext } from './decision-context.ts'
import type { GroupDraft } from './group-draft.ts'
import { reconcile } from './reconcile.ts'
import { Refusal } from './refusal.ts'

/** Topics whose name matches as a whole. Throws Refusal INVALID_REGULAR_EXPRESSION. */
function resolveRegex(regex: string, { image, nowMs, maySeeTopic }: DecisionContext): ResolvedRegex {
  const matches = compilePattern(regex)
  if (matches === null)
    throw new Refusal(
      ErrorCode.INVALID_REGULAR_EXPRESSION,
      `SubscribedTopicRegex \`${regex}\` is not a valid regular expression.`,
    )
  const topics = new Set<string>()
  for (const name of image.topicsByName.keys()) if (matches(name) && maySeeTopic(name)) topics.add(name)
  return { topics, version: image.offset, timestampMs: nowMs }
}

/**
 * Takes the member in, or what it now says of itself, with all that follows; `updated` carries the description, the rest is
 * as the group has it. Gives back the member after its step.
 */
export function updateMember(
  draft: GroupDraft,
  updated: ConsumerMember,
  owned: TopicPartitions | null,
  context: DecisionContext,
): ConsumerMember {
  const before = draft.group.members.get(updated.memberId)
  const resolved = resolveOwnRegex(draft, before, updated, context)
  if (before === undefined || !sameDescription(before, updated)) draft.writeMember(updated)
  const subscriptionChanged =
    resolved ||
    before === undefined ||
    !sameNames(before.subscribedTopicNames, updated.subscribedTopicNames) ||
    before.subscribedTopicRegex !== updated.subscribedTopicRegex
  if (before !== undefined && hasRegex(before)) dropUnusedRegex(draft, before.subscribedTopicRegex)
  moveGroupEpoch(draft, context, subscriptionChanged)
  updateTarget(draft, context)
  return stepMember(draft, updated.memberId, owned)
}

/**
 * Resolves a pattern that nobody in the group had: at once when the member would have nothing without it; beside names with
 * the member's next heartbeat, as Kafka does, whose clients expect the topics of the names first. Throws Refusal.
 */
function resolveOwnRegex(
  draft: GroupDraft,
  before: ConsumerMember | undefined,
  updated: ConsumerMember,
  context: DecisionContext,
): boolean {
  if (!hasRegex(updated) || draft.group.regexes.has(updated.subscribedTopicRegex)) return false
  // What is refused must be so before anything is written.
  const resolved = resolveRegex(updated.subscribedTopicRegex, context)
  const isNew = before?.subscribedTopicRegex !== updated.subscribedTopicRegex
  if (isNew && updated.subscribedTopicNames.length > 0) return false
  draft.writeRegex(updated.subscribedTopicRegex, resolved)
  return true
}

/** Takes members out and moves the group's epoch; the others get the target at their next heartbeat. */
export function removeMembers(draft: GroupDraft, memberIds: readonly string[], context: DecisionContext): void {
  for (const memberId of memberIds) {
    const member = draft.group.members.get(memberId)
    if (member === undefined) continue
    draft.removeMember(memberId)
    if (hasRegex(member)) dropUnusedRegex(draft, member.subscribedTopicRegex)
  }
  moveGroupEpoch(draft, context, true)
}

function dropUnusedRegex(draft: GroupDraft, regex: string): void {
  if (draft.group.regexes.has(regex) && draft.group.regexUsers(regex) === 0) draft.writeRegex(regex, null)
}

/** Moves the group's epoch when it must, or when the topics are no longer what it was computed for. */
function moveGroupEpoch(draft: GroupDraft, context: DecisionContext, isForced: boolean): void {
  const { seenTopicsVersion } = draft.group
  if (!isForced && seenTopicsVersion === context.topicsVersion) return
  if (seenTopicsVersion !== context.topicsVersion) refreshRegexes(draft, context)
  const { group } = draft
  const hash = metadataHash(context.image, group.subscribedTopics())
  if (isForced || hash !== group.metadataHash) draft.writeGroup(group.groupEpoch + 1, hash)
}

function refreshRegexes(draft: GroupDraft, context: DecisionContext): void {
  for (const [regex, known] of draft.group.regexes) {
    if (known.version === context.image.offset) continue
    const resolved = resolveRegex(regex, context)
    const unchanged = resolved.topics.size === known.topics.size && sameNames([...resolved.topics], [...known.topics])
    if (!unchanged) draft.writeRegex(regex, resolved)
  }
}

function updateTarget(draft: GroupDraft, context: DecisionContext): void {
  const { group } = draft
  if (group.groupEpoch <= group.assignmentEpoch) return
  const targets = assignorOf(group, context).assign(assignorInput(group, context.image))
  for (const [memberId, target] of targets)
    if (!group.targets.has(memberId) || !samePartitions(group.targetOf(memberId), target))
      draft.writeTarget(memberId, target)
  draft.writeTargetEpoch(group.groupEpoch)
}

/** The most wanted, else the first configured. */
export function assignorOf(group: ConsumerGroup, { assignors }: DecisionContext): Assignor {
  const preferred = assignors.get(group.preferredAssignor() ?? '')
  return preferred ?? (assignors.values().next().value as Assignor)
}

function assignorInput(
  group: ConsumerGroup,
  image: MetadataImage,
): { members: AssignorMember[]; partitionCounts: Map<Uuid, number> } {
  const partitionCounts = new Map<Uuid, number>()
  // By names and regular expression: members who subscribe alike share one set.
  const known = new Map<readonly string[], Map<string, ReadonlySet<Uuid>>>()
  const topicsOf = (member: ConsumerMember): ReadonlySet<Uuid> => {
    let byRegex = known.get(member.subscribedTopicNames)
    if (byRegex === undefined) known.set(member.subscribedTopicNames, (byRegex = new Map()))
    const regex = member.subscribedTopicRegex ?? ''
    const before = byRegex.get(regex)
    if (before !== undefined) return before
    const topicIds = topicIdsOf(image, group.topicsOf(member))
    for (const id of topicIds) partitionCounts.set(id, image.topicsById.get(id)?.partitions.length ?? 0)
    byRegex.set(regex, topicIds)
    return topicIds
  }
  const members = [...group.members.values()].map((member): AssignorMember => {
    const { memberId, instanceId, rackId } = member
    return { memberId, instanceId, rackId, topicIds: topicsOf(member), assigned: group.targetOf(memberId) }
  })
  return { members, partitionCounts }
}

function stepMember(draft: GroupDraft, memberId: string, owned: TopicPartitions | null): ConsumerMember {
  const { group } = draft
  const member = group.members.get(memberId) as ConsumerMember
  const next = reconcile(member, {
    target: group.targetOf(memberId),
    targetEpoch: group.assignmentEpoch,
    owned,
    isHeld: (topicId, partition) => group.isHeld(topicId, partition),
  })
  if (next !== member) draft.writeAssignment(next)
  return next
}
