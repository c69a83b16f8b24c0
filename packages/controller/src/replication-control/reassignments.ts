/**
 * AlterPartitionReassignments and ListPartitionReassignments (KIP-455, kafka-protocol §4.4). While one is under way the
 * partition has old and new replicas; it is done, by the leader's AlterPartition, when all that are to stay are in the
 * ISR. A reassignment that only removes replicas is done at once.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponseInput,
} from '@millrace/protocol/messages/45-alter-partition-reassignments'
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponseInput,
} from '@millrace/protocol/messages/46-list-partition-reassignments'
import type { MetadataImage, TopicImage } from '@millrace/metadata/image'
import type { PartitionState } from '@millrace/metadata/partition-state'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { ControlState, Decision, ItemError } from '../decision.ts'
import { assignmentError, directoryFor, isItemError } from './assignments.ts'
import { partitionChange } from './partition-change.ts'
import { targetsOf } from './partition-target.ts'

interface PartitionResult {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

export function alterPartitionReassignments(
  state: ControlState,
  request: AlterPartitionReassignmentsRequest,
): Decision<AlterPartitionReassignmentsResponseInput> {
  const records: MetadataRecord[] = []
  const responses = request.topics.map(({ name, partitions }) => {
    const topic = state.image.topicsByName.get(name)
    const results = partitions.map(({ partitionIndex, replicas }): PartitionResult => {
      const partition = topic?.partitions[partitionIndex]
      const changed =
        topic === undefined || partition === undefined
          ? {
              errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
              errorMessage: 'This server does not host this topic-partition.',
            }
          : replicas === null
            ? cancel(state, topic, partitionIndex, partition)
            : reassign(state, topic, partitionIndex, partition, replicas, request.allowReplicationFactorChange)
      if (changed !== null && isItemError(changed)) return { partitionIndex, ...changed }
      if (changed !== null) records.push(changed)
      return { partitionIndex, errorCode: ErrorCode.NONE, errorMessage: null }
    })
    return { name, partitions: results }
  })
  const { allowReplicationFactorChange } = request
  return {
    records,
    response: {
      throttleTimeMs: 0,
      allowReplicationFactorChange,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      responses,
    },
  }
}

function reassign(
  state: ControlState,
  topic: TopicImage,
  partitionId: number,
  partition: PartitionState,
  wanted: readonly number[],
  allowsFactorChange: boolean,
): MetadataRecord | ItemError | null {
  const { image } = state
  const refused = assignmentError(image, wanted, null)
  if (refused !== null) return refused
  const currentFactor = partition.replicas.length - partition.addingReplicas.length
  if (!allowsFactorChange && wanted.length !== currentFactor) {
    return {
      errorCode: ErrorCode.INVALID_REPLICATION_FACTOR,
      errorMessage: `The replication factor is changed from ${currentFactor} to ${wanted.length}`,
    }
  }
  const removing = partition.replicas.filter((id) => !wanted.includes(id))
  return partitionChange({
    ...targetsOf(state, topic)(partitionId, partition),
    replicas: [...wanted, ...removing],
    removingReplicas: removing,
    addingReplicas: wanted.filter((id) => !partition.replicas.includes(id)),
    directoryOf: (id) => partition.directories[partition.replicas.indexOf(id)] ?? directoryFor(image, id),
  })
}

/** Back to the replicas of before; those that were added leave the ISR as well. */
function cancel(
  state: ControlState,
  topic: TopicImage,
  partitionId: number,
  partition: PartitionState,
): MetadataRecord | ItemError | null {
  if (!isReassigning(partition)) {
    return {
      errorCode: ErrorCode.NO_REASSIGNMENT_IN_PROGRESS,
      errorMessage: 'No partition reassignment is in progress.',
    }
  }
  const isOriginal = (id: number): boolean => !partition.addingReplicas.includes(id)
  const isr = partition.isr.filter(isOriginal)
  if (isr.length === 0) {
    return {
      errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      errorMessage: 'The reassignment cannot be cancelled: none of the original replicas is in sync.',
    }
  }
  return partitionChange({
    ...targetsOf(state, topic)(partitionId, partition),
    isr,
    replicas: partition.replicas.filter(isOriginal),
    removingReplicas: [],
    addingReplicas: [],
  })
}

/** Answers from the image; writes nothing. */
export function listPartitionReassignments(
  image: MetadataImage,
  request: ListPartitionReassignmentsRequest,
): ListPartitionReassignmentsResponseInput {
  const wanted =
    request.topics ??
    [...image.topicsByName.values()].map(({ name, partitions }) => ({ name, partitionIndexes: [...partitions.keys()] }))
  const topics = wanted.flatMap(({ name, partitionIndexes }) => {
    const partitions = partitionIndexes.flatMap((partitionIndex) => {
      const partition = image.topicsByName.get(name)?.partitions[partitionIndex]
      if (partition === undefined || !isReassigning(partition)) return []
      const { replicas, addingReplicas, removingReplicas } = partition
      return [
        {
          partitionIndex,
          replicas: [...replicas],
          addingReplicas: [...addingReplicas],
          removingReplicas: [...removingReplicas],
        },
      ]
    })
    return partitions.length === 0 ? [] : [{ name, partitions }]
  })
  return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, topics }
}

function isReassigning(partition: PartitionState): boolean {
  return partition.addingReplicas.length > 0 || partition.removingReplicas.length > 0
}
