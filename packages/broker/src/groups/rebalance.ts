/**
 * The rebalance of classic groups (kafka-protocol §5.1): the join and sync phases, and everything that starts or ends
 * them. Holds no state of its own: it lives in the group. Timers run on the shard's loop; a timer of a group that has
 * moved on finds so and does nothing.
 */
import type { TimerHandle } from '@millrace/base/host'
import { ErrorCode } from '@millrace/protocol/errors'
import type { ClassicGroup } from './classic-group.ts'
import type { JoinResult, Member, SyncResult } from './member.ts'
import { recordOfGroup } from './replay.ts'
import type { GroupShard } from './shard.ts'

/** A member that joined and waits for its first generation is kept so long without a heartbeat, ms (as Kafka does). */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000
const NOTHING = Buffer.alloc(0)

export interface RebalanceSettings {
  /** group.initial.rebalance.delay.ms */
  readonly initialRebalanceDelayMs: number
}

export function joinError(memberId: string, errorCode: number): JoinResult {
  return {
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leaderId: '',
    memberId,
    skipAssignment: false,
    members: [],
  }
}

export function syncError(errorCode: number): SyncResult {
  return { errorCode, protocolType: null, protocolName: null, assignment: NOTHING }
}

export class Rebalance {
  readonly #shard: GroupShard
  readonly #settings: RebalanceSettings

  constructor(shard: GroupShard, settings: RebalanceSettings) {
    this.#shard = shard
    this.#settings = settings
  }

  #nowMs(): number {
    return this.#shard.host.clock.nowMs()
  }

  /** Heard from the member: its session begins anew. */
  renewSession(group: ClassicGroup, member: Member): void {
    const timeoutMs = member.isNew ? NEW_MEMBER_JOIN_TIMEOUT_MS : member.sessionTimeoutMs
    member.sessionDeadlineMs = this.#shard.host.clock.monotonicMs() + timeoutMs
    // One timer per member: when it fires early because the deadline moved, it is set again for the rest.
    if (member.sessionTimer === null) this.#armSession(group, member, timeoutMs)
    else if (member.isNew === false && timeoutMs < NEW_MEMBER_JOIN_TIMEOUT_MS) {
      this.#shard.host.timers.clear(member.sessionTimer)
      this.#armSession(group, member, timeoutMs)
    }
  }

  #armSession(group: ClassicGroup, member: Member, delayMs: number): void {
    member.sessionTimer = this.#shard.host.timers.set(Math.max(1, delayMs), () => {
      member.sessionTimer = null
      this.#sessionTimerFired(group, member)
    })
  }

  #sessionTimerFired(group: ClassicGroup, member: Member): void {
    if (this.#shard.state !== 'active' || this.#shard.groups.get(group.groupId) !== group) return
    if (group.state === 'Dead' || group.members.get(member.memberId) !== member) return
    const leftMs = member.sessionDeadlineMs - this.#shard.host.clock.monotonicMs()
    // A member that waits for an answer of ours is alive as far as we can ask.
    const waits = !member.isNew && (member.awaitingJoin !== null || member.awaitingSync !== null)
    if (leftMs > 0) this.#armSession(group, member, leftMs)
    else if (waits) this.renewSession(group, member)
    else this.removeMember(group, member.memberId)
  }

  /** Ends a member's timer; for members that leave the group. */
  forget(member: Member): void {
    if (member.sessionTimer !== null) this.#shard.host.timers.clear(member.sessionTimer)
    member.sessionTimer = null
  }

  /** Takes a member out (left, expired, never synced) and starts what follows from it. */
  removeMember(group: ClassicGroup, memberId: string): void {
    const member = group.remove(memberId)
    if (member === undefined) return
    this.forget(member)
    const { awaitingJoin, awaitingSync } = member
    member.awaitingJoin = null
    member.awaitingSync = null
    awaitingJoin?.(joinError(memberId, ErrorCode.UNKNOWN_MEMBER_ID))
    awaitingSync?.(syncError(ErrorCode.UNKNOWN_MEMBER_ID))
    if (group.state === 'Stable' || group.state === 'CompletingRebalance') this.prepare(group)
    else if (group.state === 'PreparingRebalance') this.completeJoinIfAll(group)
  }

  /** Takes a member in, or its new subscription, and (re)starts the join phase. */
  join(group: ClassicGroup, member: Member, reply: (result: JoinResult) => void): void {
    if (group.members.get(member.memberId) !== member) {
      member.isNew = true
      group.add(member)
      if (group.inInitialDelay) group.newMemberAdded = true
    }
    member.awaitingJoin = reply
    this.renewSession(group, member)
    if (group.state === 'PreparingRebalance') this.completeJoinIfAll(group)
    else this.prepare(group)
  }

  /** PreparingRebalance: members learn of it by heartbeats, and have the longest rebalance timeout to join again. */
  prepare(group: ClassicGroup): void {
    if (group.state === 'PreparingRebalance') {
      this.completeJoinIfAll(group)
      return
    }
    if (group.state === 'CompletingRebalance') this.#failSyncs(group, ErrorCode.REBALANCE_IN_PROGRESS)
    const wasEmpty = group.state === 'Empty'
    this.#clearTimer(group.syncTimer)
    group.syncTimer = null
    group.pendingSyncs.clear()
    group.transition('PreparingRebalance', this.#nowMs())
    if (wasEmpty && this.#settings.initialRebalanceDelayMs > 0) {
      group.inInitialDelay = true
      this.#extendInitialDelay(group, group.rebalanceTimeoutMs)
      return
    }
    group.joinTimer = this.#shard.host.timers.set(group.rebalanceTimeoutMs, () => this.#joinTimedOut(group))
    this.completeJoinIfAll(group)
  }

  /** Waits for more first members, as long as some keep coming, within `remainingMs` in all. */
  #extendInitialDelay(group: ClassicGroup, remainingMs: number): void {
    const delayMs = Math.min(this.#settings.initialRebalanceDelayMs, remainingMs)
    group.newMemberAdded = false
    group.joinTimer = this.#shard.host.timers.set(delayMs, () => {
      if (!this.#isPreparing(group)) return
      const leftMs = remainingMs - delayMs
      if (group.newMemberAdded && leftMs > 0) this.#extendInitialDelay(group, leftMs)
      else {
        group.inInitialDelay = false
        this.#completeJoin(group)
      }
    })
  }

  #isPreparing(group: ClassicGroup): boolean {
    return this.#shard.state === 'active' && group.state === 'PreparingRebalance'
  }

  completeJoinIfAll(group: ClassicGroup): void {
    if (group.inInitialDelay && group.members.size > 0) return
    if (group.hasAllMembersJoined) this.#completeJoin(group)
  }

  #joinTimedOut(group: ClassicGroup): void {
    if (this.#isPreparing(group)) this.#completeJoin(group)
  }

  #completeJoin(group: ClassicGroup): void {
    this.#clearTimer(group.joinTimer)
    group.joinTimer = null
    group.inInitialDelay = false
    // Static members keep their place until their session ends (KIP-345); dynamic ones that did not come are out.
    for (const member of [...group.members.values()]) {
      if (member.awaitingJoin === null && !member.isStatic) {
        group.remove(member.memberId)
        this.forget(member)
      }
    }
    if (group.members.size > 0 && !group.electJoinedLeader()) {
      // Only absent static members are left: their sessions decide.
      group.joinTimer = this.#shard.host.timers.set(group.rebalanceTimeoutMs, () => this.#joinTimedOut(group))
      return
    }
    group.beginGeneration(this.#nowMs())
    if (group.members.size === 0) {
      this.#shard.append([recordOfGroup(group, null, this.#nowMs())], { apply: false }, () => {})
      return
    }
    for (const member of group.members.values()) {
      const reply = member.awaitingJoin
      member.awaitingJoin = null
      member.isNew = false
      this.renewSession(group, member)
      group.pendingSyncs.add(member.memberId)
      reply?.(this.joinResult(group, member, false))
    }
    const generation = group.generationId
    group.syncTimer = this.#shard.host.timers.set(group.rebalanceTimeoutMs, () => this.#syncTimedOut(group, generation))
  }

  /** What a member of the current generation is told. */
  joinResult(group: ClassicGroup, member: Member, skipAssignment: boolean): JoinResult {
    const isLeader = group.leaderId === member.memberId
    return {
      errorCode: ErrorCode.NONE,
      generationId: group.generationId,
      protocolType: group.protocolType,
      protocolName: group.protocolName,
      leaderId: group.leaderId ?? '',
      memberId: member.memberId,
      skipAssignment,
      members: isLeader ? group.memberMetadata() : [],
    }
  }

  #syncTimedOut(group: ClassicGroup, generation: number): void {
    if (this.#shard.state !== 'active' || group.generationId !== generation) return
    if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return
    const absent = [...group.pendingSyncs]
    group.pendingSyncs.clear()
    for (const memberId of absent) {
      const member = group.remove(memberId)
      if (member !== undefined) this.forget(member)
    }
    if (absent.length > 0) this.prepare(group)
  }

  /** SyncGroup of a member of the current generation, in CompletingRebalance. */
  sync(
    group: ClassicGroup,
    member: Member,
    assignments: ReadonlyMap<string, Buffer>,
    reply: (result: SyncResult) => void,
  ): void {
    // A member that asks again takes the place of its earlier request.
    member.awaitingSync?.(syncError(ErrorCode.REBALANCE_IN_PROGRESS))
    member.awaitingSync = reply
    group.pendingSyncs.delete(member.memberId)
    this.renewSession(group, member)
    if (group.leaderId !== member.memberId) return
    const generation = group.generationId
    const copied = new Map(
      [...assignments].map(([memberId, assignment]) => [memberId, Buffer.from(assignment)] as const),
    )
    this.#shard.append([recordOfGroup(group, copied, this.#nowMs())], { apply: false }, (errorCode) => {
      // The group may have moved on while the record was replicated: then this assignment is void.
      if (group.state !== 'CompletingRebalance' || group.generationId !== generation) return
      if (errorCode !== ErrorCode.NONE) {
        this.#failSyncs(group, errorCode)
        this.prepare(group)
        return
      }
      for (const one of group.members.values()) one.assignment = copied.get(one.memberId) ?? NOTHING
      group.transition('Stable', this.#nowMs())
      for (const one of group.members.values()) this.#answerSync(group, one)
    })
  }

  #answerSync(group: ClassicGroup, member: Member): void {
    const reply = member.awaitingSync
    if (reply === null) return
    member.awaitingSync = null
    this.renewSession(group, member)
    reply(this.syncResult(group, member))
  }

  syncResult(group: ClassicGroup, member: Member): SyncResult {
    return {
      errorCode: ErrorCode.NONE,
      protocolType: group.protocolType,
      protocolName: group.protocolName,
      assignment: member.assignment,
    }
  }

  #failSyncs(group: ClassicGroup, errorCode: number): void {
    for (const member of group.members.values()) {
      member.assignment = NOTHING
      const reply = member.awaitingSync
      member.awaitingSync = null
      reply?.(syncError(errorCode))
    }
  }

  /** The shard is closed: whoever waits looks for the new coordinator. */
  resign(group: ClassicGroup): void {
    this.#end(group, ErrorCode.NOT_COORDINATOR)
  }

  /** A consumer group took the group's place: whoever waits joins again, and joins that. */
  dissolve(group: ClassicGroup): void {
    this.#end(group, ErrorCode.REBALANCE_IN_PROGRESS)
  }

  #end(group: ClassicGroup, errorCode: number): void {
    this.#clearTimer(group.joinTimer)
    this.#clearTimer(group.syncTimer)
    for (const timer of group.pendingJoins.values()) this.#clearTimer(timer)
    for (const member of group.members.values()) {
      this.forget(member)
      const { awaitingJoin, awaitingSync } = member
      member.awaitingJoin = null
      member.awaitingSync = null
      awaitingJoin?.(joinError(member.memberId, errorCode))
      awaitingSync?.(syncError(errorCode))
    }
  }

  #clearTimer(timer: TimerHandle | null): void {
    if (timer !== null) this.#shard.host.timers.clear(timer)
  }
}
