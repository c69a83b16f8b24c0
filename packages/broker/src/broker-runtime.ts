/**
 * What a request handler is given: the parts of a running broker, and nothing that starts or stops it.
 * All of it lives on one loop; nothing here may be touched from another thread.
 */
import type { Host } from '@millrace/base/host'
import type { LogLevels } from '@millrace/base/log-levels'
import type { Logger } from '@millrace/base/logger'
import type { Uuid } from '@millrace/base/uuid'
import type { Authorizer } from '@millrace/policy/acl/authorizer'
import type { Arena } from '@millrace/log/arena'
import type { ControllerChannel } from './lifecycle/controller-channel.ts'
import type { ProducerIds } from './lifecycle/producer-ids.ts'
import type { BrokerSettings } from './metadata/broker-settings.ts'
import type { MetadataView } from './metadata/metadata-view.ts'
import type { BrokerMetrics } from './metrics/broker-metrics.ts'
import type { BrokerConfig } from './broker-config.ts'
import type { ClientTelemetry } from './telemetry/client-telemetry.ts'
import type { ReplicaManager } from './replication/replica-manager.ts'

export type { MetadataView } from './metadata/metadata-view.ts'

export interface BrokerRuntime {
  readonly host: Host
  readonly logger: Logger
  readonly config: BrokerConfig
  readonly clusterId: Uuid
  readonly nodeId: number
  /** Given by the controller at registration; -1 before the first. */
  readonly brokerEpoch: number
  readonly replicaManager: ReplicaManager
  readonly metadata: MetadataView
  /** Who may do what; most APIs ask it in front of their handler (authorization/guards.ts). */
  readonly authorizer: Authorizer
  /** Effective broker settings (dynamic over static over default), and topic settings by name. */
  readonly settings: BrokerSettings
  /** To the controller, authenticated; requests wait while it is away, bounded by their timeout. */
  readonly controllerChannel: ControllerChannel
  /** For requests of clients: they may wait long at the controller, and nothing of this broker's own may wait behind them. */
  readonly forwardingChannel: ControllerChannel
  readonly producerIds: ProducerIds
  readonly arena: Arena
  readonly metrics: BrokerMetrics
  /** What clients push of their own metrics. */
  readonly telemetry: ClientTelemetry
  /** The loggers of this node, for BROKER_LOGGER resources. */
  readonly logLevels: LogLevels
}
