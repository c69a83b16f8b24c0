/**
 * Starts the controller of a cluster: directory, metadata log, a new epoch, then the listener. Nothing is served before
 * the LeaderChange of this term, and with it everything an earlier term has left, is durable.
 */
import type { Host, TlsServerOptions } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { randomUuid } from '@millrace/base/uuid'
import { Arena } from '@millrace/log/arena'
import { brokerNumber } from '@millrace/metadata/configs/effective'
import { emptyImage } from '@millrace/metadata/image'
import { METADATA_VERSION_FEATURE, MetadataLevel } from '@millrace/metadata/record-versions'
import { RecordType } from '@millrace/metadata/records/metadata-record'
import type { MetadataRecord } from '@millrace/metadata/records/metadata-record'
import type { ApiHandler, VersionRange } from '@millrace/network/api-handler'
import { envelopeHandler } from '@millrace/network/envelope'
import { guardHandlers } from '@millrace/network/guard'
import { INTERNAL_PRINCIPAL } from '@millrace/network/internal-listener'
import type { Refusals } from '@millrace/network/refusals'
import { RequestServer } from '@millrace/network/request-server'
import { aclAuthorityOf } from '@millrace/policy/acl/acl-settings'
import { Authorizer } from '@millrace/policy/acl/authorizer'
import { authorityWithoutIam, IamAuthority } from '@millrace/policy/kafka-cluster/iam-authority'
import type { IamSnapshot } from '@millrace/policy/kafka-cluster/iam-snapshot'
import { ApiKey, apiByKey } from '@millrace/protocol/apis'
import { versionsOf } from '@millrace/protocol/definition'
import { profileOf } from '@millrace/protocol/version-profiles'
import { controllerGuards } from './authorization/guards.ts'
import { BrokerBarrier } from './cluster-control/broker-barrier.ts'
import { BrokerSessions } from './cluster-control/broker-sessions.ts'
import { BrokerWatch } from './cluster-control/broker-watch.ts'
import type { ControllerConfig } from './controller-config.ts'
import { ControllerRuntime } from './controller-runtime.ts'
import { activationRecords } from './feature-control.ts'
import { fetchHandler } from './handlers/01-fetch.ts'
import { describeQuorumHandler } from './handlers/55-describe-quorum.ts'
import { fetchSnapshotHandler } from './handlers/59-fetch-snapshot.ts'
import { accessControlHandlers } from './handlers/access-control.ts'
import { administrationHandlers } from './handlers/administration.ts'
import {
  brokerHeartbeatHandler,
  brokerRegistrationHandler,
  unregisterBrokerHandler,
} from './handlers/broker-lifecycle.ts'
import type { HandlerContext } from './handlers/handler-context.ts'
import { allocateProducerIdsHandler, alterPartitionHandler } from './handlers/replication.ts'
import { MutationQuotas } from './quota-control/mutation-quotas.ts'
import { reviewEligibleLeaders } from './replication-control/leadership.ts'
import { openDirectory, readBootstrap } from './storage/directory.ts'
import { loadMetadata } from './storage/load-metadata.ts'
import type { LoadedMetadata } from './storage/load-metadata.ts'
import { readCommittedOffset } from './storage/committed-offset.ts'
import { readQuorumEpoch, writeQuorumState } from './storage/quorum-state.ts'
import { Upkeep } from './upkeep.ts'

export interface ControllerOptions {
  readonly host: Host
  readonly logger: Logger
  readonly config: ControllerConfig
  /** The controller could not write or contradicted itself, and serves no more; the process should end. */
  readonly onFailure?: (error: Error) => void
}

export interface Controller {
  /** Of the internal listener; the one chosen when the config said 0. */
  readonly port: number
  /** Raft epoch of this term. */
  readonly epoch: number
  /** The state and its log: for tests, and for what the process tells of itself. */
  readonly runtime: ControllerRuntime
  /** Nodes that connect from now on are shown another certificate. @throws when key and certificate are no pair */
  replaceCertificate(tls: TlsServerOptions): void
  /** Who may do what here, and the latest denials. */
  readonly authorizer: Authorizer
  /** Whom it turned away before they could ask anything. */
  readonly refusals: Refusals
  /** What IAM policies allow the clients behind forwarded requests, from now on; null: nobody comes in by IAM. */
  useIam(snapshot: IamSnapshot | null): void
  /** Stops serving and closes the log cleanly. */
  close(callback: (error: Error | null) => void): void
}

const LISTENER = 'CONTROLLER'
/** As RegisterControllerRecord numbers them. */
const SASL_PLAINTEXT = 2
const SASL_SSL = 3
/** Requests are small; what is larger gets memory of its own. */
const SLAB_BYTES = 256 * 1024
/** Topic ids came with Fetch 13; the metadata log has no other name on the wire. */
const FETCH_VERSION_MIN = 13

export function startController(
  options: ControllerOptions,
  callback: (error: Error | null, controller: Controller | null) => void,
): void {
  const { host, logger, config } = options
  const setting = (name: string): number =>
    brokerNumber({ image: emptyImage, properties: config.properties, nodeId: config.nodeId }, name)
  try {
    const directory = openDirectory(host, config)
    const load = {
      host,
      logger,
      directory: directory.metadataPath,
      segmentBytes: setting('metadata.log.segment.bytes'),
      segmentMs: setting('metadata.log.segment.ms'),
      committedOffset: readCommittedOffset(host, logger, directory.path),
    }
    loadMetadata(load, (error, loaded) => {
      if (error !== null || loaded === null) return callback(error, null)
      try {
        beginTerm(options, directory.metadataPath, loaded, callback)
      } catch (failure) {
        callback(failure as Error, null)
      }
    })
  } catch (error) {
    callback(error as Error, null)
  }
}

function beginTerm(
  options: ControllerOptions,
  metadataPath: string,
  { log, snapshots, replayer }: LoadedMetadata,
  callback: (error: Error | null, controller: Controller | null) => void,
): void {
  const { host, logger, config } = options
  const epoch = Math.max(readQuorumEpoch(host.disk, metadataPath), log.leaderEpochs.latest, replayer.image.epoch) + 1
  writeQuorumState(host.disk, metadataPath, config.nodeId, epoch)
  let onFailure = (error: Error): void => callback(error, null)
  const runtime = new ControllerRuntime({
    host,
    logger,
    config,
    log,
    snapshots,
    replayer,
    epoch,
    onFailure: (error) => onFailure(error),
  })
  runtime.begin()
  activate(runtime, options)
  runtime.whenCommitted(runtime.log.nextOffset - 1, () => {
    onFailure = (error) => options.onFailure?.(error)
    logger.info('controller leads', {
      epoch,
      offset: runtime.image.offset,
      metadataVersion: runtime.image.features.get(METADATA_VERSION_FEATURE) ?? 0,
    })
    serve(options, runtime, snapshots, callback)
  })
}

/** An interrupted transaction is aborted; an empty log gets the records of bootstrap.checkpoint. */
function activate(runtime: ControllerRuntime, { host, config }: ControllerOptions): void {
  const records: MetadataRecord[] = []
  if (runtime.inTransaction)
    records.push({ type: RecordType.ABORT_TRANSACTION, version: 0, body: { reason: 'Controller failover' } })
  if (!runtime.image.features.has(METADATA_VERSION_FEATURE))
    records.push(...activationRecords(readBootstrap(host, config)))
  runtime.submit(
    () => ({ records, response: null }),
    () => {},
  )
  // The properties of this term may ask for fewer replicas in sync than those of the last one.
  runtime.submit(
    (state) => ({ records: reviewEligibleLeaders(state), response: null }),
    () => {},
  )
}

function serve(
  options: ControllerOptions,
  runtime: ControllerRuntime,
  snapshots: HandlerContext['snapshots'],
  callback: (error: Error | null, controller: Controller | null) => void,
): void {
  const { host, logger, config } = options
  const setting = (name: string): number =>
    brokerNumber({ image: runtime.image, properties: config.properties, nodeId: config.nodeId }, name)
  const sessions = new BrokerSessions(setting('broker.session.timeout.ms'))
  const watch = new BrokerWatch({ host, logger, runtime, sessions })
  const barrier = new BrokerBarrier(host, () => runtime.image, sessions)
  const upkeep = new Upkeep({ host, logger, runtime })
  const mutationQuotas = new MutationQuotas({
    host,
    image: () => runtime.image,
    windows: {
      count: setting('controller.quota.window.num'),
      sizeMs: setting('controller.quota.window.size.seconds') * 1000,
    },
  })
  const context: HandlerContext = {
    host,
    logger,
    config,
    runtime,
    sessions,
    watch,
    barrier,
    snapshots,
    mutationQuotas,
  }
  let port = config.listener.port
  const { authorizer, useIam } = controllerAuthorizer(runtime, options)
  const handlers = controllerHandlers(context, authorizer, () => ({ host: config.listener.host, port }))
  const server = new RequestServer({
    host,
    logger,
    arena: new Arena({ slabBytes: SLAB_BYTES, tailBytesMax: 0 }),
    listeners: [
      {
        name: LISTENER,
        host: config.listener.host,
        port,
        internal: true,
        ...(config.tls === undefined ? {} : { tls: config.tls }),
      },
    ],
    handlers,
    versionRange: (apiKey) => servedVersions(apiKey, handlers),
    features: {
      supported: supportedFeatures(config),
      finalized: () => ({ epoch: Math.max(0, runtime.image.offset), levels: runtime.image.features }),
    },
    internalSecret: config.internalSecret,
    onConnectionClosed: ({ id }) => {
      sessions.connectionClosed(id, host.clock.monotonicMs())
      watch.reschedule()
    },
  })
  server.start((error) => {
    if (error !== null) return runtime.close(() => callback(error, null))
    port = server.port(LISTENER)
    const nowMs = host.clock.monotonicMs()
    for (const id of runtime.image.brokers.keys()) sessions.assume(id, nowMs)
    registerSelf(runtime, options, port)
    watch.reschedule()
    upkeep.start()
    runtime.onCommit(() => barrier.progressed())
    const close = (done: (error: Error | null) => void): void => {
      watch.close()
      barrier.close()
      upkeep.close()
      server.close(() => runtime.close(done))
    }
    const replaceCertificate = (tls: TlsServerOptions): void => server.replaceCertificate(tls)
    callback(null, {
      port,
      epoch: runtime.log.epoch,
      runtime,
      authorizer,
      useIam,
      refusals: server.refusals,
      close,
      replaceCertificate,
    })
  })
}

function controllerHandlers(
  context: HandlerContext,
  authorizer: Authorizer,
  endpoint: () => { host: string; port: number },
): ReadonlyMap<number, ApiHandler> {
  const keyed = (handler: ApiHandler): [number, ApiHandler] => [handler.request.apiKey ?? -1, handler]
  const unguarded = new Map(
    [
      ...administrationHandlers(context),
      ...accessControlHandlers(context),
      unregisterBrokerHandler(context),
      describeQuorumHandler(context, endpoint),
    ].map(keyed),
  )
  const forwarded = guardHandlers(unguarded, controllerGuards(context.runtime), authorizer)
  const own = [
    fetchHandler(context),
    alterPartitionHandler(context),
    envelopeHandler({ handlers: forwarded, versionRange: (apiKey) => servedVersions(apiKey, forwarded) }) as ApiHandler,
    fetchSnapshotHandler(context),
    brokerRegistrationHandler(context),
    brokerHeartbeatHandler(context),
    allocateProducerIdsHandler(context),
  ]
  return new Map([...forwarded, ...own.map(keyed)])
}

/** Follows the ACLs that are durable, and the IAM snapshot. */
function controllerAuthorizer(
  runtime: ControllerRuntime,
  { host, config }: ControllerOptions,
): Pick<Controller, 'authorizer' | 'useIam'> {
  const nowMs = (): number => host.clock.nowMs()
  const authorizer = new Authorizer({ nodePrincipal: INTERNAL_PRINCIPAL, nowMs })
  let { acls } = runtime.image
  let iam = authorityWithoutIam()
  const use = (): void => {
    const aclAuthority = aclAuthorityOf(config.properties, acls.values())
    authorizer.use([iam, aclAuthority])
  }
  use()
  runtime.onCommit(() => {
    if (runtime.image.acls === acls) return
    acls = runtime.image.acls
    use()
  })
  const useIam = (snapshot: IamSnapshot | null): void => {
    iam = snapshot === null ? authorityWithoutIam() : new IamAuthority({ snapshot, nowMs })
    use()
  }
  return { authorizer, useIam }
}

function servedVersions(apiKey: number, handlers: ReadonlyMap<number, ApiHandler>): VersionRange | null {
  const definition = handlers.get(apiKey)?.request ?? apiByKey(apiKey)?.request
  if (definition === undefined) return null
  const { min, max } = versionsOf(definition)
  return { min: apiKey === ApiKey.Fetch ? FETCH_VERSION_MIN : min, max }
}

function supportedFeatures({
  kafkaVersion,
}: ControllerConfig): { name: string; minVersion: number; maxVersion: number }[] {
  return profileOf(kafkaVersion).features.map(({ name, min, max }) => ({ name, minVersion: min, maxVersion: max }))
}

/** RegisterController: where this controller is and what it supports. */
function registerSelf(runtime: ControllerRuntime, { host, config }: ControllerOptions, port: number): void {
  const level = runtime.image.features.get(METADATA_VERSION_FEATURE) ?? 0
  if (level < MetadataLevel.REGISTER_CONTROLLER) return
  const features = supportedFeatures(config).map(({ name, minVersion, maxVersion }) => ({
    name,
    minSupportedVersion: minVersion,
    maxSupportedVersion: maxVersion,
  }))
  const record: MetadataRecord = {
    type: RecordType.REGISTER_CONTROLLER,
    version: 0,
    body: {
      controllerId: config.nodeId,
      incarnationId: randomUuid(host.random),
      zkMigrationReady: false,
      endPoints: [
        {
          name: LISTENER,
          host: config.listener.host,
          port,
          securityProtocol: config.tls === undefined ? SASL_PLAINTEXT : SASL_SSL,
        },
      ],
      features,
    },
  }
  runtime.submit(
    () => ({ records: [record], response: null }),
    () => {},
  )
}
