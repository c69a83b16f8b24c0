/**
 * A running Millrace: the engine, the managed service on it, and the front door, wired once. The command and the
 * library both start it here.
 */
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createFrontDoor, type FrontDoor, type FrontDoorOptions } from '@millrace/aws/front-door'
import { createNodeHost } from '@millrace/host/node-host'
import { createJsonLogger } from '@millrace/host/json-logger'
import type { MappedNetwork } from '@millrace/engine/engine'
import { EmbeddedEngine } from '@millrace/engine/embedded/embedded-engine'
import { readPartitions } from '@millrace/engine/embedded/read-partitions'
import type { MutualTlsExtras } from '@millrace/msk/mutual-tls/client-trust'
import { createMskService, type ClusterOverview, type MskService } from '@millrace/msk/msk-service'
import { setKafkaScramUsers } from '@millrace/msk/scram/scram-users'
import { openKafkaTopics } from '@millrace/msk/topics/kafka-topics'
import type { SealedServices } from '@millrace/services/sealed-services'
import { internalToken, removeServerRecord, writeServerRecord } from '../data-directory.ts'
import { VERSION } from '../version.ts'
import { dataKeysOf } from './data-keys.ts'
import { kafkaKeys } from './kafka-keys.ts'
import { serverCredentials, type RootKey } from './credentials.ts'
import { internalRoutes } from './internal-routes.ts'
import { aclsRoute } from './acls-route.ts'
import { readClusterAcls, withClusterAdmin } from './cluster-acls.ts'
import { nodeScripts } from './node-scripts.ts'
import { WhyLog } from '../why/why-log.ts'
import { adminAccessRoute } from './admin-access-route.ts'
import { AuditLog } from './audit-log.ts'
import { auditRoute } from './audit-route.ts'
import { whyRoute } from './why-route.ts'
import { sealedServices } from './sealed-services.ts'

/** How often nodes are read: what one tells no more, because it was killed, is at most so old. */
const WHY_INTERVAL_MS = 5_000

export interface ServerOptions {
  readonly dataDir: string
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  readonly region: string
  /** Nothing outlives the process: nodes end with it and the data directory is removed on stop. */
  readonly ephemeral: boolean
  /** Brokers get ports of random blocks, and never MSK's own: others on this machine may have those. */
  readonly randomPorts?: boolean
  /** The data of every new cluster is encrypted, under the AWS managed key where none is named; otherwise where one is. */
  readonly alwaysEncrypts?: boolean
  /** Sources that clients are given instead of their own address. */
  readonly clientAddressMap?: readonly MappedNetwork[]
  /** What clusters do about client certificates beyond MSK; nothing when left out. */
  readonly mutualTls?: MutualTlsExtras
  /** Brokers have the limits of MSK's brokers of their type. */
  readonly simulatesLimits?: boolean
  /** Told what the start is busy with, in a few words each. */
  readonly onStep?: (what: string) => void
}

export interface RunningServer {
  readonly endpoint: string
  readonly port: number
  /** The port that was asked for was taken. */
  readonly portWasTaken: boolean
  /** Root credentials to tell the user, when `test`/`test` is not accepted. */
  readonly generatedKey: RootKey | null
  overview(): Promise<readonly ClusterOverview[]>
  /** Stops nodes too, unless `keepBrokers`. Idempotent. */
  stop(options?: { readonly keepBrokers?: boolean }): Promise<void>
  /** Resolves when the server has stopped, whoever asked for it. */
  readonly stopped: Promise<void>
}

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  mkdirSync(options.dataDir, { recursive: true })
  chmodSync(options.dataDir, 0o700)
  const logger = createJsonLogger({ destination: join(options.dataDir, 'millrace.log'), name: 'millrace' })
  // First: the engine and the managed service are given what they need of secrets and keys.
  const { store, generated } = serverCredentials(options.dataDir, options.host)
  options.onStep?.('opening keys and secrets')
  const sealed = await sealedServices(options.dataDir, store, logger)
  options.onStep?.('reading what is known of clusters')
  const engine = new EmbeddedEngine({
    root: options.dataDir,
    listenHost: options.host,
    ephemeral: options.ephemeral,
    randomPorts: options.randomPorts ?? options.ephemeral,
    nodeScripts: nodeScripts(),
    logger,
    dataKeys: dataKeysOf(sealed.kms),
    readPartitions,
  })
  const msk = await createMskService({
    dataDir: options.dataDir,
    engine,
    logger,
    openTopics: openKafkaTopics(engine, createNodeHost()),
    setScramUsers: setKafkaScramUsers(engine, createNodeHost()),
    secrets: sealed.secretsManager.secrets,
    keys: kafkaKeys(sealed.kms),
    keyTarget: sealed.kms.keyTarget,
    alwaysEncrypts: options.alwaysEncrypts === true,
    networks: sealed.ec2.networks,
    clientAddressMap: options.clientAddressMap ?? [],
    credentials: sealed.iam.directory,
    principalNames: sealed.iam.names,
    authorities: sealed.acmPca.authorities,
    ...(options.mutualTls === undefined ? {} : { mutualTls: options.mutualTls }),
    simulatesLimits: options.simulatesLimits === true,
  }).catch(async (error: unknown) => {
    await sealed.close()
    throw error
  })
  const services = [
    msk.service,
    sealed.sts,
    sealed.iam.service,
    sealed.kms.service,
    sealed.secretsManager.service,
    sealed.acmPca.service,
    sealed.ec2.service,
  ]
  let tellStopped = (): void => {}
  const stopped = new Promise<void>((resolve) => (tellStopped = resolve))
  let stopping: Promise<void> | null = null
  const stop = (how: { readonly keepBrokers?: boolean } = {}): Promise<void> => {
    whyLog.stop()
    stopping ??= stopAll(
      options,
      { frontDoor: door.frontDoor, audit, msk, sealed },
      how.keepBrokers === true && !options.ephemeral,
    ).then(tellStopped)
    return stopping
  }
  const overview = (): Promise<readonly ClusterOverview[]> => msk.overview()
  const audit = new AuditLog({ directory: join(options.dataDir, 'audit'), logger })
  const whyLog = new WhyLog({ nowMs: Date.now, read: () => engine.readRefusals() })
  whyLog.start(WHY_INTERVAL_MS)
  const host = createNodeHost()
  options.onStep?.('opening the AWS API')
  const door = await openFrontDoor({
    host: options.host,
    port: options.port,
    services,
    credentials: sealed.iam.directory,
    logger,
    defaultRegion: options.region,
    guardApiHosts: generated === null,
    internalToken: internalToken(options.dataDir),
    internalRoutes: internalRoutes({
      overview,
      services: services.map(({ model }) => model.service),
      stop: (how) => void stop(how),
      routes: [
        auditRoute(audit),
        adminAccessRoute(engine),
        whyRoute({
          log: whyLog,
          nowMs: Date.now,
          aclsOf: (cluster) => withClusterAdmin(engine, host, cluster, readClusterAcls),
        }),
        aclsRoute({
          overview: async () => overview(),
          withAdmin: (cluster, use) => withClusterAdmin(engine, host, cluster, use),
          seen: (cluster) => whyLog.seen(cluster),
        }),
      ],
    }),
    denial: (service, request, decision) => sealed.messages.denialOf(service, request, decision),
    audit: (event) => {
      logger.info('api call', { ...event, requestParameters: undefined, responseElements: undefined })
      whyLog.onApiCall(event)
      audit.append(event)
      sealed.lastUsed.onApiCall(event)
    },
  })
  options.onStep?.('starting clusters')
  await msk.start()
  const address = options.host === '0.0.0.0' || options.host === '::' ? '127.0.0.1' : options.host
  const endpoint = `http://${address.includes(':') ? `[${address}]` : address}:${door.port}`
  writeServerRecord(options.dataDir, {
    pid: process.pid,
    endpoint,
    version: VERSION,
    startedAt: new Date().toISOString(),
    region: options.region,
  })
  return {
    endpoint,
    port: door.port,
    portWasTaken: door.portWasTaken,
    generatedKey: generated,
    overview,
    stop,
    stopped,
  }
}

/** Takes the wanted port, or a free one when it is busy. */
async function openFrontDoor(
  options: FrontDoorOptions,
): Promise<{ frontDoor: FrontDoor; port: number; portWasTaken: boolean }> {
  const wanted = createFrontDoor(options)
  try {
    const { port } = await wanted.start()
    return { frontDoor: wanted, port, portWasTaken: false }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    const other = createFrontDoor({ ...options, port: 0 })
    const { port } = await other.start()
    return { frontDoor: other, port, portWasTaken: true }
  }
}

async function stopAll(
  options: ServerOptions,
  running: {
    readonly frontDoor: FrontDoor
    readonly audit: AuditLog
    readonly msk: MskService
    readonly sealed: SealedServices
  },
  keepBrokers: boolean,
): Promise<void> {
  const { frontDoor, audit, msk, sealed } = running
  await frontDoor.stop()
  await audit.flush()
  await msk.stop({ keepBrokers })
  await sealed.close()
  removeServerRecord(options.dataDir)
  if (options.ephemeral) rmSync(options.dataDir, { recursive: true, force: true })
}
