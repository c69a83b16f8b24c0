/**
 * Engine: where clusters run. The managed service says what should be (a ClusterSpec); an engine makes it so and
 * reports what is (a ClusterObservation). Everything inside a cluster (topics, configs, groups) goes over the Kafka
 * protocol and is none of an engine's business.
 *
 * Every call is idempotent: repeated after a crash half-way it goes on from what it finds. Calls for one cluster are
 * run one after the other by the engine itself; calls for different clusters run side by side.
 */
import type { TlsClientOptions } from '@millrace/base/host'
import type { NodeRefusals } from './node-refusals.ts'
import type { Uuid } from '@millrace/base/uuid'
import type { SecuritySnapshot } from '@millrace/broker/security/security-snapshot'

export type { SecuritySnapshot } from '@millrace/broker/security/security-snapshot'
export type { ListenerAccess, MappedNetwork, NetworkSnapshot } from '@millrace/network/access/network-snapshot'

/** The last part of the cluster's ARN, `<uuid>-<number>`: unique over accounts and regions, safe as a file name. */
export type ClusterId = string

/** Kafka's node id: brokers 1..N, controllers from 10001 (as MSK numbers them). */
export type NodeId = number

export type NodeRole = 'broker' | 'controller'

export interface BrokerSpec {
  readonly nodeId: NodeId
  /** The zone id (`use1-az1`): the broker's rack, and the failure domain it lives in. */
  readonly zoneId: string
}

export interface ControllerSpec {
  readonly nodeId: NodeId
}

/** How clients of the cluster's own VPC connect. */
export type PrivateListener = 'plaintext' | 'tls' | 'scram' | 'iam'

/** How clients connect from the internet: the twins of those that authenticate. */
export type PublicListener = 'public-tls' | 'public-scram' | 'public-iam'

/** How clients connect from other VPCs, by VPC connections. */
export type VpcListener = 'vpc-tls' | 'vpc-scram' | 'vpc-iam'

/** How clients may connect: each kind has a port of its own on every broker. */
export type ClientListener = PrivateListener | PublicListener | VpcListener

/** Each node has a data key of its own, wrapped by this KMS key. */
export interface EncryptionAtRest {
  readonly keyArn: string
  /** Data keys are bound to it. */
  readonly clusterArn: string
  /** The KMS key is a customer's, and used under a grant. */
  readonly underGrant?: boolean
}

/** What a cluster should be. Plain data: it is stored, compared, and handed to node processes as JSON. */
export interface ClusterSpec {
  readonly id: ClusterId
  readonly name: string
  /** `cluster.id` inside Kafka. */
  readonly kafkaClusterId: Uuid
  /** As the user chose it: `3.9.x`, `3.9.x.kraft`, `4.0.x.kraft`. */
  readonly kafkaVersion: string
  readonly brokers: readonly BrokerSpec[]
  readonly controllers: readonly ControllerSpec[]
  /** At least one. */
  readonly clientListeners: readonly ClientListener[]
  /**
   * Of the listener `tls`: clients are asked for certificates of authorities that the security snapshot names. Left out:
   * they are not asked.
   */
  readonly clientCertificates?: 'requested' | 'required'
  /** Nodes speak TLS with each other. */
  readonly encryptsInCluster: boolean
  /** What the nodes' data is encrypted under; null: it is plain. Chosen when the cluster is made. */
  readonly encryptionAtRest: EncryptionAtRest | null
  /** The static configuration every node runs with, defaults of the service included (`server.properties` in Kafka). */
  readonly properties: Readonly<Record<string, string>>
}

/** One step of a walk towards the desired cluster, told while it happens. */
export interface EngineStep {
  readonly name: 'PREPARE_CLUSTER' | 'START_NODES' | 'RESTART_BROKER' | 'RESTART_CONTROLLER'
  /** The node that the step is about; null when it concerns all. */
  readonly nodeId: NodeId | null
  readonly status: 'IN_PROGRESS' | 'COMPLETED'
}

export type NodeState =
  /** Not running, and not being started. */
  | 'stopped'
  /** The process is being started, or waits for its turn after it has died. */
  | 'starting'
  /** Serving: a broker is registered and unfenced, a controller answers. */
  | 'running'
  | 'stopping'

export interface NodeObservation {
  readonly nodeId: NodeId
  readonly role: NodeRole
  readonly state: NodeState
  readonly zoneId: string | null
  readonly pid: number | null
  /** The ports of the client listeners that are served; none of a controller. */
  readonly clientPorts: Readonly<Partial<Record<ClientListener, number>>>
  readonly internalPort: number
  /** Why it is not running, in a sentence; null while it runs or was never started. */
  readonly reason: string | null
}

export interface ClusterObservation {
  readonly clusterId: ClusterId
  /** Empty when the engine knows nothing of the cluster. Controllers after brokers, each by node id. */
  readonly nodes: readonly NodeObservation[]
}

/** How the control plane itself reaches the cluster with an admin client. */
export interface AdminAccess {
  /** "host:port,…" of the nodes' internal listeners. */
  readonly bootstrap: string
  /** The cluster's secret: password of the user `internal` on those listeners. */
  readonly internalSecret: string
  /** Absent: those listeners are plaintext. */
  readonly tls?: TlsClientOptions
}

/** A node came up or went away; sent within milliseconds, also for nodes that were adopted. */
export interface EngineEvent {
  readonly kind: 'node-up' | 'node-down'
  readonly clusterId: ClusterId
  readonly nodeId: NodeId
  readonly role: NodeRole
  /** Why it went down, in a sentence. */
  readonly reason: string | null
}

export interface Engine {
  readonly name: 'embedded' | 'apache-kafka'
  /**
   * Makes the cluster what `desired` says: adopts nodes that run, starts those that do not, and restarts one by one
   * those that run with another configuration. Resolves when every node serves.
   * @throws EngineError when a node cannot be brought up; the engine keeps trying, and tells by an event when it is up
   */
  apply(desired: ClusterSpec, report: (step: EngineStep) => void, signal: AbortSignal): Promise<void>
  /** What is; adopts running nodes of an earlier control plane on the way. Never starts or stops anything. */
  observe(cluster: ClusterId): Promise<ClusterObservation>
  /** Restarts one node (a broker by controlled shutdown) and resolves when it serves and is in all its ISRs again. */
  restart(cluster: ClusterId, node: NodeId): Promise<void>
  /**
   * Ends all nodes at once, also in the middle of an `apply`, which then fails; they stay stopped until the next one.
   * No error when the cluster is unknown.
   */
  halt(cluster: ClusterId, reason: string): Promise<void>
  /** Ends all nodes and removes all their data. No error when the cluster is unknown. */
  destroy(cluster: ClusterId): Promise<void>
  /** @throws EngineError when the cluster is unknown */
  adminAccess(cluster: ClusterId): Promise<AdminAccess>
  /**
   * Clients will reach the brokers by this name or address: from now on their certificate is good for it too.
   * @throws EngineError when the cluster is unknown
   */
  reachedBy(cluster: ClusterId, host: string): Promise<void>
  /**
   * From now on the cluster's nodes go by `snapshot`: those that run are told at once, others when they start or are adopted.
   * Never restarts a node. Kept in memory alone: the control plane pushes anew after its own start.
   */
  pushSecurity(cluster: ClusterId, snapshot: SecuritySnapshot): void
  /**
   * What the running nodes of all clusters turned away since this was last asked: nodes keep the latest, bounded, and
   * lose it when they end. For one reader.
   */
  readRefusals(): Promise<readonly NodeRefusals[]>
  /** Calls `listener` for every event until the returned function is called. */
  subscribe(listener: (event: EngineEvent) => void): () => void
  /** Lets go of everything: stops all nodes cleanly, or with `keepNodes` leaves them running for the next control plane. */
  close(options: { readonly keepNodes: boolean }): Promise<void>
}

/** A node or cluster could not be brought to where it should be. The message is a sentence for the operator. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly nodeId: NodeId | null

  constructor(message: string, options: { readonly nodeId?: NodeId; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.nodeId = options.nodeId ?? null
  }
}
