/**
 * A broker's runtime for handler tests, with an image and replicas given by the test. Requests and responses pass
 * through the codecs in both directions, so what a version cannot carry shows. Tests only.
 */
import { Authorizer } from '@millrace/policy/acl/authorizer'
import { LogLevels } from '@millrace/base/log-levels'
import { silentLogger } from '@millrace/base/logger'
import { ZERO_UUID } from '@millrace/base/uuid'
import {
  emptyImage,
  type BrokerEndpoint,
  type BrokerRegistration,
  type MetadataImage,
  type TopicImage,
} from '@millrace/metadata/image'
import { DirectoryId, type PartitionState } from '@millrace/metadata/partition-state'
import type { ApiHandler, ConnectionInfo, RequestContext } from '@millrace/network/api-handler'
import { decodeMessage, encodeMessage } from '@millrace/protocol/codec'
import type { Decoded, Encodable, RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'
import { ErrorCode } from '@millrace/protocol/errors'
import { Reader } from '@millrace/protocol/primitives/reader'
import { Writer } from '@millrace/protocol/primitives/writer'
import { World } from '@millrace/testkit/world'
import type { FrameLease } from '@millrace/log/arena'
import type { BrokerRuntime, MetadataView } from '../broker-runtime.ts'
import { BrokerSettings } from '../metadata/broker-settings.ts'
import type { MetadataSubscriber } from '../metadata/metadata-view.ts'
import { BrokerMetrics } from '../metrics/broker-metrics.ts'
import { ClientTelemetry } from '../telemetry/client-telemetry.ts'
import type { FetchPartition, FetchPartitionResult, FetchRequestSpec } from '../replication/fetch-types.ts'
import type { Partition } from '../replication/partition.ts'

export const CLUSTER_ID = 'Y2x1c3RlcmNsdXN0ZXJjbA'
export const NODE_ID = 1
export const TOPIC_ID = 'b3JkZXJzb3JkZXJzb3JkZQ'
export const OTHER_TOPIC_ID = 'cGF5bWVudHNwYXltZW50cw'

export function endpoint(name: string, host: string, port: number): BrokerEndpoint {
  return { name, host, port, securityProtocol: 0 }
}

export function broker(id: number, options: Partial<BrokerRegistration> = {}): BrokerRegistration {
  return {
    id,
    epoch: 10 + id,
    incarnationId: ZERO_UUID,
    endpoints: [endpoint('CLIENT', `broker-${id}`, 9092), endpoint('INTERNAL', `internal-${id}`, 9190)],
    features: [],
    rack: `zone-${id}`,
    fenced: false,
    inControlledShutdown: false,
    directoryIds: [],
    ...options,
  }
}

export function partitionState(options: Partial<PartitionState> = {}): PartitionState {
  const replicas = options.replicas ?? [1, 2, 3]
  return {
    replicas,
    directories: replicas.map(() => DirectoryId.UNASSIGNED),
    isr: replicas,
    removingReplicas: [],
    addingReplicas: [],
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    leader: replicas[0] ?? -1,
    leaderEpoch: 4,
    partitionEpoch: 7,
    leaderRecoveryState: 0,
    ...options,
  }
}

export function topic(name: string, id: string, partitions: readonly PartitionState[]): TopicImage {
  return { name, id, partitions }
}

export function imageOf(
  brokers: readonly BrokerRegistration[],
  topics: readonly TopicImage[],
  more: Partial<MetadataImage> = {},
): MetadataImage {
  return {
    ...emptyImage,
    offset: 100,
    epoch: 1,
    brokers: new Map(brokers.map((each) => [each.id, each])),
    topicsByName: new Map(topics.map((each) => [each.name, each])),
    topicsById: new Map(topics.map((each) => [each.id, each])),
    ...more,
  }
}

/** Three brokers and `orders` with three partitions, led by 1, 2 and 3. */
export function defaultImage(more: Partial<MetadataImage> = {}): MetadataImage {
  const orders = topic(
    'orders',
    TOPIC_ID,
    [
      [1, 2, 3],
      [2, 3, 1],
      [3, 1, 2],
    ].map((replicas) => partitionState({ replicas })),
  )
  return imageOf([broker(1), broker(2), broker(3)], [orders], more)
}

export interface ParkedFetch {
  readonly spec: FetchRequestSpec
  readonly answer: (results: FetchPartitionResult[]) => void
  givenUp: boolean
}

/** What a test may reach of the runtime that it handed to the handlers. */
export interface HandlerFixture {
  readonly world: World
  readonly runtime: BrokerRuntime
  /** Replicas hosted here, by `topic-partition`. */
  readonly partitions: Map<string, Partition>
  readonly fetches: ParkedFetch[]
  readonly publish: (image: MetadataImage) => void
}

export function createHandlerFixture(
  image: MetadataImage = defaultImage(),
  properties: Record<string, string> = {},
  more: object = {},
): HandlerFixture {
  const world = new World({ seed: 3 })
  const host = world.addHost('broker-1')
  const partitions = new Map<string, Partition>()
  const fetches: ParkedFetch[] = []
  const subscribers = new Set<MetadataSubscriber>()
  const settings = new BrokerSettings({ image, properties, nodeId: NODE_ID })
  const metadata = {
    image,
    subscribe(subscriber: MetadataSubscriber) {
      subscribers.add(subscriber)
      return () => subscribers.delete(subscriber)
    },
  }
  const replicaManager = {
    get: (name: string, index: number) => partitions.get(`${name}-${index}`),
    missingPartition: (name: string, index: number) =>
      metadata.image.topicsByName.get(name)?.partitions[index] === undefined
        ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        : ErrorCode.NOT_LEADER_OR_FOLLOWER,
    fetch<P extends FetchPartition>(spec: FetchRequestSpec<P>, answer: (results: FetchPartitionResult<P>[]) => void) {
      const parked: ParkedFetch = { spec, answer: answer as ParkedFetch['answer'], givenUp: false }
      fetches.push(parked)
      return () => {
        parked.givenUp = true
      }
    },
  }
  const runtime = {
    host,
    logger: silentLogger,
    config: { properties, nodeId: NODE_ID, rack: `zone-${NODE_ID}` },
    clusterId: CLUSTER_ID,
    nodeId: NODE_ID,
    brokerEpoch: 11,
    replicaManager,
    metadata: metadata as unknown as MetadataView,
    settings,
    authorizer: new Authorizer({ nodePrincipal: 'Node:internal', nowMs: () => 0 }),
    metrics: new BrokerMetrics(),
    logLevels: new LogLevels('INFO'),
    telemetry: new ClientTelemetry(host, () => 1000),
    ...more,
  } as unknown as BrokerRuntime
  return {
    world,
    runtime,
    partitions,
    fetches,
    publish(next) {
      metadata.image = next
      for (const subscriber of subscribers) subscriber(next, null as never)
    },
  }
}

export interface Answer<R extends ResponseDefinition> {
  /** null until answered, or when nothing is sent. */
  response: Decoded<R> | null
  responses: number
  /** Why the handler closed the connection. */
  closed: string | null
  release: (() => void) | null
  /** Ends the connection. */
  disconnect(): void
}

export interface AskOptions {
  readonly connection?: Partial<ConnectionInfo>
  readonly clientId?: string
  /** Where the request lies in the arena; it does not unless told. */
  readonly frame?: FrameLease
}

/** Asks as a client of the CLIENT listener on 127.0.0.1, unless told otherwise. */
export function ask<Q extends RequestDefinition, R extends ResponseDefinition>(
  handler: ApiHandler,
  request: Q,
  response: R,
  apiVersion: number,
  body: Encodable<Q>,
  options: AskOptions = {},
): Answer<R> {
  const listeners = new Set<() => void>()
  const answer: Answer<R> = {
    response: null,
    responses: 0,
    closed: null,
    release: null,
    disconnect() {
      for (const listener of listeners) listener()
    },
  }
  const writer = new Writer()
  encodeMessage(request, apiVersion, body, writer)
  const requestBytes = writer.finishBuffer()
  const context: RequestContext = {
    apiKey: request.apiKey,
    apiVersion,
    correlationId: 1,
    clientId: options.clientId ?? 'test',
    connection: {
      id: 1,
      listenerName: 'CLIENT',
      internal: false,
      principal: 'User:ANONYMOUS',
      remoteAddress: '10.1.2.3',
      remotePort: 40_000,
      localAddress: '127.0.0.1',
      localPort: 9092,
      clientSoftwareName: '',
      clientSoftwareVersion: '',
      quota: null,
      onClose(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      ...options.connection,
    },
    requestBytes,
    frame: options.frame ?? null,
    closeConnection(reason) {
      answer.closed = reason
    },
  }
  handler.handle(context, decodeMessage(request, apiVersion, new Reader(requestBytes)), (value, release = null) => {
    answer.responses++
    answer.release = release
    if (value === null) return
    const encoded = new Writer()
    encodeMessage(response, apiVersion, value as Encodable<R>, encoded)
    const reader = new Reader(encoded.finishBuffer())
    answer.response = decodeMessage(response, apiVersion, reader)
    reader.expectEnd()
  })
  return answer
}
