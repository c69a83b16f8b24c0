/** OffsetCommit, OffsetFetch, OffsetDelete, DeleteGroups and the expiry of offsets (kafka-protocol §5.2). */
import { ErrorCode } from '@millrace/protocol/errors'
import type { CommittedOffset } from './group-offsets.ts'
import type { Group } from './group.ts'
import {
  commitError,
  groupTombstones,
  hasOwnRecords,
  isUnused,
  offsetExpiryMs,
  offsetFetchError,
  offsetsInUse,
} from './group-rules.ts'
import type { Claim } from './membership.ts'
import { offsetRecord, type CoordinatorRecord } from './offset-records.ts'
import type { PendingOffset } from './pending-offsets.ts'
import type { GroupShard } from './shard.ts'

export interface OffsetToCommit {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
}

export interface CommitRequest {
  readonly groupId: string
  readonly claim: Claim
  /** Explicit retention of OffsetCommit v2–4, ms; -1: the broker's. */
  readonly retentionMs: number
  /** From v9 on an unknown group is GROUP_ID_NOT_FOUND instead of ILLEGAL_GENERATION, and members of consumer groups may commit. */
  readonly apiVersion: number
  readonly offsets: readonly OffsetToCommit[]
}

export interface TransactionalCommitRequest {
  readonly groupId: string
  readonly claim: Claim
  readonly producerId: number
  readonly producerEpoch: number
  readonly offsets: readonly OffsetToCommit[]
}

export class Commits {
  readonly #shard: GroupShard
  readonly #metadataBytesMax: number

  /** @param metadataBytesMax offset.metadata.max.bytes */
  constructor(shard: GroupShard, metadataBytesMax: number) {
    this.#shard = shard
    this.#metadataBytesMax = metadataBytesMax
  }

  /** `done` gets one error code per offset, in order. */
  commit(request: CommitRequest, done: (errorCodes: readonly number[]) => void): void {
    const errorCode = this.#checkCommit(request)
    if (errorCode !== ErrorCode.NONE) return done(request.offsets.map(() => errorCode))
    const nowMs = this.#shard.host.clock.nowMs()
    const records: CoordinatorRecord[] = []
    const codes: number[] = request.offsets.map((one) => {
      if (Buffer.byteLength(one.metadata) > this.#metadataBytesMax) return ErrorCode.OFFSET_METADATA_TOO_LARGE
      const committed: CommittedOffset = {
        offset: one.offset,
        leaderEpoch: one.leaderEpoch,
        metadata: one.metadata,
        commitTimestampMs: nowMs,
        expireTimestampMs: request.retentionMs === -1 ? -1 : nowMs + request.retentionMs,
      }
      records.push(offsetRecord(request.groupId, one.topic, one.partition, committed))
      return ErrorCode.NONE
    })
    if (records.length === 0) return done(codes)
    return this.#shard.append(records, { apply: true }, (appended) => {
      const told = appended === ErrorCode.UNKNOWN_SERVER_ERROR ? ErrorCode.INVALID_COMMIT_OFFSET_SIZE : appended
      done(codes.map((code) => (code === ErrorCode.NONE ? told : code)))
    })
  }

  /**
   * TxnOffsetCommit: as `commit`, but nobody sees the offsets before the transaction's marker. The caller has verified the
   * transaction. `done` gets one error code per offset, in order.
   */
  commitTransactional(request: TransactionalCommitRequest, done: (errorCodes: readonly number[]) => void): void {
    const { groupId, offsets } = request
    const errorCode = this.checkTransactional(groupId, request.claim)
    if (errorCode !== ErrorCode.NONE) return done(offsets.map(() => errorCode))
    const commitTimestampMs = this.#shard.host.clock.nowMs()
    const pending: PendingOffset[] = []
    const codes: number[] = offsets.map(({ topic, partition, offset, leaderEpoch, metadata }) => {
      if (Buffer.byteLength(metadata) > this.#metadataBytesMax) return ErrorCode.OFFSET_METADATA_TOO_LARGE
      const committed = { offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs: -1 }
      pending.push({ groupId, topic, partition, committed })
      return ErrorCode.NONE
    })
    if (pending.length === 0) return done(codes)
    return this.#shard.appendTransactional(request, pending, (appended) => {
      const told = appended === ErrorCode.UNKNOWN_SERVER_ERROR ? ErrorCode.INVALID_COMMIT_OFFSET_SIZE : appended
      done(codes.map((code) => (code === ErrorCode.NONE ? told : code)))
    })
  }

  /** NONE, or why this claim may not commit in a transaction. Producers that name no member are not checked. */
  checkTransactional(groupId: string, claim: Claim): number {
    const group = this.#shard.groups.get(groupId)
    if (group === undefined) return claim.generationId < 0 ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION
    return commitError(group, { ...claim, apiVersion: 0, isTransactional: true })
  }

  #checkCommit({ groupId, claim, apiVersion }: CommitRequest): number {
    const group = this.#shard.groups.get(groupId)
    if (group !== undefined) return commitError(group, { ...claim, apiVersion, isTransactional: false })
    if (claim.generationId < 0) return ErrorCode.NONE
    return apiVersion >= 9 ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION
  }

  /** NONE, or why this member may not read the offsets (OffsetFetch v9+). */
  checkFetch(groupId: string, memberId: string | null, memberEpoch: number): number {
    const group = this.#shard.groups.get(groupId)
    return group === undefined ? ErrorCode.NONE : offsetFetchError(group, memberId, memberEpoch)
  }

  fetch(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#shard.groups.get(groupId)?.offsets.get(topic, partition)
  }

  /** Whether a transaction that has not ended commits this partition. */
  isUnstable(groupId: string, topic: string, partition: number): boolean {
    return this.#shard.pendingOffsets.has(groupId, topic, partition)
  }

  /** DeleteGroups for one group. */
  deleteGroup(groupId: string, done: (errorCode: number) => void): void {
    this.#shard.queue.run(groupId, (free) => {
      const finish = (errorCode: number): void => {
        done(errorCode)
        free()
      }
      const group = this.#shard.groups.get(groupId)
      if (group === undefined || group.state === 'Dead') return finish(ErrorCode.GROUP_ID_NOT_FOUND)
      if (!group.isEmpty) return finish(ErrorCode.NON_EMPTY_GROUP)
      return this.#shard.append(this.#tombstones(group), { apply: true }, finish)
    })
  }

  /** OffsetDelete: `done` gets the group's error, or one code per partition. */
  deleteOffsets(
    groupId: string,
    partitions: readonly { readonly topic: string; readonly partition: number }[],
    done: (groupErrorCode: number, errorCodes: readonly number[]) => void,
  ): void {
    const group = this.#shard.groups.get(groupId)
    if (group === undefined || group.state === 'Dead') return done(ErrorCode.GROUP_ID_NOT_FOUND, [])
    const { errorCode: refused, topics: subscribed } = offsetsInUse(group)
    if (refused !== ErrorCode.NONE) return done(refused, [])
    const records: CoordinatorRecord[] = []
    const codes = partitions.map(({ topic, partition }) => {
      if (subscribed.has(topic)) return ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC
      if (group.offsets.get(topic, partition) !== undefined) records.push(offsetRecord(groupId, topic, partition, null))
      return ErrorCode.NONE
    })
    if (records.length === 0) return done(ErrorCode.NONE, codes)
    return this.#shard.append(records, { apply: true }, (errorCode) =>
      done(errorCode, errorCode === ErrorCode.NONE ? codes : []),
    )
  }

  /** Offsets of topics that are gone must not be inherited by topics of the same name. */
  forgetTopics(topics: ReadonlySet<string>): void {
    for (const group of this.#shard.groups.values()) {
      const records: CoordinatorRecord[] = []
      for (const [topic, partition] of group.offsets.entries()) {
        if (topics.has(topic)) records.push(offsetRecord(group.groupId, topic, partition, null))
      }
      if (records.length > 0) this.#shard.append(records, { apply: true }, () => {})
    }
    // A tombstone voids what a transaction has pending, so that its end brings nothing back.
    const pending = [...this.#shard.pendingOffsets.ofTopics(topics)].map(({ groupId, topic, partition }) =>
      offsetRecord(groupId, topic, partition, null),
    )
    if (pending.length > 0) this.#shard.append(pending, { apply: true }, () => {})
  }

  /** Removes what has outlived `retentionMs` (offsets.retention.minutes), and Empty groups with nothing left. */
  expire(retentionMs: number): void {
    const nowMs = this.#shard.host.clock.nowMs()
    for (const groupId of [...this.#shard.groups.keys()])
      this.#shard.queue.run(groupId, (free) => this.#expireGroup(groupId, nowMs, retentionMs, free))
  }

  #expireGroup(groupId: string, nowMs: number, retentionMs: number, free: () => void): void {
    const group = this.#shard.groups.get(groupId)
    if (group === undefined || this.#shard.state !== 'active') return free()
    const records = expired(group, nowMs, retentionMs)
    const all = records.length === [...group.offsets.entries()].length
    if (all && isUnused(group) && !this.#shard.pendingOffsets.hasGroup(group.groupId)) {
      // A group that only ever committed has no record of its own and ends with its last offset.
      if (records.length > 0 || hasOwnRecords(group))
        return this.#shard.append(this.#tombstones(group), { apply: true }, free)
      this.#shard.groups.delete(groupId)
    } else if (records.length > 0) {
      return this.#shard.append(records, { apply: true }, free)
    }
    return free()
  }

  #tombstones(group: Group): CoordinatorRecord[] {
    const records: CoordinatorRecord[] = []
    for (const [topic, partition] of group.offsets.entries())
      records.push(offsetRecord(group.groupId, topic, partition, null))
    return [...records, ...groupTombstones(group)]
  }
}

/** Tombstones for the group's offsets that have expired. */
function expired(group: Group, nowMs: number, retentionMs: number): CoordinatorRecord[] {
  const expiryMs = offsetExpiryMs(group, retentionMs)
  const records: CoordinatorRecord[] = []
  for (const [topic, partition, committed] of group.offsets.entries())
    if (expiryMs(topic, committed) <= nowMs) records.push(offsetRecord(group.groupId, topic, partition, null))
  return records
}
