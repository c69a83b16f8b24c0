/**
 * A whole cluster in one process on fake hosts: one controller and any number of brokers, each on a machine of its own
 * in one World. Real code throughout; only clock, disk, network and randomness are the test's. Runs repeat by seed.
 */
import type { Host } from '@millrace/base/host'
import { silentLogger, type Logger } from '@millrace/base/logger'
import type { Broker } from '@millrace/broker/broker'
import { startBroker } from '@millrace/broker/start-broker'
import type { BrokerConfig } from '@millrace/broker/broker-config'
import { NodeChannel } from '@millrace/client/channel'
import { startController, type Controller } from '@millrace/controller/start-controller'
import { SealedDisk } from '@millrace/log/sealing/sealed-disk'
import type { FakeHost } from '@millrace/testkit/fake-host'
import type { World } from '@millrace/testkit/world'

const CLUSTER_ID = 'c1mulatedClusterAAAAAA'
const SECRET = 'secret of the simulated cluster'
export const CONTROLLER_ID = 10_001
const CONTROLLER_PORT = 9_093
const INTERNAL_PORT = 9_094
const CLIENT_PORT = 9_092
const START_LIMIT_MS = 30_000
/** Of all nodes of a sealed cluster. */
export const SIMULATED_DATA_KEY: Buffer = Buffer.alloc(32, 9)
/** So small that slabs go around within a run; a use after release shows. */
const ARENA = { slabBytes: 64 * 1024, tailBytesMax: 128 * 1024, poison: true }

export interface SimulatedClusterOptions {
  readonly world: World
  readonly brokerCount: number
  readonly kafkaVersion?: string
  readonly properties?: Readonly<Record<string, string>>
  readonly logger?: Logger
  /** All nodes keep their data sealed. */
  readonly sealed?: boolean
}

export interface NodeFailure {
  readonly nodeId: number
  /** Which process on its host it was. */
  readonly incarnation: number
  readonly error: Error
}

export class SimulatedCluster {
  readonly world: World
  readonly controllerHost: FakeHost
  readonly brokerHosts: ReadonlyMap<number, FakeHost>
  controller: Controller | null = null
  readonly brokers: Map<number, Broker> = new Map()
  /** Why a broker stopped by itself, or did not start. */
  readonly failures: string[] = []
  /** Told of every process that stopped by itself, or did not start. */
  onFailure: ((failure: NodeFailure) => void) | null = null
  readonly #options: SimulatedClusterOptions

  constructor(options: SimulatedClusterOptions) {
    this.#options = options
    this.world = options.world
    this.controllerHost = this.world.addHost('controller')
    const ids = Array.from({ length: options.brokerCount }, (_, index) => index + 1)
    this.brokerHosts = new Map(ids.map((id) => [id, this.world.addHost(`broker-${id}`)]))
  }

  /** Runs until every broker is unfenced. */
  start(): void {
    this.startController()
    for (const id of this.brokerHosts.keys()) this.beginBroker(id)
    this.world.runUntil(() => this.brokers.size === this.brokerHosts.size, START_LIMIT_MS)
  }

  /** Starts the controller and runs until it serves. */
  startController(): void {
    this.beginController()
    this.world.runUntil(() => this.controller !== null, START_LIMIT_MS)
  }

  /** Starts the controller's process; it is in `controller` once it serves. */
  beginController(): void {
    const config = {
      clusterId: CLUSTER_ID,
      clusterName: 'simulated',
      nodeId: CONTROLLER_ID,
      directory: '/data',
      listener: { host: this.controllerHost.address, port: CONTROLLER_PORT },
      internalSecret: SECRET,
      kafkaVersion: this.#kafkaVersion,
      properties: this.#options.properties ?? {},
    }
    this.controller = null
    const { incarnation } = this.controllerHost
    const failed = (error: Error): void => {
      this.controller = null
      this.failures.push(`controller: ${error.message}`)
      this.onFailure?.({ nodeId: CONTROLLER_ID, incarnation, error })
    }
    const host = this.#dataHost(this.controllerHost)
    const options = { host, logger: this.#logger, config, onFailure: failed }
    startController(options, (error, controller) => {
      if (error !== null) failed(error)
      else this.controller = controller
    })
  }

  /** Starts a broker's process; it is in `brokers` once it is unfenced. */
  beginBroker(id: number): void {
    const host = this.brokerHost(id)
    const config: BrokerConfig = {
      clusterId: CLUSTER_ID,
      clusterName: 'simulated',
      nodeId: id,
      rack: `zone-${id}`,
      directory: '/data',
      listeners: [
        {
          name: 'CLIENT',
          securityProtocol: 'PLAINTEXT',
          host: host.address,
          port: CLIENT_PORT,
          advertisedHost: host.address,
          advertisedPort: 0,
        },
      ],
      internalListener: { host: host.address, port: INTERNAL_PORT },
      controller: { nodeId: CONTROLLER_ID, host: this.controllerHost.address, port: CONTROLLER_PORT },
      internalSecret: SECRET,
      kafkaVersion: this.#kafkaVersion,
      properties: this.#options.properties ?? {},
      arena: ARENA,
    }
    const { incarnation } = host
    const failed = (error: Error): void => {
      this.failures.push(`broker ${id}: ${error.message}`)
      this.onFailure?.({ nodeId: id, incarnation, error })
    }
    const options = { host: this.#dataHost(host), logger: this.#logger, config, onFatal: failed }
    startBroker(options, (error, broker) => {
      if (broker !== null) this.brokers.set(id, broker)
      else failed(error ?? new Error('it did not start'))
    })
  }

  /** What the process that begins on `machine` is given: with a disk as it would have it if the data is encrypted. */
  #dataHost(machine: FakeHost): Host {
    if (this.#options.sealed !== true) return machine
    const { clock, timers, tick, random, network, computing } = machine
    const disk = new SealedDisk({ disk: machine.disk, dataKey: SIMULATED_DATA_KEY, random, clock })
    return { clock, timers, tick, random, network, computing, disk }
  }

  /** kill -9 of a broker's process. */
  killBroker(id: number): void {
    this.brokers.delete(id)
    this.brokerHost(id).crashProcess()
  }

  /** The machine of a broker goes dark: what was not synced may be lost. */
  losePower(id: number): void {
    this.brokers.delete(id)
    this.brokerHost(id).crashMachine()
  }

  /** A new process on the disk that the last one left. */
  restartBroker(id: number): void {
    this.brokers.delete(id)
    this.brokerHost(id).restart()
    this.beginBroker(id)
  }

  killController(): void {
    this.controller = null
    this.controllerHost.crashProcess()
  }

  restartController(): void {
    this.controllerHost.restart()
    this.startController()
  }

  /** A channel from `from` to a broker's client listener. @param onDisconnect told of every connection that was lost */
  connect(from: FakeHost, id: number, onDisconnect: () => void = () => {}): NodeChannel {
    const address = { host: this.brokerHost(id).address, port: CLIENT_PORT }
    const own = { clientId: 'simulation', credentials: null, transientFrames: false }
    return new NodeChannel({ host: from, address, ...own, onDisconnect })
  }

  brokerHost(id: number): FakeHost {
    const host = this.brokerHosts.get(id)
    if (host === undefined) throw new Error(`there is no broker ${id}`)
    return host
  }

  get #kafkaVersion(): string {
    return this.#options.kafkaVersion ?? '3.9'
  }

  get #logger(): Logger {
    return this.#options.logger ?? silentLogger
  }
}
