/** `__consumer_offsets`: made when the first coordinator is looked for, with as many replicas as the cluster can give. */
import { createTopicsRequest, createTopicsResponse } from '@millrace/protocol/messages/19-create-topics'
import { ErrorCode } from '@millrace/protocol/errors'
import { isLive } from '@millrace/metadata/image'
import type { BrokerRuntime } from '../broker-runtime.ts'

export const GROUP_METADATA_TOPIC = '__consumer_offsets'

/** Topics that clients see as internal and may not write to. */
export const INTERNAL_TOPICS: ReadonlySet<string> = new Set([GROUP_METADATA_TOPIC, '__transaction_state'])

const CREATE_TIMEOUT_MS = 10_000

/**
 * Has the controller create the topic; `done(true)` when this broker knows it. The replication factor is
 * min(offsets.topic.replication.factor, live brokers): a cluster of one must serve groups too.
 */
export function createGroupMetadataTopic(runtime: BrokerRuntime, done: (created: boolean) => void): void {
  const { settings, metadata } = runtime
  let live = 0
  for (const id of metadata.image.brokers.keys()) if (isLive(metadata.image, id)) live++
  const body = {
    topics: [
      {
        name: GROUP_METADATA_TOPIC,
        numPartitions: settings.number('offsets.topic.num.partitions'),
        replicationFactor: Math.max(1, Math.min(settings.number('offsets.topic.replication.factor'), live)),
        assignments: [],
        configs: [
          { name: 'cleanup.policy', value: 'compact' },
          { name: 'compression.type', value: 'producer' },
          { name: 'segment.bytes', value: String(settings.number('offsets.topic.segment.bytes')) },
        ],
      },
    ],
    timeoutMs: CREATE_TIMEOUT_MS,
    validateOnly: false,
  }
  runtime.controllerChannel.send(
    createTopicsRequest,
    createTopicsResponse,
    7,
    body,
    (error, response) => {
      const errorCode = error === null ? (response?.topics[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR) : error.code
      if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS) {
        runtime.logger.warn('the topic of consumer groups could not be created', { errorCode, cause: error?.message })
      }
      done(metadata.image.topicsByName.has(GROUP_METADATA_TOPIC))
    },
    CREATE_TIMEOUT_MS,
  )
}
