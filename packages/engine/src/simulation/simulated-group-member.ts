/**
 * A member of a consumer group: joins, takes its partitions from where the group has committed, goes on and commits,
 * rejoins when it is told to. What the group promises is written down in `GroupPromises`, shared by all members:
 * an acknowledged commit is what the next owner finds, and a generation gives a partition to one member.
 */
import { decodeAssignment, encodeAssignment, encodeSubscription } from '@millrace/client/consumer-protocol'
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import {
  offsetCommitRequest,
  offsetCommitResponse,
  type OffsetCommitResponse,
} from '@millrace/protocol/messages/08-offset-commit'
import {
  offsetFetchRequest,
  offsetFetchResponse,
  type OffsetFetchResponse,
} from '@millrace/protocol/messages/09-offset-fetch'
import { joinGroupRequest, joinGroupResponse, type JoinGroupResponse } from '@millrace/protocol/messages/11-join-group'
import { heartbeatRequest, heartbeatResponse, type HeartbeatResponse } from '@millrace/protocol/messages/12-heartbeat'
import { leaveGroupRequest, leaveGroupResponse } from '@millrace/protocol/messages/13-leave-group'
import { syncGroupRequest, syncGroupResponse, type SyncGroupResponse } from '@millrace/protocol/messages/14-sync-group'
import type { Actor } from './actor.ts'
import type { ClusterAccess } from './cluster-access.ts'
import type { Ledger } from './ledger.ts'

const JOIN_VERSION = 5
const SYNC_VERSION = 3
const HEARTBEAT_VERSION = 3
const COMMIT_VERSION = 7
const OFFSET_FETCH_VERSION = 5
const LEAVE_VERSION = 3
const SESSION_TIMEOUT_MS = 1_500
const JOIN_TIMEOUT_MS = 4_000
const STEP_MS_MAX = 120
const STEP_OFFSETS_MAX = 5
/** How often a member falls asleep for longer than its session, and goes on as if nothing had been. */
const SLEEP_PROBABILITY = 0.01
const LATE_COMMIT_PROBABILITY = 0.5

interface Commit {
  readonly generation: number
  readonly offset: number
}

interface LateCommit extends Commit {
  readonly partition: number
}

export class GroupPromises {
  readonly #ledger: Ledger
  /** By partition: the newest acknowledged commit. */
  readonly #acknowledged: Map<number, Commit> = new Map()
  /** By partition: every commit that was sent. */
  readonly #attempted: Map<number, Commit[]> = new Map()
  /** By generation and partition: the member that was given it. */
  readonly #owners: Map<string, string> = new Map()
  /** The newest generation that gave a member its partitions. */
  newestGeneration = -1

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  assigned(generation: number, partition: number, memberId: string): void {
    const key = `${generation}/${partition}`
    const owner = this.#owners.get(key) ?? memberId
    this.#owners.set(key, owner)
    this.newestGeneration = Math.max(this.newestGeneration, generation)
    if (owner !== memberId)
      this.#ledger.broken(`generation ${generation} gave partition ${partition} to ${owner} and to ${memberId}`)
  }

  /** The coordinator accepted `what` of a member; `newest` was the newest generation when the member sent it. */
  accepted(what: string, generation: number, newest: number): void {
    if (generation < newest)
      this.#ledger.broken(`${what} of generation ${generation} was accepted when generation ${newest} had begun`)
  }

  attempted(partition: number, commit: Commit): void {
    const commits = this.#attempted.get(partition)
    if (commits === undefined) this.#attempted.set(partition, [commit])
    else commits.push(commit)
  }

  acknowledged(partition: number, commit: Commit): void {
    const before = this.#acknowledged.get(partition)
    if (before !== undefined && before.generation > commit.generation) return
    this.#acknowledged.set(partition, commit)
    this.#ledger.count('commits')
  }

  /** What a later fetch has to show at least. */
  promised(partition: number): Commit | undefined {
    return this.#acknowledged.get(partition)
  }

  /** `offset` was fetched after `promised` had been acknowledged. */
  fetched(partition: number, offset: number, promised: Commit | undefined): void {
    if (promised === undefined || offset >= promised.offset) return
    // A newer generation may have begun before the older one's acknowledgement arrived.
    const commits = this.#attempted.get(partition) ?? []
    if (commits.some((other) => other.generation > promised.generation && other.offset === offset)) return
    this.#ledger.broken(`the commit ${promised.offset} of partition ${partition} was acknowledged, ${offset} is found`)
  }
}

export interface GroupMemberOptions {
  readonly access: ClusterAccess
  readonly promises: GroupPromises
  readonly groupId: string
  readonly topic: string
  readonly partitions: number
  /** How far the partition has been read by a consumer: nobody commits what was not there. */
  readonly readUpTo: (partition: number) => number
}

export class SimulatedGroupMember implements Actor {
  readonly #options: GroupMemberOptions
  #memberId = ''
  #generation = -1
  #positions: Map<number, number> = new Map()
  #lastError = 'nothing'
  #stopped = false
  /** What this member had in the generation before. */
  #left: LateCommit | null = null

  constructor(options: GroupMemberOptions) {
    this.#options = options
    this.#join()
  }

  get trouble(): string {
    return `member ${this.#memberId} of the group heard last: ${this.#lastError}`
  }

  get idle(): boolean {
    return this.#stopped
  }

  /** As if the process had died: nobody is told. */
  stop(): void {
    this.#stopped = true
  }

  leave(): void {
    const { access, groupId } = this.#options
    this.#stopped = true
    if (this.#memberId === '') return
    const body = { groupId, members: [{ memberId: this.#memberId }] }
    access.coordinatorOf(groupId, (coordinator) =>
      access.send(coordinator, leaveGroupRequest, leaveGroupResponse, LEAVE_VERSION, body, () => {}),
    )
  }

  #join(): void {
    if (this.#stopped) return
    const { access, groupId, topic } = this.#options
    const body = {
      groupId,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: SESSION_TIMEOUT_MS,
      memberId: this.#memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: encodeSubscription([topic]) }],
    }
    const answered = (error: Error | null, response: JoinGroupResponse | null): void => {
      if (response?.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
        this.#memberId = response.memberId
        return this.#join()
      }
      if (response === null || response.errorCode !== ErrorCode.NONE) return this.#failed(error, response?.errorCode)
      this.#memberId = response.memberId
      this.#generation = response.generationId
      this.#sync(response)
    }
    access.coordinatorOf(groupId, (coordinator) =>
      access.send(coordinator, joinGroupRequest, joinGroupResponse, JOIN_VERSION, body, answered, JOIN_TIMEOUT_MS),
    )
  }

  #sync(joined: JoinGroupResponse): void {
    const { access, groupId, promises, topic, partitions } = this.#options
    const members = joined.leader === this.#memberId ? joined.members : []
    const assignments = members.map(({ memberId }, index) => {
      const mine = Array.from({ length: partitions }, (_, each) => each).filter(
        (each) => each % members.length === index,
      )
      return { memberId, assignment: encodeAssignment([{ topic, partitions: mine }]) }
    })
    const generationId = this.#generation
    const body = { groupId, generationId, memberId: this.#memberId, assignments }
    const left = this.#left
    const answered = (error: Error | null, response: SyncGroupResponse | null): void => {
      if (response === null || response.errorCode !== ErrorCode.NONE) return this.#failed(error, response?.errorCode)
      const mine = decodeAssignment(response.assignment).flatMap((assigned) => assigned.partitions)
      for (const partition of mine) promises.assigned(generationId, partition, this.#memberId)
      if (left !== null && access.host.random.chance(LATE_COMMIT_PROBABILITY)) this.#commitLate(left)
      this.#take(mine)
    }
    access.coordinatorOf(groupId, (coordinator) =>
      access.send(coordinator, syncGroupRequest, syncGroupResponse, SYNC_VERSION, body, answered, JOIN_TIMEOUT_MS),
    )
  }

  /** Begins where the group has committed. */
  #take(partitions: readonly number[]): void {
    const { access, groupId, topic, promises } = this.#options
    const promised = new Map(partitions.map((partition) => [partition, promises.promised(partition)]))
    const body = { groupId, topics: [{ name: topic, partitionIndexes: [...partitions] }] }
    const answered = (error: Error | null, response: OffsetFetchResponse | null): void => {
      if (response === null || response.errorCode !== ErrorCode.NONE) return this.#failed(error, response?.errorCode)
      this.#positions = new Map()
      for (const { partitionIndex, committedOffset } of response.topics[0]?.partitions ?? []) {
        promises.fetched(partitionIndex, committedOffset, promised.get(partitionIndex))
        this.#positions.set(partitionIndex, Math.max(0, committedOffset))
      }
      this.#step()
    }
    access.coordinatorOf(groupId, (coordinator) =>
      access.send(coordinator, offsetFetchRequest, offsetFetchResponse, OFFSET_FETCH_VERSION, body, answered),
    )
  }

  #step(): void {
    const { access } = this.#options
    const sleeps = access.host.random.chance(SLEEP_PROBABILITY)
    access.later(sleeps ? 2 * SESSION_TIMEOUT_MS : 1 + access.host.random.below(STEP_MS_MAX), () => {
      if (this.#stopped) return
      if (this.#positions.size === 0 || access.host.random.chance(0.5)) this.#heartbeat()
      else this.#commit()
    })
  }

  #heartbeat(): void {
    const { access, groupId, promises } = this.#options
    const generation = this.#generation
    const body = { groupId, generationId: generation, memberId: this.#memberId }
    const newest = promises.newestGeneration
    const answered = (error: Error | null, response: HeartbeatResponse | null): void => {
      if (response?.errorCode !== ErrorCode.NONE) return this.#failed(error, response?.errorCode)
      promises.accepted('a heartbeat', generation, newest)
      return this.#step()
    }
    access.coordinatorOf(groupId, (coordinator) =>
      access.send(coordinator, heartbeatRequest, heartbeatResponse, HEARTBEAT_VERSION, body, answered),
    )
  }

  #commit(): void {
    const { access, groupId, topic, promises, readUpTo } = this.#options
    const generation = this.#generation
    const newest = promises.newestGeneration
    const partitions = [...this.#positions].map(([partition, position]) => {
      const offset = Math.max(
        position,
        Math.min(position + access.host.random.below(STEP_OFFSETS_MAX), readUpTo(partition)),
      )
      this.#positions.set(partition, offset)
      promises.attempted(partition, { generation, offset })
      return { partitionIndex: partition, committedOffset: offset, committedMetadata: '' }
    })
    const body = {
      groupId,
      generationIdOrMemberEpoch: generation,
      memberId: this.#memberId,
      topics: [{ name: topic, partitions }],
    }
    const answered = (error: Error | null, response: OffsetCommitResponse | null): void => {
      const results = response?.topics[0]?.partitions ?? []
      const refused = results.find(({ errorCode }) => errorCode !== ErrorCode.NONE)
      if (results.length === 0 || refused !== undefined) return this.#failed(error, refused?.errorCode)
      for (const { partitionIndex, committedOffset: offset } of partitions)
        promises.acknowledged(partitionIndex, { generation, offset })
      promises.accepted('a commit', generation, newest)
      this.#step()
    }
    access.coordinatorOf(groupId, (coordinator) =>
      access.send(coordinator, offsetCommitRequest, offsetCommitResponse, COMMIT_VERSION, body, answered),
    )
  }

  /** A commit of the generation before, as one that was under way when the group rebalanced: it must be refused. */
  #commitLate({ generation, partition, offset }: LateCommit): void {
    const { access, groupId, topic, promises } = this.#options
    const newest = promises.newestGeneration
    const asked = { partitionIndex: partition, committedOffset: offset, committedMetadata: 'late' }
    const topics = [{ name: topic, partitions: [asked] }]
    const body = { groupId, generationIdOrMemberEpoch: generation, memberId: this.#memberId, topics }
    const answered = (_error: Error | null, response: OffsetCommitResponse | null): void => {
      if (response?.topics[0]?.partitions[0]?.errorCode !== ErrorCode.NONE) return
      promises.accepted('a late commit', generation, newest)
    }
    access.coordinatorOf(groupId, (coordinator) =>
      access.send(coordinator, offsetCommitRequest, offsetCommitResponse, COMMIT_VERSION, body, answered),
    )
  }

  /** Everything that goes wrong leads to joining again, sometimes as somebody new, sometimes elsewhere. */
  #failed(error: Error | null, errorCode: number | undefined): void {
    const { access, groupId } = this.#options
    this.#lastError = errorCode === undefined ? (error?.message ?? 'no answer') : errorName(errorCode)
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = ''
    else if (errorCode !== ErrorCode.REBALANCE_IN_PROGRESS && errorCode !== ErrorCode.ILLEGAL_GENERATION)
      access.forgetCoordinator(groupId)
    const [owned] = this.#positions
    this.#left = owned === undefined ? null : { generation: this.#generation, partition: owned[0], offset: owned[1] }
    this.#positions = new Map()
    access.again(() => this.#join())
  }
}
