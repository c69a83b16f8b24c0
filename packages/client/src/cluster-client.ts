/**
 * ClusterClient: what admin client, producer and consumers stand on. Connections to the brokers of one cluster, from a
 * bootstrap list onwards; metadata; the way to controller, coordinator and leader; retries within a deadline.
 *
 * For the control plane and tools: promises, one cluster, a handful of requests. The data path between nodes uses
 * NodeChannel. Time and randomness come from the Host, so tests hold them.
 */
import type { Host, TlsClientOptions } from '@millrace/base/host'
import type { Uuid } from '@millrace/base/uuid'
import type { Decoded, Encodable, RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'
import { ErrorCode } from '@millrace/protocol/errors'
import { metadataRequest, metadataResponse } from '@millrace/protocol/messages/03-metadata'
import { findCoordinatorRequest, findCoordinatorResponse } from '@millrace/protocol/messages/10-find-coordinator'
import { KafkaConnection } from './connection.ts'
import { KafkaError, networkError, throwIfError } from './kafka-error.ts'
import type { Credentials } from './scram-login.ts'

export interface ClusterClientOptions {
  readonly host: Host
  /** "host:port,host:port"; asked in random order until one answers. IPv6 addresses in brackets. */
  readonly bootstrap: string
  readonly clientId?: string
  /** How long one call may take, retries included; 30 s by default. */
  readonly timeoutMs?: number
  /** How long one request may take; 15 s by default. */
  readonly requestTimeoutMs?: number
  readonly connectTimeoutMs?: number
  /** For listeners that ask for SCRAM-SHA-512. */
  readonly credentials?: Credentials | null
  /** For TLS listeners; plaintext without it. */
  readonly tls?: TlsClientOptions
}

export interface BrokerAddress {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface PartitionMetadata {
  readonly partition: number
  /** Node id, -1 while there is none. */
  readonly leader: number
  /** -1 when unknown. */
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
}

export interface TopicMetadata {
  readonly name: string
  readonly topicId: Uuid
  readonly isInternal: boolean
  /** In order of partition. */
  readonly partitions: readonly PartitionMetadata[]
  readonly errorCode: number
}

export interface ClusterMetadata {
  readonly clusterId: string | null
  /** Node id of a broker that takes requests for the controller, -1 when there is none. */
  readonly controllerId: number
  readonly brokers: ReadonlyMap<number, BrokerAddress>
  readonly topics: readonly TopicMetadata[]
}

/** Connections are apart by use, as in Kafka's clients: behind a long poll nothing else is answered. */
export type ConnectionUse = 'general' | 'coordinator' | 'fetch'

const TIMEOUT_MS = 30_000
const REQUEST_TIMEOUT_MS = 15_000
const CONNECT_TIMEOUT_MS = 5_000
const RETRY_WAIT_MIN_MS = 50
const RETRY_WAIT_MAX_MS = 1_000
/** Later versions may answer REBOOTSTRAP_REQUIRED, which asks for what retries do here anyway. */
const METADATA_VERSION_MAX = 12

export class ClusterClient {
  readonly host: Host
  readonly timeoutMs: number
  readonly #options: ClusterClientOptions
  readonly #bootstrap: readonly Endpoint[]
  readonly #connections: Map<string, Promise<KafkaConnection>> = new Map()
  /** Connections of general use: whoever needs any broker takes one. */
  readonly #open: Set<KafkaConnection> = new Set()
  /** All others that are up: behind a long poll nothing else is answered. */
  readonly #dedicated: Set<KafkaConnection> = new Set()
  #brokers: ReadonlyMap<number, BrokerAddress> = new Map()
  #controllerId = -1
  readonly #leaders: Map<string, number> = new Map()
  #closed = false

  constructor(options: ClusterClientOptions) {
    this.host = options.host
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS
    this.#options = options
    this.#bootstrap = parseBootstrap(options.bootstrap)
  }

  get clientId(): string {
    return this.#options.clientId ?? 'millrace'
  }

  /** Drops all connections; calls under way fail. */
  close(): void {
    this.#closed = true
    for (const connection of [...this.#open, ...this.#dedicated]) connection.close()
    this.#connections.clear()
  }

  /**
   * Sends one request in the highest version that both sides have and `atMost` allows. `body` may depend on it.
   * Retries nothing.
   */
  async call<const Q extends RequestDefinition, const R extends ResponseDefinition>(
    connection: KafkaConnection,
    request: Q,
    response: R,
    body: Encodable<Q> | ((version: number) => Encodable<Q>),
    options: { readonly atMost?: number; readonly timeoutMs?: number } = {},
  ): Promise<Decoded<R>> {
    const version = connection.version(request, options.atMost)
    const fitted = typeof body === 'function' ? (body as (version: number) => Encodable<Q>)(version) : body
    const timeoutMs = options.timeoutMs ?? this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
    return new Promise((resolve, reject) => {
      connection.send(
        request,
        response,
        version,
        fitted,
        (error, answer) => {
          if (answer === null) reject(error ?? new KafkaError(ErrorCode.NETWORK_EXCEPTION))
          else resolve(answer)
        },
        timeoutMs,
      )
    })
  }

  /**
   * Runs `attempt` until it succeeds, fails for good, or the deadline is near. What was known of controller and leaders
   * is forgotten before every further attempt.
   */
  async retrying<T>(
    attempt: () => Promise<T>,
    worthRetrying: (error: KafkaError) => boolean = isWorthRetrying,
  ): Promise<T> {
    const { clock } = this.host
    const deadlineMs = clock.monotonicMs() + this.timeoutMs
    for (let waitMs = RETRY_WAIT_MIN_MS; ; waitMs = Math.min(waitMs * 2, RETRY_WAIT_MAX_MS)) {
      try {
        return await attempt()
      } catch (error) {
        if (this.#closed || !(error instanceof KafkaError) || !worthRetrying(error)) throw error
        if (clock.monotonicMs() + waitMs >= deadlineMs) throw error
      }
      this.#leaders.clear()
      this.#controllerId = -1
      await this.sleep(waitMs)
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.host.timers.set(ms, resolve))
  }

  /** A connection to any broker: an open one, else known brokers and the bootstrap list in random order. */
  async any(): Promise<KafkaConnection> {
    for (const connection of this.#open) if (!connection.closed) return connection
    const candidates: Endpoint[] = shuffled([...this.#brokers.values()], this.host)
    candidates.push(...shuffled(this.#bootstrap, this.host))
    let last: unknown = null
    for (const candidate of candidates) {
      try {
        return await this.#connectTo(candidate, 'general')
      } catch (error) {
        last = error
        if (this.#closed) break
      }
    }
    throw networkError(`no broker of ${this.#options.bootstrap} answers`, last)
  }

  /** A connection to the broker with that id. Throws BROKER_NOT_AVAILABLE for one that the cluster does not tell of. */
  async node(id: number, use: ConnectionUse = 'general'): Promise<KafkaConnection> {
    if (!this.#brokers.has(id)) await this.metadata([])
    const address = this.#brokers.get(id)
    if (address === undefined) throw new KafkaError(ErrorCode.BROKER_NOT_AVAILABLE, `broker ${id} is not available`)
    return this.#connectTo(address, use)
  }

  /** A connection to the broker that takes requests for the controller. */
  async controller(): Promise<KafkaConnection> {
    if (this.#controllerId === -1) await this.metadata([])
    return this.#controllerId === -1 ? this.any() : this.node(this.#controllerId)
  }

  /** Node id of the leader. Throws LEADER_NOT_AVAILABLE or UNKNOWN_TOPIC_OR_PARTITION, both worth retrying. */
  async leaderOf(topic: string, partition: number): Promise<number> {
    const key = `${topic}/${partition}`
    if (!this.#leaders.has(key)) {
      const described = (await this.metadata([topic])).topics.find((candidate) => candidate.name === topic)
      throwIfError(described?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `topic ${topic} is not known`)
    }
    const leader = this.#leaders.get(key)
    if (leader === undefined) {
      throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `topic ${topic} has no partition ${partition}`)
    }
    if (leader < 0) throw new KafkaError(ErrorCode.LEADER_NOT_AVAILABLE, `${topic}-${partition} has no leader now`)
    return leader
  }

  /** Forgets who led `topic`: the next leaderOf asks. */
  forgetLeaders(topic: string): void {
    for (const key of this.#leaders.keys()) if (key.startsWith(`${topic}/`)) this.#leaders.delete(key)
  }

  /** Node id of the group's coordinator. */
  async coordinatorOf(groupId: string): Promise<number> {
    const response = await this.call(
      await this.any(),
      findCoordinatorRequest,
      findCoordinatorResponse,
      (version) => (version >= 4 ? { keyType: 0, coordinatorKeys: [groupId] } : { key: groupId }),
      { atMost: 5 },
    )
    const found = response.coordinators[0] ?? response
    throwIfError(found.errorCode, found.errorMessage)
    const { nodeId, host, port } = found
    if (!this.#brokers.has(nodeId))
      this.#brokers = new Map(this.#brokers).set(nodeId, { id: nodeId, host, port, rack: null })
    return nodeId
  }

  /** Asks for brokers, controller and the given topics; null asks for all topics. Unknown topics come with their error. */
  async metadata(topics: readonly string[] | null): Promise<ClusterMetadata> {
    const connection = await this.any()
    const response = await this.call(
      connection,
      metadataRequest,
      metadataResponse,
      (version) => ({
        topics: topics === null ? null : topics.map((name) => ({ name })),
        ...(version >= 4 ? { allowAutoTopicCreation: false } : {}),
      }),
      { atMost: METADATA_VERSION_MAX },
    )
    this.#brokers = new Map(
      response.brokers.map(({ nodeId, host, port, rack }) => [nodeId, { id: nodeId, host, port, rack }]),
    )
    this.#controllerId = response.controllerId
    const described = response.topics.map((topic): TopicMetadata => ({
      name: topic.name ?? '',
      topicId: topic.topicId,
      isInternal: topic.isInternal,
      errorCode: topic.errorCode,
      partitions: topic.partitions
        .map((partition) => ({
          partition: partition.partitionIndex,
          leader: partition.leaderId,
          leaderEpoch: partition.leaderEpoch,
          replicas: partition.replicaNodes,
          isr: partition.isrNodes,
          offlineReplicas: partition.offlineReplicas,
        }))
        .sort((one, other) => one.partition - other.partition),
    }))
    for (const topic of described) {
      for (const { partition, leader } of topic.partitions) this.#leaders.set(`${topic.name}/${partition}`, leader)
    }
    return {
      clusterId: response.clusterId,
      controllerId: response.controllerId,
      brokers: this.#brokers,
      topics: described,
    }
  }

  async #connectTo(endpoint: Endpoint, use: ConnectionUse): Promise<KafkaConnection> {
    if (this.#closed) throw new KafkaError(ErrorCode.NETWORK_EXCEPTION, 'the client is closed')
    const key = `${use} ${endpoint.host}:${endpoint.port}`
    const existing = this.#connections.get(key)
    if (existing !== undefined) {
      const connection = await existing
      if (!connection.closed) return connection
    }
    const opening = this.#openConnection(endpoint, use)
    this.#connections.set(key, opening)
    try {
      return await opening
    } catch (error) {
      if (this.#connections.get(key) === opening) this.#connections.delete(key)
      throw error
    }
  }

  #openConnection(endpoint: Endpoint, use: ConnectionUse): Promise<KafkaConnection> {
    const {
      host,
      requestTimeoutMs = REQUEST_TIMEOUT_MS,
      connectTimeoutMs = CONNECT_TIMEOUT_MS,
      credentials = null,
      tls,
    } = this.#options
    const address = {
      host: endpoint.host,
      port: endpoint.port,
      connectTimeoutMs,
      ...(tls === undefined ? {} : { tls }),
    }
    return new Promise((resolve, reject) => {
      host.network.connect(address, (error, transport) => {
        if (transport === null)
          return reject(networkError(`cannot connect to ${endpoint.host}:${endpoint.port}`, error))
        const connection = new KafkaConnection({
          host,
          transport,
          clientId: this.clientId,
          requestTimeoutMs,
          onClose: () => {
            this.#open.delete(connection)
            this.#dedicated.delete(connection)
          },
        })
        if (this.#closed) connection.close()
        const negotiate = (failure: KafkaError | null): void => {
          if (failure !== null) return fail(failure)
          connection.negotiate((unsupported) => {
            if (unsupported !== null) return fail(unsupported)
            const group = use === 'general' ? this.#open : this.#dedicated
            group.add(connection)
            if (this.#closed) connection.close()
            resolve(connection)
          })
        }
        const fail = (failure: KafkaError): void => {
          connection.close()
          reject(failure)
        }
        if (credentials === null) negotiate(null)
        else connection.authenticate(credentials, negotiate)
      })
    })
  }
}

interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Retriable errors, without those that mean for an administrator: it is not there. */
export function isWorthRetrying(error: KafkaError): boolean {
  switch (error.code) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.UNKNOWN_TOPIC_ID:
    case ErrorCode.ELECTION_NOT_NEEDED:
    case ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE:
    case ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE:
      return false
    default:
      return error.retriable
  }
}

/** Reads "host:port,host:port". Throws RangeError for what is none. */
export function parseBootstrap(bootstrap: string): readonly Endpoint[] {
  const endpoints = bootstrap
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(part)
      const port = Number(match?.[3])
      if (match === null || port < 1 || port > 65_535) throw new RangeError(`"${part}" is not host:port`)
      return { host: match[1] ?? (match[2] as string), port }
    })
  if (endpoints.length === 0) throw new RangeError('the bootstrap list is empty')
  return endpoints
}

function shuffled<T>(items: readonly T[], host: Host): T[] {
  const result = [...items]
  for (let index = result.length - 1; index > 0; index--) {
    const other = host.random.below(index + 1)
    ;[result[index], result[other]] = [result[other] as T, result[index] as T]
  }
  return result
}
