/**
 * Runs decisions on consumer groups: in the group's turn, on a draft, written as one batch, applied once committed, then
 * answered. Owns the timers of their members (session; rebalance while something is to be given up; join and sync of members
 * that speak the classic protocol), whose end is such a decision too. One per shard.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import type { MetadataImage } from '@millrace/metadata/image'
import { GroupOffsets } from '../group-offsets.ts'
import { groupTombstones, hasOwnRecords } from '../group-rules.ts'
import { MemberTimers } from '../modern/member-timers.ts'
import type { CoordinatorRecord } from '../offset-records.ts'
import type { Rebalance } from '../rebalance.ts'
import { recordOfGroup } from '../replay.ts'
import type { GroupShard } from '../shard.ts'
import { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { encodeConsumerRecord } from './consumer-records.ts'
import type { ConsumerSettings } from './consumer-settings.ts'
import type { DecisionContext } from './decision-context.ts'
import { GroupDraft } from './group-draft.ts'
import { downgrade, downgrades, upgrade } from './migration.ts'
import { removeMembers } from './rebalance-group.ts'
import { Refusal } from './refusal.ts'

/** The topics as the coordinator last saw them. */
export interface TopicsView {
  readonly image: MetadataImage
  /** Grows when a topic comes, goes, grows or moves. */
  readonly topicsVersion: number
}

export interface Decision {
  readonly records: readonly CoordinatorRecord[]
  /** The records are committed and applied: arm timers, answer. */
  readonly applied: () => void
}

export interface OpenDraft {
  readonly draft: GroupDraft
  /** Of a classic group whose place the draft takes. */
  readonly tombstones: readonly CoordinatorRecord[]
  /** To be called when the records are applied: whoever waits in that classic group is told to join again. */
  readonly taken: () => void
}

export type Refuse = (errorCode: number, message: string | null) => void

export class ConsumerOperations {
  readonly shard: GroupShard
  readonly settings: ConsumerSettings
  readonly timers: MemberTimers
  readonly #rebalance: Rebalance
  readonly #topics: TopicsView

  constructor(shard: GroupShard, rebalance: Rebalance, settings: ConsumerSettings, topics: TopicsView) {
    this.shard = shard
    this.settings = settings
    this.timers = new MemberTimers(shard.host)
    this.#rebalance = rebalance
    this.#topics = topics
  }

  /** @param maySeeTopic what the asker's regular expressions may match */
  context(maySeeTopic: (name: string) => boolean = () => true): DecisionContext {
    const { assignors, groupSizeMax, classicGroupSizeMax, migrationPolicy } = this.settings
    const { image, topicsVersion } = this.#topics
    const nowMs = this.shard.host.clock.nowMs()
    return { image, topicsVersion, nowMs, maySeeTopic, assignors, groupSizeMax, classicGroupSizeMax, migrationPolicy }
  }

  /** Decides in the group's turn. `decide` may throw Refusal. */
  run(groupId: string, decide: () => Decision, refuse: Refuse): void {
    this.shard.queue.run(groupId, (free) => {
      const end = (errorCode: number, message: string | null): void => {
        refuse(errorCode, message)
        free()
      }
      if (this.shard.state !== 'active') return end(ErrorCode.NOT_COORDINATOR, null)
      let decision: Decision
      try {
        decision = decide()
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return end(error.errorCode, error.message)
      }
      const apply = (): void => {
        decision.applied()
        free()
      }
      if (decision.records.length === 0) return apply()
      return this.shard.append(decision.records, { apply: true }, (errorCode) => {
        if (errorCode === ErrorCode.NONE) apply()
        else end(errorCode, null)
      })
    })
  }

  /** The consumer group, or why there is none. Throws Refusal. @param missing what is said to be missing */
  group(groupId: string, missing: 'Group' | 'Consumer group' = 'Group'): ConsumerGroup {
    const group = this.shard.groups.get(groupId)
    if (group?.type === 'consumer') return group
    const reason =
      group === undefined ? `${missing} ${groupId} not found.` : `Group ${groupId} is not a consumer group.`
    throw new Refusal(ErrorCode.GROUP_ID_NOT_FOUND, reason)
  }

  /** The group for someone who joins: as it is, new, or in the place of a classic one. Throws Refusal. */
  open(groupId: string, context: DecisionContext): OpenDraft {
    const group = this.shard.groups.get(groupId)
    const nothing = { tombstones: [], taken: () => {} }
    if (group === undefined)
      return { draft: new GroupDraft(new ConsumerGroup(groupId, new GroupOffsets())), ...nothing }
    if (group.type === 'consumer') return { draft: new GroupDraft(group), ...nothing }
    if (group.type === 'share')
      throw new Refusal(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} is not a consumer group.`)
    const draft = group.isEmpty ? new GroupDraft(new ConsumerGroup(groupId, group.offsets)) : upgrade(group, context)
    const tombstones = hasOwnRecords(group) || !group.isEmpty ? groupTombstones(group) : []
    const taken = (): void => {
      this.#rebalance.dissolve(group)
      for (const member of draft.group.members.values()) this.armSession(groupId, member)
    }
    return { draft, tombstones, taken }
  }

  records({ draft, tombstones }: Pick<OpenDraft, 'draft' | 'tombstones'>): CoordinatorRecord[] {
    return [...tombstones, ...draft.records.map(encodeConsumerRecord)]
  }

  /** The group was compared with the topics of this version; what the decision wrote is applied. */
  saw(groupId: string, topicsVersion: number): void {
    const group = this.shard.groups.get(groupId)
    if (group?.type === 'consumer') group.seenTopicsVersion = topicsVersion
  }

  /** Takes members out. When only members of the classic protocol are left, the group becomes classic again. */
  decideRemoval(group: ConsumerGroup, memberIds: readonly string[], applied: () => void): Decision {
    const context = this.context()
    const leaving = new Set(memberIds)
    const forget = (): void => {
      for (const memberId of memberIds) this.forgetMember(group.groupId, memberId)
    }
    if (downgrades(group, leaving, context)) {
      const decision = this.decideDowngrade(group, leaving)
      return { records: decision.records, applied: () => (decision.applied(), applied()) }
    }
    const draft = new GroupDraft(group)
    removeMembers(draft, memberIds, context)
    return {
      records: draft.records.map(encodeConsumerRecord),
      applied: () => {
        forget()
        this.saw(group.groupId, context.topicsVersion)
        applied()
      },
    }
  }

  decideDowngrade(group: ConsumerGroup, leaving: ReadonlySet<string>): Decision {
    const context = this.context()
    const { groupId } = group
    const memberIds = [...group.members.keys()]
    const classic = downgrade(group, leaving, context)
    const draft = new GroupDraft(group)
    draft.removeGroup()
    return {
      records: [...draft.records.map(encodeConsumerRecord), recordOfGroup(classic, null, context.nowMs)],
      applied: () => {
        for (const memberId of memberIds) this.forgetMember(groupId, memberId)
        // In place of what replay made of the record: it knows all the protocols of its members.
        this.shard.groups.set(groupId, classic)
        for (const member of classic.members.values()) this.#rebalance.renewSession(classic, member)
        this.#rebalance.prepare(classic)
      },
    }
  }

  /** An empty consumer group makes room for a classic one. */
  decideEnd(group: ConsumerGroup, applied: () => void): Decision {
    return { records: groupTombstones(group), applied }
  }

  /** Heard from the member, or it is given a whole session to be heard from. */
  armSession(groupId: string, { memberId, classic }: ConsumerMember): void {
    const timeoutMs = classic?.sessionTimeoutMs ?? this.settings.sessionTimeoutMs(groupId)
    this.timers.set('session', groupId, memberId, timeoutMs, () => this.#sessionEnded(groupId, memberId))
  }

  /** A member that has to give something up has its rebalance timeout for that; told again, it gets no more time. */
  armRebalance(groupId: string, member: ConsumerMember): void {
    const { memberId, memberEpoch, rebalanceTimeoutMs } = member
    if (member.classic !== null) return
    if (member.state !== 'UNREVOKED') this.timers.clear('rebalance', groupId, memberId)
    else if (!this.timers.has('rebalance', groupId, memberId))
      this.timers.set('rebalance', groupId, memberId, rebalanceTimeoutMs, () =>
        this.#expel(groupId, memberId, (now) => now.state === 'UNREVOKED' && now.memberEpoch === memberEpoch),
      )
  }

  /** A member of the classic protocol that is to join, or to sync, within its rebalance timeout. */
  armClassic(kind: 'join' | 'sync', groupId: string, { memberId, rebalanceTimeoutMs }: ConsumerMember): void {
    if (this.timers.has(kind, groupId, memberId)) return
    this.timers.set(kind, groupId, memberId, rebalanceTimeoutMs, () =>
      this.#expel(groupId, memberId, ({ classic }) => classic !== null && !this.timers.has(kind, groupId, memberId)),
    )
  }

  forgetMember(groupId: string, memberId: string): void {
    for (const kind of ['session', 'rebalance', 'join', 'sync']) this.timers.clear(kind, groupId, memberId)
  }

  #sessionEnded(groupId: string, memberId: string): void {
    // A heartbeat that stood before this in the queue has armed the timer again.
    this.#expel(groupId, memberId, () => !this.timers.has('session', groupId, memberId))
  }

  #expel(groupId: string, memberId: string, isStill: (member: ConsumerMember) => boolean): void {
    const decide = (): Decision => {
      const group = this.shard.groups.get(groupId)
      const member = group?.type === 'consumer' ? group.members.get(memberId) : undefined
      if (group?.type !== 'consumer' || member === undefined || !isStill(member))
        return { records: [], applied: () => {} }
      return this.decideRemoval(group, [memberId], () => {})
    }
    this.run(groupId, decide, () => {
      // Not written: the member is still there, and its next session end will be another try.
      const group = this.shard.groups.get(groupId)
      const member = group?.type === 'consumer' ? group.members.get(memberId) : undefined
      if (this.shard.state === 'active' && member !== undefined) this.armSession(groupId, member)
    })
  }

  /** The shard has loaded: every member gets a whole session, and what it still has to do its whole timeout. */
  loaded(): void {
    for (const group of this.shard.groups.values()) {
      if (group.type !== 'consumer') continue
      for (const member of group.members.values()) {
        this.armSession(group.groupId, member)
        this.armRebalance(group.groupId, member)
      }
    }
  }

  resign(): void {
    this.timers.clearAll()
  }
}
