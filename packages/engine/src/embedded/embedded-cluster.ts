/**
 * One cluster of the embedded engine: its record on disk and a supervisor per node. Its owner is the engine, which
 * runs one call at a time (`exclusively`).
 */
import type { SecuritySnapshot } from '@millrace/broker/security/security-snapshot'
import type { Logger } from '@millrace/base/logger'
import type { DataKeys } from '../data-keys.ts'
import {
  type AdminAccess,
  type ClientListener,
  type ClusterObservation,
  type ClusterSpec,
  EngineError,
  type EngineEvent,
  type EngineStep,
  type NodeId,
  type NodeObservation,
  type PrivateListener,
} from '../engine.ts'
import { CLIENT_LISTENERS } from '../client-listeners.ts'
import { authorityOf } from './authority-of.ts'
import type { BrokerCertificates } from './broker-certificates.ts'
import type { ClusterDirectory, ClusterRecord, NodeRecord } from './cluster-directory.ts'
import { type ReadPartitions, waitUntilInSync } from './in-sync.ts'
import { configHash, type NodeConfig, type NodeListener } from './node-config.ts'
import { nodeDataKey } from './node-data-key.ts'
import type { NodeScripts } from './node-handle.ts'
import type { NodeRefusals } from '../node-refusals.ts'
import { NodeSupervisor } from './node-supervisor.ts'
import { rollingOrder } from './rolling-order.ts'
import { securityLines } from './security-parts.ts'

export interface EmbeddedClusterOptions {
  readonly directory: ClusterDirectory
  readonly listenHost: string
  readonly ephemeral: boolean
  readonly scripts: NodeScripts
  readonly dataKeys: DataKeys | null
  readonly logger: Logger
  readonly readPartitions: ReadPartitions
  readonly certificates: BrokerCertificates
  readonly emit: (event: EngineEvent) => void
  /** Adds records for the nodes of `spec` that have none yet, with other ports than those of `avoid`. */
  readonly placeNodes: (
    spec: ClusterSpec,
    known: readonly NodeRecord[],
    avoid: readonly NodeRecord[],
  ) => Promise<readonly NodeRecord[]>
}

/** Replicas of the embedded engine are on the same machine: one that has not caught up by then has another problem. */
const IN_SYNC_TIMEOUT_MS = 120_000
const INTERNAL_HOST = '127.0.0.1'
const LISTENERS: Readonly<Record<PrivateListener, Omit<NodeListener, 'name' | 'host' | 'port'>>> = {
  plaintext: { securityProtocol: 'PLAINTEXT' },
  tls: { securityProtocol: 'SSL' },
  scram: { securityProtocol: 'SASL_SSL', saslMechanisms: ['SCRAM-SHA-512'] },
  iam: { securityProtocol: 'SASL_SSL', saslMechanisms: ['AWS_MSK_IAM', 'OAUTHBEARER'] },
}
/** A port that was free when it was given out can be taken by the time the node binds it; nobody loses it that often. */
const PLACINGS_MAX = 5

export class EmbeddedCluster {
  readonly #options: EmbeddedClusterOptions
  readonly #supervisors = new Map<NodeId, NodeSupervisor>()
  #record: ClusterRecord | null
  #queue: Promise<unknown> = Promise.resolve()
  #retired = false
  #adoption: Promise<unknown> | null = null
  #security: SecuritySnapshot | null = null

  constructor(options: EmbeddedClusterOptions) {
    this.#options = options
    this.#record = options.directory.read()
  }

  get nodes(): readonly NodeRecord[] {
    return this.#record?.nodes ?? []
  }

  /** Runs `work` when all earlier calls for this cluster have ended. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work, work)
    this.#queue = result.catch(() => {})
    return result
  }

  async apply(spec: ClusterSpec, report: (step: EngineStep) => void, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const before = this.#record?.spec ?? spec
    await this.#startAll(spec, report, [])
    for (const supervisor of rollingOrder(this.#ordered(), before, spec)) {
      if (supervisor.runningConfigHash === configHash(this.#nodeConfig(supervisor.node))) continue
      signal.throwIfAborted()
      await this.#restartNode(supervisor, report, signal)
    }
  }

  /** The brokers' certificate becomes good for `names` as well, and for a while to come; running brokers are told. */
  async renewCertificate(names: readonly string[]): Promise<void> {
    if (this.#record === null) throw new EngineError(`cluster ${this.#options.directory.id} is not known here`)
    if (!needsCertificate(this.#record.spec)) return
    await this.adopt()
    await this.#ensureCertificate(names)
  }

  /** At once: nodes that start later ask for the newest, and none is restarted for it. */
  pushSecurity(snapshot: SecuritySnapshot): void {
    this.#security = snapshot
    // The controller first: who is let in by a broker must not be a stranger there.
    const lines = securityLines(snapshot)
    for (const supervisor of this.#ordered().toReversed()) supervisor.tellSecurity(lines)
  }

  /** What its running nodes turned away since they were last asked. */
  async readRefusals(): Promise<NodeRefusals[]> {
    const cluster = { clusterId: this.#options.directory.id, clusterName: this.#record?.spec.name ?? '' }
    const read = await Promise.all(
      this.#ordered().map(async (supervisor) => {
        const { nodeId, role } = supervisor.node
        const told = await supervisor.readRefusals()
        return told === null ? [] : [{ ...cluster, nodeId, role, ...told }]
      }),
    )
    return read.flat()
  }

  async restart(node: NodeId): Promise<void> {
    await this.adopt()
    const supervisor = this.#supervisors.get(node)
    if (supervisor === undefined) throw new EngineError(`there is no node ${node}`, { nodeId: node })
    await this.#restartNode(supervisor, () => {}, new AbortController().signal)
  }

  async observe(): Promise<ClusterObservation> {
    await this.adopt()
    return {
      clusterId: this.#options.directory.id,
      nodes: this.#ordered().map(({ node, state, pid, reason }) => ({
        nodeId: node.nodeId,
        role: node.role,
        state,
        zoneId: node.zoneId,
        pid,
        clientPorts: servedPorts(node, this.#record?.spec.clientListeners ?? []),
        internalPort: node.internalPort,
        reason,
      })),
    }
  }

  adminAccess(): AdminAccess {
    const brokers = this.nodes.filter(({ role }) => role === 'broker')
    if (brokers.length === 0) throw new EngineError(`cluster ${this.#options.directory.id} is not known here`)
    const { internalSecret, tls } = this.#options.directory.secrets()
    const encrypted = this.#record?.spec.encryptsInCluster === true && tls !== undefined
    return {
      bootstrap: brokers.map(({ internalPort }) => `${INTERNAL_HOST}:${internalPort}`).join(','),
      internalSecret,
      ...(encrypted ? { tls: { caPem: authorityOf(tls.certificatePem) } } : {}),
    }
  }

  /**
   * Ends all nodes at once. The controller goes first: without it no ISR shrinks while the brokers go, so that all of
   * them are still in sync when they come back. Nothing is lost: a produce that misses a follower is not acknowledged.
   */
  async stop(): Promise<void> {
    const supervisors = [...this.#supervisors.values()]
    await Promise.all(
      [
        ...supervisors.filter(({ node }) => node.role === 'controller'),
        ...supervisors.filter(({ node }) => node.role === 'broker'),
      ].map((supervisor) => supervisor.stop({ controlled: false })),
    )
  }

  async halt(reason: string): Promise<void> {
    await this.adopt()
    await this.stop()
    for (const supervisor of this.#supervisors.values()) supervisor.reason = reason
  }

  async destroy(): Promise<void> {
    await this.adopt()
    await this.stop()
    this.#supervisors.clear()
    this.#record = null
    this.#options.directory.remove()
  }

  /** Nothing is started any more; before stop() or release() when the engine closes. */
  retire(): void {
    this.#retired = true
    for (const supervisor of this.#supervisors.values()) supervisor.retire()
  }

  release(): void {
    for (const supervisor of this.#supervisors.values()) supervisor.release()
    this.#supervisors.clear()
    this.#adoption = null
  }

  /** Takes over what an earlier control plane left running; once. */
  async adopt(): Promise<void> {
    for (const node of this.nodes) {
      if (!this.#supervisors.has(node.nodeId)) this.#supervisors.set(node.nodeId, this.#supervisor(node))
    }
    this.#adoption ??= Promise.all([...this.#supervisors.values()].map((supervisor) => supervisor.adopt()))
    await this.#adoption
  }

  #checkOpen(): void {
    if (this.#retired) throw new EngineError('the engine is closing')
  }

  /**
   * Places the nodes and starts those that do not run. Addresses never change once a cluster has served; while it is
   * being created, a port that somebody else has taken in the meantime is exchanged for another.
   */
  async #startAll(spec: ClusterSpec, report: (step: EngineStep) => void, avoid: readonly NodeRecord[]): Promise<void> {
    const isNew = this.#record === null
    await this.#prepare(spec, report, avoid)
    await this.adopt()
    this.#checkOpen()
    try {
      await this.#startMissing(this.#ordered(), report)
    } catch (error) {
      const placings = avoid.length / this.nodes.length + 1
      if (!isNew || placings === PLACINGS_MAX || !(error instanceof Error) || !error.message.includes('EADDRINUSE'))
        throw error
      this.#options.logger.warn('a port was taken before its node could bind it; choosing others', {
        reason: error.message,
      })
      const tried = [...avoid, ...this.nodes]
      await this.stop()
      this.#supervisors.clear()
      this.#adoption = null
      this.#record = null
      await this.#startAll(spec, report, tried)
    }
  }

  async #prepare(
    desired: ClusterSpec,
    report: (step: EngineStep) => void,
    avoid: readonly NodeRecord[],
  ): Promise<void> {
    // Nodes that speak TLS and nodes that do not cannot meet, so a rolling restart cannot change it.
    // Data that is there stays as it was written.
    const { encryptsInCluster, encryptionAtRest } = this.#record?.spec ?? desired
    const spec = { ...desired, encryptsInCluster, encryptionAtRest }
    const known = this.#record?.nodes ?? []
    const isNew = this.#record === null
    if (isNew) report({ name: 'PREPARE_CLUSTER', nodeId: null, status: 'IN_PROGRESS' })
    const nodes = await this.#options.placeNodes(spec, known, avoid)
    if (needsCertificate(spec)) await this.#ensureCertificate([])
    this.#record = { spec, nodes }
    for (const node of nodes) {
      const supervisor = this.#supervisors.get(node.nodeId)
      if (supervisor !== undefined) supervisor.node = node
    }
    this.#options.directory.write(this.#record)
    if (isNew) report({ name: 'PREPARE_CLUSTER', nodeId: null, status: 'COMPLETED' })
  }

  async #ensureCertificate(names: readonly string[]): Promise<void> {
    const { directory, certificates } = this.#options
    const known = directory.secrets().tls ?? null
    const tls = await certificates.current(directory.id, known, names)
    if (tls === known) return
    directory.writeCertificate(tls)
    for (const supervisor of this.#supervisors.values()) supervisor.replaceCertificate(tls)
  }

  /** All at once, the controller a little ahead: brokers keep trying to reach it until it is there. */
  async #startMissing(supervisors: readonly NodeSupervisor[], report: (step: EngineStep) => void): Promise<void> {
    const missing = supervisors.filter(({ state }) => state !== 'running')
    if (missing.length === 0) return
    report({ name: 'START_NODES', nodeId: null, status: 'IN_PROGRESS' })
    missing.sort((a, b) => b.node.nodeId - a.node.nodeId)
    // The first that cannot start ends the wait: others may be waiting for it, brokers for their controller.
    await Promise.all(missing.map((supervisor) => supervisor.start(this.#nodeConfig(supervisor.node))))
    report({ name: 'START_NODES', nodeId: null, status: 'COMPLETED' })
  }

  async #restartNode(
    supervisor: NodeSupervisor,
    report: (step: EngineStep) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { nodeId, role } = supervisor.node
    const name = role === 'broker' ? 'RESTART_BROKER' : 'RESTART_CONTROLLER'
    report({ name, nodeId, status: 'IN_PROGRESS' })
    this.#checkOpen()
    await supervisor.stop({ controlled: true })
    await supervisor.start(this.#nodeConfig(supervisor.node))
    if (role === 'broker') {
      await waitUntilInSync({
        access: this.adminAccess(),
        node: nodeId,
        read: this.#options.readPartitions,
        timeoutMs: IN_SYNC_TIMEOUT_MS,
        signal,
      })
    }
    report({ name, nodeId, status: 'COMPLETED' })
  }

  /** Brokers by id, then controllers: the order of a rolling restart. */
  #ordered(): NodeSupervisor[] {
    return [...this.#supervisors.values()].sort((a, b) => a.node.nodeId - b.node.nodeId)
  }

  #supervisor(node: NodeRecord): NodeSupervisor {
    const { directory, scripts, logger, emit } = this.#options
    const event = { clusterId: directory.id, nodeId: node.nodeId, role: node.role }
    return new NodeSupervisor({
      node,
      clusterName: this.#record?.spec.name ?? '',
      directory: directory.nodeDirectory(node),
      scripts,
      secrets: () => directory.secrets(),
      dataKey: () => this.#dataKey(node),
      security: () => this.#security,
      logger,
      onUp: () => emit({ kind: 'node-up', ...event, reason: null }),
      onDown: (reason) => emit({ kind: 'node-down', ...event, reason }),
    })
  }

  #dataKey(node: NodeRecord): Promise<Buffer> | null {
    const { directory, dataKeys } = this.#options
    const atRest = this.#record?.spec.encryptionAtRest ?? null
    if (atRest === null) return null
    if (dataKeys === null)
      return Promise.reject(new EngineError('there is nobody here who holds keys for data at rest'))
    const owner = { ...atRest, clusterId: directory.id, nodeId: node.nodeId }
    return nodeDataKey(directory.nodeDirectory(node), owner, dataKeys)
  }

  #nodeConfig(node: NodeRecord): NodeConfig {
    const record = this.#record
    const controller = record?.nodes.find(({ role }) => role === 'controller')
    if (record === null || controller === undefined) throw new EngineError('the cluster has no controller')
    const { spec } = record
    return {
      role: node.role,
      clusterName: spec.name,
      clusterId: spec.kafkaClusterId,
      nodeId: node.nodeId,
      rack: node.zoneId,
      kafkaVersion: /^\d+\.\d+/.exec(spec.kafkaVersion)?.[0] ?? spec.kafkaVersion,
      listeners: spec.clientListeners.flatMap((kind) => {
        const port = node.clientPorts?.[kind]
        return port === undefined ? [] : [{ ...clientListener(kind, spec), host: this.#options.listenHost, port }]
      }),
      internalListener: { host: INTERNAL_HOST, port: node.internalPort },
      encryptsInCluster: spec.encryptsInCluster,
      controller: { nodeId: controller.nodeId, host: INTERNAL_HOST, port: controller.internalPort },
      properties: spec.properties,
      ephemeral: this.#options.ephemeral,
    }
  }
}

function needsCertificate({ clientListeners, encryptsInCluster }: ClusterSpec): boolean {
  return encryptsInCluster || clientListeners.some((kind) => listenerLike(kind).securityProtocol !== 'PLAINTEXT')
}

function listenerLike(kind: ClientListener): Omit<NodeListener, 'name' | 'host' | 'port'> {
  return LISTENERS[CLIENT_LISTENERS[kind].like]
}

function clientListener(
  kind: ClientListener,
  { clientCertificates }: ClusterSpec,
): Omit<NodeListener, 'host' | 'port'> {
  const { name, like, from } = CLIENT_LISTENERS[kind]
  if (like !== 'tls') return { name, ...LISTENERS[like] }
  // From outside nobody comes in who does not prove who it is.
  const asked = from === 'own-vpc' ? clientCertificates : 'required'
  return { name, ...LISTENERS.tls, ...(asked === undefined ? {} : { clientCertificates: asked }) }
}

function servedPorts({ clientPorts }: NodeRecord, kinds: readonly ClientListener[]): NodeObservation['clientPorts'] {
  return clientPorts === null ? {} : Object.fromEntries(kinds.map((kind) => [kind, clientPorts[kind]]))
}
