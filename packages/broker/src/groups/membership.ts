/**
 * JoinGroup, SyncGroup, Heartbeat and LeaveGroup of classic groups: what each request gets in each state
 * (kafka-protocol §5.1). Decides and hands over to Rebalance.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import { randomUuid } from '@millrace/base/uuid'
import { ClassicGroup } from './classic-group.ts'
import { GroupOffsets } from './group-offsets.ts'
import { Member, type JoinResult, type MemberProtocol, type SyncResult } from './member.ts'
import { joinError, type Rebalance, syncError } from './rebalance.ts'
import { recordOfGroup } from './replay.ts'
import type { GroupShard } from './shard.ts'

export interface JoinRequest {
  readonly groupId: string
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  readonly protocols: readonly MemberProtocol[]
  /** JoinGroup v4+: a member without id is given one and must come back with it (KIP-394). */
  readonly requiresKnownMemberId: boolean
  /** JoinGroup v9+ (KIP-814). */
  readonly supportsSkipAssignment: boolean
}

export interface MembershipSettings {
  readonly sessionTimeoutMsMin: number
  readonly sessionTimeoutMsMax: number
  readonly groupSizeMax: number
}

export interface LeavingMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** Who asks: a member id and, for static members, the instance it claims to be; generation -1 is not checked. */
export interface Claim {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationId: number
}

/** NONE, or why the claim does not hold in this group. */
export function checkClaim(group: ClassicGroup, claim: Claim): number {
  if (claim.groupInstanceId !== null) {
    const holder = group.staticMember(claim.groupInstanceId)
    if (holder === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    if (holder.memberId !== claim.memberId) return ErrorCode.FENCED_INSTANCE_ID
  }
  if (!group.members.has(claim.memberId)) return ErrorCode.UNKNOWN_MEMBER_ID
  if (claim.generationId !== -1 && claim.generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
  return ErrorCode.NONE
}

export class Membership {
  readonly #shard: GroupShard
  readonly #rebalance: Rebalance
  readonly #settings: MembershipSettings

  constructor(shard: GroupShard, rebalance: Rebalance, settings: MembershipSettings) {
    this.#shard = shard
    this.#rebalance = rebalance
    this.#settings = settings
  }

  /** Members of other kinds of groups are not known here: see consumer/. */
  #group(groupId: string): ClassicGroup | undefined {
    const group = this.#shard.groups.get(groupId)
    return group?.type === 'classic' ? group : undefined
  }

  join(request: JoinRequest, reply: (result: JoinResult) => void): void {
    const refuse = (errorCode: number, memberId = request.memberId): void => reply(joinError(memberId, errorCode))
    const invalid = this.invalidJoin(request)
    if (invalid !== ErrorCode.NONE) return refuse(invalid)
    let group = this.#group(request.groupId)
    if (group === undefined) {
      if (request.memberId !== '') return refuse(ErrorCode.UNKNOWN_MEMBER_ID)
      group = new ClassicGroup(request.groupId, new GroupOffsets(), this.#shard.host.clock.nowMs())
      this.#shard.groups.set(request.groupId, group)
    }
    const names = request.protocols.map((protocol) => protocol.name)
    if (!group.supportsProtocols(request.protocolType, names)) return refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    if (this.#isFull(group, request.memberId)) {
      group.remove(request.memberId)
      return refuse(ErrorCode.GROUP_MAX_SIZE_REACHED)
    }
    if (request.memberId === '') this.#joinUnknown(group, request, reply)
    else this.#joinKnown(group, request, reply)
    return undefined
  }

  /** NONE, or what is wrong with the request whatever the group. */
  invalidJoin({ groupId, sessionTimeoutMs, protocolType, protocols }: JoinRequest): number {
    const { sessionTimeoutMsMin, sessionTimeoutMsMax } = this.#settings
    if (groupId === '') return ErrorCode.INVALID_GROUP_ID
    if (sessionTimeoutMs < sessionTimeoutMsMin || sessionTimeoutMs > sessionTimeoutMsMax)
      return ErrorCode.INVALID_SESSION_TIMEOUT
    return protocolType === '' || protocols.length === 0 ? ErrorCode.INCONSISTENT_GROUP_PROTOCOL : ErrorCode.NONE
  }

  #isFull(group: ClassicGroup, memberId: string): boolean {
    if (group.members.has(memberId) || group.pendingJoins.has(memberId)) return false
    return group.members.size + group.pendingJoins.size >= this.#settings.groupSizeMax
  }

  #joinUnknown(group: ClassicGroup, request: JoinRequest, reply: (result: JoinResult) => void): void {
    const memberId = `${request.groupInstanceId ?? request.clientId}-${randomUuid(this.#shard.host.random)}`
    const predecessor = group.staticMember(request.groupInstanceId)
    if (predecessor !== undefined) {
      this.#replaceStatic(group, predecessor, memberId, request, reply)
      return
    }
    if (request.groupInstanceId === null && request.requiresKnownMemberId) {
      const timer = this.#shard.host.timers.set(request.sessionTimeoutMs, () => {
        if (group.pendingJoins.delete(memberId) && group.state === 'PreparingRebalance')
          this.#rebalance.completeJoinIfAll(group)
      })
      group.pendingJoins.set(memberId, timer)
      reply(joinError(memberId, ErrorCode.MEMBER_ID_REQUIRED))
      return
    }
    this.#joinAsNew(group, memberId, request, reply)
  }

  #joinAsNew(group: ClassicGroup, memberId: string, request: JoinRequest, reply: (result: JoinResult) => void): void {
    if (group.members.size === 0) group.protocolType = request.protocolType
    this.#rebalance.join(group, new Member({ ...request, memberId, protocols: copied(request.protocols) }), reply)
  }

  #joinKnown(group: ClassicGroup, request: JoinRequest, reply: (result: JoinResult) => void): void {
    const pending = group.pendingJoins.get(request.memberId)
    if (pending !== undefined) {
      this.#shard.host.timers.clear(pending)
      group.pendingJoins.delete(request.memberId)
      this.#joinAsNew(group, request.memberId, request, reply)
      return
    }
    const errorCode = checkClaim(group, { ...request, generationId: -1 })
    const member = group.members.get(request.memberId)
    if (errorCode !== ErrorCode.NONE || member === undefined) {
      reply(joinError(request.memberId, errorCode))
      return
    }
    const unchanged = member.hasSameProtocols(request.protocols)
    if (group.state === 'CompletingRebalance' && unchanged) {
      // Its answer got lost: the same again.
      this.#rebalance.renewSession(group, member)
      reply(this.#rebalance.joinResult(group, member, false))
      return
    }
    if (group.state === 'Stable' && unchanged && group.leaderId !== member.memberId) {
      this.#rebalance.renewSession(group, member)
      reply(this.#rebalance.joinResult(group, member, false))
      return
    }
    this.#update(member, request)
    // A second join of one member takes the place of the first.
    member.awaitingJoin?.(joinError(member.memberId, ErrorCode.UNKNOWN_MEMBER_ID))
    this.#rebalance.join(group, member, reply)
  }

  #update(member: Member, request: JoinRequest): void {
    member.clientId = request.clientId
    member.clientHost = request.clientHost
    member.sessionTimeoutMs = request.sessionTimeoutMs
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs
    member.protocols = copied(request.protocols)
  }

  /** A static member came back under a new id (KIP-345): the old holder is fenced, and mostly nothing else happens. */
  #replaceStatic(
    group: ClassicGroup,
    old: Member,
    memberId: string,
    request: JoinRequest,
    reply: (result: JoinResult) => void,
  ): void {
    const leaderBefore = group.leaderId ?? ''
    const { awaitingJoin, awaitingSync } = old
    this.#rebalance.forget(old)
    const member = group.replaceStatic(old, memberId)
    awaitingJoin?.(joinError(old.memberId, ErrorCode.FENCED_INSTANCE_ID))
    awaitingSync?.(syncError(ErrorCode.FENCED_INSTANCE_ID))
    this.#update(member, request)
    this.#rebalance.renewSession(group, member)
    if (group.state !== 'Stable' || group.selectProtocol() !== group.protocolName) {
      this.#rebalance.join(group, member, reply)
      return
    }
    this.#shard.append([recordOfGroup(group, null, this.#shard.host.clock.nowMs())], { apply: false }, (errorCode) => {
      if (errorCode !== ErrorCode.NONE) {
        reply(joinError(memberId, errorCode))
        return
      }
      const isLeader = group.leaderId === memberId
      const result = this.#rebalance.joinResult(group, member, isLeader && request.supportsSkipAssignment)
      // An old client would compute an assignment as leader; told the leader's former id, it behaves as a follower.
      reply(isLeader && !request.supportsSkipAssignment ? { ...result, leaderId: leaderBefore, members: [] } : result)
    })
  }

  sync(
    groupId: string,
    claim: Claim,
    expected: { readonly protocolType: string | null; readonly protocolName: string | null },
    assignments: ReadonlyMap<string, Buffer>,
    reply: (result: SyncResult) => void,
  ): void {
    const group = this.#group(groupId)
    if (group === undefined) return reply(syncError(ErrorCode.UNKNOWN_MEMBER_ID))
    const errorCode = checkClaim(group, claim)
    const member = group.members.get(claim.memberId)
    if (errorCode !== ErrorCode.NONE || member === undefined) return reply(syncError(errorCode))
    if (expected.protocolType !== null && expected.protocolType !== group.protocolType)
      return reply(syncError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL))
    if (expected.protocolName !== null && expected.protocolName !== group.protocolName)
      return reply(syncError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL))
    switch (group.state) {
      case 'Empty':
      case 'Dead':
        return reply(syncError(ErrorCode.UNKNOWN_MEMBER_ID))
      case 'PreparingRebalance':
        return reply(syncError(ErrorCode.REBALANCE_IN_PROGRESS))
      case 'CompletingRebalance':
        return this.#rebalance.sync(group, member, assignments, reply)
      case 'Stable':
        group.pendingSyncs.delete(member.memberId)
        this.#rebalance.renewSession(group, member)
        return reply(this.#rebalance.syncResult(group, member))
    }
  }

  /** Answers the error code of a Heartbeat. */
  heartbeat(groupId: string, claim: Claim): number {
    const group = this.#group(groupId)
    if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    const errorCode = checkClaim(group, claim)
    const member = group.members.get(claim.memberId)
    if (errorCode !== ErrorCode.NONE || member === undefined) return errorCode
    this.#rebalance.renewSession(group, member)
    return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
  }

  /** Answers one error code per leaving member, in order. */
  leave(groupId: string, leaving: readonly LeavingMember[]): number[] {
    const group = this.#group(groupId)
    return leaving.map(({ memberId, groupInstanceId }) => {
      if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
      const pending = group.pendingJoins.get(memberId)
      if (pending !== undefined) {
        this.#shard.host.timers.clear(pending)
        group.pendingJoins.delete(memberId)
        if (group.state === 'PreparingRebalance') this.#rebalance.completeJoinIfAll(group)
        return ErrorCode.NONE
      }
      // An operator removes a static member by its instance id alone.
      const holder = group.staticMember(groupInstanceId)
      const leaver = memberId === '' && holder !== undefined ? holder.memberId : memberId
      const errorCode = checkClaim(group, { memberId: leaver, groupInstanceId, generationId: -1 })
      if (errorCode === ErrorCode.NONE) this.#rebalance.removeMember(group, leaver)
      return errorCode
    })
  }
}

/** Request bytes are views that end with the request; what a group keeps is its own. */
function copied(protocols: readonly MemberProtocol[]): MemberProtocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }))
}
