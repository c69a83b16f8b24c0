/**
 * ShareCoordinator: the durable state of the share partitions of all partitions of `__share_group_state` that this broker
 * leads (KIP-932). Routes a share partition to its shard, opens and closes shards as leaderships come and go, prunes their
 * logs. Single owner: the broker's loop.
 */
import type { TimerHandle } from '@millrace/base/host'
import type { MetadataImage } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { partitionForGroup } from '../groups/partition-for-group.ts'
import { SHARE_GROUP_STATE_TOPIC } from './internal-topic.ts'
import { ShareStateShard, type DecidedCallback } from './shard.ts'
import {
  decideInitialize,
  decideRead,
  decideWrite,
  type InitializeState,
  type ReadState,
  type StateDecision,
  type WriteState,
} from './share-state.ts'
import { shareKey, type SharePartitionId } from './share-state-records.ts'

const NEVER_INITIALIZED: StateDecision = {
  kind: 'refused',
  errorCode: ErrorCode.INVALID_REQUEST,
  message: 'The share partition has no state: it must be initialized before it is written.',
}

export class ShareCoordinator {
  readonly #runtime: BrokerRuntime
  readonly #shards: Map<number, ShareStateShard> = new Map()
  readonly #unsubscribe: () => void
  #pruneTimer: TimerHandle | null = null

  constructor(runtime: BrokerRuntime) {
    this.#runtime = runtime
    this.#unsubscribe = runtime.metadata.subscribe((image) => this.#followLeaderships(image))
    this.#followLeaderships(runtime.metadata.image)
    this.#armPruning()
  }

  /** The first state of a share partition, or a new start offset with a later state epoch. */
  initialize(id: SharePartitionId, asked: InitializeState, done: DecidedCallback): void {
    this.#decide(id, (known, nowMs) => decideInitialize(known, asked, nowMs), done)
  }

  /** null without an error: nothing is known of the share partition. */
  read(id: SharePartitionId, asked: ReadState, done: DecidedCallback): void {
    this.#decide(
      id,
      (known, nowMs) => (known === undefined ? { kind: 'unchanged' } : decideRead(known, asked, nowMs)),
      done,
    )
  }

  /** INVALID_REQUEST for a share partition that was never initialized, or was deleted. */
  write(id: SharePartitionId, asked: WriteState, done: DecidedCallback): void {
    const updatesPerSnapshot = this.#runtime.settings.number('share.coordinator.snapshot.update.records.per.snapshot')
    this.#decide(
      id,
      (known, nowMs) =>
        known === undefined ? NEVER_INITIALIZED : decideWrite(known, asked, updatesPerSnapshot, nowMs),
      done,
    )
  }

  delete(id: SharePartitionId, done: (errorCode: number) => void): void {
    const { shard, errorCode } = this.#locate(id)
    if (shard === null) done(errorCode)
    else shard.delete(id, done)
  }

  close(): void {
    this.#unsubscribe()
    if (this.#pruneTimer !== null) this.#runtime.host.timers.clear(this.#pruneTimer)
    this.#pruneTimer = null
    for (const partition of [...this.#shards.keys()]) this.#resign(partition)
  }

  #decide(id: SharePartitionId, decide: Parameters<ShareStateShard['decide']>[1], done: DecidedCallback): void {
    const { shard, errorCode } = this.#locate(id)
    if (shard === null) done(errorCode, null, null)
    else shard.decide(id, decide, done)
  }

  #locate(id: SharePartitionId): { readonly errorCode: number; readonly shard: ShareStateShard | null } {
    const topic = this.#runtime.metadata.image.topicsByName.get(SHARE_GROUP_STATE_TOPIC)
    const shard =
      topic === undefined ? undefined : this.#shards.get(partitionForGroup(shareKey(id), topic.partitions.length))
    if (shard === undefined) return { errorCode: ErrorCode.NOT_COORDINATOR, shard: null }
    const { errorCode } = shard
    return errorCode === ErrorCode.NONE ? { errorCode, shard } : { errorCode, shard: null }
  }

  #followLeaderships(image: MetadataImage): void {
    const partitions = image.topicsByName.get(SHARE_GROUP_STATE_TOPIC)?.partitions ?? []
    for (const [partition, { leaderEpoch }] of this.#shards) {
      const state = partitions[partition]
      if (state?.leader !== this.#runtime.nodeId || state.leaderEpoch !== leaderEpoch) this.#resign(partition)
    }
    partitions.forEach((state, partition) => {
      if (state.leader === this.#runtime.nodeId && !this.#shards.has(partition))
        this.#lead(partition, state.leaderEpoch)
    })
  }

  #lead(partitionId: number, leaderEpoch: number): void {
    const { host, logger, replicaManager, settings } = this.#runtime
    const partition = replicaManager.get(SHARE_GROUP_STATE_TOPIC, partitionId)
    // A replica whose storage failed cannot coordinate; the controller will move the leadership.
    if (partition === undefined || !partition.isLeader) return
    const writeTimeoutMs = settings.number('share.coordinator.write.timeout.ms')
    const shard = new ShareStateShard({ host, logger, partition, leaderEpoch, writeTimeoutMs })
    this.#shards.set(partitionId, shard)
    shard.load()
  }

  #resign(partitionId: number): void {
    this.#shards.get(partitionId)?.close()
    this.#shards.delete(partitionId)
  }

  #armPruning(): void {
    const { host, settings } = this.#runtime
    const intervalMs = settings.number('share.coordinator.state.topic.prune.interval.ms')
    this.#pruneTimer = host.timers.set(intervalMs, () => {
      const coldMs = settings.number('share.coordinator.cold.partition.snapshot.interval.ms')
      for (const shard of this.#shards.values()) {
        shard.prune()
        shard.refreshCold(host.clock.nowMs() - coldMs)
      }
      this.#armPruning()
    })
  }
}
