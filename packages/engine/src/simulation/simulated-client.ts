/** A client of a simulated cluster: callbacks only, retries by itself, and remembers what was acknowledged. */
import type { NodeChannel } from '@millrace/client/channel'
import { ErrorCode } from '@millrace/protocol/errors'
import { produceRequest, produceResponse, type ProduceResponse } from '@millrace/protocol/messages/00-produce'
import { fetchRequest, fetchResponse, type FetchResponse } from '@millrace/protocol/messages/01-fetch'
import { metadataRequest, metadataResponse, type MetadataResponse } from '@millrace/protocol/messages/03-metadata'
import {
  createTopicsRequest,
  createTopicsResponse,
  type CreateTopicsResponse,
} from '@millrace/protocol/messages/19-create-topics'
import {
  deleteTopicsRequest,
  deleteTopicsResponse,
  type DeleteTopicsResponse,
} from '@millrace/protocol/messages/20-delete-topics'
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
  type IncrementalAlterConfigsResponse,
} from '@millrace/protocol/messages/44-incremental-alter-configs'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { readRecords, visitBatches } from '@millrace/protocol/records/records'
import type { FakeHost } from '@millrace/testkit/fake-host'
import type { SimulatedCluster } from './simulated-cluster.ts'

const METADATA_VERSION = 9
const CREATE_TOPICS_VERSION = 5
const DELETE_TOPICS_VERSION = 4
const TOPIC_RESOURCE = 2
const GROUP_RESOURCE = 32
const SET = 0
const PRODUCE_VERSION = 9
const FETCH_VERSION = 11
const RETRY_MS = 20
const REQUEST_TIMEOUT_MS = 3_000
/** Between an acknowledgement and the next produce: keeps the number of records, and so the run, within bounds. */
const THINKING_MS_MAX = 20

export interface Acknowledged {
  readonly partition: number
  readonly offset: number
  readonly value: string
}

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs?: Readonly<Record<string, string>>
}

type TopicMetadata = MetadataResponse['topics'][number]

export class SimulatedClient {
  readonly host: FakeHost
  readonly acknowledged: Acknowledged[] = []
  /** Error codes of produce attempts that were refused, in order. */
  readonly refusals: number[] = []
  readonly #cluster: SimulatedCluster
  readonly #channels: Map<number, NodeChannel> = new Map()
  #producing = false
  #nextValue = 0
  #idle = 0

  constructor(cluster: SimulatedCluster, name = 'client') {
    this.#cluster = cluster
    this.host = cluster.world.addHost(name)
  }

  /** Creates a topic and runs until every partition has a leader. */
  createTopic(topic: TopicSpec): void {
    let created = false
    const body = {
      topics: [
        {
          name: topic.name,
          numPartitions: topic.partitions,
          replicationFactor: topic.replicationFactor,
          assignments: [],
          configs: Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value })),
        },
      ],
      timeoutMs: REQUEST_TIMEOUT_MS,
      validateOnly: false,
    }
    const answered = (error: Error | null, response: CreateTopicsResponse | null): void => {
      const answer = response?.topics[0]
      if (error !== null || answer?.errorCode !== 0)
        throw new Error(`CreateTopics: ${error?.message ?? answer?.errorMessage ?? 'no answer'}`)
      created = true
    }
    this.#anyChannel()?.send(createTopicsRequest, createTopicsResponse, CREATE_TOPICS_VERSION, body, answered)
    this.#cluster.world.runUntil(() => created)
  }

  /** Deletes a topic and runs until the controller has answered. */
  deleteTopic(name: string): void {
    let deleted = false
    const answered = (error: Error | null, response: DeleteTopicsResponse | null): void => {
      const errorCode = response?.responses[0]?.errorCode
      if (error !== null || errorCode !== 0) throw new Error(`DeleteTopics: ${error?.message ?? errorCode}`)
      deleted = true
    }
    const body = { topicNames: [name], timeoutMs: REQUEST_TIMEOUT_MS }
    this.#anyChannel()?.send(deleteTopicsRequest, deleteTopicsResponse, DELETE_TOPICS_VERSION, body, answered)
    this.#cluster.world.runUntil(() => deleted)
  }

  /** Sets one topic config and runs until the controller has answered. */
  setTopicConfig(topic: string, name: string, value: string): void {
    this.#setConfig(TOPIC_RESOURCE, topic, name, value)
  }

  /** The same for a group, which need not be there yet. */
  setGroupConfig(groupId: string, name: string, value: string): void {
    this.#setConfig(GROUP_RESOURCE, groupId, name, value)
  }

  #setConfig(resourceType: number, resourceName: string, name: string, value: string): void {
    let set = false
    const answered = (error: Error | null, response: IncrementalAlterConfigsResponse | null): void => {
      const errorCode = response?.responses[0]?.errorCode
      if (error !== null || errorCode !== 0) throw new Error(`IncrementalAlterConfigs: ${error?.message ?? errorCode}`)
      set = true
    }
    const configs = [{ name, configOperation: SET, value }]
    const resource = { resourceType, resourceName, configs }
    const body = { resources: [resource], validateOnly: false }
    this.#anyChannel()?.send(incrementalAlterConfigsRequest, incrementalAlterConfigsResponse, 1, body, answered)
    this.#cluster.world.runUntil(() => set)
  }

  /** The topic as a live broker shows it; undefined while none answers. */
  describe(topic: string): TopicMetadata | undefined {
    let answer: MetadataResponse | null = null
    let answered = false
    this.#metadata(topic, (response) => {
      answer = response
      answered = true
    })
    this.#cluster.world.runUntil(() => answered)
    return (answer as MetadataResponse | null)?.topics[0]
  }

  /** Produces numbered values with acks=all, one at a time per partition, until stopProducing(). */
  startProducing(topic: string, partitions: number): void {
    this.#producing = true
    this.#idle = 0
    for (let partition = 0; partition < partitions; partition++) this.#produceNext(topic, partition)
  }

  /** Lets what is under way end; runs until it has. */
  stopProducing(partitions: number): void {
    this.#producing = false
    this.#cluster.world.runUntil(() => this.#idle === partitions)
  }

  /** Everything below the high watermark, by offset. Runs the world. */
  readAll(topic: string, partition: number): Map<number, string> {
    const values = new Map<number, string>()
    let done = false
    this.#readFrom(topic, partition, 0, values, () => (done = true))
    this.#cluster.world.runUntil(() => done)
    return values
  }

  #produceNext(topic: string, partition: number): void {
    if (!this.#producing) {
      this.#idle++
      return
    }
    const value = `value-${this.#nextValue++}`
    this.host.timers.set(this.host.random.below(THINKING_MS_MAX), () => this.#produce(topic, partition, value))
  }

  #produce(topic: string, partition: number, value: string): void {
    const again = (): void => void this.host.timers.set(RETRY_MS, () => this.#produce(topic, partition, value))
    this.#leader(topic, partition, (leader) => {
      if (leader === null) return again()
      const records = buildBatch({ timestampMs: this.host.clock.nowMs(), records: [{ value: Buffer.from(value) }] })
      const body = {
        acks: -1,
        timeoutMs: 1_000,
        topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
      }
      const answered = (error: Error | null, response: ProduceResponse | null): void => {
        const answer = response?.responses[0]?.partitionResponses[0]
        if (error !== null || answer === undefined) return again()
        if (answer.errorCode !== ErrorCode.NONE) {
          this.refusals.push(answer.errorCode)
          return again()
        }
        this.acknowledged.push({ partition, offset: answer.baseOffset, value })
        this.#produceNext(topic, partition)
      }
      this.#channel(leader).send(produceRequest, produceResponse, PRODUCE_VERSION, body, answered, REQUEST_TIMEOUT_MS)
    })
  }

  #readFrom(topic: string, partition: number, offset: number, values: Map<number, string>, done: () => void): void {
    const again = (): void =>
      void this.host.timers.set(RETRY_MS, () => this.#readFrom(topic, partition, offset, values, done))
    this.#leader(topic, partition, (leader) => {
      if (leader === null) return again()
      const asked = { partition, fetchOffset: offset, partitionMaxBytes: 1_000_000 }
      const body = {
        replicaId: -1,
        maxWaitMs: 0,
        minBytes: 1,
        maxBytes: 1_000_000,
        isolationLevel: 0,
        sessionId: 0,
        sessionEpoch: -1,
        topics: [{ topic, partitions: [asked] }],
        forgottenTopicsData: [],
        rackId: '',
      }
      const answered = (error: Error | null, response: FetchResponse | null): void => {
        const answer = response?.responses[0]?.partitions[0]
        if (error !== null || answer === undefined || answer.errorCode !== ErrorCode.NONE) return again()
        const bytes = answer.records ?? Buffer.alloc(0)
        let next = offset
        visitBatches(bytes, 0, bytes.length, (at) => {
          for (const record of readRecords(bytes, at)) {
            values.set(record.offset, record.value?.toString() ?? '')
            next = record.offset + 1
          }
        })
        if (next === offset || next >= answer.highWatermark) done()
        else this.#readFrom(topic, partition, next, values, done)
      }
      this.#channel(leader).send(fetchRequest, fetchResponse, FETCH_VERSION, body, answered, REQUEST_TIMEOUT_MS)
    })
  }

  #leader(topic: string, partition: number, callback: (leader: number | null) => void): void {
    this.#metadata(topic, (response) => {
      const found = response?.topics[0]?.partitions.find((each) => each.partitionIndex === partition)
      callback(
        found === undefined || found.leaderId < 0 || !this.#cluster.brokers.has(found.leaderId) ? null : found.leaderId,
      )
    })
  }

  #metadata(topic: string, callback: (response: MetadataResponse | null) => void): void {
    const body = {
      topics: [{ name: topic }],
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    }
    const answered = (_error: Error | null, response: MetadataResponse | null): void => callback(response)
    const channel = this.#anyChannel()
    if (channel === null) this.host.timers.set(RETRY_MS, () => callback(null))
    else channel.send(metadataRequest, metadataResponse, METADATA_VERSION, body, answered, REQUEST_TIMEOUT_MS)
  }

  /** null while no broker is up. */
  #anyChannel(): NodeChannel | null {
    const ids = [...this.#cluster.brokers.keys()]
    const id = ids.length === 0 ? undefined : ids[this.host.random.below(ids.length)]
    return id === undefined ? null : this.#channel(id)
  }

  #channel(id: number): NodeChannel {
    let channel = this.#channels.get(id)
    if (channel === undefined) this.#channels.set(id, (channel = this.#cluster.connect(this.host, id)))
    return channel
  }
}
