/** CreateTopics (kafka-protocol §4.4): validates every topic on its own, then makes the good ones in one atomic append. */
import { randomUuid, ZERO_UUID } from '@millrace/base/uuid'
import { ErrorCode } from '@millrace/protocol/errors'
import type { CreateTopicsRequest, CreateTopicsResponseInput } from '@millrace/protocol/messages/19-create-topics'
import { brokerNumber, effectiveTopicConfigs } from '@millrace/metadata/configs/effective'
import type { ConfigContext, EffectiveConfig } from '@millrace/metadata/configs/effective'
import { ConfigResourceType, configResourceKey } from '@millrace/metadata/image'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import { RECORDS_PER_APPEND_MAX } from '@millrace/metadata/metadata-batch'
import { topicConfigErrors } from '../configuration-control/validate-configs.ts'
import type { ControlState, Decision, ItemError } from '../decision.ts'
import { configContext } from '../decision.ts'
import type { Assignments } from './assignments.ts'
import { assignmentError, isItemError, partitionRecords, placedAssignments } from './assignments.ts'
import { UNLIMITED, type MutationQuota } from '../quota-control/mutation-quotas.ts'
import { TopicCollisions, topicNameError } from './topic-names.ts'

type CreatableTopic = CreateTopicsRequest['topics'][number]
type TopicResult = CreateTopicsResponseInput['topics'][number]

interface CreatedTopic {
  readonly records: readonly MetadataRecord[]
  readonly result: TopicResult
}

export function createTopics(
  state: ControlState,
  request: CreateTopicsRequest,
  quota: MutationQuota = UNLIMITED,
): Decision<CreateTopicsResponseInput> {
  const occurrences = new Map<string, number>()
  for (const { name } of request.topics) occurrences.set(name, (occurrences.get(name) ?? 0) + 1)
  const topics: TopicResult[] = []
  const records: MetadataRecord[] = []
  const collisions = new TopicCollisions(state.image.topicsByName.keys())
  for (const topic of request.topics) {
    const count = occurrences.get(topic.name)
    if (count === undefined) continue
    occurrences.delete(topic.name)
    const created =
      count > 1
        ? { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' }
        : createTopic(state, topic, collisions, RECORDS_PER_APPEND_MAX - records.length, quota)
    if (isItemError(created)) {
      topics.push(failed(topic.name, created))
      continue
    }
    topics.push(created.result)
    records.push(...created.records)
    collisions.add(topic.name)
  }
  const { throttleTimeMs } = quota
  return { records: request.validateOnly ? [] : records, response: { throttleTimeMs, topics } }
}

/** @param collisions with the topics there are and those of this request so far */
function createTopic(
  state: ControlState,
  topic: CreatableTopic,
  collisions: TopicCollisions,
  recordsMax: number,
  quota: MutationQuota,
): CreatedTopic | ItemError {
  const { image } = state
  const refused = nameError(state, topic.name, collisions) ?? configError(topic)
  if (refused !== null) return refused
  const assignments = topic.assignments.length > 0 ? givenAssignments(state, topic) : wantedAssignments(state, topic)
  if (isItemError(assignments)) return assignments
  if (assignments.length + topic.configs.length + 1 > recordsMax) {
    return {
      errorCode: ErrorCode.POLICY_VIOLATION,
      errorMessage: 'Excessively large number of partitions per request.',
    }
  }
  const overQuota = quota.take(assignments.length)
  if (overQuota !== null) return overQuota
  const topicId = randomUuid(state.random)
  const partitions = partitionRecords(image, topicId, 0, assignments)
  if (isItemError(partitions)) return partitions
  const configs = topic.configs.map(({ name, value }): MetadataRecord => ({
    type: RecordType.CONFIG,
    version: 0,
    body: { resourceType: ConfigResourceType.TOPIC, resourceName: topic.name, name, value },
  }))
  const records: MetadataRecord[] = [
    { type: RecordType.TOPIC, version: 0, body: { name: topic.name, topicId } },
    ...configs,
    ...partitions,
  ]
  return {
    records,
    result: {
      name: topic.name,
      topicId,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      numPartitions: assignments.length,
      replicationFactor: assignments[0]?.length ?? 0,
      configs: effectiveTopicConfigs(contextOf(state, topic), topic.name).map(configResult),
    },
  }
}

/** The topic's configs as they will be, above the brokers' layers; nothing else is looked at. */
function contextOf(state: ControlState, topic: CreatableTopic): ConfigContext {
  const { configs } = state.image
  const relevant = new Map<string, ReadonlyMap<string, string>>()
  for (const name of ['', String(state.nodeId)]) {
    const key = configResourceKey(ConfigResourceType.BROKER, name)
    const values = configs.get(key)
    if (values !== undefined) relevant.set(key, values)
  }
  const own = new Map(topic.configs.map(({ name, value }) => [name, value ?? '']))
  relevant.set(configResourceKey(ConfigResourceType.TOPIC, topic.name), own)
  return { ...configContext(state), image: { ...state.image, configs: relevant } }
}

function nameError({ image }: ControlState, name: string, collisions: TopicCollisions): ItemError | null {
  const complaint = topicNameError(name)
  if (complaint !== null) return { errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, errorMessage: complaint }
  if (image.topicsByName.has(name)) {
    return { errorCode: ErrorCode.TOPIC_ALREADY_EXISTS, errorMessage: `Topic '${name}' already exists.` }
  }
  const other = collisions.with(name)
  if (other === null) return null
  return {
    errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION,
    errorMessage: `Topic '${name}' collides with existing topic: ${other}`,
  }
}

function configError(topic: CreatableTopic): ItemError | null {
  const nulls = topic.configs.filter(({ value }) => value === null).map(({ name }) => name)
  if (nulls.length > 0) {
    return {
      errorCode: ErrorCode.INVALID_CONFIG,
      errorMessage: `Null value not supported for topic configs: ${nulls.join(',')}`,
    }
  }
  return topicConfigErrors(new Map(topic.configs.map(({ name, value }) => [name, value ?? ''])))
}

function wantedAssignments(state: ControlState, topic: CreatableTopic): Assignments | ItemError {
  const { numPartitions, replicationFactor } = topic
  if (replicationFactor < -1 || replicationFactor === 0) {
    return {
      errorCode: ErrorCode.INVALID_REPLICATION_FACTOR,
      errorMessage: 'Replication factor must be larger than 0, or -1 to use the default value.',
    }
  }
  if (numPartitions < -1 || numPartitions === 0) {
    return {
      errorCode: ErrorCode.INVALID_PARTITIONS,
      errorMessage: 'Number of partitions was set to an invalid non-positive value.',
    }
  }
  const context = configContext(state)
  const partitionCount = numPartitions === -1 ? brokerNumber(context, 'num.partitions') : numPartitions
  if (partitionCount > RECORDS_PER_APPEND_MAX) {
    return {
      errorCode: ErrorCode.POLICY_VIOLATION,
      errorMessage: 'Excessively large number of partitions per request.',
    }
  }
  const factor = replicationFactor === -1 ? brokerNumber(context, 'default.replication.factor') : replicationFactor
  return placedAssignments(state, partitionCount, factor)
}

function givenAssignments({ image }: ControlState, topic: CreatableTopic): Assignments | ItemError {
  if (topic.replicationFactor !== -1) {
    return {
      errorCode: ErrorCode.INVALID_REQUEST,
      errorMessage: 'A manual partition assignment was specified, but replication factor was not set to -1.',
    }
  }
  if (topic.numPartitions !== -1) {
    return {
      errorCode: ErrorCode.INVALID_REQUEST,
      errorMessage: 'A manual partition assignment was specified, but numPartitions was not set to -1.',
    }
  }
  const byPartition = new Map<number, readonly number[]>()
  let replicationFactor: number | null = null
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (byPartition.has(partitionIndex)) {
      return {
        errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        errorMessage: `Found multiple manual partition assignments for partition ${partitionIndex}`,
      }
    }
    const refused = assignmentError(image, brokerIds, replicationFactor)
    if (refused !== null) return refused
    replicationFactor = brokerIds.length
    byPartition.set(partitionIndex, brokerIds)
  }
  const assignments: (readonly number[])[] = []
  for (let partition = 0; partition < byPartition.size; partition++) {
    const replicas = byPartition.get(partition)
    if (replicas === undefined) {
      return {
        errorCode: ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        errorMessage: 'partitions should be a consecutive 0-based integer sequence',
      }
    }
    assignments.push(replicas)
  }
  return assignments
}

function configResult(config: EffectiveConfig): {
  name: string
  value: string | null
  readOnly: boolean
  configSource: number
  isSensitive: boolean
} {
  return {
    name: config.name,
    value: config.value,
    readOnly: config.isReadOnly,
    configSource: config.source,
    isSensitive: config.isSensitive,
  }
}

function failed(name: string, { errorCode, errorMessage }: ItemError): TopicResult {
  return { name, topicId: ZERO_UUID, errorCode, errorMessage, numPartitions: -1, replicationFactor: -1, configs: null }
}
