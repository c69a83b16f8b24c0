/**
 * A consumer group (KIP-848): members, the group's epoch, the target assignment and its epoch, and who holds which
 * partition. Holds no timer, sends nothing and writes nothing. Changed only by replay (consumer-replay.ts), of what the log
 * holds or, on a clone, of what a decision is about to write. Single owner: the shard.
 *
 * Invariants: groupEpoch >= assignmentEpoch; a partition has one holder; a static member's instance names its member id.
 */
import type { Uuid } from '@millrace/base/uuid'
import type { GroupOffsets } from '../group-offsets.ts'
import type { TopicPartitions } from '../modern/topic-partitions.ts'
import { NO_PARTITIONS } from '../modern/topic-partitions.ts'
import { hasRegex, type ConsumerMember } from './consumer-member.ts'

/** Most groups have one subscription or two. */
const SUBSCRIPTIONS_COMPARED = 4

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable'

export interface ResolvedRegex {
  readonly topics: ReadonlySet<string>
  /** Offset of the metadata image that it was resolved against. */
  readonly version: number
  readonly timestampMs: number
}

export class ConsumerGroup {
  readonly type = 'consumer' as const
  readonly protocolType = 'consumer' as const
  readonly groupId: string
  readonly offsets: GroupOffsets
  groupEpoch = 0
  /** Of the subscribed topics, when the group's epoch was last moved. */
  metadataHash = 0
  assignmentEpoch = 0
  /** Generation of the metadata (TopicsView) that group and regular expressions were last compared with; memory only. */
  seenTopicsVersion = -1
  readonly members: Map<string, ConsumerMember> = new Map()
  /** instance id → member id */
  readonly staticMembers: Map<string, string> = new Map()
  /** By member id. */
  readonly targets: Map<string, TopicPartitions> = new Map()
  readonly regexes: Map<string, ResolvedRegex> = new Map()
  /** Who holds each partition, assigned or not yet given up: topic id → partition → member id. */
  readonly #holders: Map<Uuid, Map<number, string>> = new Map()

  constructor(groupId: string, offsets: GroupOffsets) {
    this.groupId = groupId
    this.offsets = offsets
  }

  /** A copy that can be changed without touching this; offsets are shared. */
  clone(): ConsumerGroup {
    const copy = new ConsumerGroup(this.groupId, this.offsets)
    copy.groupEpoch = this.groupEpoch
    copy.metadataHash = this.metadataHash
    copy.assignmentEpoch = this.assignmentEpoch
    copy.seenTopicsVersion = this.seenTopicsVersion
    for (const [id, member] of this.members) copy.members.set(id, member)
    for (const [instance, id] of this.staticMembers) copy.staticMembers.set(instance, id)
    for (const [id, target] of this.targets) copy.targets.set(id, target)
    for (const [regex, resolved] of this.regexes) copy.regexes.set(regex, resolved)
    for (const [topicId, holders] of this.#holders) copy.#holders.set(topicId, new Map(holders))
    return copy
  }

  get state(): ConsumerGroupState {
    if (this.members.size === 0) return 'Empty'
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning'
    for (const member of this.members.values()) if (!this.isReconciled(member)) return 'Reconciling'
    return 'Stable'
  }

  get isEmpty(): boolean {
    return this.members.size === 0
  }

  isReconciled(member: ConsumerMember): boolean {
    return member.state === 'STABLE' && member.memberEpoch === this.assignmentEpoch
  }

  targetOf(memberId: string): TopicPartitions {
    return this.targets.get(memberId) ?? NO_PARTITIONS
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    const memberId = this.staticMembers.get(instanceId)
    return memberId === undefined ? undefined : this.members.get(memberId)
  }

  isHeld(topicId: Uuid, partition: number): boolean {
    return this.#holders.get(topicId)?.has(partition) ?? false
  }

  /** True while a partition of the member's target is held by another. */
  waitsForOthers(member: ConsumerMember): boolean {
    for (const [topicId, partitions] of this.targetOf(member.memberId))
      for (const partition of partitions) {
        const holder = this.#holders.get(topicId)?.get(partition)
        if (holder !== undefined && holder !== member.memberId) return true
      }
    return false
  }

  /** All topics that some member subscribes to, those of resolved regular expressions included. */
  subscribedTopics(): Set<string> {
    const topics = new Set<string>()
    for (const member of this.distinctSubscribers()) for (const name of this.topicsOf(member)) topics.add(name)
    return topics
  }

  /** One member for each subscription that some have. */
  *distinctSubscribers(): Generator<ConsumerMember> {
    const seen = new Map<readonly string[], Set<string>>()
    for (const member of this.members.values()) {
      let regexes = seen.get(member.subscribedTopicNames)
      if (regexes === undefined) seen.set(member.subscribedTopicNames, (regexes = new Set()))
      const regex = member.subscribedTopicRegex ?? ''
      if (regexes.has(regex)) continue
      regexes.add(regex)
      yield member
    }
  }

  /** `names` as a member has them already, if one of the first few does: a thousand members share one list. */
  sharedNames(names: readonly string[]): readonly string[] {
    let looked = 0
    for (const member of this.distinctSubscribers()) {
      const known = member.subscribedTopicNames
      if (known.length === names.length && known.every((name, index) => name === names[index])) return known
      if (++looked === SUBSCRIPTIONS_COMPARED) break
    }
    return names
  }

  isSubscribedTo(topic: string): boolean {
    for (const member of this.distinctSubscribers()) {
      if (member.subscribedTopicNames.includes(topic)) return true
      if (hasRegex(member) && this.regexes.get(member.subscribedTopicRegex)?.topics.has(topic) === true) return true
    }
    return false
  }

  /** By name and by its regular expression as resolved. */
  *topicsOf(member: ConsumerMember): Generator<string> {
    yield* member.subscribedTopicNames
    if (hasRegex(member)) yield* this.regexes.get(member.subscribedTopicRegex)?.topics ?? []
  }

  /** How many members subscribe by this regular expression. */
  regexUsers(regex: string): number {
    let users = 0
    for (const member of this.members.values()) if (member.subscribedTopicRegex === regex) users++
    return users
  }

  /** The assignor that most members ask for (the earliest asked for on a tie); null when none asks. */
  preferredAssignor(): string | null {
    const votes = new Map<string, number>()
    for (const { serverAssignor } of this.members.values())
      if (serverAssignor !== null) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1)
    let winner: string | null = null
    for (const [name, count] of votes) if (winner === null || count > (votes.get(winner) ?? 0)) winner = name
    return winner
  }

  get classicMembers(): number {
    let count = 0
    for (const { classic } of this.members.values()) if (classic !== null) count++
    return count
  }

  /** For replay only. */
  setMember(member: ConsumerMember): void {
    const before = this.members.get(member.memberId)
    if (before !== undefined) this.#release(before)
    this.members.set(member.memberId, member)
    for (const partitions of [member.assigned, member.pendingRevocation]) {
      for (const [topicId, set] of partitions) {
        let holders = this.#holders.get(topicId)
        if (holders === undefined) this.#holders.set(topicId, (holders = new Map()))
        for (const partition of set) holders.set(partition, member.memberId)
      }
    }
    if (before !== undefined && before.instanceId !== null && before.instanceId !== member.instanceId)
      this.#forgetInstance(before)
    if (member.instanceId !== null) this.staticMembers.set(member.instanceId, member.memberId)
  }

  /** For replay only. */
  removeMember(memberId: string): void {
    const member = this.members.get(memberId)
    if (member === undefined) return
    this.members.delete(memberId)
    this.#release(member)
    this.#forgetInstance(member)
  }

  #forgetInstance({ instanceId, memberId }: ConsumerMember): void {
    if (instanceId !== null && this.staticMembers.get(instanceId) === memberId) this.staticMembers.delete(instanceId)
  }

  #release({ memberId, assigned, pendingRevocation }: ConsumerMember): void {
    for (const partitions of [assigned, pendingRevocation]) {
      for (const [topicId, set] of partitions) {
        const holders = this.#holders.get(topicId)
        if (holders === undefined) continue
        for (const partition of set) if (holders.get(partition) === memberId) holders.delete(partition)
        if (holders.size === 0) this.#holders.delete(topicId)
      }
    }
  }
}
