/**
 * FindCoordinator: which broker leads the partition that holds a group or a transactional id. Makes `__consumer_offsets` or
 * `__transaction_state` when it is first needed.
 */
import { ErrorCode, errorMessage } from '@millrace/protocol/errors'
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
  type FindCoordinatorRequest,
  type FindCoordinatorResponseInput,
} from '@millrace/protocol/messages/10-find-coordinator'
import type { ApiHandler, ConnectionInfo } from '@millrace/network/api-handler'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { ON_OWN_BEHALF } from '../forwarding/forwarder.ts'
import type { TopicCreation } from '../forwarding/topic-creation.ts'
import { GROUP_METADATA_TOPIC, groupMetadataTopic } from '../groups/internal-topic.ts'
import { partitionForGroup } from '../groups/partition-for-group.ts'
import { SHARE_GROUP_STATE_TOPIC, shareGroupStateTopic } from '../share-coordinator/internal-topic.ts'
import { TRANSACTION_STATE_TOPIC, transactionStateTopic } from '../transactions/internal-topic.ts'
import { advertisedEndpoint } from './endpoints.ts'

const KEY_TYPE_GROUP = 0
const KEY_TYPE_TRANSACTION = 1
const KEY_TYPE_SHARE = 2

/** What versions before 4 say when all is well; later ones say nothing, as text (observed in Apache Kafka 4.1.1). */
const FOUND_MESSAGE = 'NONE'

/** As shareKey makes it. */
const SHARE_KEY = /^.+:[\w-]{22}:\d+$/s

interface Found {
  readonly key: string
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

function notFound(key: string, errorCode: number, message: string | null = null): Found {
  return { key, nodeId: -1, host: '', port: -1, errorCode, errorMessage: message ?? errorMessage(errorCode) }
}

export function findCoordinatorHandler(
  runtime: BrokerRuntime,
  topicCreation: TopicCreation,
): ApiHandler<FindCoordinatorRequest, FindCoordinatorResponseInput> {
  const find = (topic: string, key: string, connection: ConnectionInfo): Found => {
    const { image } = runtime.metadata
    const partitions = image.topicsByName.get(topic)?.partitions
    const leader = partitions?.[partitionForGroup(key, partitions.length)]?.leader
    const broker = leader === undefined ? undefined : image.brokers.get(leader)
    const endpoint = broker === undefined || broker.fenced ? null : advertisedEndpoint(broker, connection)
    if (broker === undefined || endpoint === null) return notFound(key, ErrorCode.COORDINATOR_NOT_AVAILABLE)
    return {
      key,
      nodeId: broker.id,
      host: endpoint.host,
      port: endpoint.port,
      errorCode: ErrorCode.NONE,
      errorMessage: '',
    }
  }

  return {
    request: findCoordinatorRequest,
    response: findCoordinatorResponse,
    handle(context, request, respond) {
      const keys = context.apiVersion >= 4 ? request.coordinatorKeys : [request.key]
      const answer = (found: readonly Found[]): void => {
        const [first] = found
        if (context.apiVersion >= 4) respond({ throttleTimeMs: 0, coordinators: found })
        else if (first !== undefined) {
          const told = first.errorCode === ErrorCode.NONE ? FOUND_MESSAGE : first.errorMessage
          respond({ throttleTimeMs: 0, ...first, errorMessage: told })
        }
      }
      const isShare = request.keyType === KEY_TYPE_SHARE
      if (!isShare && request.keyType !== KEY_TYPE_GROUP && request.keyType !== KEY_TYPE_TRANSACTION) {
        const message = `Nothing of key type ${request.keyType} has a coordinator.`
        return answer(keys.map((key) => notFound(key, ErrorCode.INVALID_REQUEST, message)))
      }
      const isGroup = request.keyType === KEY_TYPE_GROUP
      if (isShare && keys.some((key) => !SHARE_KEY.test(key))) {
        const message = 'The key of a share coordinator is group:topicId:partition.'
        return answer(keys.map((key) => notFound(key, ErrorCode.INVALID_REQUEST, message)))
      }
      const name = isShare ? SHARE_GROUP_STATE_TOPIC : isGroup ? GROUP_METADATA_TOPIC : TRANSACTION_STATE_TOPIC
      const topic = isShare
        ? shareGroupStateTopic(runtime)
        : isGroup
          ? groupMetadataTopic(runtime)
          : transactionStateTopic(runtime)
      // At once if the topic is there; a failed creation shows as COORDINATOR_NOT_AVAILABLE, which clients retry.
      return topicCreation.create(ON_OWN_BEHALF, topic, () =>
        answer(keys.map((key) => find(name, key, context.connection))),
      )
    },
  }
}
