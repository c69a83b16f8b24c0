/** CreatePartitions (kafka-protocol §4.4): more partitions for existing topics. */
import { ErrorCode } from '@millrace/protocol/errors'
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponseInput,
} from '@millrace/protocol/messages/37-create-partitions'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import { RECORDS_PER_APPEND_MAX } from '@millrace/metadata/metadata-batch'
import type { ControlState, Decision, ItemError } from '../decision.ts'
import { UNLIMITED, type MutationQuota } from '../quota-control/mutation-quotas.ts'
import type { Assignments } from './assignments.ts'
import { assignmentError, isItemError, partitionRecords, placedAssignments } from './assignments.ts'

type TopicWish = CreatePartitionsRequest['topics'][number]

export function createPartitions(
  state: ControlState,
  request: CreatePartitionsRequest,
  quota: MutationQuota = UNLIMITED,
): Decision<CreatePartitionsResponseInput> {
  const records: MetadataRecord[] = []
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const { name } of request.topics) {
    if (seen.has(name)) twice.add(name)
    seen.add(name)
  }
  seen.clear()
  const results: { name: string; errorCode: number; errorMessage: string | null }[] = []
  for (const topic of request.topics) {
    if (seen.has(topic.name)) continue
    seen.add(topic.name)
    const made = twice.has(topic.name)
      ? { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' }
      : addPartitions(state, topic, RECORDS_PER_APPEND_MAX - records.length, quota)
    if (isItemError(made)) {
      results.push({ name: topic.name, ...made })
      continue
    }
    records.push(...made)
    results.push({ name: topic.name, errorCode: ErrorCode.NONE, errorMessage: null })
  }
  const { throttleTimeMs } = quota
  return { records: request.validateOnly ? [] : records, response: { throttleTimeMs, results } }
}

function addPartitions(
  state: ControlState,
  wish: TopicWish,
  recordsMax: number,
  quota: MutationQuota,
): readonly MetadataRecord[] | ItemError {
  const { image } = state
  const topic = image.topicsByName.get(wish.name)
  if (topic === undefined) {
    return {
      errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      errorMessage: 'This server does not host this topic-partition.',
    }
  }
  const current = topic.partitions.length
  if (wish.count === current) {
    return { errorCode: ErrorCode.INVALID_PARTITIONS, errorMessage: `Topic already has ${current} partition(s).` }
  }
  if (wish.count < current) {
    return {
      errorCode: ErrorCode.INVALID_PARTITIONS,
      errorMessage: `The topic ${wish.name} currently has ${current} partition(s); ${wish.count} would not be an increase.`,
    }
  }
  const added = wish.count - current
  if (added > recordsMax) {
    return {
      errorCode: ErrorCode.POLICY_VIOLATION,
      errorMessage: 'Excessively large number of partitions per request.',
    }
  }
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1
  const assignments =
    wish.assignments === null
      ? placedAssignments(state, added, replicationFactor)
      : given(state, wish, added, replicationFactor)
  if (isItemError(assignments)) return assignments
  const overQuota = quota.take(added)
  if (overQuota !== null) return overQuota
  return partitionRecords(image, topic.id, current, assignments)
}

function given(
  { image }: ControlState,
  wish: TopicWish,
  added: number,
  replicationFactor: number,
): Assignments | ItemError {
  const lists = (wish.assignments ?? []).map(({ brokerIds }) => brokerIds)
  if (lists.length !== added) {
    return {
      errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      errorMessage: `Attempted to add ${added} additional partition(s), but only ${lists.length} assignment(s) were specified.`,
    }
  }
  for (const replicas of lists) {
    const refused = assignmentError(image, replicas, replicationFactor)
    if (refused !== null) return refused
  }
  return lists
}
