/**
 * A simulated cluster in trouble: under load, brokers and the controller are killed, machines lose power, the network
 * falls apart and heals, in an order that the seed decides. Afterwards everything is put right, and what the cluster
 * promises is checked (DESIGN §7): it recovers by itself, nothing acknowledged with acks=all is lost, a high watermark
 * never falls on a leader, an epoch has one leader, and all replicas hold the same.
 */
import type { Logger } from '@millrace/base/logger'
import { World } from '@millrace/testkit/world'
import { SimulatedClient } from './simulated-client.ts'
import { SimulatedCluster } from './simulated-cluster.ts'

const TOPIC = 'orders'
const PARTITIONS = 3
const BROKERS = 3
const RECOVERY_LIMIT_MS = 120_000
const PROPERTIES = { 'replica.lag.time.max.ms': '2000', 'auto.create.topics.enable': 'false' }

export interface Outcome {
  readonly fingerprint: string
  readonly acknowledgedCount: number
  /** What happened, with the virtual time in ms. */
  readonly events: readonly string[]
  /** Broken promises; empty when all is well. */
  readonly violations: readonly string[]
}

export interface TroubleOptions {
  readonly seed: number
  /** How many troubles come over the cluster. */
  readonly troubles: number
  readonly logger?: Logger
}

export function runTroubledCluster(options: TroubleOptions): Outcome {
  const run = new TroubledCluster(options)
  return run.run()
}

class TroubledCluster {
  readonly #options: TroubleOptions
  readonly #world: World
  readonly #cluster: SimulatedCluster
  readonly #client: SimulatedClient
  readonly #events: string[] = []
  readonly #violations: string[] = []
  /** By partition and epoch: who led. */
  readonly #leaders: Map<string, number> = new Map()
  /** By broker incarnation, partition and epoch: the last high watermark of that leader. */
  readonly #highWatermarks: Map<string, number> = new Map()

  constructor(options: TroubleOptions) {
    this.#options = options
    this.#world = new World({ seed: options.seed })
    const { logger } = options
    const world = this.#world
    this.#cluster = new SimulatedCluster({
      world,
      brokerCount: BROKERS,
      properties: PROPERTIES,
      ...(logger === undefined ? {} : { logger }),
    })
    this.#cluster.start()
    this.#client = new SimulatedClient(this.#cluster)
  }

  run(): Outcome {
    const client = this.#client
    client.createTopic({
      name: TOPIC,
      partitions: PARTITIONS,
      replicationFactor: BROKERS,
      configs: { 'min.insync.replicas': '2' },
    })
    client.startProducing(TOPIC, PARTITIONS)
    for (let trouble = 0; trouble < this.#options.troubles; trouble++) {
      this.#pass(100 + this.#below(1_500))
      this.#trouble()
    }
    this.#putRight()
    client.stopProducing(PARTITIONS)
    this.#checkAcknowledged()
    this.#checkReplicas()
    for (const failure of this.#cluster.failures) this.#violations.push(`stopped by itself: ${failure}`)
    return {
      fingerprint: this.#world.fingerprint,
      acknowledgedCount: client.acknowledged.length,
      events: this.#events,
      violations: this.#violations,
    }
  }

  /** Lets time pass in small steps and watches. */
  #pass(ms: number): void {
    const endMs = this.#world.nowMs + ms
    while (this.#world.nowMs < endMs) {
      this.#world.advance(Math.min(5, endMs - this.#world.nowMs))
      this.#watch()
    }
  }

  #watch(): void {
    for (const [id, broker] of this.#cluster.brokers) {
      const { incarnation } = this.#cluster.brokerHost(id)
      for (const partition of broker.runtime.replicaManager.all()) {
        if (!partition.isLeader) continue
        const epoch = `${partition.topic}-${partition.partition}/${partition.leaderEpoch}`
        const leader = this.#leaders.get(epoch) ?? id
        this.#leaders.set(epoch, leader)
        if (leader !== id) this.#violations.push(`epoch ${epoch} is led by ${leader} and by ${id}`)
        const key = `${id}.${incarnation}:${epoch}`
        const before = this.#highWatermarks.get(key) ?? 0
        if (partition.highWatermark < before)
          this.#violations.push(`high watermark of ${key} fell from ${before} to ${partition.highWatermark}`)
        this.#highWatermarks.set(key, partition.highWatermark)
      }
    }
  }

  #trouble(): void {
    const id = 1 + this.#below(BROKERS)
    const other = 1 + ((id + this.#below(BROKERS - 1)) % BROKERS)
    const { network } = this.#world
    const host = this.#cluster.brokerHost(id)
    switch (this.#below(8)) {
      case 0:
      case 1:
        this.#note(`kill broker ${id}`)
        this.#cluster.killBroker(id)
        this.#pass(this.#below(3_000))
        this.#note(`restart broker ${id}`)
        this.#cluster.restartBroker(id)
        break
      case 2:
        this.#note(`kill brokers ${id} and ${other}`)
        this.#cluster.killBroker(id)
        this.#cluster.killBroker(other)
        this.#pass(this.#below(2_000))
        this.#note(`restart brokers ${id} and ${other}`)
        this.#cluster.restartBroker(other)
        this.#pass(this.#below(500))
        this.#cluster.restartBroker(id)
        break
      case 3:
        // The promise holds while one in-sync replica's machine lives: the others are there first.
        this.#putRight()
        this.#note(`power loss of broker ${id}`)
        this.#cluster.losePower(id)
        this.#pass(this.#below(12_000))
        this.#note(`restart broker ${id}`)
        this.#cluster.restartBroker(id)
        break
      case 4:
        this.#note(`isolate broker ${id}`)
        network.isolate(host)
        this.#pass(this.#below(15_000))
        this.#note(`heal broker ${id}`)
        network.healAll()
        break
      case 5:
        this.#note(`partition brokers ${id} and ${other}`)
        network.partition(host, this.#cluster.brokerHost(other))
        this.#pass(this.#below(6_000))
        this.#note(`heal brokers ${id} and ${other}`)
        network.healAll()
        break
      case 6:
        this.#note('kill the controller')
        this.#cluster.killController()
        this.#pass(this.#below(12_000))
        this.#note('restart the controller')
        this.#cluster.restartController()
        break
      default:
        this.#note(`reset connections of brokers ${id} and ${other}`)
        network.breakConnections(host, this.#cluster.brokerHost(other))
        network.breakConnections(host, this.#cluster.controllerHost)
        break
    }
  }

  /** Runs until every broker serves and every ISR is complete. */
  #putRight(): void {
    this.#world.network.healAll()
    const endMs = this.#world.nowMs + RECOVERY_LIMIT_MS
    while (this.#world.nowMs < endMs) {
      this.#pass(100)
      const topic = this.#cluster.brokers.size === BROKERS ? this.#client.describe(TOPIC) : undefined
      if (topic?.partitions.every(({ isrNodes, leaderId }) => isrNodes.length === BROKERS && leaderId > 0) === true)
        return
    }
    this.#violations.push(`the cluster has not recovered at ${this.#world.nowMs.toFixed(0)} ms`)
  }

  #checkAcknowledged(): void {
    const logs = Array.from({ length: PARTITIONS }, (_, partition) => this.#client.readAll(TOPIC, partition))
    for (const { partition, offset, value } of this.#client.acknowledged) {
      const found = logs[partition]?.get(offset)
      if (found !== value) this.#violations.push(`lost ${value} at ${partition}/${offset}: ${found ?? 'nothing'}`)
    }
  }

  #checkReplicas(): void {
    this.#pass(2_000)
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const copies = [...this.#cluster.brokers.values()].map((broker) => {
        const replica = broker.runtime.replicaManager.get(TOPIC, partition)
        return `${replica?.logEndOffset}:${JSON.stringify(replica?.log.leaderEpochs.entries)}`
      })
      if (new Set(copies).size !== 1)
        this.#violations.push(`replicas of partition ${partition} differ: ${copies.join(' | ')}`)
    }
  }

  #note(event: string): void {
    this.#events.push(`${this.#world.nowMs.toFixed(0)} ${event}`)
  }

  #below(bound: number): number {
    return this.#world.random.below(bound)
  }
}
