/**
 * A classic group: its members, generation and state, and the decisions that need nothing else (protocol vote, leader,
 * who is missing). It holds no timer, sends nothing and writes nothing: rebalance.ts does. Single owner: the shard.
 *
 * Invariants: every static member is in `members` under the id that `staticMembers` names; a Stable group has a
 * leader that is a member; generationId only grows.
 */
import { checkTransition, type GroupState } from './group-state.ts'
import type { GroupOffsets } from './group-offsets.ts'
import { Member } from './member.ts'
import { readSubscription } from './consumer-protocol.ts'
import type { TimerHandle } from '@millrace/base/host'

export class ClassicGroup {
  readonly type = 'classic' as const
  readonly groupId: string
  readonly offsets: GroupOffsets
  readonly members: Map<string, Member> = new Map()
  /** group.instance.id → member id. */
  readonly staticMembers: Map<string, string> = new Map()
  /** Member ids handed out with MEMBER_ID_REQUIRED whose owner has not come back yet, with the timer that forgets them. */
  readonly pendingJoins: Map<string, TimerHandle> = new Map()
  /** Members that got the current generation and have not sent SyncGroup. */
  readonly pendingSyncs: Set<string> = new Set()
  generationId = 0
  /** null: an Empty group that never had members (only commits), or whose last type is unknown. */
  protocolType: string | null = null
  protocolName: string | null = null
  leaderId: string | null = null
  /** Someone joined since the initial delay was last extended. */
  newMemberAdded = false
  /** Ends the join phase, or extends it. */
  joinTimer: TimerHandle | null = null
  /** Removes members that never sync. */
  syncTimer: TimerHandle | null = null
  /** True while the first members of an Empty group are gathered: the join phase then ends by its timer alone. */
  inInitialDelay = false
  #state: GroupState
  #stateSinceMs: number

  constructor(groupId: string, offsets: GroupOffsets, nowMs: number, state: GroupState = 'Empty') {
    this.groupId = groupId
    this.offsets = offsets
    this.#state = state
    this.#stateSinceMs = nowMs
  }

  get state(): GroupState {
    return this.#state
  }

  /** Wall clock ms of the last change of state. */
  get stateSinceMs(): number {
    return this.#stateSinceMs
  }

  transition(to: GroupState, nowMs: number): void {
    checkTransition(this.groupId, this.#state, to)
    this.#state = to
    this.#stateSinceMs = nowMs
  }

  get isEmpty(): boolean {
    return this.#state === 'Empty'
  }

  /** Restores what a record says about when the state began. */
  restoreStateSince(sinceMs: number): void {
    this.#stateSinceMs = sinceMs
  }

  add(member: Member): void {
    this.members.set(member.memberId, member)
    if (member.groupInstanceId !== null) this.staticMembers.set(member.groupInstanceId, member.memberId)
    if (this.leaderId === null) this.leaderId = member.memberId
    this.pendingSyncs.delete(member.memberId)
  }

  remove(memberId: string): Member | undefined {
    const member = this.members.get(memberId)
    if (member === undefined) return undefined
    this.members.delete(memberId)
    this.pendingSyncs.delete(memberId)
    if (member.groupInstanceId !== null && this.staticMembers.get(member.groupInstanceId) === memberId) {
      this.staticMembers.delete(member.groupInstanceId)
    }
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value ?? null
    return member
  }

  /** The static member of `groupInstanceId`, if it has one. */
  staticMember(groupInstanceId: string | null): Member | undefined {
    if (groupInstanceId === null) return undefined
    const memberId = this.staticMembers.get(groupInstanceId)
    return memberId === undefined ? undefined : this.members.get(memberId)
  }

  /** Takes a static member's place under a new member id (KIP-345); keeps leadership and assignment. */
  replaceStatic(old: Member, memberId: string): Member {
    const replacement = new Member({
      memberId,
      groupInstanceId: old.groupInstanceId,
      clientId: old.clientId,
      clientHost: old.clientHost,
      rebalanceTimeoutMs: old.rebalanceTimeoutMs,
      sessionTimeoutMs: old.sessionTimeoutMs,
      protocols: old.protocols,
    })
    replacement.assignment = old.assignment
    const wasLeader = this.leaderId === old.memberId
    this.remove(old.memberId)
    this.add(replacement)
    if (wasLeader) this.leaderId = memberId
    return replacement
  }

  /** True when a member with these protocols can be one of the group: same type, and an assignor that all support. */
  supportsProtocols(protocolType: string, names: readonly string[]): boolean {
    if (this.members.size === 0) return protocolType !== '' && names.length > 0
    if (this.protocolType !== protocolType) return false
    const common = this.commonProtocols()
    return names.some((name) => common.has(name))
  }

  /** Assignors that every member supports. */
  commonProtocols(): Set<string> {
    let common: string[] | null = null
    for (const member of this.members.values()) {
      const own = new Set(member.protocols.map((protocol) => protocol.name))
      common = common === null ? [...own] : common.filter((name) => own.has(name))
    }
    return new Set(common)
  }

  /** Each member votes for the first of its protocols that all support; most votes win, the first voted for on a tie. */
  selectProtocol(): string | null {
    const common = this.commonProtocols()
    const votes = new Map<string, number>()
    for (const member of this.members.values()) {
      const vote = member.protocols.find((protocol) => common.has(protocol.name))
      if (vote !== undefined) votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1)
    }
    let winner: string | null = null
    for (const [name, count] of votes) if (winner === null || count > (votes.get(winner) ?? 0)) winner = name
    return winner
  }

  get hasAllMembersJoined(): boolean {
    if (this.pendingJoins.size > 0) return false
    for (const member of this.members.values()) if (member.awaitingJoin === null) return false
    return true
  }

  /** The longest rebalance timeout of the members, ms; the join and sync phases last at most so long. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  /** If the leader has not rejoined, the first member that has takes over; false when nobody has. */
  electJoinedLeader(): boolean {
    const leader = this.leaderId === null ? undefined : this.members.get(this.leaderId)
    if (leader !== undefined && leader.awaitingJoin !== null) return true
    for (const member of this.members.values()) {
      if (member.awaitingJoin !== null) {
        this.leaderId = member.memberId
        return true
      }
    }
    return false
  }

  /** Begins the next generation with the members that are there; Empty when there are none. */
  beginGeneration(nowMs: number): void {
    this.generationId++
    this.pendingSyncs.clear()
    if (this.members.size === 0) {
      this.protocolName = null
      this.leaderId = null
      this.transition('Empty', nowMs)
    } else {
      this.protocolName = this.selectProtocol()
      this.transition('CompletingRebalance', nowMs)
    }
  }

  /** What the leader needs to assign: every member with its metadata for the chosen protocol. */
  memberMetadata(): { memberId: string; groupInstanceId: string | null; metadata: Buffer }[] {
    return [...this.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: member.metadataFor(this.protocolName),
    }))
  }

  /** Topics the members subscribe to; null when that cannot be told (other protocol types, no chosen protocol). */
  subscribedTopics(): Set<string> | null {
    if (this.protocolType !== 'consumer' || this.members.size === 0 || this.protocolName === null) return null
    const topics = new Set<string>()
    for (const member of this.members.values()) {
      const subscribed = readSubscription(member.metadataFor(this.protocolName))
      if (subscribed === null) return null
      for (const topic of subscribed) topics.add(topic)
    }
    return topics
  }
}
