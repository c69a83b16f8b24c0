/** For tests: a controller and imitated brokers in one World of virtual time. */
import { METADATA_TOPIC_ID, randomUuid } from '@millrace/base/uuid'
import type { Uuid } from '@millrace/base/uuid'
import { NodeChannel } from '@millrace/client/channel'
import { emptyImage } from '@millrace/metadata/image'
import type { MetadataImage } from '@millrace/metadata/image'
import { readMetadataBatches } from '@millrace/metadata/metadata-batch'
import { MetadataReplayer } from '@millrace/metadata/replayer'
import { imageFromSnapshot } from '@millrace/metadata/snapshot-format'
import type { SnapshotId } from '@millrace/metadata/snapshot-format'
import type { Decoded, Encodable, RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'
import { fetchRequest, fetchResponse } from '@millrace/protocol/messages/01-fetch'
import type { FetchResponse } from '@millrace/protocol/messages/01-fetch'
import { createTopicsRequest, createTopicsResponse } from '@millrace/protocol/messages/19-create-topics'
import {
  brokerRegistrationRequest,
  brokerRegistrationResponse,
} from '@millrace/protocol/messages/62-broker-registration'
import { brokerHeartbeatRequest, brokerHeartbeatResponse } from '@millrace/protocol/messages/63-broker-heartbeat'
import { fetchSnapshotRequest, fetchSnapshotResponse } from '@millrace/protocol/messages/59-fetch-snapshot'
import type { BrokerHeartbeatResponse } from '@millrace/protocol/messages/63-broker-heartbeat'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { createRecordingLogger } from '@millrace/testkit/recording-logger'
import type { RecordingLogger } from '@millrace/testkit/recording-logger'
import { World } from '@millrace/testkit/world'
import type { ControllerConfig } from '../controller-config.ts'
import { startController } from '../start-controller.ts'
import type { Controller } from '../start-controller.ts'

const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg'
const SECRET = 'secret of the cluster'
const PORT = 9093

export class ControllerFixture {
  readonly world: World
  readonly host: FakeHost
  readonly logger: RecordingLogger = createRecordingLogger()
  readonly config: ControllerConfig
  readonly failures: Error[] = []
  controller: Controller

  constructor(seed: number, properties: Readonly<Record<string, string>> = {}, kafkaVersion = '3.9.0') {
    this.world = new World({ seed })
    this.host = this.world.addHost('controller')
    this.config = {
      clusterId: CLUSTER_ID,
      clusterName: 'demo',
      nodeId: 10_001,
      directory: '/data/controller',
      listener: { host: '0.0.0.0', port: PORT },
      internalSecret: SECRET,
      kafkaVersion,
      properties,
    }
    this.controller = this.start()
  }

  /** Starts a controller on the host's disk and runs the world until it serves. Throws what stopped it. */
  start(config: ControllerConfig = this.config): Controller {
    let outcome: { readonly error: Error | null; readonly controller: Controller | null } | null = null
    const { host, logger } = this
    const onFailure = (error: Error): void => void this.failures.push(error)
    startController({ host, logger, config, onFailure }, (error, controller) => {
      outcome = { error, controller }
    })
    this.world.runUntil(() => outcome !== null)
    const { error, controller } = outcome as unknown as { error: Error | null; controller: Controller | null }
    if (error !== null) throw error
    this.controller = controller as Controller
    return this.controller
  }

  /** kill -9, and a new process on the same disk. */
  restart(): Controller {
    this.host.crashProcess()
    this.host.restart()
    return this.start()
  }

  get image(): MetadataImage {
    return this.controller.runtime.image
  }

  broker(id: number, rack: string | null = null): ImitatedBroker {
    return new ImitatedBroker(this.world, id, rack)
  }

  /** Registered, caught up, unfenced, following and sending heartbeats. */
  liveBroker(id: number, rack: string | null = null): ImitatedBroker {
    const broker = this.broker(id, rack)
    broker.register()
    broker.follow()
    broker.beat()
    this.world.runUntil(() => this.image.brokers.get(id)?.fenced === false)
    return broker
  }
}

/** Speaks to the controller as a broker does, no more. */
export class ImitatedBroker {
  readonly id: number
  readonly host: FakeHost
  directoryId: Uuid
  epoch = -1
  replayer: MetadataReplayer = new MetadataReplayer(emptyImage)
  lastHeartbeat: BrokerHeartbeatResponse | null = null
  wantShutDown = false
  snapshotsTaken = 0
  readonly #world: World
  readonly #rack: string | null
  #requests: NodeChannel
  #fetches: NodeChannel
  #beating = false

  constructor(world: World, id: number, rack: string | null) {
    this.#world = world
    this.id = id
    this.#rack = rack
    this.host = world.addHost(`broker-${id}`)
    this.directoryId = randomUuid(this.host.random)
    this.#requests = this.#channel()
    this.#fetches = this.#channel()
  }

  get image(): MetadataImage {
    return this.replayer.image
  }

  /** Sends a request and runs the world until it is answered. */
  ask<const Q extends RequestDefinition, const R extends ResponseDefinition>(
    request: Q,
    response: R,
    version: number,
    body: Encodable<Q>,
  ): Decoded<R> {
    let answered: { readonly error: Error | null; readonly response: Decoded<R> | null } | null = null
    this.#requests.send(request, response, version, body, (error, value) => {
      answered = { error, response: value }
    })
    this.#world.runUntil(() => answered !== null)
    const { error, response: value } = answered as unknown as { error: Error | null; response: Decoded<R> }
    if (error !== null) throw error
    return value
  }

  /** Registers a new incarnation; returns the error code. */
  register(): number {
    const answer = this.ask(brokerRegistrationRequest, brokerRegistrationResponse, 4, {
      brokerId: this.id,
      clusterId: CLUSTER_ID,
      incarnationId: randomUuid(this.host.random),
      listeners: [{ name: 'CLIENT', host: this.host.address, port: 9092, securityProtocol: 0 }],
      features: [
        { name: 'metadata.version', minSupportedVersion: 1, maxSupportedVersion: 30 },
        { name: 'transaction.version', minSupportedVersion: 0, maxSupportedVersion: 2 },
        { name: 'group.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
        { name: 'eligible.leader.replicas.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
      ],
      rack: this.#rack,
      logDirs: [this.directoryId],
    })
    if (answer.errorCode === 0) this.epoch = answer.brokerEpoch
    return answer.errorCode
  }

  heartbeat(
    overrides: {
      readonly currentMetadataOffset?: number
      readonly wantShutDown?: boolean
      readonly wantFence?: boolean
    } = {},
  ): BrokerHeartbeatResponse {
    return this.ask(brokerHeartbeatRequest, brokerHeartbeatResponse, 1, {
      brokerId: this.id,
      brokerEpoch: this.epoch,
      currentMetadataOffset: this.image.offset,
      wantFence: false,
      wantShutDown: false,
      ...overrides,
    })
  }

  /** One fetch of the metadata log. */
  fetch(
    partition: {
      readonly fetchOffset: number
      readonly lastFetchedEpoch?: number
      readonly currentLeaderEpoch?: number
    },
    maxWaitMs = 0,
  ): FetchResponse {
    return this.ask(
      fetchRequest,
      fetchResponse,
      17,
      this.#fetchBody({ currentLeaderEpoch: -1, lastFetchedEpoch: -1, ...partition }, maxWaitMs),
    )
  }

  /** Follows the metadata log from now on, by long polls; through a snapshot when the log starts later. */
  follow(): void {
    const next = (): void => {
      const position = {
        fetchOffset: this.replayer.nextOffset,
        lastFetchedEpoch: this.image.epoch,
        currentLeaderEpoch: -1,
      }
      this.#fetches.send(fetchRequest, fetchResponse, 17, this.#fetchBody(position, 500), (error, response) => {
        const answer = response?.responses[0]?.partitions[0]
        if (error !== null || answer === undefined) return void this.host.timers.set(50, next)
        if (answer.snapshotId.endOffset >= 0) return this.#takeSnapshot(answer.snapshotId, 0, [], next)
        for (const batch of readMetadataBatches(answer.records ?? Buffer.alloc(0))) this.replayer.replay(batch)
        next()
      })
    }
    next()
  }

  #takeSnapshot(snapshotId: SnapshotId, position: number, pieces: Buffer[], done: () => void): void {
    const partitions = [{ partition: 0, currentLeaderEpoch: -1, snapshotId, position }]
    const body = { replicaId: this.id, maxBytes: 1000, topics: [{ name: '__cluster_metadata', partitions }] }
    this.#fetches.send(fetchSnapshotRequest, fetchSnapshotResponse, 1, body, (_, response) => {
      const answer = response?.topics[0]?.partitions[0]
      if (answer === undefined || answer.errorCode !== 0) return void this.host.timers.set(50, done)
      pieces.push(answer.unalignedRecords)
      const reached = position + answer.unalignedRecords.length
      if (reached < answer.size) return this.#takeSnapshot(snapshotId, reached, pieces, done)
      this.snapshotsTaken++
      this.replayer = new MetadataReplayer(imageFromSnapshot(Buffer.concat(pieces), snapshotId))
      done()
    })
  }

  /** Heartbeats from now on: every 2 s, every 20 ms while fenced or leaving. */
  beat(): void {
    this.#beating = true
    const next = (): void => {
      if (!this.#beating) return
      const body = {
        brokerId: this.id,
        brokerEpoch: this.epoch,
        currentMetadataOffset: this.image.offset,
        wantFence: false,
        wantShutDown: this.wantShutDown,
      }
      this.#requests.send(brokerHeartbeatRequest, brokerHeartbeatResponse, 1, body, (_, response) => {
        if (response !== null) this.lastHeartbeat = response
        const isSettled = response !== null && !response.isFenced && !this.wantShutDown
        this.host.timers.set(isSettled ? 2000 : 20, next)
      })
    }
    next()
  }

  /** Alive, but silent: connections stay open. */
  fallSilent(): void {
    this.#beating = false
  }

  /** kill -9: connections break. */
  die(): void {
    this.#beating = false
    this.host.crashProcess()
  }

  /** A new process on the same machine: registers and asks to be unfenced. */
  comeBack(): void {
    this.host.restart()
    this.#requests = this.#channel()
    this.#fetches = this.#channel()
    this.replayer = new MetadataReplayer(emptyImage)
    this.register()
    this.follow()
    this.beat()
  }

  createTopic(
    name: string,
    partitions: number,
    replicationFactor: number,
    configs: Readonly<Record<string, string>> = {},
  ): number {
    const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
    const topics = [{ name, numPartitions: partitions, replicationFactor, assignments: [], configs: entries }]
    return (
      this.ask(createTopicsRequest, createTopicsResponse, 7, { topics, timeoutMs: 10_000, validateOnly: false })
        .topics[0]?.errorCode ?? -1
    )
  }

  #fetchBody(
    partition: { readonly fetchOffset: number; readonly lastFetchedEpoch: number; readonly currentLeaderEpoch: number },
    maxWaitMs: number,
  ): Encodable<typeof fetchRequest> {
    return {
      clusterId: CLUSTER_ID,
      replicaState: { replicaId: this.id, replicaEpoch: this.epoch },
      maxWaitMs,
      minBytes: 1,
      isolationLevel: 0,
      sessionId: 0,
      topics: [
        { topicId: METADATA_TOPIC_ID, partitions: [{ partition: 0, partitionMaxBytes: 1_048_576, ...partition }] },
      ],
      forgottenTopicsData: [],
      rackId: '',
    }
  }

  #channel(): NodeChannel {
    return new NodeChannel({
      host: this.host,
      address: { host: 'controller', port: PORT },
      clientId: `broker-${this.id}`,
      credentials: { user: 'internal', password: SECRET },
      transientFrames: false,
    })
  }
}
