/** Replica assignments, given by the request or placed by the controller, and the partition records they become. */
import type { Uuid } from '@millrace/base/uuid'
import { ErrorCode } from '@millrace/protocol/errors'
import { isActive } from '@millrace/metadata/image'
import type { MetadataImage } from '@millrace/metadata/image'
import { DirectoryId } from '@millrace/metadata/partition-state'
import { partitionVersion } from '@millrace/metadata/record-versions'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { ControlState, ItemError } from '../decision.ts'
import { metadataLevel } from '../decision.ts'
import type { UsableBroker } from './placement.ts'
import { placeReplicas } from './placement.ts'

export type Assignments = readonly (readonly number[])[]

export function isItemError<T extends object>(value: T | ItemError): value is ItemError {
  return 'errorCode' in value
}

/** Lets the controller place `partitionCount` partitions. */
export function placedAssignments(
  state: ControlState,
  partitionCount: number,
  replicationFactor: number,
): Assignments | ItemError {
  const brokers: UsableBroker[] = [...state.image.brokers.values()].map(({ id, rack, fenced }) => ({
    id,
    rack,
    fenced,
  }))
  const placed = placeReplicas({ brokers, partitionCount, replicationFactor, random: state.random })
  if (!('refused' in placed)) return placed
  return {
    errorCode: ErrorCode.INVALID_REPLICATION_FACTOR,
    errorMessage: `Unable to replicate the partition ${replicationFactor} time(s): ${placed.refused}`,
  }
}

/** Checks one given replica list; `replicationFactor` null when it is the first. */
export function assignmentError(
  image: MetadataImage,
  replicas: readonly number[],
  replicationFactor: number | null,
): ItemError | null {
  const complaint = assignmentComplaint(image, replicas, replicationFactor)
  return complaint === null ? null : { errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT, errorMessage: complaint }
}

function assignmentComplaint(
  image: MetadataImage,
  replicas: readonly number[],
  replicationFactor: number | null,
): string | null {
  if (replicas.length === 0) return 'The manual partition assignment includes an empty replica list.'
  const seen = new Set<number>()
  for (const id of [...replicas].sort((a, b) => a - b)) {
    if (!image.brokers.has(id))
      return `The manual partition assignment includes broker ${id}, but no such broker is registered.`
    if (seen.has(id)) return `The manual partition assignment includes the broker ${id} more than once.`
    seen.add(id)
  }
  if (replicationFactor === null || replicas.length === replicationFactor) return null
  return (
    `The manual partition assignment includes a partition with ${replicas.length} replica(s), but this is not ` +
    `consistent with previous partitions, which have ${replicationFactor} replica(s).`
  )
}

/** Records of new partitions `firstPartition`, …: leader and ISR are the active replicas, in assignment order. */
export function partitionRecords(
  image: MetadataImage,
  topicId: Uuid,
  firstPartition: number,
  assignments: Assignments,
): MetadataRecord[] | ItemError {
  const records: MetadataRecord[] = []
  const version = partitionVersion(metadataLevel(image))
  for (const [index, replicas] of assignments.entries()) {
    const partitionId = firstPartition + index
    const isr = replicas.filter((id) => isActive(image, id))
    const leader = isr[0]
    if (leader === undefined) {
      return {
        errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        errorMessage: `All brokers specified in the manual partition assignment for partition ${partitionId} are fenced or in controlled shutdown.`,
      }
    }
    records.push({
      type: RecordType.PARTITION,
      version,
      body: {
        partitionId,
        topicId,
        replicas: [...replicas],
        isr,
        removingReplicas: [],
        addingReplicas: [],
        leader,
        leaderRecoveryState: 0,
        leaderEpoch: 0,
        partitionEpoch: 0,
        directories: version >= 1 ? replicas.map((id) => directoryFor(image, id)) : [],
        eligibleLeaderReplicas: null,
        lastKnownElr: null,
      },
    })
  }
  return records
}

/** A broker with one directory puts every replica there; with several it tells later which. */
export function directoryFor(image: MetadataImage, brokerId: number): Uuid {
  const directories = image.brokers.get(brokerId)?.directoryIds
  if (directories === undefined) return DirectoryId.UNASSIGNED
  if (directories.length === 0) return DirectoryId.MIGRATING
  return directories.length === 1 ? (directories[0] ?? DirectoryId.UNASSIGNED) : DirectoryId.UNASSIGNED
}
