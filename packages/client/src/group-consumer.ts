/**
 * GroupConsumer: a member of a classic consumer group (JoinGroup, SyncGroup, Heartbeat), with the range assignor and
 * eager rebalancing. For the command and for tests: poll() joins when it must, the caller commits when it wants.
 *
 * Heartbeats come from the Host's timers while poll() is not running, so a slow caller keeps its partitions until a
 * rebalance; it then loses what it has not committed, and others read it again.
 */
import type { TimerHandle } from '@millrace/base/host'
import { ErrorCode } from '@millrace/protocol/errors'
import { joinGroupRequest, joinGroupResponse, type JoinGroupResponse } from '@millrace/protocol/messages/11-join-group'
import { heartbeatRequest, heartbeatResponse } from '@millrace/protocol/messages/12-heartbeat'
import { leaveGroupRequest, leaveGroupResponse } from '@millrace/protocol/messages/13-leave-group'
import { syncGroupRequest, syncGroupResponse } from '@millrace/protocol/messages/14-sync-group'
import { commitOffsets, listGroupOffsets } from './admin/groups.ts'
import { listOffsets, type TopicPartition } from './admin/partitions.ts'
import { ClusterClient, type ClusterClientOptions } from './cluster-client.ts'
import type { KafkaConnection } from './connection.ts'
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './consumer-protocol.ts'
import { fetchRecords, type ConsumedRecord, type FetchOptions } from './fetch-records.ts'
import { KafkaError, throwIfError } from './kafka-error.ts'
import { assignRanges } from './range-assignor.ts'

export interface GroupConsumerOptions extends ClusterClientOptions {
  readonly groupId: string
  readonly topics: readonly string[]
  /** Where to begin without a committed offset, and when that offset is gone; 'latest' by default, as in Kafka. */
  readonly startAt?: 'earliest' | 'latest'
  /** 10 s by default; a member that is silent for longer loses its partitions. */
  readonly sessionTimeoutMs?: number
  /** How long members have to rejoin; 60 s by default. */
  readonly rebalanceTimeoutMs?: number
}

const SESSION_TIMEOUT_MS = 10_000
const REBALANCE_TIMEOUT_MS = 60_000
const PROTOCOL_TYPE = 'consumer'
const ASSIGNOR = 'range'
/** A join is answered when all members have joined: that may take the whole rebalance timeout. */
const JOIN_MARGIN_MS = 5_000

/** Errors after which a member joins again, and whether its member id is lost. */
const REJOIN: ReadonlyMap<number, 'keep id' | 'lose id'> = new Map([
  [ErrorCode.REBALANCE_IN_PROGRESS, 'keep id'],
  [ErrorCode.ILLEGAL_GENERATION, 'keep id'],
  [ErrorCode.UNKNOWN_MEMBER_ID, 'lose id'],
  [ErrorCode.FENCED_INSTANCE_ID, 'lose id'],
])

interface Position extends TopicPartition {
  offset: number
}

export class GroupConsumer {
  readonly #cluster: ClusterClient
  readonly #options: GroupConsumerOptions
  #memberId = ''
  #generationId = -1
  #positions: Position[] = []
  #joined = false
  #heartbeatTimer: TimerHandle | null = null
  #closed = false

  /** Joins on the first poll. */
  constructor(options: GroupConsumerOptions) {
    this.#options = options
    this.#cluster = new ClusterClient(options)
  }

  /** Partitions of this member now, with where poll() reads on. */
  get assignment(): readonly (TopicPartition & { readonly offset: number })[] {
    return this.#positions.map((position) => ({ ...position }))
  }

  get memberId(): string {
    return this.#memberId
  }

  get generationId(): number {
    return this.#generationId
  }

  /** The next records of this member's partitions; none when nothing came within `maxWaitMs`. Joins first if need be. */
  async poll(options: FetchOptions = {}): Promise<ConsumedRecord[]> {
    const cluster = this.#cluster
    if (!this.#joined)
      await cluster.retrying(
        () => this.#join(),
        (error) => error.retriable || REJOIN.has(error.code),
      )
    if (this.#positions.length === 0) {
      await cluster.sleep(options.maxWaitMs ?? 500)
      return []
    }
    return cluster.retrying(
      () => this.#fetch(options),
      (error) => error.retriable,
    )
  }

  /** Commits where poll() will read on. Throws REBALANCE_IN_PROGRESS, ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID. */
  async commit(): Promise<void> {
    const { groupId } = this.#options
    try {
      await commitOffsets(this.#cluster, groupId, this.#positions, {
        generationId: this.#generationId,
        memberId: this.#memberId,
      })
    } catch (error) {
      this.#rejoinAfter(error)
      throw error
    }
  }

  /** Leaves the group, so that others get the partitions at once, and drops the connections. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#stopHeartbeat()
    const { groupId } = this.#options
    const memberId = this.#memberId
    try {
      if (memberId !== '') {
        await this.#cluster.call(await this.#coordinator(), leaveGroupRequest, leaveGroupResponse, (version) =>
          version >= 3 ? { groupId, members: [{ memberId }] } : { groupId, memberId },
        )
      }
    } catch (error) {
      // The session timeout does what could not be said.
      if (!(error instanceof KafkaError)) throw error
    } finally {
      this.#cluster.close()
    }
  }

  async #coordinator(): Promise<KafkaConnection> {
    return this.#cluster.node(await this.#cluster.coordinatorOf(this.#options.groupId), 'coordinator')
  }

  async #join(): Promise<void> {
    try {
      const coordinator = await this.#coordinator()
      const joined = await this.#joinGroup(coordinator)
      this.#generationId = joined.generationId
      const assignments = joined.leader === this.#memberId && !joined.skipAssignment ? await this.#assign(joined) : []
      const { groupId } = this.#options
      const response = await this.#cluster.call(
        coordinator,
        syncGroupRequest,
        syncGroupResponse,
        (version) => ({
          groupId,
          generationId: joined.generationId,
          memberId: this.#memberId,
          assignments,
          ...(version >= 5 ? { protocolType: PROTOCOL_TYPE, protocolName: ASSIGNOR } : {}),
        }),
        { timeoutMs: this.#joinTimeoutMs() },
      )
      throwIfError(response.errorCode)
      await this.#take(
        decodeAssignment(response.assignment).flatMap(({ topic, partitions }) =>
          partitions.map((partition) => ({ topic, partition })),
        ),
      )
      this.#joined = true
      this.#scheduleHeartbeat()
    } catch (error) {
      this.#rejoinAfter(error)
      throw error
    }
  }

  async #joinGroup(coordinator: KafkaConnection): Promise<JoinGroupResponse> {
    const {
      groupId,
      topics,
      sessionTimeoutMs = SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs = REBALANCE_TIMEOUT_MS,
    } = this.#options
    for (;;) {
      const response = await this.#cluster.call(
        coordinator,
        joinGroupRequest,
        joinGroupResponse,
        (version) => ({
          groupId,
          sessionTimeoutMs,
          ...(version >= 1 ? { rebalanceTimeoutMs } : {}),
          memberId: this.#memberId,
          protocolType: PROTOCOL_TYPE,
          protocols: [{ name: ASSIGNOR, metadata: encodeSubscription(topics) }],
        }),
        { timeoutMs: this.#joinTimeoutMs() },
      )
      // Whoever has no id is given one first, so that a lost answer leaves no member behind (KIP-394).
      const isFirst = this.#memberId === ''
      if (response.memberId !== '') this.#memberId = response.memberId
      if (response.errorCode === ErrorCode.MEMBER_ID_REQUIRED && isFirst) continue
      throwIfError(response.errorCode)
      return response
    }
  }

  #joinTimeoutMs(): number {
    return (this.#options.rebalanceTimeoutMs ?? REBALANCE_TIMEOUT_MS) + JOIN_MARGIN_MS
  }

  /** As leader: who gets what. */
  async #assign(joined: JoinGroupResponse): Promise<{ readonly memberId: string; readonly assignment: Buffer }[]> {
    const subscriptions = new Map(
      joined.members.map(({ memberId, metadata }) => [memberId, decodeSubscription(metadata)]),
    )
    const topics = [...new Set([...subscriptions.values()].flat())]
    const described = (await this.#cluster.metadata(topics)).topics.filter(
      ({ errorCode }) => errorCode === ErrorCode.NONE,
    )
    const counts = new Map(described.map(({ name, partitions }) => [name, partitions.length]))
    return [...assignRanges(subscriptions, counts)].map(([memberId, assignment]) => ({
      memberId,
      assignment: encodeAssignment(assignment),
    }))
  }

  /** Begins at the committed offsets, or where `startAt` says. */
  async #take(partitions: readonly TopicPartition[]): Promise<void> {
    this.#positions = []
    if (partitions.length === 0) return
    const { groupId, startAt = 'latest' } = this.#options
    const committed = await listGroupOffsets(this.#cluster, groupId, partitions)
    const without = partitions.filter(
      ({ topic, partition }) =>
        !committed.some((known) => known.topic === topic && known.partition === partition && known.offset >= 0),
    )
    const begun = await listOffsets(
      this.#cluster,
      without.map((partition) => ({ ...partition, at: startAt })),
      false,
    )
    this.#positions = [...committed.filter(({ offset }) => offset >= 0), ...begun].map(
      ({ topic, partition, offset }) => ({ topic, partition, offset }),
    )
  }

  async #fetch(options: FetchOptions): Promise<ConsumedRecord[]> {
    const cluster = this.#cluster
    const byLeader = new Map<number, Position[]>()
    for (const position of this.#positions) {
      const leader = await cluster.leaderOf(position.topic, position.partition)
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), position])
    }
    const fetched = (
      await Promise.all([...byLeader].map(([leader, positions]) => fetchRecords(cluster, leader, positions, options)))
    ).flat()
    const records: ConsumedRecord[] = []
    let failure: KafkaError | null = null
    for (const { topic, partition, error, records: found, nextOffset } of fetched) {
      const position = this.#positions.find((one) => one.topic === topic && one.partition === partition)
      if (position === undefined) continue
      if (error?.code === ErrorCode.OFFSET_OUT_OF_RANGE) await this.#reset(position)
      else if (error !== null) failure ??= error
      else {
        position.offset = nextOffset
        for (const record of found) records.push(record)
      }
    }
    // What did come is handed out first; the failure, if it lasts, comes again.
    if (failure !== null && records.length === 0) throw failure
    return records
  }

  async #reset(position: Position): Promise<void> {
    const query = { topic: position.topic, partition: position.partition, at: this.#options.startAt ?? 'latest' }
    const [found] = await listOffsets(this.#cluster, [query], false)
    if (found !== undefined) position.offset = found.offset
  }

  #scheduleHeartbeat(): void {
    this.#stopHeartbeat()
    if (this.#closed) return
    const intervalMs = (this.#options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS) / 3
    this.#heartbeatTimer = this.#cluster.host.timers.set(intervalMs, () => {
      this.#heartbeatTimer = null
      void this.#heartbeat()
    })
  }

  #stopHeartbeat(): void {
    if (this.#heartbeatTimer !== null) this.#cluster.host.timers.clear(this.#heartbeatTimer)
    this.#heartbeatTimer = null
  }

  /** Never rejects: what goes wrong shows at the next poll. */
  async #heartbeat(): Promise<void> {
    const { groupId } = this.#options
    const body = { groupId, generationId: this.#generationId, memberId: this.#memberId }
    try {
      const response = await this.#cluster.call(await this.#coordinator(), heartbeatRequest, heartbeatResponse, body)
      throwIfError(response.errorCode)
    } catch (error) {
      this.#rejoinAfter(error)
    }
    if (this.#joined) this.#scheduleHeartbeat()
  }

  #rejoinAfter(error: unknown): void {
    const effect = error instanceof KafkaError ? REJOIN.get(error.code) : undefined
    if (effect === undefined) return
    this.#joined = false
    this.#stopHeartbeat()
    if (effect === 'lose id') {
      this.#memberId = ''
      this.#generationId = -1
    }
  }
}
