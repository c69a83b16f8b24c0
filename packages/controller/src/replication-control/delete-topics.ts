/** DeleteTopics (kafka-protocol §4.4): by name or by id. */
import { ZERO_UUID } from '@millrace/base/uuid'
import { ErrorCode } from '@millrace/protocol/errors'
import type { DeleteTopicsRequest, DeleteTopicsResponseInput } from '@millrace/protocol/messages/20-delete-topics'
import { brokerBoolean } from '@millrace/metadata/configs/effective'
import type { TopicImage } from '@millrace/metadata/image'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { ControlState, Decision, ItemError } from '../decision.ts'
import { configContext } from '../decision.ts'
import { UNLIMITED, type MutationQuota } from '../quota-control/mutation-quotas.ts'
import { isItemError } from './assignments.ts'

interface Wanted {
  readonly name: string | null
  readonly topicId: string
}

export function deleteTopics(
  state: ControlState,
  request: DeleteTopicsRequest,
  apiVersion: number,
  quota: MutationQuota = UNLIMITED,
): Decision<DeleteTopicsResponseInput> {
  const wanted: Wanted[] =
    apiVersion >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
  const enabled = brokerBoolean(configContext(state), 'delete.topic.enable')
  const records: MetadataRecord[] = []
  const removed = new Set<string>()
  const responses = wanted.map((each) => {
    const found = enabled ? find(state, each, removed) : disabled(apiVersion)
    if (isItemError(found)) return { name: each.name, topicId: each.topicId, ...found }
    const overQuota = quota.take(found.partitions.length)
    if (overQuota !== null) return { name: each.name, topicId: each.topicId, ...overQuota }
    removed.add(found.id)
    records.push({ type: RecordType.REMOVE_TOPIC, version: 0, body: { topicId: found.id } })
    return { name: found.name, topicId: found.id, errorCode: ErrorCode.NONE, errorMessage: null }
  })
  return { records, response: { throttleTimeMs: quota.throttleTimeMs, responses } }
}

function disabled(apiVersion: number): ItemError {
  const errorCode = apiVersion < 3 ? ErrorCode.INVALID_REQUEST : ErrorCode.TOPIC_DELETION_DISABLED
  return { errorCode, errorMessage: 'Topic deletion is disabled.' }
}

function find(
  { image }: ControlState,
  { name, topicId }: Wanted,
  removed: ReadonlySet<string>,
): TopicImage | ItemError {
  const hasId = topicId !== ZERO_UUID
  if (hasId === (name !== null)) {
    const errorMessage = hasId
      ? 'You may not specify both topic name and topic id.'
      : 'Neither topic name nor id were specified.'
    return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage }
  }
  const topic = name === null ? image.topicsById.get(topicId) : image.topicsByName.get(name)
  if (topic === undefined) {
    return name === null
      ? { errorCode: ErrorCode.UNKNOWN_TOPIC_ID, errorMessage: 'This server does not host this topic ID.' }
      : {
          errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
          errorMessage: 'This server does not host this topic-partition.',
        }
  }
  if (removed.has(topic.id)) return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage: 'Duplicate topic name.' }
  return topic
}
