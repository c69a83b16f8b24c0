/**
 * What each API checks before its handler runs (kafka-protocol §6.3). Every API that this broker serves has a row; null
 * says that nothing is checked here. An API without a row keeps the broker from starting. Admin APIs that the controller
 * answers are checked there, for the principal in the envelope: controller/src/authorization/guards.ts.
 *
 * A new API gets its row in the file of its kind: `guardWholly` when it may do all or nothing, `refuseTopics` when it
 * names topics, else a guard of its own. What only the handler can know (fetch sessions, regular expressions) it asks
 * itself: `runtime.authorizer.of(context.connection).allows(operation, resourceType, name)`.
 */
import type { GuardTable } from '@millrace/network/guard'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { administrationGuards } from './administration-guards.ts'
import { consumerGroupGuards } from './consumer-group-guards.ts'
import { groupGuards } from './group-guards.ts'
import { metadataGuards } from './metadata-guards.ts'
import { shareGroupGuards } from './share-group-guards.ts'
import { topicGuards } from './topic-guards.ts'
import { transactionGuards } from './transaction-guards.ts'

export function brokerGuards(runtime: BrokerRuntime): GuardTable {
  const image = (): BrokerRuntime['metadata']['image'] => runtime.metadata.image
  return new Map([
    ...topicGuards(image),
    ...metadataGuards(runtime),
    ...groupGuards(image),
    ...transactionGuards(image),
    ...consumerGroupGuards(),
    ...shareGroupGuards(image),
    ...administrationGuards(),
  ])
}
