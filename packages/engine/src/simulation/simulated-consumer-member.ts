/**
 * A member of a consumer group by KIP-848: one loop of heartbeats, in which it gives up and takes what the coordinator
 * says, and one of work: reads from where the group has committed, and commits with its epoch. Sometimes it falls silent
 * for longer than its session and works on, as a zombie does. What it is owed is written down in ConsumerGroupPromises.
 */
import type { Uuid } from '@millrace/base/uuid'
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
import {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
  type ConsumerGroupHeartbeatResponse,
} from '@millrace/protocol/messages/68-consumer-group-heartbeat'
import type { Actor } from './actor.ts'
import type { ClusterAccess } from './cluster-access.ts'
import type { ConsumerGroupPromises, Heard } from './consumer-group-promises.ts'
import { PartitionReader } from './partition-reader.ts'

const HEARTBEAT_VERSION = 1
const COMMIT_VERSION = 9
const OFFSET_FETCH_VERSION = 9
const LEAVE_EPOCH = -1
const HEARTBEAT_MS_MAX = 300
const WORK_MS_MAX = 80
const FETCH_WAIT_MS = 100
const REBALANCE_TIMEOUT_MS = 30_000
const GIVE_UP_MS_MAX = 500
const COMMIT_PROBABILITY = 0.4
const SILENCE_PROBABILITY = 0.01
const LATE_COMMIT_PROBABILITY = 0.3
const ASSIGNORS = [null, 'uniform', 'range']

const NO_MEMBER: ReadonlySet<number> = new Set([ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_MEMBER_EPOCH])

export interface ConsumerMemberOptions {
  readonly access: ClusterAccess
  readonly promises: ConsumerGroupPromises
  readonly groupId: string
  readonly memberId: string
  readonly topic: string
  readonly topicId: Uuid
  /** Instead of the topic's name. */
  readonly regex: string | null
  readonly sessionTimeoutMs: number
  /** A broker in what it takes for its present term as coordinator of the group. */
  readonly termOf: (brokerId: number) => string
}

/** A partition that the member has; given up and given again, it is another. */
interface Owned {
  /** null: not known where the group stands. */
  position: number | null
  /** Leader epoch of what was read up to there; -1 when that is not known. */
  leaderEpoch: number
}

export class SimulatedConsumerMember implements Actor {
  readonly #options: ConsumerMemberOptions
  readonly #assignor: string | null
  #epoch = 0
  #nextCommit = 0
  #lastCommitSent = -1
  #owned: Map<number, Owned> = new Map()
  /** The coordinator has not been told what this member has now. */
  #isUntold = true
  #stopped = false
  #lastError = 'nothing'

  constructor(options: ConsumerMemberOptions) {
    this.#options = options
    this.#assignor = ASSIGNORS[options.access.host.random.below(ASSIGNORS.length)] ?? null
    this.#heartbeat()
    this.#workLater()
  }

  get idle(): boolean {
    return this.#stopped
  }

  get trouble(): string {
    const has = [...this.#owned].map(([partition, { position }]) => `${partition} at ${position}`).join(', ')
    return `member ${this.#options.memberId} at epoch ${this.#epoch} has ${has || 'nothing'}, heard ${this.#lastError}`
  }

  /** As if the process had died: nobody is told. */
  stop(): void {
    this.#stopped = true
  }

  leave(): void {
    this.#stopped = true
    this.#giveUp([...this.#owned.keys()])
    const { access, groupId, memberId } = this.#options
    const body = { groupId, memberId, memberEpoch: LEAVE_EPOCH }
    access.coordinatorOf(groupId, (coordinator) =>
      access.send(
        coordinator,
        consumerGroupHeartbeatRequest,
        consumerGroupHeartbeatResponse,
        HEARTBEAT_VERSION,
        body,
        () => {},
      ),
    )
  }

  #heartbeat(): void {
    if (this.#stopped) return
    const { access, groupId, memberId, topic, topicId, regex, promises, termOf } = this.#options
    const joins = this.#epoch === 0
    const tells = joins || this.#isUntold
    const has = [...this.#owned.keys()]
    const body = {
      groupId,
      memberId,
      memberEpoch: this.#epoch,
      topicPartitions: tells ? (has.length === 0 ? [] : [{ topicId, partitions: has }]) : null,
      ...(joins
        ? {
            rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
            subscribedTopicNames: regex === null ? [topic] : [],
            subscribedTopicRegex: regex,
            serverAssignor: this.#assignor,
          }
        : {}),
    }
    const { newestEpoch } = promises
    access.coordinatorOf(groupId, (coordinator) => {
      const heard = { sentMs: access.host.clock.nowMs(), coordinator: termOf(coordinator) }
      const answered = (error: Error | null, response: ConsumerGroupHeartbeatResponse | null): void => {
        if (this.#stopped) return
        if (response?.errorCode !== ErrorCode.NONE) return this.#failed(error, response?.errorCode)
        promises.heard(memberId, heard)
        promises.told(memberId, response.memberEpoch, this.#epoch, newestEpoch)
        if (tells) this.#isUntold = false
        const before = this.#epoch
        this.#epoch = response.memberEpoch
        if (before > 0 && before < this.#epoch) this.#commitLate(before)
        const { assignment } = response
        if (assignment !== null)
          this.#take(
            assignment.topicPartitions.filter((each) => each.topicId === topicId).flatMap((each) => each.partitions),
            heard,
          )
        this.#heartbeatLater()
      }
      access.send(
        coordinator,
        consumerGroupHeartbeatRequest,
        consumerGroupHeartbeatResponse,
        HEARTBEAT_VERSION,
        body,
        answered,
      )
    })
  }

  #heartbeatLater(): void {
    const { access, sessionTimeoutMs } = this.#options
    if (access.host.random.chance(SILENCE_PROBABILITY)) access.later(2 * sessionTimeoutMs, () => this.#heartbeat())
    else access.later(this.#isUntold ? 1 : 1 + access.host.random.below(HEARTBEAT_MS_MAX), () => this.#heartbeat())
  }

  /** `partitions` is all that the member shall have. */
  #take(partitions: readonly number[], heard: Heard): void {
    const { access, promises, memberId } = this.#options
    const epoch = this.#epoch
    for (const partition of partitions) promises.given(partition, { memberId, epoch }, heard, access.host.clock.nowMs())
    const goes = [...this.#owned.keys()].filter((partition) => !partitions.includes(partition))
    const comes = partitions.filter((partition) => !this.#owned.has(partition))
    if (goes.length + comes.length === 0) return
    for (const partition of comes) this.#owned.set(partition, { position: null, leaderEpoch: -1 })
    this.#isUntold = true
    if (goes.length > 0) this.#giveUpSoon(goes)
  }

  /** Its user has to finish first. */
  #giveUpSoon(partitions: readonly number[]): void {
    const { access } = this.#options
    const had = new Map(partitions.map((partition) => [partition, this.#owned.get(partition)]))
    access.later(access.host.random.below(GIVE_UP_MS_MAX), () => {
      if (this.#stopped) return
      const goes = partitions.filter((partition) => this.#owned.get(partition) === had.get(partition))
      // Sent before the heartbeat that gives the partitions up; whether it arrives before is another matter.
      if (access.host.random.chance(0.5)) this.#commit(goes)
      this.#giveUp(goes)
      this.#isUntold = true
    })
  }

  #giveUp(partitions: readonly number[]): void {
    for (const partition of partitions) {
      this.#options.promises.released(partition, this.#options.memberId)
      this.#owned.delete(partition)
    }
  }

  #failed(error: Error | null, errorCode: number | undefined): void {
    const { access, groupId } = this.#options
    this.#lastError = errorCode === undefined ? (error?.message ?? 'no answer') : errorName(errorCode)
    this.#isUntold = true
    if (errorCode !== undefined && NO_MEMBER.has(errorCode)) {
      this.#giveUp([...this.#owned.keys()])
      this.#epoch = 0
    } else access.forgetCoordinator(groupId)
    access.again(() => this.#heartbeat())
  }

  #workLater(): void {
    const { access } = this.#options
    access.later(1 + access.host.random.below(WORK_MS_MAX), () => this.#work())
  }

  #work(): void {
    if (this.#stopped) return
    const { random } = this.#options.access.host
    const lost = [...this.#owned].filter(([, { position }]) => position === null)
    if (lost.length > 0) return this.#fetchOffsets(lost)
    const known = [...this.#owned]
    const chosen = known[random.below(Math.max(1, known.length))]
    if (chosen === undefined) return this.#workLater()
    if (random.chance(COMMIT_PROBABILITY)) {
      this.#commit(known.map(([partition]) => partition))
      return this.#workLater()
    }
    return this.#read(...chosen)
  }

  #read(partition: number, owned: Owned): void {
    const { access, topic, promises } = this.#options
    const onOutOfRange = (offset: number): void =>
      promises.broken(`a member of the group stood at ${partition}/${offset}: OFFSET_OUT_OF_RANGE`)
    const reader = new PartitionReader({ access, topic, partition, readCommitted: false, onOutOfRange })
    reader.fetch(owned.position ?? 0, FETCH_WAIT_MS, ({ records, next, leaderEpoch }) => {
      // Given up in between, it is somebody else's to consume.
      if (this.#stopped || this.#owned.get(partition) !== owned) return this.#workLater()
      if (next !== null) {
        promises.consumed(partition, records, next)
        owned.position = next
        owned.leaderEpoch = Math.max(owned.leaderEpoch, leaderEpoch)
      }
      return this.#workLater()
    })
  }

  #fetchOffsets(lost: readonly [number, Owned][]): void {
    const { access, groupId, memberId, topic, promises } = this.#options
    const promised = new Map(lost.map(([partition]) => [partition, promises.promised(partition)]))
    const topics = [{ name: topic, partitionIndexes: lost.map(([partition]) => partition) }]
    const body = { groups: [{ groupId, memberId, memberEpoch: this.#epoch, topics }], requireStable: true }
    const answered = (error: Error | null, response: OffsetFetchResponse | null): void => {
      const group = response?.groups[0]
      if (group?.errorCode !== ErrorCode.NONE) {
        this.#lastError = group === undefined ? (error?.message ?? 'no answer') : errorName(group.errorCode)
        if (group?.errorCode !== ErrorCode.STALE_MEMBER_EPOCH) access.forgetCoordinator(groupId)
        return this.#workLater()
      }
      for (const { partitionIndex, committedOffset, committedLeaderEpoch } of group.topics[0]?.partitions ?? []) {
        const owned = lost.find(([partition]) => partition === partitionIndex)?.[1]
        promises.fetched(partitionIndex, committedOffset, promised.get(partitionIndex))
        // As the Java consumer does: a broker that leads in an older epoch has not got what was read (KIP-320).
        access.learnLeaderEpoch(topic, partitionIndex, committedLeaderEpoch)
        if (owned === undefined) continue
        owned.position = Math.max(0, committedOffset)
        owned.leaderEpoch = committedLeaderEpoch
      }
      return this.#workLater()
    }
    access.coordinatorOf(groupId, (coordinator) =>
      access.send(coordinator, offsetFetchRequest, offsetFetchResponse, OFFSET_FETCH_VERSION, body, answered),
    )
  }

  #commit(partitions: readonly number[]): void {
    const { promises, memberId } = this.#options
    const epoch = this.#epoch
    const commits = partitions.flatMap((partition) => {
      const owned = this.#owned.get(partition)
      const offset = owned?.position ?? null
      if (owned === undefined || offset === null) return []
      return [{ partition, offset, leaderEpoch: owned.leaderEpoch, given: promises.givenLast(partition) }]
    })
    if (commits.length === 0) return
    for (const { partition, offset } of commits) promises.attempted(partition, { epoch, offset })
    this.#sendCommit(epoch, commits, () => {
      for (const { partition, offset, given } of commits)
        promises.acknowledgedCommit(partition, { epoch, offset }, memberId, given)
    })
  }

  /** A commit of the epoch before, as one that was under way when the epoch moved: it must be refused. */
  #commitLate(epoch: number): void {
    const { access, promises, memberId } = this.#options
    const [owned] = this.#owned
    if (owned === undefined || owned[1].position === null || !access.host.random.chance(LATE_COMMIT_PROBABILITY)) return
    const newer = this.#epoch
    this.#sendCommit(
      epoch,
      [{ partition: owned[0], offset: owned[1].position, leaderEpoch: owned[1].leaderEpoch }],
      () => promises.broken(`a commit of epoch ${epoch} was accepted from ${memberId}, which is at epoch ${newer}`),
    )
  }

  #sendCommit(
    epoch: number,
    commits: readonly { readonly partition: number; readonly offset: number; readonly leaderEpoch: number }[],
    accepted: () => void,
  ): void {
    const { access, groupId, memberId, topic } = this.#options
    const partitions = commits.map(({ partition, offset, leaderEpoch }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch,
      committedMetadata: '',
    }))
    const body = { groupId, generationIdOrMemberEpoch: epoch, memberId, topics: [{ name: topic, partitions }] }
    const answered = (_error: Error | null, response: OffsetCommitResponse | null): void => {
      const results = response?.topics[0]?.partitions ?? []
      if (results.length > 0 && results.every(({ errorCode }) => errorCode === ErrorCode.NONE)) accepted()
    }
    const number = this.#nextCommit++
    access.coordinatorOf(groupId, (coordinator) => {
      // One that looked longer for the coordinator than the next one did is out of date.
      if (number < this.#lastCommitSent) return
      this.#lastCommitSent = number
      access.send(coordinator, offsetCommitRequest, offsetCommitResponse, COMMIT_VERSION, body, answered)
    })
  }
}
