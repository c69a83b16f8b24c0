/**
 * GroupCoordinator: the groups of all partitions of `__consumer_offsets` that this broker leads. Routes a group to its
 * shard, opens and closes shards as leaderships come and go, and does what concerns many groups at once. Single owner:
 * the broker's loop.
 */
import { GROUP_METADATA_TOPIC } from './internal-topic.ts'
import { ErrorCode } from '@millrace/protocol/errors'
import type { MetadataChanges } from '@millrace/metadata/changes'
import type { MetadataImage } from '@millrace/metadata/image'
import type { TimerHandle } from '@millrace/base/host'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { ClassicGroup } from './classic-group.ts'
import { Commits } from './commits.ts'
import { Membership } from './membership.ts'
import { partitionForGroup } from './partition-for-group.ts'
import { Rebalance } from './rebalance.ts'
import { GroupShard } from './shard.ts'

/** A led partition of `__consumer_offsets` with all that serves its groups. */
export interface ServedShard {
  readonly shard: GroupShard
  readonly membership: Membership
  readonly commits: Commits
  readonly rebalance: Rebalance
}

export type Located =
  | { readonly errorCode: 0; readonly served: ServedShard }
  | { readonly errorCode: number; readonly served: null }

export class GroupCoordinator {
  readonly #runtime: BrokerRuntime
  readonly #shards: Map<number, ServedShard> = new Map()
  readonly #unsubscribe: () => void
  #expiryTimer: TimerHandle | null = null

  constructor(runtime: BrokerRuntime) {
    this.#runtime = runtime
    this.#unsubscribe = runtime.metadata.subscribe((image, changes) => this.#metadataChanged(image, changes))
    this.#followLeaderships(runtime.metadata.image)
    this.#armExpiry()
  }

  /** The shard that serves `groupId`, or what a request for it is told. */
  locate(groupId: string): Located {
    const topic = this.#runtime.metadata.image.topicsByName.get(GROUP_METADATA_TOPIC)
    if (topic === undefined) return { errorCode: ErrorCode.NOT_COORDINATOR, served: null }
    const served = this.#shards.get(partitionForGroup(groupId, topic.partitions.length))
    if (served === undefined) return { errorCode: ErrorCode.NOT_COORDINATOR, served: null }
    const errorCode = served.shard.errorCode
    return errorCode === ErrorCode.NONE ? { errorCode, served } : { errorCode, served: null }
  }

  /** Every group served here; COORDINATOR_LOAD_IN_PROGRESS while some are still being loaded. */
  list(): { readonly errorCode: number; readonly groups: readonly ClassicGroup[] } {
    const groups: ClassicGroup[] = []
    let loading = false
    for (const { shard } of this.#shards.values()) {
      if (shard.state === 'loading') loading = true
      else groups.push(...shard.groups.values())
    }
    return { errorCode: loading ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NONE, groups }
  }

  /** A transaction's marker is committed in a partition of `__consumer_offsets`, written in `leaderEpoch`. */
  transactionEnded(partition: number, leaderEpoch: number, producerId: number, commit: boolean): void {
    const shard = this.#shards.get(partition)?.shard
    // While it loads, the shard meets the marker in the log; of another epoch, it has met it there.
    if (shard?.state === 'active' && shard.leaderEpoch === leaderEpoch) shard.transactionEnded(producerId, commit)
  }

  close(): void {
    this.#unsubscribe()
    if (this.#expiryTimer !== null) this.#runtime.host.timers.clear(this.#expiryTimer)
    this.#expiryTimer = null
    for (const partition of [...this.#shards.keys()]) this.#resign(partition)
  }

  #metadataChanged(image: MetadataImage, changes: MetadataChanges): void {
    this.#followLeaderships(image)
    const gone = new Set<string>()
    for (const topic of changes.deletedTopics.values()) gone.add(topic.name)
    if (gone.size === 0) return
    for (const { shard, commits } of this.#shards.values()) if (shard.state === 'active') commits.forgetTopics(gone)
  }

  #followLeaderships(image: MetadataImage): void {
    const partitions = image.topicsByName.get(GROUP_METADATA_TOPIC)?.partitions ?? []
    for (const [partition, { shard }] of this.#shards) {
      const state = partitions[partition]
      if (state === undefined || state.leader !== this.#runtime.nodeId || state.leaderEpoch !== shard.leaderEpoch)
        this.#resign(partition)
    }
    partitions.forEach((state, partition) => {
      if (state.leader === this.#runtime.nodeId && !this.#shards.has(partition))
        this.#lead(partition, state.leaderEpoch)
    })
  }

  #lead(partitionId: number, leaderEpoch: number): void {
    const partition = this.#runtime.replicaManager.get(GROUP_METADATA_TOPIC, partitionId)
    // A replica whose storage failed cannot coordinate; the controller will move the leadership.
    if (partition === undefined || !partition.isLeader) return
    const { settings, host, logger } = this.#runtime
    const shard = new GroupShard({
      host,
      logger,
      partition,
      leaderEpoch,
      appendTimeoutMs: settings.number('offsets.commit.timeout.ms'),
    })
    const rebalance = new Rebalance(shard, {
      initialRebalanceDelayMs: settings.number('group.initial.rebalance.delay.ms'),
    })
    const membership = new Membership(shard, rebalance, {
      sessionTimeoutMsMin: settings.number('group.min.session.timeout.ms'),
      sessionTimeoutMsMax: settings.number('group.max.session.timeout.ms'),
      groupSizeMax: settings.number('group.max.size'),
    })
    const commits = new Commits(shard, settings.number('offset.metadata.max.bytes'))
    this.#shards.set(partitionId, { shard, rebalance, membership, commits })
    shard.load(() => {
      // Members that the last coordinator knew get a whole session to be heard from.
      for (const group of shard.groups.values())
        for (const member of group.members.values()) rebalance.renewSession(group, member)
    })
  }

  #resign(partitionId: number): void {
    const served = this.#shards.get(partitionId)
    if (served === undefined) return
    this.#shards.delete(partitionId)
    served.shard.close()
    for (const group of served.shard.groups.values()) served.rebalance.resign(group)
  }

  #armExpiry(): void {
    const intervalMs = this.#runtime.settings.number('offsets.retention.check.interval.ms')
    this.#expiryTimer = this.#runtime.host.timers.set(intervalMs, () => {
      const retentionMs = this.#runtime.settings.number('offsets.retention.minutes') * 60_000
      for (const { shard, commits } of this.#shards.values()) if (shard.state === 'active') commits.expire(retentionMs)
      this.#armExpiry()
    })
  }
}
