/**
 * An administrator who changes the cluster while it is in trouble: creates, widens, configures and deletes topics of
 * his own, deletes records, moves replicas and leaderships. What was answered with success must hold in the end.
 */
import type { MetadataImage } from '@millrace/metadata/image'
import { ErrorCode, errorName } from '@millrace/protocol/errors'
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
  deleteRecordsRequest,
  deleteRecordsResponse,
  type DeleteRecordsResponse,
} from '@millrace/protocol/messages/21-delete-records'
import {
  createPartitionsRequest,
  createPartitionsResponse,
  type CreatePartitionsResponse,
} from '@millrace/protocol/messages/37-create-partitions'
import { electLeadersRequest, electLeadersResponse } from '@millrace/protocol/messages/43-elect-leaders'
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from '@millrace/protocol/messages/45-alter-partition-reassignments'
import type { ClusterAccess } from './cluster-access.ts'
import type { Ledger } from './ledger.ts'

const THINKING_MS_MAX = 350
const TIMEOUT_MS = 1_000
const REQUEST_TIMEOUT_MS = 4_000
const TOPICS_MAX = 3

interface OwnTopic {
  readonly name: string
  /** 'unsure': a change was asked for and its answer got lost. */
  state: 'there' | 'gone' | 'unsure'
  partitions: number
  /** A widening whose answer got lost. */
  partitionsAtMost: number
}

export interface SimulatedAdministratorOptions {
  readonly access: ClusterAccess
  readonly ledger: Ledger
  readonly topic: string
  readonly partitions: number
  readonly brokers: readonly number[]
  /** Records below are read: they may be deleted. */
  readonly readUpTo: (partition: number) => number
  /** Whether everybody who may lead has heard of a deletion that is answered now: brokers that are away are not waited for. */
  readonly standsEverywhere: (partition: number) => boolean
}

export class SimulatedAdministrator {
  readonly #options: SimulatedAdministratorOptions
  readonly #own: OwnTopic[] = []
  #stopped = false
  #busy = false
  #lastError = 'nothing'

  constructor(options: SimulatedAdministratorOptions) {
    this.#options = options
    this.#next()
  }

  get idle(): boolean {
    return this.#stopped && !this.#busy
  }

  get trouble(): string {
    return `the administrator heard last: ${this.#lastError}`
  }

  stop(): void {
    this.#stopped = true
  }

  /** Compares what was promised with what the controller knows. */
  check(image: MetadataImage): void {
    for (const { name, state, partitions, partitionsAtMost } of this.#own) {
      const found = image.topicsByName.get(name)
      const { ledger } = this.#options
      if (state === 'gone' && found !== undefined) ledger.broken(`topic ${name} was deleted and is there`)
      if (state === 'there' && found === undefined) ledger.broken(`topic ${name} was created and is not there`)
      const count = found?.partitions.length ?? partitions
      if (count < partitions || count > partitionsAtMost)
        ledger.broken(`topic ${name} has ${count} partitions, not ${partitions} to ${partitionsAtMost}`)
    }
  }

  #next(): void {
    this.#busy = false
    if (this.#stopped) return
    const { access } = this.#options
    access.later(1 + access.host.random.below(THINKING_MS_MAX), () => {
      if (this.#stopped) return
      this.#busy = true
      this.#act()
    })
  }

  #act(): void {
    const there = this.#own.filter(({ state }) => state === 'there')
    const chosen = there[this.#below(there.length)]
    switch (this.#below(7)) {
      case 0:
        if (there.length < TOPICS_MAX) return this.#createTopic()
        break
      case 1:
        if (chosen !== undefined) return this.#deleteTopic(chosen)
        break
      case 2:
        if (chosen !== undefined) return this.#createPartitions(chosen)
        break
      case 3:
        return this.#deleteRecords()
      case 4:
        return this.#electLeaders()
      default:
        return this.#reassign(chosen)
    }
    this.#next()
  }

  #createTopic(): void {
    const { access, brokers } = this.#options
    const topic: OwnTopic = { name: `own-${this.#own.length}`, state: 'unsure', partitions: 1, partitionsAtMost: 1 }
    const replicationFactor = 1 + this.#below(brokers.length)
    const wanted = { name: topic.name, numPartitions: 1, replicationFactor, assignments: [], configs: [] }
    this.#own.push(topic)
    const answered = (error: Error | null, response: CreateTopicsResponse | null): void => {
      const errorCode = response?.topics[0]?.errorCode
      if (errorCode === ErrorCode.NONE) topic.state = 'there'
      this.#done(error, errorCode)
    }
    const body = { topics: [wanted], timeoutMs: TIMEOUT_MS, validateOnly: false }
    access.send(access.anyBroker(), createTopicsRequest, createTopicsResponse, 5, body, answered, REQUEST_TIMEOUT_MS)
  }

  #deleteTopic(topic: OwnTopic): void {
    const { access } = this.#options
    topic.state = 'unsure'
    const answered = (error: Error | null, response: DeleteTopicsResponse | null): void => {
      const errorCode = response?.responses[0]?.errorCode
      if (errorCode === ErrorCode.NONE) topic.state = 'gone'
      this.#done(error, errorCode)
    }
    const body = { topicNames: [topic.name], timeoutMs: TIMEOUT_MS }
    access.send(access.anyBroker(), deleteTopicsRequest, deleteTopicsResponse, 4, body, answered, REQUEST_TIMEOUT_MS)
  }

  #createPartitions(topic: OwnTopic): void {
    const { access } = this.#options
    const count = topic.partitionsAtMost + 1
    topic.partitionsAtMost = count
    const answered = (error: Error | null, response: CreatePartitionsResponse | null): void => {
      const errorCode = response?.results[0]?.errorCode
      if (errorCode === ErrorCode.NONE) topic.partitions = count
      this.#done(error, errorCode)
    }
    const body = {
      topics: [{ name: topic.name, count, assignments: null }],
      timeoutMs: TIMEOUT_MS,
      validateOnly: false,
    }
    access.send(
      access.anyBroker(),
      createPartitionsRequest,
      createPartitionsResponse,
      2,
      body,
      answered,
      REQUEST_TIMEOUT_MS,
    )
  }

  /** At most half of what has been read. */
  #deleteRecords(): void {
    const { access, ledger, topic, partitions, readUpTo, standsEverywhere } = this.#options
    const partition = this.#below(partitions)
    const offset = this.#below(Math.floor(readUpTo(partition) / 2) + 1)
    ledger.deletes(partition, offset)
    const answered = (error: Error | null, response: DeleteRecordsResponse | null): void => {
      const answer = response?.topics[0]?.partitions[0]
      if (answer?.errorCode === ErrorCode.NONE) {
        if (answer.lowWatermark < offset)
          ledger.broken(
            `records of ${partition} below ${offset} were deleted, the low watermark is ${answer.lowWatermark}`,
          )
        if (standsEverywhere(partition)) ledger.deleted(partition, offset)
      }
      access.forgetLeader(topic, partition)
      this.#done(error, answer?.errorCode)
    }
    const body = {
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }],
      timeoutMs: TIMEOUT_MS,
    }
    access.leaderOf(topic, partition, (leader) =>
      access.send(leader, deleteRecordsRequest, deleteRecordsResponse, 1, body, answered, REQUEST_TIMEOUT_MS),
    )
  }

  #electLeaders(): void {
    const { access } = this.#options
    const body = { electionType: 0, topicPartitions: null, timeoutMs: TIMEOUT_MS }
    access.send(
      access.anyBroker(),
      electLeadersRequest,
      electLeadersResponse,
      2,
      body,
      (error) => this.#done(error, ErrorCode.NONE),
      REQUEST_TIMEOUT_MS,
    )
  }

  /** The main topic keeps all its replicas, in another order; an own one moves anywhere. */
  #reassign(own: OwnTopic | undefined): void {
    const { access, topic, partitions, brokers } = this.#options
    const replicas = brokers.toSorted(() => this.#below(3) - 1)
    const moves = own !== undefined && this.#below(2) === 0
    const partition = moves
      ? { partitionIndex: 0, replicas: replicas.slice(0, 1 + this.#below(brokers.length)) }
      : { partitionIndex: this.#below(partitions), replicas }
    const body = { timeoutMs: TIMEOUT_MS, topics: [{ name: moves ? own.name : topic, partitions: [partition] }] }
    access.send(
      access.anyBroker(),
      alterPartitionReassignmentsRequest,
      alterPartitionReassignmentsResponse,
      0,
      body,
      (error) => this.#done(error, ErrorCode.NONE),
      REQUEST_TIMEOUT_MS,
    )
  }

  #done(error: Error | null, errorCode: number | undefined): void {
    if (errorCode !== ErrorCode.NONE)
      this.#lastError = errorCode === undefined ? (error?.message ?? 'no answer') : errorName(errorCode)
    this.#next()
  }

  #below(bound: number): number {
    return this.#options.access.host.random.below(bound)
  }
}
