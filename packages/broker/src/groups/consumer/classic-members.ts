/**
 * JoinGroup, SyncGroup, Heartbeat and LeaveGroup, to whichever kind of group they come: a classic group answers them itself
 * (Membership); members of a consumer group that speak the classic protocol are served here (KIP-848 "Migration").
 */
import { ErrorCode } from '@millrace/protocol/errors'
import { randomUuid } from '@millrace/base/uuid'
import type { JoinResult, SyncResult } from '../member.ts'
import type { Claim, JoinRequest, LeavingMember, Membership } from '../membership.ts'
import { joinError, syncError } from '../rebalance.ts'
import { classicMember, decideClassicJoin, mustJoinAgain, mustJoinBeforeSync } from './classic-protocol.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { GroupDraft } from './group-draft.ts'
import { classicAssignment, downgrades } from './migration.ts'
import type { ConsumerOperations, Decision } from './operations.ts'
import { Refusal } from './refusal.ts'

interface ExpectedProtocol {
  readonly protocolType: string | null
  readonly protocolName: string | null
}

export class ClassicMembers {
  readonly #operations: ConsumerOperations
  readonly #membership: Membership

  constructor(operations: ConsumerOperations, membership: Membership) {
    this.#operations = operations
    this.#membership = membership
  }

  join(request: JoinRequest, reply: (result: JoinResult) => void): void {
    const { groupId, memberId } = request
    const refuse = (errorCode: number): void => reply(joinError(memberId, errorCode))
    const decide = (): Decision => {
      const group = this.#operations.shard.groups.get(groupId)
      const joinClassic = (): void => this.#membership.join(request, reply)
      if (group?.type === 'share')
        return { records: [], applied: () => reply(joinError('', ErrorCode.INCONSISTENT_GROUP_PROTOCOL)) }
      if (group?.type !== 'consumer') return { records: [], applied: joinClassic }
      // The session timeout, and what else no group may accept, is checked there.
      const invalid = this.#membership.invalidJoin(request)
      if (invalid !== ErrorCode.NONE) return { records: [], applied: () => refuse(invalid) }
      if (group.isEmpty) return this.#operations.decideEnd(group, joinClassic)
      return this.#replacesLastConsumer(group, request, joinClassic) ?? this.#joinConsumer(group, request, reply)
    }
    this.#operations.run(groupId, decide, refuse)
  }

  /** A static member came back with the classic protocol and was the last that spoke the other: the group is classic again. */
  #replacesLastConsumer(group: ConsumerGroup, request: JoinRequest, joinClassic: () => void): Decision | null {
    const holder = request.groupInstanceId === null ? undefined : group.staticMember(request.groupInstanceId)
    if (holder === undefined || holder.classic !== null) return null
    const leaving = new Set([holder.memberId])
    if (!downgrades(group, leaving, this.#operations.context())) return null
    const { records, applied } = this.#operations.decideDowngrade(group, leaving)
    return { records, applied: () => (applied(), joinClassic()) }
  }

  #joinConsumer(group: ConsumerGroup, asked: JoinRequest, reply: (result: JoinResult) => void): Decision {
    const operations = this.#operations
    const memberId =
      asked.memberId === ''
        ? `${asked.groupInstanceId ?? asked.clientId}-${randomUuid(operations.shard.host.random)}`
        : asked.memberId
    if (asked.memberId === '' && asked.groupInstanceId === null && asked.requiresKnownMemberId)
      return { records: [], applied: () => reply(joinError(memberId, ErrorCode.MEMBER_ID_REQUIRED)) }
    const { groupId } = group
    const context = operations.context()
    const draft = new GroupDraft(group)
    const protocols = asked.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }))
    const predecessor = asked.groupInstanceId === null ? undefined : group.staticMember(asked.groupInstanceId)
    const member = decideClassicJoin(draft, { ...asked, memberId, protocols }, context)
    return {
      records: operations.records({ draft, tombstones: [] }),
      applied: () => {
        if (predecessor !== undefined && predecessor.memberId !== memberId)
          operations.forgetMember(groupId, predecessor.memberId)
        operations.saw(groupId, context.topicsVersion)
        operations.armSession(groupId, member)
        operations.timers.clear('join', groupId, memberId)
        operations.armClassic('sync', groupId, member)
        reply({
          ...joinError(memberId, ErrorCode.NONE),
          generationId: member.memberEpoch,
          protocolType: 'consumer',
          protocolName: protocols[0]?.name ?? null,
        })
      },
    }
  }

  sync(
    groupId: string,
    claim: Claim,
    expected: ExpectedProtocol,
    assignments: ReadonlyMap<string, Buffer>,
    reply: (result: SyncResult) => void,
  ): void {
    const decide = (): Decision => {
      const group = this.#operations.shard.groups.get(groupId)
      if (group?.type !== 'consumer')
        return {
          records: [],
          applied: () => this.#membership.sync(groupId, claim, expected, assignments, reply),
        }
      return { records: [], applied: () => reply(this.#syncConsumer(group, claim, expected)) }
    }
    this.#operations.run(groupId, decide, (errorCode) => reply(syncError(errorCode)))
  }

  #syncConsumer(group: ConsumerGroup, claim: Claim, expected: ExpectedProtocol): SyncResult {
    const operations = this.#operations
    const member = checked(() => classicMember(group, claim))
    if (typeof member === 'number') return syncError(member)
    const protocolName = member.classic.protocols[0]?.name ?? null
    const { protocolType: type, protocolName: name } = expected
    if ((type !== null && type !== 'consumer') || (name !== null && name !== protocolName))
      return syncError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    if (mustJoinBeforeSync(group, member)) {
      operations.armClassic('join', group.groupId, member)
      return syncError(ErrorCode.REBALANCE_IN_PROGRESS)
    }
    operations.timers.clear('sync', group.groupId, member.memberId)
    operations.armSession(group.groupId, member)
    const assignment = classicAssignment(member.classic, member.assigned, operations.context().image)
    return { errorCode: ErrorCode.NONE, protocolType: 'consumer', protocolName, assignment }
  }

  heartbeat(groupId: string, claim: Claim, reply: (errorCode: number) => void): void {
    const decide = (): Decision => {
      const group = this.#operations.shard.groups.get(groupId)
      return {
        records: [],
        applied: () =>
          reply(
            group?.type === 'consumer'
              ? this.#heartbeatConsumer(group, claim)
              : this.#membership.heartbeat(groupId, claim),
          ),
      }
    }
    this.#operations.run(groupId, decide, reply)
  }

  #heartbeatConsumer(group: ConsumerGroup, claim: Claim): number {
    const member = checked(() => classicMember(group, claim))
    if (typeof member === 'number') return member
    this.#operations.armSession(group.groupId, member)
    if (!mustJoinAgain(group, member)) return ErrorCode.NONE
    this.#operations.armClassic('join', group.groupId, member)
    return ErrorCode.REBALANCE_IN_PROGRESS
  }

  /** `reply` gets one error code per leaving member, in order. */
  leave(groupId: string, leaving: readonly LeavingMember[], reply: (errorCodes: readonly number[]) => void): void {
    const decide = (): Decision => {
      const group = this.#operations.shard.groups.get(groupId)
      if (group?.type !== 'consumer')
        return { records: [], applied: () => reply(this.#membership.leave(groupId, leaving)) }
      const found = leaving.map((one) => checked(() => leaverOf(group, one)))
      const codes = found.map((one) => (typeof one === 'number' ? one : ErrorCode.NONE))
      const memberIds = new Set(found.flatMap((one) => (typeof one === 'number' ? [] : [one.memberId])))
      if (memberIds.size === 0) return { records: [], applied: () => reply(codes) }
      return this.#operations.decideRemoval(group, [...memberIds], () => reply(codes))
    }
    this.#operations.run(groupId, decide, (errorCode) => reply(leaving.map(() => errorCode)))
  }
}

/** An operator removes a static member by its instance id alone, whatever it speaks; others leave for themselves. */
function leaverOf(group: ConsumerGroup, { memberId, groupInstanceId }: LeavingMember): ConsumerMember {
  const holder = groupInstanceId === null ? undefined : group.staticMember(groupInstanceId)
  if (memberId === '' && holder !== undefined) return holder
  if (groupInstanceId !== null && holder !== undefined && holder.memberId !== memberId)
    throw new Refusal(ErrorCode.FENCED_INSTANCE_ID, `Member ${memberId} was fenced by ${holder.memberId}.`)
  const member = group.members.get(memberId)
  if (member === undefined || (member.classic === null && groupInstanceId === null))
    throw new Refusal(ErrorCode.UNKNOWN_MEMBER_ID, `Member ${memberId} is not a classic member.`)
  return member
}

/** What `find` gives, or the error code of its refusal. */
function checked<T>(find: () => T): T | number {
  try {
    return find()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return error.errorCode
  }
}
