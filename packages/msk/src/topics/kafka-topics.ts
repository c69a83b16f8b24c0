/** The Topics API over the admin client, through the cluster's internal listeners. */
import type { Host } from '@millrace/base/host'
import { AdminClient } from '@millrace/client/admin'
import { ConfigSource } from '@millrace/client/admin/configs'
import { KafkaError } from '@millrace/client/kafka-error'
import { adminOptions } from '@millrace/engine/admin-options'
import type { Engine } from '@millrace/engine/engine'
import { ErrorCode } from '@millrace/protocol/errors'
import type { NewTopic, OpenTopics, Topic, TopicAdmin } from './topic-admin.ts'

/** An API call should be answered well before the SDK gives up. */
const TIMEOUT_MS = 10_000

export function openKafkaTopics(engine: Engine, host: Host): OpenTopics {
  return async (cluster) => {
    const admin = new AdminClient({
      ...adminOptions(await engine.adminAccess(cluster.id)),
      host,
      clientId: 'millrace-topics',
      timeoutMs: TIMEOUT_MS,
    })
    return new KafkaTopics(admin)
  }
}

class KafkaTopics implements TopicAdmin {
  readonly #admin: AdminClient

  constructor(admin: AdminClient) {
    this.#admin = admin
  }

  async list(): Promise<readonly Topic[]> {
    return (await this.#admin.listTopics()).map(topicOf)
  }

  async describe(name: string): Promise<Topic | null> {
    try {
      const [topic] = await this.#admin.describeTopics([name])
      return topic === undefined ? null : topicOf(topic)
    } catch (error) {
      if (error instanceof KafkaError && error.code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) return null
      throw error
    }
  }

  async configs(name: string): Promise<Readonly<Record<string, string>>> {
    const [described] = await this.#admin.describeConfigs([{ type: 'topic', name }])
    const own = (described?.entries ?? []).filter(
      ({ source, value }) => source === ConfigSource.DYNAMIC_TOPIC_CONFIG && value !== null,
    )
    return Object.fromEntries(own.map((entry) => [entry.name, entry.value ?? '']))
  }

  async create({ name, partitionCount, replicationFactor, configs }: NewTopic): Promise<void> {
    await this.#admin.createTopics([{ name, partitions: partitionCount, replicationFactor, configs }])
  }

  async addPartitions(name: string, partitionCount: number): Promise<void> {
    await this.#admin.createPartitions([{ name, totalCount: partitionCount }])
  }

  async setConfigs(name: string, configs: Readonly<Record<string, string>>): Promise<void> {
    const changes = Object.entries(configs).map(([key, value]) => ({ name: key, operation: 'set' as const, value }))
    await this.#admin.incrementalAlterConfigs([{ type: 'topic', name, changes }])
  }

  async delete(name: string): Promise<void> {
    await this.#admin.deleteTopics([name])
  }

  async close(): Promise<void> {
    this.#admin.close()
  }
}

function topicOf({
  name,
  isInternal,
  partitions,
}: {
  readonly name: string
  readonly isInternal: boolean
  readonly partitions: Topic['partitions']
}): Topic {
  return { name, internal: isInternal, partitions }
}
