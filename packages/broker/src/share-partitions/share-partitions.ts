/**
 * SharePartitions: the share partitions of all groups whose partition this broker leads. Made when a member first fetches,
 * dropped when leadership, topic or the group's last session has gone. Single owner: the broker's loop.
 */
import type { Uuid } from '@millrace/base/uuid'
import type { MetadataImage } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { SharePersister } from '../share-coordinator/persister.ts'
import { shareKey } from '../share-coordinator/share-state-records.ts'
import { SharePartition } from './share-partition.ts'

export interface TopicPartitionId {
  readonly topicId: Uuid
  readonly partition: number
}

export interface CurrentLeader {
  readonly leaderId: number
  readonly leaderEpoch: number
}

export type OpenedSharePartition =
  | { readonly share: SharePartition; readonly errorCode: 0 }
  | { readonly share: null; readonly errorCode: number; readonly currentLeader: CurrentLeader | null }

export class SharePartitions {
  readonly #runtime: BrokerRuntime
  readonly #persister: SharePersister
  /** By group, then by shareKey. */
  readonly #groups: Map<string, Map<string, SharePartition>> = new Map()
  readonly #unsubscribe: () => void

  constructor(runtime: BrokerRuntime, persister: SharePersister) {
    this.#runtime = runtime
    this.#persister = persister
    this.#unsubscribe = runtime.metadata.subscribe((image) => this.#dropMoved(image))
  }

  /** The group's share of a partition, loaded or loading; or why it is not to be had here. */
  open(groupId: string, { topicId, partition: index }: TopicPartitionId): OpenedSharePartition {
    const topic = this.#runtime.metadata.image.topicsById.get(topicId)
    if (topic === undefined) return refused(ErrorCode.UNKNOWN_TOPIC_ID)
    const state = topic.partitions[index]
    if (state === undefined) return refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    const { leader: leaderId, leaderEpoch } = state
    const partition = this.#runtime.replicaManager.get(topic.name, index)
    const errorCode =
      partition?.checkRequest(-1, true) ?? this.#runtime.replicaManager.missingPartition(topic.name, index)
    if (partition === undefined || errorCode !== ErrorCode.NONE)
      return refused(errorCode, errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER ? { leaderId, leaderEpoch } : null)
    const id = { groupId, topicId, partition: index }
    const key = shareKey(id)
    const group = this.#groups.get(groupId) ?? new Map<string, SharePartition>()
    this.#groups.set(groupId, group)
    const known = group.get(key)
    if (known !== undefined && known.partition === partition && known.leaderEpoch === partition.leaderEpoch) {
      known.isRetired = false
      return { share: known, errorCode: ErrorCode.NONE }
    }
    known?.close(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    const share = new SharePartition({
      runtime: this.#runtime,
      persister: this.#persister,
      id,
      partition,
      onClosed: () => {
        if (group.get(key) === share) group.delete(key)
        if (group.size === 0 && this.#groups.get(groupId) === group) this.#groups.delete(groupId)
      },
    })
    group.set(key, share)
    share.start()
    return { share, errorCode: ErrorCode.NONE }
  }

  /** A member's session has ended: what it holds of the group is available to others. */
  releaseMember(groupId: string, memberId: string): void {
    for (const share of this.#groups.get(groupId)?.values() ?? []) share.release(memberId)
  }

  /** Nobody of the group has a session here any more: its offsets may be set anew, so they are read again when somebody comes. */
  retire(groupId: string): void {
    const group = this.#groups.get(groupId)
    if (group === undefined) return
    for (const share of [...group.values()]) share.isRetired = true
  }

  close(): void {
    this.#unsubscribe()
    for (const group of this.#groups.values())
      for (const share of [...group.values()]) share.close(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    this.#groups.clear()
  }

  #dropMoved(image: MetadataImage): void {
    for (const group of this.#groups.values()) {
      for (const share of [...group.values()]) {
        const state = image.topicsById.get(share.id.topicId)?.partitions[share.id.partition]
        if (state === undefined) share.close(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        else if (state.leader !== this.#runtime.nodeId || state.leaderEpoch !== share.leaderEpoch)
          share.close(ErrorCode.NOT_LEADER_OR_FOLLOWER)
      }
    }
  }
}

function refused(errorCode: number, currentLeader: CurrentLeader | null = null): OpenedSharePartition {
  return { share: null, errorCode, currentLeader }
}
