/** A control plane in memory, on the fake engine: what the unit tests of operations and reconciler run against. */
import type { CallContext } from '@millrace/aws/call-context'
import { AwsError, type ErrorName } from '@millrace/aws/errors'
import type { Input, OperationName, Output } from '@millrace/aws/operation-types'
import { Paginator } from '@millrace/aws/pagination'
import { silentLogger } from '@millrace/base/logger'
import { unchangedNames, type PrincipalNames } from '@millrace/policy/principal-names'
import { kafkaOperations } from '../kafka-operations.ts'
import type { Dependencies } from '../operations/dependencies.ts'
import { clientTrustSource } from '../mutual-tls/client-trust.ts'
import { ScramTurns } from '../scram/scram-turns.ts'
import { SecuritySync } from '../security/security-sync.ts'
import { Reconciler } from '../reconciler/reconciler.ts'
import type { ProvisionedRequest } from '../sdk-types.ts'
import type { Cluster } from '../store/records.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { VpcConnections } from '../vpc-connections/vpc-connections.ts'
import { Store } from '../store/store.ts'
import { BrokerInterfaces } from '../network/broker-interfaces.ts'
import { FakeNetworks } from './fake-networks.ts'
import { FakeAuthorities } from './fake-authorities.ts'
import { FakeEngine } from './fake-engine.ts'
import { FakeKeys } from './fake-keys.ts'
import { FakeScramUsers, FakeSecrets } from './fake-secrets.ts'
import { FakeTopics } from './fake-topics.ts'

type Name = OperationName<'kafka'>

export class ControlPlane {
  readonly engine: FakeEngine
  readonly topics: FakeTopics = new FakeTopics()
  readonly secrets: FakeSecrets = new FakeSecrets()
  readonly keys: FakeKeys = new FakeKeys()
  /** As `--encrypt-at-rest always`. */
  alwaysEncrypts = false
  readonly authorities: FakeAuthorities = new FakeAuthorities()
  readonly scramUsers: FakeScramUsers = new FakeScramUsers()
  /** A test may know somebody. */
  principalNames: PrincipalNames = unchangedNames
  readonly scramTurns: ScramTurns = new ScramTurns()
  readonly networks: FakeNetworks = new FakeNetworks()
  /** How often an operation told that snapshots may be others. */
  securityChanges = 0
  readonly store: Store
  readonly vpcConnections: VpcConnections
  readonly #database: Database
  #nowMs = Date.parse('2026-01-01T00:00:00.000Z')
  #reconciler: Reconciler

  static async open(engine: FakeEngine = new FakeEngine()): Promise<ControlPlane> {
    return new ControlPlane(engine, await openDatabase(':memory:'))
  }

  private constructor(engine: FakeEngine, database: Database) {
    this.engine = engine
    this.#database = database
    this.store = new Store(database)
    // Of the secrets that tests make.
    this.keys.put('secrets')
    this.vpcConnections = new VpcConnections({
      store: this.store,
      logger: silentLogger,
      clock: this.clock,
      onChange: () => undefined,
    })
    this.#reconciler = this.#newReconciler()
  }

  readonly clock = (): Date => new Date(this.#nowMs++)

  get dependencies(): Dependencies {
    return {
      store: this.store,
      engine: this.engine,
      wake: (arn) => this.#reconciler.wake(arn),
      paginator: new Paginator(Buffer.alloc(32, 7)),
      clock: this.clock,
      networks: this.networks,
      vpcConnections: this.vpcConnections,
      openTopics: async () => this.topics,
      secrets: this.secrets,
      keys: this.keys,
      // Every key lets the caller ask; a test's `whyNot` says what it may.
      keyTarget: async (key) => ({
        resource: key,
        policies: { accountId: callContext.accountId, policies: [], mustAllow: false },
      }),
      alwaysEncrypts: this.alwaysEncrypts,
      authorities: this.authorities,
      setScramUsers: this.scramUsers.set,
      scramTurns: this.scramTurns,
      principalNames: this.principalNames,
      securityChanged: () => void this.securityChanges++,
    }
  }

  /** Calls an operation as the front door does after its own checks. */
  async call<Operation extends Name>(
    name: Operation,
    input: Input<'kafka', Operation>,
    context: Partial<CallContext> = {},
  ): Promise<Output<'kafka', Operation>> {
    const handler = kafkaOperations(this.dependencies)[name]
    if (handler === undefined) throw new Error(`${name} has no code`)
    return (await handler(input, { ...callContext, ...context })) as Output<'kafka', Operation>
  }

  /** The refusal of a call as one object to compare: exception, member, message. */
  async refusal<Operation extends Name>(
    name: Operation,
    input: Input<'kafka', Operation>,
    context: Partial<CallContext> = {},
  ): Promise<{ readonly name: ErrorName; readonly invalidParameter: unknown; readonly message: string }> {
    try {
      await this.call(name, input, context)
    } catch (error) {
      if (error instanceof AwsError) {
        return { name: error.name, invalidParameter: error.members['InvalidParameter'], message: error.message }
      }
      throw error
    }
    throw new Error(`${name} was not refused`)
  }

  start(): Promise<void> {
    return this.#reconciler.start()
  }

  async idle(): Promise<void> {
    await this.#reconciler.idle()
    await this.vpcConnections.idle()
  }

  /** The process dies: what was under way is never heard of again, and a new one starts on the same state. */
  async crashAndStart(): Promise<void> {
    this.#reconciler.close()
    this.#reconciler = this.#newReconciler()
    await this.#reconciler.start()
  }

  /** An ACTIVE cluster. */
  async activeCluster(name = 'orders', change: Partial<ProvisionedRequest> = {}): Promise<Cluster> {
    const { ClusterArn = '' } = await this.call('CreateClusterV2', {
      ClusterName: name,
      Provisioned: provisioned(change),
    })
    await this.idle()
    return this.cluster(ClusterArn)
  }

  async cluster(arn: string): Promise<Cluster> {
    const cluster = await this.store.cluster(arn)
    if (cluster === null) throw new Error(`${arn} is gone`)
    return cluster
  }

  async close(): Promise<void> {
    this.#reconciler.close()
    await this.#reconciler.idle()
    await this.vpcConnections.idle()
    await this.#database.destroy()
  }

  #newReconciler(): Reconciler {
    const { store, engine, clock } = this
    const { vpcConnections } = this
    const interfaces = new BrokerInterfaces(store, this.networks)
    const sources = [clientTrustSource(this.authorities, { revocation: false, principalMapping: null })]
    const security = new SecuritySync({ store, engine, clock, logger: silentLogger, sources })
    return new Reconciler({
      store,
      engine,
      keys: this.keys,
      clock,
      logger: silentLogger,
      async pushSecurity(cluster) {
        await interfaces.sync(cluster)
        await vpcConnections.follow(cluster)
        await security.sync(cluster)
      },
      async clusterRemoved(clusterArn) {
        await interfaces.remove(clusterArn)
        await vpcConnections.clusterRemoved(clusterArn)
      },
      retryDelayMs: 60_000,
    })
  }
}

export const callContext: CallContext = {
  requestId: '6f0d2f4e-8a1b-4f42-9c70-0c6f3c9a1b2d',
  accountId: '000000000000',
  region: 'us-east-1',
  principal: {
    kind: 'root',
    accountId: '000000000000',
    arn: 'arn:aws:iam::000000000000:root',
  } as unknown as CallContext['principal'],
  whyNot: () => null,
  apiHost: '127.0.0.1',
  sourceIp: '127.0.0.1',
  userAgent: 'test',
  signal: new AbortController().signal,
}

/** Three brokers over three zones. */
export function provisioned(change: Partial<ProvisionedRequest> = {}): ProvisionedRequest {
  return {
    BrokerNodeGroupInfo: { ClientSubnets: ['subnet-a', 'subnet-b', 'subnet-c'], InstanceType: 'kafka.m5.large' },
    KafkaVersion: '3.9.x',
    NumberOfBrokerNodes: 3,
    EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS_PLAINTEXT' } },
    ...change,
  }
}
