/**
 * Automatic topic creation: topics that a client named in Metadata are created at the controller and answered with
 * their partitions, so that clients that ask only once (kcat, kafkajs) succeed at the first try. Requests for the same
 * topic share one creation.
 */
import type { Host } from '@millrace/base/host'
import { ErrorCode } from '@millrace/protocol/errors'
import { createTopicsRequest, createTopicsResponse } from '@millrace/protocol/messages/19-create-topics'
import type { MetadataView } from '../broker-runtime.ts'
import type { ForwardedFor, Forwarder } from './forwarder.ts'

const CREATE_TOPICS_VERSION = 5
const CREATE_TIMEOUT_MS = 5_000

export interface TopicToCreate {
  readonly name: string
  /** -1: the broker defaults. */
  readonly partitions: number
  readonly replicationFactor: number
  readonly configs: readonly { readonly name: string; readonly value: string }[]
}

type Created = (errorCode: number) => void

export class TopicCreation {
  readonly #host: Host
  readonly #forwarder: Forwarder
  readonly #metadata: MetadataView
  readonly #pending = new Map<string, Created[]>()

  constructor(host: Host, forwarder: Forwarder, metadata: MetadataView) {
    this.#host = host
    this.#forwarder = forwarder
    this.#metadata = metadata
  }

  /**
   * Creates the topic unless it is there; `callback` with NONE once this broker's image has it, else with the
   * controller's error, or UNKNOWN_TOPIC_OR_PARTITION (retriable) when the controller is away or slow.
   */
  create(client: ForwardedFor, topic: TopicToCreate, callback: Created): void {
    if (this.#metadata.image.topicsByName.has(topic.name)) return callback(ErrorCode.NONE)
    const waiting = this.#pending.get(topic.name)
    if (waiting !== undefined) {
      waiting.push(callback)
      return
    }
    this.#pending.set(topic.name, [callback])
    const body = {
      topics: [
        {
          name: topic.name,
          numPartitions: topic.partitions,
          replicationFactor: topic.replicationFactor,
          assignments: [],
          configs: topic.configs,
        },
      ],
      timeoutMs: CREATE_TIMEOUT_MS,
      validateOnly: false,
    }
    this.#forwarder.send(
      client,
      createTopicsRequest,
      createTopicsResponse,
      CREATE_TOPICS_VERSION,
      body,
      CREATE_TIMEOUT_MS,
      (failure, response) => {
        const errorCode = failure?.errorCode ?? response?.topics[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
        if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) this.#awaitImage(topic.name)
        else if (errorCode === ErrorCode.REQUEST_TIMED_OUT)
          this.#finish(topic.name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        else this.#finish(topic.name, errorCode)
      },
    )
  }

  #awaitImage(name: string): void {
    if (this.#metadata.image.topicsByName.has(name)) return this.#finish(name, ErrorCode.NONE)
    const stop = (errorCode: number): void => {
      unsubscribe()
      this.#host.timers.clear(timer)
      this.#finish(name, errorCode)
    }
    const unsubscribe = this.#metadata.subscribe((image) => {
      if (image.topicsByName.has(name)) stop(ErrorCode.NONE)
    })
    const timer = this.#host.timers.set(CREATE_TIMEOUT_MS, () => stop(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION))
  }

  #finish(name: string, errorCode: number): void {
    const waiting = this.#pending.get(name) ?? []
    this.#pending.delete(name)
    for (const callback of waiting) callback(errorCode)
  }
}
