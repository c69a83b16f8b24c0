/** AlterPartition: a leader proposes a new ISR. The checks stand in Kafka's order (kafka-protocol §4.2). */
import { ErrorCode } from '@millrace/protocol/errors'
import type { AlterPartitionRequest, AlterPartitionResponseInput } from '@millrace/protocol/messages/56-alter-partition'
import { isActive } from '@millrace/metadata/image'
import type { MetadataImage, TopicImage } from '@millrace/metadata/image'
import { MetadataDelta } from '@millrace/metadata/delta'
import type { PartitionState } from '@millrace/metadata/partition-state'
import { LeaderRecoveryState } from '@millrace/metadata/partition-state'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import { brokerEpochError } from '../cluster-control/broker-epoch.ts'
import type { ControlState, Decision } from '../decision.ts'
import { partitionChange } from './partition-change.ts'
import { targetsOf } from './partition-target.ts'

type TopicProposal = AlterPartitionRequest['topics'][number]
type Proposal = TopicProposal['partitions'][number]
type TopicResult = AlterPartitionResponseInput['topics'][number]
type PartitionResult = TopicResult['partitions'][number]

interface ProposedMember {
  readonly brokerId: number
  /** -1: not told. */
  readonly brokerEpoch: number
}

/** ISR members as the request's version carries them. */
function proposedIsr(proposal: Proposal, apiVersion: number): readonly ProposedMember[] {
  if (apiVersion >= 3) return proposal.newIsrWithEpochs
  return proposal.newIsr.map((brokerId) => ({ brokerId, brokerEpoch: -1 }))
}

export function alterPartition(
  state: ControlState,
  request: AlterPartitionRequest,
  apiVersion: number,
): Decision<AlterPartitionResponseInput> {
  const stale = brokerEpochError(state.image, request.brokerId, request.brokerEpoch)
  if (stale !== null) return { records: [], response: { throttleTimeMs: 0, errorCode: stale, topics: [] } }
  const records: MetadataRecord[] = []
  const topics = request.topics.map((wanted): TopicResult => {
    const topic =
      apiVersion >= 2 ? state.image.topicsById.get(wanted.topicId) : state.image.topicsByName.get(wanted.topicName)
    const partitions = wanted.partitions.map((proposal): PartitionResult => {
      if (topic === undefined) {
        return refused(proposal, apiVersion >= 2 ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      }
      return alterOne(state, request.brokerId, topic, proposal, proposedIsr(proposal, apiVersion), apiVersion, records)
    })
    return { topicName: topic?.name ?? wanted.topicName, topicId: topic?.id ?? wanted.topicId, partitions }
  })
  return { records, response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, topics } }
}

function alterOne(
  state: ControlState,
  senderId: number,
  topic: TopicImage,
  proposal: Proposal,
  isr: readonly ProposedMember[],
  apiVersion: number,
  records: MetadataRecord[],
): PartitionResult {
  const { image } = state
  const partition = topic.partitions[proposal.partitionIndex]
  if (partition === undefined) return refused(proposal, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const errorCode = proposalError(image, senderId, partition, proposal, isr, apiVersion)
  if (errorCode !== ErrorCode.NONE) return refused(proposal, errorCode)
  const record = partitionChange({
    ...targetsOf(state, topic)(proposal.partitionIndex, partition),
    isr: isr.map(({ brokerId }) => brokerId),
    leaderRecoveryState: proposal.leaderRecoveryState,
  })
  if (record === null) return accepted(proposal, partition)
  records.push(record)
  const after = replayed(image, topic, proposal.partitionIndex, record)
  // Completing a reassignment may have taken the sender's leadership: it learns the rest from the metadata log.
  if (after.leader !== partition.leader) {
    return refused(proposal, apiVersion > 1 ? ErrorCode.NEW_LEADER_ELECTED : ErrorCode.FENCED_LEADER_EPOCH)
  }
  return accepted(proposal, after)
}

/** ErrorCode.NONE, or the first rule the proposal breaks. */
export function proposalError(
  image: MetadataImage,
  senderId: number,
  partition: PartitionState,
  proposal: { readonly leaderEpoch: number; readonly partitionEpoch: number; readonly leaderRecoveryState: number },
  isr: readonly ProposedMember[],
  apiVersion: number,
): number {
  const { leaderEpoch, partitionEpoch, leaderRecoveryState } = proposal
  // A sender that knows more than the controller talks to one that is out of date.
  if (leaderEpoch > partition.leaderEpoch || partitionEpoch > partition.partitionEpoch) return ErrorCode.NOT_CONTROLLER
  if (leaderEpoch < partition.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
  if (senderId !== partition.leader) return ErrorCode.INVALID_REQUEST
  if (partitionEpoch < partition.partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION
  const ids = isr.map(({ brokerId }) => brokerId)
  const isSubset =
    ids.length > 0 && new Set(ids).size === ids.length && ids.every((id) => partition.replicas.includes(id))
  if (!isSubset || !ids.includes(senderId)) return ErrorCode.INVALID_REQUEST
  if (leaderRecoveryState === LeaderRecoveryState.RECOVERING) {
    if (ids.length > 1) return ErrorCode.INVALID_REQUEST
    if (partition.leaderRecoveryState === LeaderRecoveryState.RECOVERED) return ErrorCode.INVALID_REQUEST
  }
  if (isr.every((member) => isEligible(image, member))) return ErrorCode.NONE
  return apiVersion > 1 ? ErrorCode.INELIGIBLE_REPLICA : ErrorCode.OPERATION_NOT_ATTEMPTED
}

/** Active, and the same incarnation that the leader saw catch up. */
function isEligible(image: MetadataImage, { brokerId, brokerEpoch }: ProposedMember): boolean {
  if (!isActive(image, brokerId)) return false
  return brokerEpoch === -1 || image.brokers.get(brokerId)?.epoch === brokerEpoch
}

function replayed(
  image: MetadataImage,
  topic: TopicImage,
  partitionId: number,
  record: MetadataRecord,
): PartitionState {
  const delta = new MetadataDelta({
    ...image,
    topicsById: new Map([[topic.id, topic]]),
    topicsByName: new Map([[topic.name, topic]]),
  })
  delta.replay(record)
  const after = delta.finish(image).image.topicsById.get(topic.id)?.partitions[partitionId]
  return after ?? (topic.partitions[partitionId] as PartitionState)
}

function accepted(proposal: Proposal, partition: PartitionState): PartitionResult {
  return {
    partitionIndex: proposal.partitionIndex,
    errorCode: ErrorCode.NONE,
    leaderId: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    isr: [...partition.isr],
    leaderRecoveryState: partition.leaderRecoveryState,
    partitionEpoch: partition.partitionEpoch,
  }
}

function refused(proposal: Proposal, errorCode: number): PartitionResult {
  return {
    partitionIndex: proposal.partitionIndex,
    errorCode,
    leaderId: -1,
    leaderEpoch: -1,
    isr: [],
    leaderRecoveryState: 0,
    partitionEpoch: -1,
  }
}
