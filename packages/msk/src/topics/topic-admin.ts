/** What the Topics API asks of a cluster, over the Kafka protocol. Failures are KafkaErrors of `client`. */
import type { Cluster } from '../store/records.ts'

export interface TopicPartition {
  readonly partition: number
  /** -1: none. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export interface Topic {
  readonly name: string
  readonly internal: boolean
  /** By number. */
  readonly partitions: readonly TopicPartition[]
}

export interface NewTopic {
  readonly name: string
  readonly partitionCount: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

export interface TopicAdmin {
  /** By name. */
  list(): Promise<readonly Topic[]>
  /** Null when there is no such topic. */
  describe(name: string): Promise<Topic | null>
  /** What was set on the topic itself; defaults are left out. */
  configs(name: string): Promise<Readonly<Record<string, string>>>
  create(topic: NewTopic): Promise<void>
  /** @param partitionCount the new total */
  addPartitions(name: string, partitionCount: number): Promise<void>
  setConfigs(name: string, configs: Readonly<Record<string, string>>): Promise<void>
  delete(name: string): Promise<void>
  close(): Promise<void>
}

/** Connects to a cluster; the caller closes. */
export type OpenTopics = (cluster: Cluster) => Promise<TopicAdmin>
