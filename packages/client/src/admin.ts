/**
 * AdminClient: what the control plane and the command ask of a cluster. Each call finds its way (controller,
 * coordinator, partition leader, every broker), retries what may pass within `timeoutMs`, and throws KafkaError.
 *
 * Calls on several items throw the first error that is for good; items before it may have been done.
 */
import type { Random } from '@millrace/base/host'
import { createAcls, deleteAcls, describeAcls, type AclBinding, type AclFilter } from './admin/acls.ts'
import { alterScramUsers, describeScramUsers, type ScramUser } from './admin/scram.ts'
import { describeClusterRequest, describeClusterResponse } from '@millrace/protocol/messages/60-describe-cluster'
import {
  describeConfigs,
  incrementalAlterConfigs,
  type ConfigChanges,
  type ConfigQuery,
  type DescribeConfigsOptions,
  type DescribedConfigs,
} from './admin/configs.ts'
import {
  commitOffsets,
  deleteGroups,
  deleteOffsets,
  describeGroups,
  listGroupOffsets,
  listGroups,
  type DescribedGroup,
  type GroupOffset,
  type ListedGroup,
} from './admin/groups.ts'
import {
  deleteRecords,
  describeLogDirs,
  listOffsets,
  type FoundOffset,
  type LogDirectory,
  type OffsetQuery,
  type TopicPartition,
} from './admin/partitions.ts'
import {
  createPartitions,
  createTopics,
  deleteTopics,
  describeTopics,
  listTopics,
  type CreatedTopic,
  type MorePartitions,
  type NewTopic,
  type TopicDescription,
} from './admin/topics.ts'
import { ClusterClient, type BrokerAddress, type ClusterClientOptions } from './cluster-client.ts'
import { throwIfError } from './kafka-error.ts'

export type AdminClientOptions = ClusterClientOptions

export interface DescribedCluster {
  readonly clusterId: string | null
  /** A broker that takes requests for the controller; -1 when there is none. */
  readonly controllerId: number
  readonly brokers: readonly BrokerAddress[]
}

export class AdminClient {
  readonly #cluster: ClusterClient
  readonly #random: Random

  /** Connects on the first call. */
  constructor(options: AdminClientOptions) {
    this.#cluster = new ClusterClient(options)
    this.#random = options.host.random
  }

  /** Drops the connections; calls under way fail. */
  close(): void {
    this.#cluster.close()
  }

  /** Cluster id and the brokers that are up, by id. */
  async describeCluster(): Promise<DescribedCluster> {
    const cluster = this.#cluster
    return cluster.retrying(async () => {
      const connection = await cluster.any()
      if (!connection.versions.has(describeClusterRequest.apiKey)) {
        const { clusterId, controllerId, brokers } = await cluster.metadata([])
        return { clusterId, controllerId, brokers: sortedById([...brokers.values()]) }
      }
      const response = await cluster.call(connection, describeClusterRequest, describeClusterResponse, {
        includeClusterAuthorizedOperations: false,
      })
      throwIfError(response.errorCode, response.errorMessage)
      const brokers = response.brokers.map(({ brokerId, host, port, rack }) => ({ id: brokerId, host, port, rack }))
      return { clusterId: response.clusterId, controllerId: response.controllerId, brokers: sortedById(brokers) }
    })
  }

  /** All topics by name; `configs` adds their effective configuration. */
  async listTopics(options: { readonly configs?: boolean } = {}): Promise<TopicDescription[]> {
    return listTopics(this.#cluster, options.configs ?? false)
  }

  /** The named topics in that order. Throws UNKNOWN_TOPIC_OR_PARTITION. */
  async describeTopics(
    names: readonly string[],
    options: { readonly configs?: boolean } = {},
  ): Promise<TopicDescription[]> {
    return describeTopics(this.#cluster, names, options.configs ?? false)
  }

  /** Throws TOPIC_ALREADY_EXISTS, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_CONFIG, POLICY_VIOLATION, … */
  async createTopics(
    topics: readonly NewTopic[],
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<CreatedTopic[]> {
    return createTopics(this.#cluster, topics, options.validateOnly ?? false)
  }

  /** Throws UNKNOWN_TOPIC_OR_PARTITION. */
  async deleteTopics(names: readonly string[]): Promise<void> {
    await deleteTopics(this.#cluster, names)
  }

  /** Throws INVALID_PARTITIONS when a topic has as many already. */
  async createPartitions(
    topics: readonly MorePartitions[],
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<void> {
    await createPartitions(this.#cluster, topics, options.validateOnly ?? false)
  }

  /** Configurations in the order asked. */
  async describeConfigs(
    resources: readonly ConfigQuery[],
    options: DescribeConfigsOptions = {},
  ): Promise<DescribedConfigs[]> {
    return describeConfigs(this.#cluster, resources, options)
  }

  /** Gives users their passwords for SCRAM-SHA-512, or takes them away. Throws UNACCEPTABLE_CREDENTIAL. */
  async alterScramUsers(users: readonly ScramUser[]): Promise<void> {
    await alterScramUsers(this.#cluster, users, (count) => this.#random.bytes(count))
  }

  /** Names of the users who have a SCRAM credential. */
  async describeScramUsers(): Promise<string[]> {
    return describeScramUsers(this.#cluster)
  }

  /** ACLs that match; all by default. */
  async describeAcls(filter: AclFilter = {}): Promise<AclBinding[]> {
    return describeAcls(this.#cluster, filter)
  }

  /** ACLs that are there already are no error. Throws INVALID_REQUEST. */
  async createAcls(acls: readonly AclBinding[]): Promise<void> {
    await createAcls(this.#cluster, acls)
  }

  /** Removes what matches any of the filters, and tells what that was. */
  async deleteAcls(filters: readonly AclFilter[]): Promise<AclBinding[]> {
    return deleteAcls(this.#cluster, filters)
  }

  /** Changes single values. Throws INVALID_CONFIG, INVALID_REQUEST, UNKNOWN_TOPIC_OR_PARTITION. */
  async incrementalAlterConfigs(
    resources: readonly ConfigChanges[],
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<void> {
    await incrementalAlterConfigs(this.#cluster, resources, options.validateOnly ?? false)
  }

  /** Offsets in the order asked; with `readCommitted`, 'latest' is the last stable offset. */
  async listOffsets(
    queries: readonly OffsetQuery[],
    options: { readonly readCommitted?: boolean } = {},
  ): Promise<FoundOffset[]> {
    return listOffsets(this.#cluster, queries, options.readCommitted ?? false)
  }

  /** Moves log starts to `beforeOffset` (-1: the high watermark). Throws OFFSET_OUT_OF_RANGE, POLICY_VIOLATION. */
  async deleteRecords(
    targets: readonly (TopicPartition & { readonly beforeOffset: number })[],
  ): Promise<(TopicPartition & { readonly lowWatermark: number })[]> {
    return deleteRecords(this.#cluster, targets)
  }

  /** Log directories with their replicas; of all brokers without `brokerIds`. */
  async describeLogDirs(brokerIds: readonly number[] | null = null): Promise<LogDirectory[]> {
    return describeLogDirs(this.#cluster, brokerIds)
  }

  /** Groups of all brokers; of the given states only, when there are any. */
  async listGroups(options: { readonly states?: readonly string[] } = {}): Promise<ListedGroup[]> {
    return listGroups(this.#cluster, options.states ?? [])
  }

  /** Groups in the order asked; one that is not there is in state "Dead". */
  async describeGroups(groupIds: readonly string[]): Promise<DescribedGroup[]> {
    return describeGroups(this.#cluster, groupIds)
  }

  /** Committed offsets: of the given partitions (-1 where there is none), or of all. */
  async listGroupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[] | null = null,
  ): Promise<Required<GroupOffset>[]> {
    return listGroupOffsets(this.#cluster, groupId, partitions)
  }

  /** Sets committed offsets of a group without members. Throws UNKNOWN_MEMBER_ID when it has some. */
  async alterGroupOffsets(groupId: string, offsets: readonly GroupOffset[]): Promise<void> {
    await commitOffsets(this.#cluster, groupId, offsets)
  }

  /** Throws NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND. */
  async deleteGroups(groupIds: readonly string[]): Promise<void> {
    await deleteGroups(this.#cluster, groupIds)
  }

  /** Forgets committed offsets. Throws GROUP_SUBSCRIBED_TO_TOPIC, GROUP_ID_NOT_FOUND. */
  async deleteOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    await deleteOffsets(this.#cluster, groupId, partitions)
  }
}

function sortedById(brokers: BrokerAddress[]): BrokerAddress[] {
  return brokers.sort((one, other) => one.id - other.id)
}
