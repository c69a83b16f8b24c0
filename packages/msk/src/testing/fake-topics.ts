/** Topics of one cluster in a map, refusing as a broker would. */
import { KafkaError } from '@millrace/client/kafka-error'
import { ErrorCode } from '@millrace/protocol/errors'
import type { NewTopic, Topic, TopicAdmin } from '../topics/topic-admin.ts'

export class FakeTopics implements TopicAdmin {
  readonly #topics = new Map<string, NewTopic>()
  /** Every call fails with it. */
  broken: KafkaError | null = null
  closes = 0

  async list(): Promise<Topic[]> {
    this.#check()
    return [...this.#topics.values()].map(topicOf)
  }

  async describe(name: string): Promise<Topic | null> {
    this.#check()
    const topic = this.#topics.get(name)
    return topic === undefined ? null : topicOf(topic)
  }

  async configs(name: string): Promise<Readonly<Record<string, string>>> {
    return this.#require(name).configs
  }

  async create(topic: NewTopic): Promise<void> {
    this.#check()
    if (this.#topics.has(topic.name)) throw new KafkaError(ErrorCode.TOPIC_ALREADY_EXISTS)
    if (topic.replicationFactor > 3) throw new KafkaError(ErrorCode.INVALID_REPLICATION_FACTOR)
    this.#topics.set(topic.name, topic)
  }

  async addPartitions(name: string, partitionCount: number): Promise<void> {
    const topic = this.#require(name)
    if (partitionCount <= topic.partitionCount) throw new KafkaError(ErrorCode.INVALID_PARTITIONS)
    this.#topics.set(name, { ...topic, partitionCount })
  }

  async setConfigs(name: string, configs: Readonly<Record<string, string>>): Promise<void> {
    const topic = this.#require(name)
    this.#topics.set(name, { ...topic, configs: { ...topic.configs, ...configs } })
  }

  async delete(name: string): Promise<void> {
    this.#require(name)
    this.#topics.delete(name)
  }

  async close(): Promise<void> {
    this.closes++
  }

  #require(name: string): NewTopic {
    this.#check()
    const topic = this.#topics.get(name)
    if (topic === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    return topic
  }

  #check(): void {
    if (this.broken !== null) throw this.broken
  }
}

function topicOf({ name, partitionCount, replicationFactor }: NewTopic): Topic {
  const replicas = Array.from({ length: replicationFactor }, (_, index) => index + 1)
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({
    partition,
    leader: 1,
    replicas,
    isr: replicas,
  }))
  return { name, internal: false, partitions }
}
