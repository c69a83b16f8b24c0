/** The request plane of a broker: every API with its handler. What is not in this map is not advertised and not served. */
import { invariant } from '@millrace/base/invariant'
import type { ApiHandler } from '@millrace/network/api-handler'
import { guardHandlers } from '@millrace/network/guard'
import { ApiKey } from '@millrace/protocol/apis'
import { brokerGuards } from '../authorization/guards.ts'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { FetchSessionCache } from '../fetch-session/fetch-session-cache.ts'
import { forwardedHandlers } from '../forwarding/forwarded-handlers.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { Forwarder } from '../forwarding/forwarder.ts'
import { TopicCreation } from '../forwarding/topic-creation.ts'
import type { ShareParts } from '../share-partitions/share-parts.ts'
import type { TransactionParts } from '../transactions/transaction-parts.ts'
import { produceHandler } from './00-produce.ts'
import { fetchHandler } from './01-fetch.ts'
import { listOffsetsHandler } from './02-list-offsets.ts'
import { metadataHandler } from './03-metadata.ts'
import { deleteRecordsHandler } from './21-delete-records.ts'
import { offsetForLeaderEpochHandler } from './23-offset-for-leader-epoch.ts'
import { describeAclsHandler } from './29-describe-acls.ts'
import { describeConfigsHandler } from './32-describe-configs.ts'
import { alterReplicaLogDirsHandler } from './34-alter-replica-log-dirs.ts'
import { describeLogDirsHandler } from './35-describe-log-dirs.ts'
import { incrementalAlterConfigsHandler } from './44-incremental-alter-configs.ts'
import { describeClientQuotasHandler } from './48-describe-client-quotas.ts'
import { describeUserScramCredentialsHandler } from './50-describe-user-scram-credentials.ts'
import { describeClusterHandler } from './60-describe-cluster.ts'
import { getTelemetrySubscriptionsHandler } from './71-get-telemetry-subscriptions.ts'
import { pushTelemetryHandler } from './72-push-telemetry.ts'
import { listConfigResourcesHandler } from './74-list-config-resources.ts'
import { describeTopicPartitionsHandler } from './75-describe-topic-partitions.ts'
import { groupHandlers } from './group-handlers.ts'
import { shareHandlers } from './share-handlers.ts'
import { transactionHandlers } from './transaction-handlers.ts'

/** Admin APIs that the controller answers. */
export const FORWARDED_APIS: ReadonlySet<number> = new Set<number>([
  ApiKey.CreateTopics,
  ApiKey.DeleteTopics,
  ApiKey.AlterConfigs,
  ApiKey.CreatePartitions,
  ApiKey.ElectLeaders,
  ApiKey.IncrementalAlterConfigs,
  ApiKey.AlterPartitionReassignments,
  ApiKey.ListPartitionReassignments,
  ApiKey.AlterClientQuotas,
  ApiKey.AlterUserScramCredentials,
  ApiKey.DescribeQuorum,
  ApiKey.UnregisterBroker,
  ApiKey.CreateAcls,
  ApiKey.DeleteAcls,
  ApiKey.UpdateFeatures,
])

export function createHandlers(
  runtime: BrokerRuntime,
  groups: GroupCoordinator,
  transactions: TransactionParts,
  share: ShareParts,
): Map<number, ApiHandler> {
  const forwarder = new Forwarder(runtime.host, runtime.forwardingChannel, runtime.logger)
  const topicCreation = new TopicCreation(runtime.host, forwarder, runtime.metadata)
  const fetchSessions = new FetchSessionCache(runtime.host, () =>
    runtime.settings.number('max.incremental.fetch.session.cache.slots'),
  )
  const handlers = new Map<number, ApiHandler>()
  const own: readonly ApiHandler[] = [
    produceHandler(runtime, transactions.appends),
    fetchHandler(runtime, fetchSessions),
    listOffsetsHandler(runtime),
    metadataHandler(runtime, topicCreation),
    deleteRecordsHandler(runtime),
    offsetForLeaderEpochHandler(runtime),
    describeAclsHandler(runtime),
    describeConfigsHandler(runtime),
    alterReplicaLogDirsHandler(runtime),
    describeLogDirsHandler(runtime),
    describeClientQuotasHandler(runtime),
    describeUserScramCredentialsHandler(runtime),
    describeClusterHandler(runtime),
    getTelemetrySubscriptionsHandler(runtime),
    pushTelemetryHandler(runtime),
    listConfigResourcesHandler(runtime),
    describeTopicPartitionsHandler(runtime),
    ...groupHandlers(runtime, groups, topicCreation),
    ...transactionHandlers(runtime, groups, transactions),
    ...shareHandlers(runtime, groups, share),
  ]
  for (const handler of own) {
    invariant(!handlers.has(handler.request.apiKey), 'an API has two handlers', { key: handler.request.apiKey })
    handlers.set(handler.request.apiKey, handler)
  }
  const guarded = guardHandlers(handlers, brokerGuards(runtime), runtime.authorizer)
  // The controller checks what is forwarded to it.
  for (const [key, handler] of forwardedHandlers(forwarder, FORWARDED_APIS)) {
    invariant(!guarded.has(key), 'an API has two handlers', { key })
    const isOurs = key === ApiKey.IncrementalAlterConfigs
    guarded.set(key, isOurs ? (incrementalAlterConfigsHandler(runtime, forwarder, handler) as ApiHandler) : handler)
  }
  return guarded
}
