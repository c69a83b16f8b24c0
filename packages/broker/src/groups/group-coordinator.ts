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
import { ClassicMembers } from './consumer/classic-members.ts'
import { ConsumerMembers } from './consumer/consumer-members.ts'
import { ConsumerSettings } from './consumer/consumer-settings.ts'
import { ConsumerOperations, type TopicsView } from './consumer/operations.ts'
import type { Group } from './group.ts'
import { Commits } from './commits.ts'
import { Membership } from './membership.ts'
import { partitionForGroup } from './partition-for-group.ts'
import { Rebalance } from './rebalance.ts'
import { ShareMembers } from './share/share-members.ts'
import { ShareOffsets } from './share/share-offsets.ts'
import { GroupShard } from './shard.ts'
import type { SharePersister } from '../share-coordinator/persister.ts'

/** A led partition of `__consumer_offsets` with all that serves its groups. */
export interface ServedShard {
  readonly shard: GroupShard
  /** JoinGroup, SyncGroup, Heartbeat, LeaveGroup. */
  readonly classicMembers: ClassicMembers
  /** ConsumerGroupHeartbeat. */
  readonly consumerMembers: ConsumerMembers
  /** ShareGroupHeartbeat. */
  readonly shareMembers: ShareMembers
  readonly shareOffsets: ShareOffsets
  readonly operations: ConsumerOperations
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
  readonly #topics: { image: MetadataImage; topicsVersion: number } & TopicsView
  #expiryTimer: TimerHandle | null = null
  #persister: SharePersister | null = null

  constructor(runtime: BrokerRuntime) {
    this.#runtime = runtime
    this.#topics = { image: runtime.metadata.image, topicsVersion: 0 }
    this.#unsubscribe = runtime.metadata.subscribe((image, changes) => this.#metadataChanged(image, changes))
    this.#followLeaderships(runtime.metadata.image)
    this.#armExpiry()
  }

  /** How share coordinators are reached; share groups wait for it. */
  attach(persister: SharePersister): void {
    this.#persister = persister
  }

  /** The shard that serves `groupId`, or what a request for it is told: a group that has members has a name. */
  locate(groupId: string): Located {
    return groupId === '' ? { errorCode: ErrorCode.INVALID_GROUP_ID, served: null } : this.locateAny(groupId)
  }

  /** The same also for the empty name, under which offsets may be kept, and for requests that are checked later. */
  locateAny(groupId: string): Located {
    const topic = this.#runtime.metadata.image.topicsByName.get(GROUP_METADATA_TOPIC)
    if (topic === undefined) return { errorCode: ErrorCode.NOT_COORDINATOR, served: null }
    const served = this.#shards.get(partitionForGroup(groupId, topic.partitions.length))
    if (served === undefined) return { errorCode: ErrorCode.NOT_COORDINATOR, served: null }
    const errorCode = served.shard.errorCode
    return errorCode === ErrorCode.NONE ? { errorCode, served } : { errorCode, served: null }
  }

  /** Every group served here; COORDINATOR_LOAD_IN_PROGRESS while some are still being loaded. */
  list(): { readonly errorCode: number; readonly groups: readonly Group[] } {
    const groups: Group[] = []
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
    // Brokers change racks, if at all, when they register.
    if (changes.brokers.size > 0 || topicsChanged(this.#topics.image, image, changes)) this.#topics.topicsVersion++
    this.#topics.image = image
    this.#followLeaderships(image)
    const gone = new Set<string>()
    for (const topic of changes.deletedTopics.values()) gone.add(topic.name)
    if (gone.size === 0) return
    const goneIds = new Set(changes.deletedTopics.keys())
    for (const { shard, commits, shareMembers } of this.#shards.values()) {
      if (shard.state !== 'active') continue
      commits.forgetTopics(gone)
      shareMembers.topicsDeleted(goneIds)
    }
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
    const consumerSettings = new ConsumerSettings(settings, () => this.#topics.image)
    const operations = new ConsumerOperations(shard, rebalance, consumerSettings, this.#topics)
    const classicMembers = new ClassicMembers(operations, membership)
    const consumerMembers = new ConsumerMembers(operations)
    const persister = (): SharePersister | null => this.#persister
    const shareMembers = new ShareMembers(operations, settings, this.#topics, persister)
    const shareOffsets = new ShareOffsets(operations, shareMembers, persister)
    const share = { shareMembers, shareOffsets }
    this.#shards.set(partitionId, { shard, rebalance, classicMembers, consumerMembers, ...share, operations, commits })
    shard.load(() => {
      // Members that the last coordinator knew get a whole session to be heard from.
      for (const group of shard.groups.values())
        if (group.type === 'classic') for (const member of group.members.values()) rebalance.renewSession(group, member)
      operations.loaded()
      shareMembers.loaded()
    })
  }

  #resign(partitionId: number): void {
    const served = this.#shards.get(partitionId)
    if (served === undefined) return
    this.#shards.delete(partitionId)
    served.shard.close()
    served.operations.resign()
    for (const group of served.shard.groups.values()) if (group.type === 'classic') served.rebalance.resign(group)
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

/** Whether topics came, went, grew or moved: what assignments may depend on. */
function topicsChanged(before: MetadataImage, after: MetadataImage, changes: MetadataChanges): boolean {
  if (changes.deletedTopics.size > 0) return true
  for (const id of changes.topics.keys()) {
    const old = before.topicsById.get(id)?.partitions
    const now = after.topicsById.get(id)?.partitions ?? []
    if (old === undefined || old.length !== now.length) return true
    if (now.some(({ replicas }, index) => replicas !== old[index]?.replicas)) return true
  }
  return false
}
