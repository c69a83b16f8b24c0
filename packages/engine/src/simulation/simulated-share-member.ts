/**
 * A member of a share group (KIP-932): one loop of heartbeats, which tell it its partitions, and one of work, in which it
 * fetches within a share session per broker and accepts, releases and rejects what it was given, on the way of the next
 * fetch or by itself. Sometimes it falls silent and keeps what it has. What it is owed is written down in ShareGroupPromises.
 */
import type { Uuid } from '@millrace/base/uuid'
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import {
  shareGroupHeartbeatRequest,
  shareGroupHeartbeatResponse,
  type ShareGroupHeartbeatResponse,
} from '@millrace/protocol/messages/76-share-group-heartbeat'
import type { Actor } from './actor.ts'
import type { ClusterAccess } from './cluster-access.ts'
import type { ShareGroupPromises, Span } from './share-group-promises.ts'
import { SimulatedShareSession } from './simulated-share-session.ts'

const HEARTBEAT_VERSION = 1
const LEAVE_EPOCH = -1
const HEARTBEAT_MS_MAX = 300
const WORK_MS_MAX = 60
const SILENCE_PROBABILITY = 0.01
/** So that some find the new leader while others are still with the old one. */
const LOOKS_AGAIN_PROBABILITY = 0.08

const NO_MEMBER: ReadonlySet<number> = new Set([ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_MEMBER_EPOCH])

export interface ShareMemberOptions {
  readonly access: ClusterAccess
  readonly promises: ShareGroupPromises
  readonly groupId: string
  readonly memberId: string
  readonly topic: string
  readonly topicId: Uuid
  readonly sessionTimeoutMs: number
  /** Leader epoch of a partition as the broker takes it now; the span is unbounded where that is not known. */
  readonly epochAt: (brokerId: number, partition: number) => Span
}

export class SimulatedShareMember implements Actor {
  readonly #options: ShareMemberOptions
  /** One per broker. */
  readonly #sessions: Map<number, SimulatedShareSession> = new Map()
  #epoch = 0
  #assigned: readonly number[] = []
  #stopped = false
  #lastError = 'nothing'

  constructor(options: ShareMemberOptions) {
    this.#options = options
    this.#heartbeat()
    this.#workLater()
  }

  get idle(): boolean {
    return this.#stopped
  }

  get trouble(): string {
    const sessions = [...this.#sessions.values()].map((session) => session.trouble).join('; ')
    const { memberId } = this.#options
    return `member ${memberId} at epoch ${this.#epoch} has ${this.#assigned.join(', ') || 'nothing'}, heard ${this.#lastError}; ${sessions}`
  }

  /** As if the process had died, which its brokers see at once, or hung for ever: then its records are locked for a while. */
  stop(): void {
    this.#stopped = true
    for (const session of this.#sessions.values()) session.abandon()
    const { host } = this.#options.access
    if (host.random.chance(0.5)) host.crashProcess()
  }

  leave(): void {
    this.#stopped = true
    for (const session of this.#sessions.values()) session.close()
    this.#tell(LEAVE_EPOCH, null, () => {})
  }

  #heartbeat(): void {
    if (this.#stopped) return
    const { topic, topicId } = this.#options
    const answered = (error: Error | null, response: ShareGroupHeartbeatResponse | null): void => {
      if (this.#stopped) return
      if (response?.errorCode !== ErrorCode.NONE) return this.#failed(error, response?.errorCode)
      this.#epoch = response.memberEpoch
      if (response.assignment !== null)
        this.#assigned = response.assignment.topicPartitions
          .filter((each) => each.topicId === topicId)
          .flatMap(({ partitions }) => partitions)
      this.#heartbeatLater()
    }
    this.#tell(this.#epoch, this.#epoch === 0 ? [topic] : null, answered)
  }

  #tell(
    memberEpoch: number,
    subscribedTopicNames: string[] | null,
    answered: (error: Error | null, response: ShareGroupHeartbeatResponse | null) => void,
  ): void {
    const { access, groupId, memberId } = this.#options
    const body = { groupId, memberId, memberEpoch, subscribedTopicNames }
    const [request, response] = [shareGroupHeartbeatRequest, shareGroupHeartbeatResponse]
    access.coordinatorOf(groupId, (coordinator) =>
      access.send(coordinator, request, response, HEARTBEAT_VERSION, body, answered),
    )
  }

  #heartbeatLater(): void {
    const { access, sessionTimeoutMs } = this.#options
    const isSilent = access.host.random.chance(SILENCE_PROBABILITY)
    access.later(isSilent ? 2 * sessionTimeoutMs : 1 + access.host.random.below(HEARTBEAT_MS_MAX), () =>
      this.#heartbeat(),
    )
  }

  #failed(error: Error | null, errorCode: number | undefined): void {
    const { access, groupId } = this.#options
    this.#lastError = errorCode === undefined ? (error?.message ?? 'no answer') : errorName(errorCode)
    if (errorCode !== undefined && NO_MEMBER.has(errorCode)) {
      this.#assigned = []
      this.#epoch = 0
    } else access.forgetCoordinator(groupId)
    access.again(() => this.#heartbeat())
  }

  #workLater(): void {
    const { access } = this.#options
    access.later(1 + access.host.random.below(WORK_MS_MAX), () => this.#work())
  }

  /** At the leader of one of its partitions; of what it has given up, it may have records still. */
  #work(): void {
    if (this.#stopped) return
    const { access, topic } = this.#options
    const partition = this.#assigned[access.host.random.below(Math.max(1, this.#assigned.length))]
    const owing = [...this.#sessions.values()].find((session) => session.owesOthersThan(this.#assigned))
    if (owing !== undefined && access.host.random.chance(0.3))
      return owing.work(null, this.#assigned, () => this.#workLater())
    if (partition === undefined) return this.#workLater()
    if (access.host.random.chance(LOOKS_AGAIN_PROBABILITY)) access.forgetLeader(topic, partition)
    return access.leaderOf(topic, partition, (leader) => {
      if (this.#stopped) return
      let session = this.#sessions.get(leader)
      if (session === undefined)
        this.#sessions.set(leader, (session = new SimulatedShareSession({ ...this.#options, brokerId: leader })))
      session.work(partition, this.#assigned, () => this.#workLater())
    })
  }
}
