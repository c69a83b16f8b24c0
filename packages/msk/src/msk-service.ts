/**
 * The managed service as the `millrace` package sees it: the operations of the `kafka` API for the front door, the
 * reconciler behind them, and an overview for `/_millrace/health` and `status`.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from '@millrace/base/logger'
import { loadModel } from '@millrace/aws/model'
import { Paginator } from '@millrace/aws/pagination'
import { defineService, type Service } from '@millrace/aws/service'
import { type KeySource, noKeys } from './at-rest/key-source.ts'
import { KeyWatch } from './at-rest/key-watch.ts'
import type { Engine, MappedNetwork, NodeId, NodeObservation, NodeRole, NodeState } from '@millrace/engine/engine'
import { unchangedNames, type PrincipalNames } from '@millrace/policy/principal-names'
import type { ClusterState } from './cluster-state.ts'
import { noAuthorities, type AuthoritySource } from './mutual-tls/authority-source.ts'
import { clientTrustSource, type MutualTlsExtras } from './mutual-tls/client-trust.ts'
import { kafkaOperations } from './kafka-operations.ts'
import { BrokerInterfaces } from './network/broker-interfaces.ts'
import { NetworkRules } from './network/network-rules.ts'
import { noNetworks, type NetworkSource } from './network/network-source.ts'
import type { Dependencies } from './operations/dependencies.ts'
import { Reconciler } from './reconciler/reconciler.ts'
import { ScramSync } from './scram/scram-sync.ts'
import { ScramTurns } from './scram/scram-turns.ts'
import type { SetScramUsers } from './scram/scram-users.ts'
import { noSecrets, type SecretSource } from './scram/secret-source.ts'
import { noCredentials, type CredentialSource } from './iam/credential-source.ts'
import { IamSnapshotSource } from './iam/iam-snapshot-source.ts'
import { ReverseNames } from './iam/reverse-names.ts'
import { SecuritySync } from './security/security-sync.ts'
import { clusterPolicies, kafkaTargets, type KeyTargetSource } from './security/targets.ts'
import { lockDataDirectory } from './store/control-plane-lock.ts'
import { openDatabase } from './store/database.ts'
import { Store } from './store/store.ts'
import { VpcConnections } from './vpc-connections/vpc-connections.ts'
import type { OpenTopics } from './topics/topic-admin.ts'

export interface MskServiceOptions {
  /** Where `millrace.db`, its lock and its pid file live; created if missing. */
  readonly dataDir: string
  readonly engine: Engine
  readonly logger: Logger
  /** Connects to a cluster for the Topics API: `openKafkaTopics(engine, host)` of topics/kafka-topics.ts, or a test's own. */
  readonly openTopics: OpenTopics
  /** Where SCRAM users come from; none when left out. */
  readonly secrets?: SecretSource
  /** Under which the data of clusters can be encrypted; none when left out. */
  readonly keys?: KeySource
  /** What KMS asks of callers whose calls are about keys; without it nothing of KMS is asked. */
  readonly keyTarget?: KeyTargetSource
  /** True: also the data of clusters that name no key, under the AWS managed key. False when left out. */
  readonly alwaysEncrypts?: boolean
  /** Where subnets and security groups come from; every id is an invented one when left out. */
  readonly networks?: NetworkSource
  /** Sources that clients are given instead of their own address. */
  readonly clientAddressMap?: readonly MappedNetwork[]
  /** Whose certificates clusters accept; none when left out. */
  readonly authorities?: AuthoritySource
  /** Off when left out, as on MSK. */
  readonly mutualTls?: MutualTlsExtras
  /** `setKafkaScramUsers(engine, host)` of scram/scram-users.ts, or a test's own. */
  readonly setScramUsers: SetScramUsers
  /** Brokers have the limits of MSK's brokers of their type. False when left out. */
  readonly simulatesLimits?: boolean
  /** Who may come in by IAM; nobody when left out. */
  readonly credentials?: CredentialSource
  /** Users and roles that policies of clusters name; without it names stay as they are. */
  readonly principalNames?: PrincipalNames
  /** Wall clock; the system's when left out. */
  readonly clock?: () => Date
}

/** One cluster, for people and health checks. */
export interface ClusterOverview {
  readonly name: string
  readonly arn: string
  readonly accountId: string
  readonly region: string
  readonly state: ClusterState
  /** Why it is in that state, where that needs saying: `stateInfo`. */
  readonly stateCode: string | null
  readonly stateMessage: string | null
  readonly kafkaVersion: string
  readonly nodes: readonly NodeOverview[]
}

export interface NodeOverview {
  readonly nodeId: NodeId
  readonly role: NodeRole
  readonly zoneId: string | null
  readonly state: NodeState
  readonly pid: number | null
  /** Client ports of a broker; none of a controller. */
  readonly ports: NodeObservation['clientPorts']
  readonly reason: string | null
}

export interface MskService {
  /** For the front door. */
  readonly service: Service
  /** Takes up every cluster where it was left; does not wait for them. */
  start(): Promise<void>
  /** Resolves when nothing that can be done now is left to do: after start(), when all clusters that can be are ACTIVE. */
  idle(): Promise<void>
  /** Of every account and region. */
  overview(): Promise<readonly ClusterOverview[]>
  /** Stops all nodes, or with `keepBrokers` leaves them to the next control plane; then lets go of the data directory. */
  stop(options: { readonly keepBrokers: boolean }): Promise<void>
}

/**
 * Takes the lock on the data directory and opens the state in it.
 * @throws DataDirectoryInUseError when another control plane runs there
 */
export async function createMskService(options: MskServiceOptions): Promise<MskService> {
  const { dataDir, engine, logger } = options
  const clock = options.clock ?? ((): Date => new Date())
  const lock = lockDataDirectory(dataDir)
  let store: Store
  try {
    store = new Store(await openDatabase(join(dataDir, 'millrace.db')))
  } catch (error) {
    lock.release()
    throw error
  }
  const { keys = noKeys, keyTarget = null, alwaysEncrypts = false } = options
  const { networks = noNetworks, clientAddressMap: addressMap = [] } = options
  const interfaces = new BrokerInterfaces(store, networks)
  const reverseNames = new ReverseNames()
  const { principalNames = unchangedNames } = options
  const iam = new IamSnapshotSource({
    principalNames,
    credentials: options.credentials ?? noCredentials,
    clusterPolicy: async (arn) => (await store.clusterPolicy(arn))?.policy ?? null,
    reverseNames,
    simulatesLimits: options.simulatesLimits === true,
    clock,
  })
  const network = new NetworkRules({ store, networks, addressMap, logger })
  const { authorities = noAuthorities, mutualTls = { revocation: false, principalMapping: null } } = options
  const sources = [iam, network, clientTrustSource(authorities, mutualTls)]
  const security = new SecuritySync({ store, engine, clock, logger, sources })
  const vpcConnections = new VpcConnections({ store, logger, clock, onChange: () => security.changed() })
  const reconciler = new Reconciler({
    store,
    engine,
    keys,
    clock,
    logger,
    async pushSecurity(cluster) {
      await interfaces.sync(cluster)
      await vpcConnections.follow(cluster)
      await security.sync(cluster)
    },
    async clusterRemoved(clusterArn) {
      await interfaces.remove(clusterArn)
      await vpcConnections.clusterRemoved(clusterArn)
    },
  })
  const { secrets = noSecrets, setScramUsers } = options
  const scramTurns = new ScramTurns()
  const scram = new ScramSync({ store, secrets, keys, setUsers: setScramUsers, turns: scramTurns, logger })
  const keyWatch = new KeyWatch({ store, engine, keys, logger, wake: (clusterArn) => reconciler.wake(clusterArn) })
  const dependencies: Dependencies = {
    keys,
    keyTarget,
    alwaysEncrypts,
    secrets,
    authorities,
    principalNames,
    setScramUsers,
    scramTurns,
    securityChanged: () => security.changed(),
    store,
    engine,
    wake: (clusterArn) => reconciler.wake(clusterArn),
    paginator: new Paginator(randomBytes(32)),
    clock,
    openTopics: options.openTopics,
    networks,
    vpcConnections,
  }
  return {
    service: defineService(
      loadModel('kafka'),
      kafkaOperations(dependencies),
      kafkaTargets({ store, policyOf: clusterPolicies(store), keyTarget }),
    ),
    async start() {
      // First: what a node is told when it is adopted counts at once.
      await interfaces.syncAll()
      vpcConnections.wake()
      await security.start()
      keyWatch.start()
      void reverseNames.refresh()
      await reconciler.start()
      scram.start()
    },
    async idle() {
      await keyWatch.idle()
      await reconciler.idle()
      await scram.idle()
      await vpcConnections.idle()
    },
    overview: () => overview(store, engine),
    async stop({ keepBrokers }) {
      scram.close()
      keyWatch.close()
      security.close()
      reverseNames.close()
      reconciler.close()
      await engine.close({ keepNodes: keepBrokers })
      await keyWatch.idle()
      await reconciler.idle()
      await scram.idle()
      await vpcConnections.idle()
      await store.close()
      lock.release()
    },
  }
}

async function overview(store: Store, engine: Engine): Promise<readonly ClusterOverview[]> {
  const clusters = await store.allClusters()
  return Promise.all(
    clusters.map(async (cluster) => {
      const { nodes } = await engine.observe(cluster.id)
      return {
        name: cluster.name,
        arn: cluster.arn,
        accountId: cluster.accountId,
        region: cluster.region,
        state: cluster.state,
        stateCode: cluster.stateCode,
        stateMessage: cluster.stateMessage,
        kafkaVersion: cluster.desired.KafkaVersion,
        nodes: nodes.map(({ nodeId, role, zoneId, state, pid, clientPorts, reason }) => ({
          nodeId,
          role,
          zoneId,
          state,
          pid,
          ports: clientPorts,
          reason,
        })),
      }
    }),
  )
}
