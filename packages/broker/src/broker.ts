/**
 * A running broker: listens, registers with the controller, follows its metadata, and serves once the controller has let it
 * in. Everything lives on the loop of the given Host; several brokers fit in a process. start-broker.ts opens what it needs.
 *
 *   logs, metadata copy ─▶ listeners ─▶ register + follow metadata ─▶ first image: replicas start ─▶ unfenced: ready
 */
import type { LogLevels } from '@millrace/base/log-levels'
import type { Host, TlsServerOptions } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { randomUuid } from '@millrace/base/uuid'
import { NodeChannel } from '@millrace/client/channel'
import type { Arena } from '@millrace/log/arena'
import type { LogManager } from '@millrace/log/log-manager'
import { isOutOfSpace } from '@millrace/log/storage-error'
import { emptyImage, isLive } from '@millrace/metadata/image'
import { RequestServer } from '@millrace/network/request-server'
import type { ClientUsage } from '@millrace/network/request-usage'
import { profileOf } from '@millrace/protocol/version-profiles'
import { ClientAccess } from '@millrace/network/access/client-access'
import { BrokerSecurity } from './security/broker-security.ts'
import type { SecurityFeed } from './security/security-feed.ts'
import type { SecuritySnapshot } from './security/security-snapshot.ts'
import type { BrokerConfig } from './broker-config.ts'
import { registeredListeners } from './registered-listeners.ts'
import type { BrokerRuntime } from './broker-runtime.ts'
import { GroupCoordinator } from './groups/group-coordinator.ts'
import { brokerFeatures, brokerVersionRange } from './handlers/advertised-versions.ts'
import { createHandlers } from './handlers/handlers.ts'
import { connectionLimits, serverLimits } from './handlers/server-limits.ts'
import { requestListeners } from './request-listeners.ts'
import { BrokerLifecycle } from './lifecycle/broker-lifecycle.ts'
import type { BrokerStateName } from './lifecycle/broker-state.ts'
import { ProducerIds } from './lifecycle/producer-ids.ts'
import { RoomWatch } from './lifecycle/room-watch.ts'
import type { BrokerSettings } from './metadata/broker-settings.ts'
import { MetadataFollower } from './metadata/metadata-follower.ts'
import type { MetadataStore } from './metadata/metadata-store.ts'
import { BrokerMetrics } from './metrics/broker-metrics.ts'
import { LoopDelay } from './metrics/loop-delay.ts'
import { BrokerQuotas } from './quotas/broker-quotas.ts'
import { ReplicaManager } from './replication/replica-manager.ts'
import { createShareParts, type ShareParts } from './share-partitions/share-parts.ts'
import { ClientTelemetry } from './telemetry/client-telemetry.ts'
import type { ClientMetrics } from './telemetry/telemetry-metrics.ts'
import { createTransactionParts, type TransactionParts } from './transactions/transaction-parts.ts'

const INTERNAL_USER = 'internal'
/** Most time for the controller to move the leaderships of a broker that leaves. */
const CONTROLLED_SHUTDOWN_MS = 10_000

export interface StartBrokerOptions {
  readonly host: Host
  readonly logger: Logger
  /** The levels of the node's loggers, to be changed by clients; without them `logger` decides alone. */
  readonly logLevels?: LogLevels
  readonly config: BrokerConfig
  /** Who may come in; without it nobody is told of. */
  readonly security?: SecurityFeed
  /** The running broker had to stop serving (storage failed, metadata is not the controller's). It has closed by then. */
  readonly onFatal?: (error: Error) => void
}

/** What a broker is built on; opened by startBroker. */
export interface OpenedBroker {
  readonly logs: LogManager
  readonly store: MetadataStore
  readonly settings: BrokerSettings
  readonly arena: Arena
  readonly logLevels: LogLevels
}

export class Broker {
  readonly runtime: BrokerRuntime
  readonly metrics: BrokerMetrics = new BrokerMetrics()
  readonly loopDelay: LoopDelay
  readonly #options: StartBrokerOptions
  readonly #opened: OpenedBroker
  readonly #controllerChannel: NodeChannel
  readonly #metadataChannel: NodeChannel
  readonly #forwardingChannel: NodeChannel
  readonly #metadata: MetadataFollower
  readonly #security: BrokerSecurity
  readonly #replicaManager: ReplicaManager
  readonly #quotas: BrokerQuotas
  readonly #telemetry: ClientTelemetry
  readonly #groups: GroupCoordinator
  readonly #transactions: TransactionParts
  readonly #share: ShareParts
  readonly #access: ClientAccess = new ClientAccess()
  readonly #server: RequestServer
  readonly #room: RoomWatch
  #lifecycle: BrokerLifecycle | null = null
  #started: ((error: Error | null) => void) | null = null
  #closing: 'no' | 'leaving' | 'closing' = 'no'

  /** Only for startBroker. */
  constructor(options: StartBrokerOptions, opened: OpenedBroker) {
    this.#options = options
    this.#opened = opened
    const { host, logger, config } = options
    const { logs, store, settings, arena, logLevels } = opened
    const named = (name: string): Logger => logLevels.logger(name, logger)
    const { clusterId, nodeId } = config
    const brokerEpoch = (): number => this.#lifecycle?.brokerEpoch ?? -1
    this.loopDelay = new LoopDelay(host)
    this.#security = new BrokerSecurity({
      logger,
      host,
      config,
      controlPlanePresent: () => options.security?.controlPlanePresent !== false,
    })
    this.#room = new RoomWatch({
      host,
      logger,
      directory: config.directory,
      makeRoom: () => logs.makeRoom(),
      onRoom: () => this.#bringBack(),
    })
    this.#controllerChannel = this.#openChannel(config.controller, () => this.#lifecycle?.connectionLost())
    this.#metadataChannel = this.#openChannel(config.controller)
    this.#forwardingChannel = this.#openChannel(config.controller)
    this.#metadata = new MetadataFollower(
      {
        host,
        logger: named('kafka.server.metadata.BrokerMetadataListener'),
        channel: this.#metadataChannel,
        clusterId,
        nodeId,
        brokerEpoch,
        onNoRoom: (error) => this.#replicaManager.noRoom(error),
        onFatal: (error) => this.#fatal(error),
      },
      store,
    )
    this.#telemetry = new ClientTelemetry(host, () => settings.number('telemetry.max.bytes'))
    this.#quotas = new BrokerQuotas(host, nodeId, settings)
    this.#replicaManager = new ReplicaManager({
      host,
      logger: named('kafka.server.ReplicaManager'),
      nodeId,
      clusterId,
      directory: config.directory,
      logs,
      arena,
      settings,
      metrics: this.metrics,
      throttles: this.#quotas.throttles,
      holdsUnderMinIsr: profileOf(config.kafkaVersion).name !== '3.9',
      brokerEpoch,
      controllerChannel: this.#controllerChannel,
      openChannel: (address) => this.#openChannel(address),
      onDirectoryFailed: (error) => this.#directoryFailed(error),
    })
    const producerIds = new ProducerIds({ nodeId, brokerEpoch, channel: this.#controllerChannel })
    this.runtime = {
      host,
      logger: named('kafka.server.KafkaApis'),
      config,
      clusterId,
      nodeId,
      get brokerEpoch() {
        return brokerEpoch()
      },
      replicaManager: this.#replicaManager,
      metadata: this.#metadata,
      authorizer: this.#security.authorizer,
      settings,
      controllerChannel: this.#controllerChannel,
      forwardingChannel: this.#forwardingChannel,
      producerIds,
      arena,
      metrics: this.metrics,
      logLevels,
      telemetry: this.#telemetry,
    }
    this.#followMetadata()
    this.#groups = new GroupCoordinator(this.runtime)
    this.#transactions = createTransactionParts(this.runtime, this.#groups, (address) => this.#openChannel(address))
    this.#share = createShareParts(this.runtime, (address) => this.#openChannel(address))
    this.#groups.attach(this.#share.persister)
    this.#server = new RequestServer({
      host,
      logger: named('kafka.network.SocketServer'),
      arena,
      listeners: requestListeners(config, (name) => this.#security.mechanism(name, () => this.#metadata.image)),
      handlers: createHandlers(this.runtime, this.#groups, this.#transactions, this.#share),
      versionRange: brokerVersionRange(config.kafkaVersion),
      features: brokerFeatures(config.kafkaVersion, this.#metadata),
      internalSecret: config.internalSecret,
      limits: serverLimits(settings),
      connectionLimits: connectionLimits(settings),
      quotas: this.#quotas.clients,
      access: this.#access,
      // Before the first image every topic would be unknown, and clients drop what they have for a topic that is gone.
      servesClients: () => this.#metadata.image !== emptyImage,
    })
  }

  get state(): BrokerStateName {
    return this.#lifecycle?.state ?? 'starting'
  }

  /** The port a listener is bound to. */
  port(listenerName: string): number {
    return this.#server.port(listenerName)
  }

  /** Those who connect by TLS from now on are shown another certificate. @throws when key and certificate are no pair */
  replaceCertificate(tls: TlsServerOptions): void {
    this.#server.replaceCertificate(tls)
    this.#security.certificate(tls.certificatePem)
  }

  /** Who may come in from now on, and what may those do who are in. */
  applySecurity(snapshot: SecuritySnapshot): void {
    this.#access.use(snapshot.network, this.#options.config.nodeId)
    this.#security.apply(snapshot, this.#server)
    this.#options.logger.info('goes by another security snapshot', { version: snapshot.version })
  }

  /** Which APIs in which versions clients have used since the start. */
  clientUsage(): ClientUsage[] {
    return this.#server.usage.snapshot()
  }

  /** For what it tells of its clients. */
  get server(): Pick<RequestServer, 'refusals' | 'principals'> {
    return this.#server
  }

  /** What clients last pushed of their own metrics, `seriesMax` series at most. */
  clientMetrics(seriesMax: number): ClientMetrics[] {
    return this.#telemetry.metrics.snapshot(seriesMax)
  }

  /** Only for startBroker; `started` as its callback. */
  start(started: (error: Error | null) => void): void {
    this.#started = started
    this.#options.security?.follow((snapshot) => this.applySecurity(snapshot))
    this.#server.start((error) => {
      if (error !== null) return this.#fatal(error)
      this.loopDelay.start()
      this.#lifecycle = this.#createLifecycle()
      this.#lifecycle.start()
      this.#metadata.start()
    })
  }

  /**
   * Stops serving. `controlled`: the controller first moves the leaderships away (at most ten seconds). Then logs are
   * flushed and marked clean. `callback` when everything is closed and the ports are free.
   */
  close(options: { readonly controlled: boolean }, callback: () => void): void {
    if (this.#closing !== 'no') return callback()
    this.#closing = 'leaving'
    if (options.controlled && this.#lifecycle !== null) {
      this.#lifecycle.shutDown(CONTROLLED_SHUTDOWN_MS, () => this.#closeAll(callback))
    } else this.#closeAll(callback)
  }

  #closeAll(callback: () => void): void {
    this.#closing = 'closing'
    const { logs } = this.#opened
    const brokerEpoch = this.#lifecycle?.brokerEpoch ?? -1
    this.#lifecycle?.close()
    this.#room.close()
    this.loopDelay.stop()
    this.#transactions.close()
    this.#share.close()
    this.#groups.close()
    this.#server.close(() => {
      this.#replicaManager.close()
      this.#controllerChannel.close()
      this.#metadataChannel.close()
      this.#forwardingChannel.close()
      this.#metadata.close((metadataError) => {
        if (metadataError !== null)
          this.#options.logger.warn('closing the metadata log failed', { error: metadataError.message })
        logs.close({ brokerEpoch }, (error: Error | null) => {
          if (error !== null) this.#options.logger.warn('closing the logs failed', { error: error.message })
          callback()
        })
      })
    })
  }

  /** Settings first, then replicas; coordinators and handlers subscribe behind. */
  #followMetadata(): void {
    const { settings } = this.#opened
    let first = true
    this.#metadata.applyWith((image, changes, done) => {
      settings.update(image, changes.configs.size > 0 || changes.deletedTopics.size > 0)
      if (changes.acls) this.#security.useAcls(image)
      this.#quotas.update(image, changes)
      if (changes.configs.size > 0) this.#telemetry.update(image)
      this.#replicaManager.apply(image, changes, done)
    })
    this.#metadata.subscribe((image, changes) => {
      // Behind the publication: logins go by the published image, so that none slips in between.
      if (changes.scramCredentials) this.#security.useScramUsers(image, this.#server)
      if (first) {
        first = false
        this.#replicaManager.setStrayLogsAside()
        this.#replicaManager.start()
        this.#lifecycle?.caughtUp()
      }
      this.#readyIfLive()
    })
  }

  #readyIfLive(): void {
    const { image } = this.#metadata
    const own = image.brokers.get(this.#options.config.nodeId)
    if (this.#started === null || own?.epoch !== this.runtime.brokerEpoch || !isLive(image, own.id)) return
    const started = this.#started
    this.#started = null
    started(null)
  }

  /**
   * A broker without its only log directory is of no use: it answers KAFKA_STORAGE_ERROR while the controller moves its
   * leaderships away. If the volume is only full the broker waits, fenced, for room; otherwise it ends.
   */
  #directoryFailed(error: Error): void {
    this.#lifecycle?.directoryFailed()
    if (isOutOfSpace(error)) this.#room.noRoom(error)
    else this.#fatal(error, true)
  }

  /** Whatever still finds no room says so, and the waiting begins again. */
  #bringBack(): void {
    this.#opened.logs.bringBack((error) => {
      if (this.#closing !== 'no') return
      try {
        if (error !== null) throw error
        this.#metadata.bringBack()
      } catch (failure) {
        return this.#directoryFailed(failure as Error)
      }
      this.#replicaManager.directoryRecovered()
      if (this.#replicaManager.failure === null) this.#lifecycle?.directoryRecovered()
    })
  }

  #fatal(error: Error, controlled = false): void {
    if (this.#closing !== 'no') return
    this.#options.logger.error('the broker cannot serve', { error: error.message })
    const started = this.#started
    this.#started = null
    this.close({ controlled }, () => {
      if (started !== null) started(error)
      else this.#options.onFatal?.(error)
    })
  }

  #openChannel(address: { readonly host: string; readonly port: number }, onDisconnect?: () => void): NodeChannel {
    const { host, logger, config } = this.#options
    return new NodeChannel({
      host,
      logger: this.#opened.logLevels.logger('org.apache.kafka.clients.NetworkClient', logger),
      address: { host: address.host, port: address.port },
      clientId: `broker-${config.nodeId}`,
      credentials: { user: INTERNAL_USER, password: config.internalSecret },
      ...(config.inClusterTls === undefined ? {} : { tls: config.inClusterTls }),
      ...(onDisconnect === undefined ? {} : { onDisconnect }),
    })
  }

  #createLifecycle(): BrokerLifecycle {
    const { host, logger, config } = this.#options
    const { logs, settings, logLevels } = this.#opened
    return new BrokerLifecycle({
      host,
      logger: logLevels.logger('kafka.server.BrokerLifecycleManager', logger),
      channel: this.#controllerChannel,
      clusterId: config.clusterId,
      nodeId: config.nodeId,
      incarnationId: randomUuid(host.random),
      rack: config.rack,
      listeners: registeredListeners(config, (name) => this.#server.port(name)),
      features: profileOf(config.kafkaVersion).features.map(({ name, min, max }) => ({
        name,
        minSupportedVersion: min,
        maxSupportedVersion: max,
      })),
      directoryId: logs.directoryId,
      previousBrokerEpoch: logs.previousBrokerEpoch,
      heartbeatIntervalMs: settings.number('broker.heartbeat.interval.ms'),
      metadataOffset: () => this.#metadata.image.offset,
      onRegistered: () => this.#metadata.registered(),
      onState: (state) => this.#onState(state),
      onRefused: (error) => this.#fatal(error),
    })
  }

  #onState(_state: BrokerStateName): void {
    this.#readyIfLive()
  }
}
