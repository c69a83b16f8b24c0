/**
 * Builds the PartitionChangeRecord that takes one partition from what it is to what is wanted, electing a leader on the
 * way (kafka-protocol §4.3). Pure. Fields that do not change stay absent; null when nothing changes.
 *
 *   wanted replicas and ISR ─▶ eligible leader replicas ─▶ election ─▶ record
 */
import type { Uuid } from '@millrace/base/uuid'
import { NO_LEADER_CHANGE, NO_RECOVERY_CHANGE } from '@millrace/metadata/partition-replay'
import type { PartitionState } from '@millrace/metadata/partition-state'
import { DirectoryId, LeaderRecoveryState } from '@millrace/metadata/partition-state'
import { MetadataLevel, partitionVersion } from '@millrace/metadata/record-versions'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { PartitionChangeRecord } from '@millrace/metadata/records/topic-records'
import type { Elected, Election } from './election.ts'
import { elect } from './election.ts'
import { eligibleLeaders, lastKnownLeader } from './eligible-leaders.ts'

export interface PartitionTarget {
  readonly topicId: Uuid
  readonly partitionId: number
  readonly partition: PartitionState
  /** metadata.version level. */
  readonly level: number
  /** The topic's min.insync.replicas where eligible leader replicas are kept (KIP-966); null where they are not. */
  readonly minInSyncReplicas: number | null
  readonly election: Election
  /** Alive, and not on its way out. */
  readonly isAcceptableLeader: (brokerId: number) => boolean
  readonly isr?: readonly number[]
  /** A replica that may have lost what it had not flushed: it is no eligible leader any more. */
  readonly uncleanShutdown?: number
  readonly leaderRecoveryState?: number
  readonly replicas?: readonly number[]
  readonly removingReplicas?: readonly number[]
  readonly addingReplicas?: readonly number[]
  /** The directory of a replica that is new, or moved; existing ones are kept. */
  readonly directoryOf?: (brokerId: number) => Uuid
}

/** The record for `target`, or null when the partition is already so. */
export function partitionChange(target: PartitionTarget): MetadataRecord | null {
  const { partition, level, minInSyncReplicas } = target
  const wanted = completeReassignment(target)
  const eligible = eligibleLeaders({ ...target, ...wanted })
  const elected = elect({ ...target, ...wanted, eligible })
  const leaderChanges = elected.leader !== partition.leader
  const isr = elected.isr.length > 0 || minInSyncReplicas !== null ? elected.isr : lastInSync(partition)
  const bumpsEpoch =
    leaderChanges || removesReplica(partition, wanted.replicas) || shrinksBelowLevel(partition, isr, level)
  const body: PartitionChangeRecord = {
    partitionId: target.partitionId,
    topicId: target.topicId,
    isr: changed(isr, partition.isr),
    leader: bumpsEpoch ? elected.leader : NO_LEADER_CHANGE,
    replicas: changed(wanted.replicas, partition.replicas),
    removingReplicas: changed(wanted.removing, partition.removingReplicas),
    addingReplicas: changed(wanted.adding, partition.addingReplicas),
    leaderRecoveryState: recoveryState(target, elected),
    eligibleLeaderReplicas: changed(elected.eligible, partition.eligibleLeaderReplicas),
    lastKnownElr: changed(lastKnownLeader(target, isr, elected.leader), partition.lastKnownElr),
    directories: directories(target, wanted.replicas),
  }
  if (isEmpty(body)) return null
  return { type: RecordType.PARTITION_CHANGE, version: partitionVersion(level), body }
}

/**
 * Without eligible leader replicas an ISR never becomes empty: its last member stays, to be elected when it is back. One
 * that was emptied with them gets those back who may lead.
 */
function lastInSync({ isr, eligibleLeaderReplicas, lastKnownElr }: PartitionState): readonly number[] {
  if (isr.length > 0) return isr
  return eligibleLeaderReplicas.length > 0 ? eligibleLeaderReplicas : lastKnownElr
}

interface WantedReplicas {
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly removing: readonly number[]
  readonly adding: readonly number[]
}

/** A reassignment is done when every replica that is to stay is in the ISR: the removing ones are dropped. */
function completeReassignment(target: PartitionTarget): WantedReplicas {
  const { partition } = target
  const replicas = target.replicas ?? partition.replicas
  const isr = target.isr ?? partition.isr
  const removing = target.removingReplicas ?? partition.removingReplicas
  const adding = target.addingReplicas ?? partition.addingReplicas
  const pending: WantedReplicas = { replicas, isr, removing, adding }
  if (removing.length === 0 && adding.length === 0) return pending
  const staying = replicas.filter((id) => !removing.includes(id))
  if (staying.length === 0 || !staying.every((id) => isr.includes(id))) return pending
  return { replicas: staying, isr: isr.filter((id) => staying.includes(id)), removing: [], adding: [] }
}

/** Producers and fetchers of a removed replica are fenced by a new leader epoch. */
function removesReplica(partition: PartitionState, replicas: readonly number[]): boolean {
  return partition.replicas.some((id) => !replicas.includes(id))
}

/** Before metadata.version 12 every ISR shrink makes a new leader epoch. */
function shrinksBelowLevel(partition: PartitionState, isr: readonly number[], level: number): boolean {
  return (
    level < MetadataLevel.NO_EPOCH_BUMP_ON_SHRINK && isr.length > 0 && partition.isr.some((id) => !isr.includes(id))
  )
}

function recoveryState(target: PartitionTarget, elected: Elected): number {
  const before = target.partition.leaderRecoveryState
  const wanted = elected.unclean ? LeaderRecoveryState.RECOVERING : (target.leaderRecoveryState ?? before)
  return wanted === before ? NO_RECOVERY_CHANGE : wanted
}

function directories(target: PartitionTarget, replicas: readonly number[]): Uuid[] | null {
  const { partition, level, directoryOf } = target
  if (level < MetadataLevel.DIRECTORIES) return null
  if (directoryOf === undefined && same(replicas, partition.replicas)) return null
  const wanted = replicas.map((id) => {
    const kept = partition.directories[partition.replicas.indexOf(id)]
    return directoryOf?.(id) ?? kept ?? DirectoryId.UNASSIGNED
  })
  return same(wanted, partition.directories) && same(replicas, partition.replicas) ? null : wanted
}

function isEmpty(body: PartitionChangeRecord): boolean {
  return (
    body.isr === null &&
    body.leader === NO_LEADER_CHANGE &&
    body.replicas === null &&
    body.removingReplicas === null &&
    body.addingReplicas === null &&
    body.leaderRecoveryState === NO_RECOVERY_CHANGE &&
    body.eligibleLeaderReplicas === null &&
    body.lastKnownElr === null &&
    body.directories === null
  )
}

function changed(wanted: readonly number[], before: readonly number[]): number[] | null {
  return same(wanted, before) ? null : [...wanted]
}

function same<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
