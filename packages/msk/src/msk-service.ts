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
import type { Engine, NodeId, NodeObservation, NodeRole, NodeState } from '@millrace/engine/engine'
import type { ClusterState } from './cluster-state.ts'
import { kafkaOperations } from './kafka-operations.ts'
import type { Dependencies } from './operations/dependencies.ts'
import { Reconciler } from './reconciler/reconciler.ts'
import { ScramSync } from './scram/scram-sync.ts'
import type { SetScramUsers } from './scram/scram-users.ts'
import { noSecrets, type SecretSource } from './scram/secret-source.ts'
import { SecuritySync } from './security/security-sync.ts'
import { lockDataDirectory } from './store/control-plane-lock.ts'
import { openDatabase } from './store/database.ts'
import { Store } from './store/store.ts'
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
  /** `setKafkaScramUsers(engine, host)` of scram/scram-users.ts, or a test's own. */
  readonly setScramUsers: SetScramUsers
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
  /** Why it is in that state, where that needs saying. */
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
  const security = new SecuritySync({ store, engine, clock, logger, sources: [] })
  const reconciler = new Reconciler({
    store,
    engine,
    clock,
    logger,
    pushSecurity: (cluster) => security.sync(cluster),
  })
  const { secrets = noSecrets, setScramUsers } = options
  const scram = new ScramSync({ store, secrets, setUsers: setScramUsers, logger })
  const dependencies: Dependencies = {
    secrets,
    setScramUsers,
    store,
    engine,
    wake: (clusterArn) => reconciler.wake(clusterArn),
    paginator: new Paginator(randomBytes(32)),
    clock,
    openTopics: options.openTopics,
  }
  return {
    service: defineService(loadModel('kafka'), kafkaOperations(dependencies)),
    async start() {
      // First: what a node is told when it is adopted counts at once.
      await security.start()
      await reconciler.start()
      scram.start()
    },
    async idle() {
      await reconciler.idle()
      await scram.idle()
    },
    overview: () => overview(store, engine),
    async stop({ keepBrokers }) {
      scram.close()
      security.close()
      reconciler.close()
      await engine.close({ keepNodes: keepBrokers })
      await reconciler.idle()
      await scram.idle()
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
