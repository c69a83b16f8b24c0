/** One partition as Metadata and DescribeTopicPartitions tell of it. */
import { NO_LEADER, type PartitionState } from '@millrace/metadata/partition-state'
import type { MetadataImage } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import { advertisedEndpoint, type ReachedBy } from './endpoints.ts'

export interface PartitionDescription {
  errorCode: number
  partitionIndex: number
  leaderId: number
  leaderEpoch: number
  replicaNodes: readonly number[]
  isrNodes: readonly number[]
  offlineReplicas: readonly number[]
}

/**
 * The partition for `connection`: LEADER_NOT_AVAILABLE (leader -1, its epoch still the real one) without a live leader,
 * LISTENER_NOT_FOUND when the leader lives but has no listener of the connection's name.
 */
export function describePartition(
  image: MetadataImage,
  connection: ReachedBy,
  partitionIndex: number,
  partition: PartitionState,
): PartitionDescription {
  const leader = partition.leader === NO_LEADER ? undefined : image.brokers.get(partition.leader)
  const leaderIsLive = leader !== undefined && !leader.fenced
  const reachable = leaderIsLive && advertisedEndpoint(leader, connection) !== null
  const unreachable = leaderIsLive ? ErrorCode.LISTENER_NOT_FOUND : ErrorCode.LEADER_NOT_AVAILABLE
  return {
    errorCode: reachable ? ErrorCode.NONE : unreachable,
    partitionIndex,
    leaderId: reachable ? partition.leader : NO_LEADER,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    offlineReplicas: partition.replicas.filter((id) => image.brokers.get(id)?.fenced !== false),
  }
}
