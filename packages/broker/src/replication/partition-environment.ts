/** What a partition needs of the broker around it. Given by the replica manager; a test gives its own. */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import type { LogConfig } from '@millrace/metadata/configs/log-config'
import type { BatchPreparation } from './batch-preparation.ts'
import type { BrokerMetrics } from '../metrics/broker-metrics.ts'
import type { Partition } from './partition.ts'

export interface IsrProposal {
  readonly topicId: string
  readonly partition: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly isr: readonly { readonly brokerId: number; readonly brokerEpoch: number }[]
}

/** The controller's answer for one partition; the state fields are meaningful with errorCode 0. */
export interface IsrAnswer {
  readonly errorCode: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly isr: readonly number[]
  readonly partitionEpoch: number
}

export interface PartitionEnvironment {
  readonly host: Host
  readonly logger: Logger
  readonly nodeId: number
  /** -1 before registration. */
  readonly brokerEpoch: number
  readonly metrics: BrokerMetrics
  /** KIP-966 (Kafka 4.0): under min ISR the high watermark stays, and min ISR counts at most the replicas there are. */
  readonly holdsUnderMinIsr: boolean
  /** replica.lag.time.max.ms */
  readonly replicaLagMsMax: number
  /** Consumers may read from followers (KIP-392). */
  readonly followersServe: boolean
  /** millrace.validate.records=header */
  readonly validateHeadersOnly: boolean
  readonly preparation: BatchPreparation
  topicSettings(topic: string): LogConfig
  /** The registered epoch of a broker that is live and not shutting down; null for any other. */
  activeBrokerEpoch(brokerId: number): number | null
  /** Registered and not fenced. */
  isLive(brokerId: number): boolean
  /** Sends the proposal until the controller has answered; the callback comes once. */
  proposeIsr(proposal: IsrProposal, callback: (answer: IsrAnswer) => void): void
  /** The log refused a write or read: the partition has gone offline. */
  storageFailed(partition: Partition, error: Error): void
}
