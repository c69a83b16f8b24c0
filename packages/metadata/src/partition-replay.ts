/** The effect of PartitionRecord and PartitionChangeRecord on a partition (kafka-records §2). */
import { invariant } from '@millrace/base/invariant'
import type { Uuid } from '@millrace/base/uuid'
import type { PartitionState } from './partition-state.ts'
import { DirectoryId } from './partition-state.ts'
import type { PartitionChangeRecord, PartitionRecord } from './records/topic-records.ts'

/** PartitionChangeRecord.leader: the leader stays and so does its epoch. */
export const NO_LEADER_CHANGE = -2
/** PartitionChangeRecord.leaderRecoveryState: unchanged. */
export const NO_RECOVERY_CHANGE = -1

export function partitionFromRecord(record: PartitionRecord): PartitionState {
  return {
    replicas: record.replicas,
    directories: directoriesFor(record.replicas, record.directories),
    isr: record.isr,
    removingReplicas: record.removingReplicas,
    addingReplicas: record.addingReplicas,
    eligibleLeaderReplicas: record.eligibleLeaderReplicas ?? [],
    lastKnownElr: record.lastKnownElr ?? [],
    leader: record.leader,
    leaderEpoch: record.leaderEpoch,
    partitionEpoch: record.partitionEpoch,
    leaderRecoveryState: record.leaderRecoveryState,
  }
}

/** A present leader, even the same one, makes a new leader epoch; every change makes a new partition epoch. */
export function changePartition(before: PartitionState, change: PartitionChangeRecord): PartitionState {
  const replicas = change.replicas ?? before.replicas
  const leaderChanges = change.leader !== NO_LEADER_CHANGE
  return {
    replicas,
    directories: changedDirectories(before, change, replicas),
    isr: change.isr ?? before.isr,
    removingReplicas: change.removingReplicas ?? before.removingReplicas,
    addingReplicas: change.addingReplicas ?? before.addingReplicas,
    eligibleLeaderReplicas: change.eligibleLeaderReplicas ?? before.eligibleLeaderReplicas,
    lastKnownElr: change.lastKnownElr ?? before.lastKnownElr,
    leader: leaderChanges ? change.leader : before.leader,
    leaderEpoch: before.leaderEpoch + (leaderChanges ? 1 : 0),
    partitionEpoch: before.partitionEpoch + 1,
    leaderRecoveryState:
      change.leaderRecoveryState === NO_RECOVERY_CHANGE ? before.leaderRecoveryState : change.leaderRecoveryState,
  }
}

function changedDirectories(
  before: PartitionState,
  change: PartitionChangeRecord,
  replicas: readonly number[],
): readonly Uuid[] {
  if (change.directories !== null) return directoriesFor(replicas, change.directories)
  if (change.replicas === null) return before.directories
  return replicas.map((replica) => before.directories[before.replicas.indexOf(replica)] ?? DirectoryId.UNASSIGNED)
}

/** Records of before KIP-858 have no directories: all MIGRATING. */
function directoriesFor(replicas: readonly number[], directories: readonly Uuid[]): readonly Uuid[] {
  if (directories.length === 0) return replicas.map(() => DirectoryId.MIGRATING)
  invariant(directories.length === replicas.length, 'directories stand beside the replicas', {
    replicas: replicas.length,
    directories: directories.length,
  })
  return directories
}
