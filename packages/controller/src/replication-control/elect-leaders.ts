/** ElectLeaders (kafka-protocol §4.3): preferred (0) or unclean (1) elections for given or all partitions. */
import { ErrorCode } from '@millrace/protocol/errors'
import type { ElectLeadersRequest, ElectLeadersResponseInput } from '@millrace/protocol/messages/43-elect-leaders'
import type { TopicImage } from '@millrace/metadata/image'
import type { PartitionState } from '@millrace/metadata/partition-state'
import { NO_LEADER } from '@millrace/metadata/partition-state'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { ControlState, Decision, ItemError } from '../decision.ts'
import { isItemError } from './assignments.ts'
import { partitionChange } from './partition-change.ts'
import { targetsOf } from './partition-target.ts'

const ELECTIONS = ['preferred', 'unclean'] as const
type ElectionType = (typeof ELECTIONS)[number]
type TopicResult = ElectLeadersResponseInput['replicaElectionResults'][number]

export function electLeaders(state: ControlState, request: ElectLeadersRequest): Decision<ElectLeadersResponseInput> {
  const election = ELECTIONS[request.electionType]
  if (election === undefined) {
    return {
      records: [],
      response: { throttleTimeMs: 0, errorCode: ErrorCode.INVALID_REQUEST, replicaElectionResults: [] },
    }
  }
  const all = request.topicPartitions === null
  const wanted = request.topicPartitions ?? everyPartition(state)
  const records: MetadataRecord[] = []
  const replicaElectionResults: TopicResult[] = []
  for (const { topic, partitions } of wanted) {
    const partitionResult: { partitionId: number; errorCode: number; errorMessage: string | null }[] = []
    for (const partitionId of partitions) {
      const elected = electOne(state, state.image.topicsByName.get(topic), partitionId, election)
      if (!isItemError(elected)) records.push(elected)
      else if (all && elected.errorCode === ErrorCode.ELECTION_NOT_NEEDED) continue
      const error = isItemError(elected) ? elected : { errorCode: ErrorCode.NONE, errorMessage: null }
      partitionResult.push({ partitionId, ...error })
    }
    if (partitionResult.length > 0) replicaElectionResults.push({ topic, partitionResult })
  }
  return { records, response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, replicaElectionResults } }
}

function everyPartition({ image }: ControlState): { topic: string; partitions: number[] }[] {
  return [...image.topicsByName.values()].map(({ name, partitions }) => ({
    topic: name,
    partitions: [...partitions.keys()],
  }))
}

function electOne(
  state: ControlState,
  topic: TopicImage | undefined,
  partitionId: number,
  election: ElectionType,
): MetadataRecord | ItemError {
  const partition = topic?.partitions[partitionId]
  if (topic === undefined || partition === undefined) {
    return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: 'No such topic or partition' }
  }
  if (isNotNeeded(partition, election)) {
    return { errorCode: ErrorCode.ELECTION_NOT_NEEDED, errorMessage: 'Leader election not needed for topic partition.' }
  }
  const record = partitionChange({ ...targetsOf(state, topic)(partitionId, partition), election })
  if (record !== null) return record
  return election === 'preferred'
    ? { errorCode: ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, errorMessage: 'The preferred leader was not available.' }
    : {
        errorCode: ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
        errorMessage: 'Eligible topic partition leaders are not available.',
      }
}

function isNotNeeded(partition: PartitionState, election: ElectionType): boolean {
  return election === 'preferred' ? partition.leader === partition.replicas[0] : partition.leader !== NO_LEADER
}
