/**
 * One seed: a controller, three brokers and their clients on fake hosts, troubles in an order that the seed decides,
 * then everything is put right and what the cluster promises is checked (DESIGN §7, §11): nothing acknowledged is lost,
 * idempotent records are there once and in order, acknowledged commits are found, an epoch has one leader, offsets and
 * ids are used once, ends never fall, all replicas are the same, and the cluster recovers by itself.
 */
import { silentLogger, type Logger } from '@millrace/base/logger'
import type { MetadataImage } from '@millrace/metadata/image'
import type { Partition } from '@millrace/broker/replication/partition'
import { World } from '@millrace/testkit/world'
import { ClusterAccess } from './cluster-access.ts'
import { Ledger } from './ledger.ts'
import { compareReplicas } from './replica-logs.ts'
import { SimulatedAdministrator } from './simulated-administrator.ts'
import { SimulatedClient } from './simulated-client.ts'
import { SimulatedCluster } from './simulated-cluster.ts'
import { SimulatedConsumer } from './simulated-consumer.ts'
import { GroupPromises, SimulatedGroupMember } from './simulated-group-member.ts'
import { SimulatedProducer } from './simulated-producer.ts'
import { Supervisor } from './supervisor.ts'
import { chooseTrouble, Scene, type Trouble } from './troubles.ts'
import { Watcher } from './watcher.ts'

const TOPIC = 'orders'
const OFFSETS_TOPIC = '__consumer_offsets'
const GROUP = 'readers'
const PARTITIONS = 2
const BROKERS = 3
const STEP_MS = 20
const RECOVERY_LIMIT_MS = 60_000
const TROUBLES_MIN = 2
const TROUBLES_MORE = 5
/** Short, so that much happens in little virtual time. */
const PROPERTIES = {
  'auto.create.topics.enable': 'false',
  'broker.heartbeat.interval.ms': '300',
  'broker.session.timeout.ms': '1200',
  'replica.lag.time.max.ms': '1000',
  'offsets.topic.num.partitions': '1',
  'group.min.session.timeout.ms': '500',
  'group.initial.rebalance.delay.ms': '50',
}

export interface Outcome {
  readonly seed: number
  /** Equal for equal runs. */
  readonly fingerprint: string
  /** Broken promises; empty when all is well. */
  readonly violations: readonly string[]
  /** What happened, with the virtual time in ms. */
  readonly events: readonly string[]
  /** What came about, by name. */
  readonly counts: Readonly<Record<'acknowledged' | 'consumed' | 'commits' | 'troubles', number>>
  /** Virtual time that passed. */
  readonly virtualMs: number
}

/** What should come by itself does not. */
class Stuck extends Error {}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Every partition as text, in an order that does not depend on the way it was learned. */
function partitionsOf(image: MetadataImage | undefined): string[] {
  return [...(image?.topicsById.values() ?? [])]
    .flatMap((topic) =>
      topic.partitions.map((partition, index) => `${topic.name}-${index} ${JSON.stringify(partition)}`),
    )
    .sort()
}

/** Runs one seed to its end; never throws: a run that cannot end is a broken promise. */
export function runSeed(seed: number, logger: Logger = silentLogger): Outcome {
  return new SimulatedRun(seed, logger).run()
}

class SimulatedRun {
  readonly #seed: number
  readonly #logger: Logger
  readonly #world: World
  readonly #cluster: SimulatedCluster
  readonly #ledger: Ledger = new Ledger()
  readonly #scene: Scene
  readonly #watcher: Watcher
  readonly #events: string[] = []
  readonly #active: { readonly trouble: Trouble; readonly endMs: number }[] = []
  #producers: SimulatedProducer[] = []
  #consumers: SimulatedConsumer[] = []
  #members: SimulatedGroupMember[] = []
  #administrator: SimulatedAdministrator | null = null
  #digest = ''
  #troubles = 0

  constructor(seed: number, logger: Logger) {
    this.#seed = seed
    this.#logger = logger
    this.#world = new World({ seed })
    const properties = { ...PROPERTIES, ...this.#chosenProperties() }
    const kafkaVersion = this.#below(2) === 0 ? '3.9' : '4.1'
    this.#cluster = new SimulatedCluster({ world: this.#world, brokerCount: BROKERS, properties, kafkaVersion, logger })
    const supervisor = new Supervisor(this.#cluster, this.#ledger, (event) => this.#note(event))
    this.#scene = new Scene(this.#cluster, supervisor)
    this.#watcher = new Watcher(this.#cluster, this.#ledger)
  }

  run(): Outcome {
    try {
      this.#begin()
      const troubles = TROUBLES_MIN + this.#below(TROUBLES_MORE)
      for (let count = 0; count < troubles; count++) this.#nextTrouble()
      this.#check()
    } catch (error) {
      this.#ledger.broken(error instanceof Stuck ? error.message : `the run broke off: ${textOf(error)}`)
    }
    const { acknowledgedCount, consumedCount, committedCount, violations } = this.#ledger
    return {
      seed: this.#seed,
      fingerprint: `${this.#world.fingerprint}-${acknowledgedCount}-${this.#digest.slice(0, 16)}`,
      violations,
      events: this.#events,
      counts: {
        acknowledged: acknowledgedCount,
        consumed: consumedCount,
        commits: committedCount,
        troubles: this.#troubles,
      },
      virtualMs: this.#world.nowMs,
    }
  }

  /** What differs from seed to seed, so that rare paths come up: tiny segments, many snapshots. */
  #chosenProperties(): Record<string, string> {
    const chosen: Record<string, string> = {}
    if (this.#below(2) === 0) chosen['offsets.topic.segment.bytes'] = '2048'
    // A follower that was away needs many fetches to catch up.
    if (this.#below(2) === 0) chosen['replica.fetch.max.bytes'] = '1024'
    if (this.#below(3) === 0) {
      chosen['metadata.log.max.record.bytes.between.snapshots'] = '1500'
      chosen['metadata.max.retention.bytes'] = '3000'
      chosen['metadata.log.segment.bytes'] = '1500'
    }
    return chosen
  }

  #begin(): void {
    this.#cluster.start()
    const setUp = new SimulatedClient(this.#cluster, 'set-up')
    const configs: Record<string, string> = { 'min.insync.replicas': '2' }
    if (this.#below(2) === 0) configs['segment.bytes'] = '8192'
    setUp.createTopic({ name: TOPIC, partitions: PARTITIONS, replicationFactor: BROKERS, configs })
    const ledger = this.#ledger
    let number = 0
    const access = (): ClusterAccess => new ClusterAccess(this.#cluster, `client-${++number}`)
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const common = { ledger, topic: TOPIC, partition, thinkingMsMax: 150 }
      this.#producers.push(
        new SimulatedProducer({ ...common, access: access(), name: `p${partition}`, acks: -1, inFlight: 0 }),
        new SimulatedProducer({
          ...common,
          access: access(),
          name: `i${partition}`,
          acks: -1,
          inFlight: 1 + 2 * partition,
        }),
      )
      this.#consumers.push(new SimulatedConsumer({ access: access(), ledger, topic: TOPIC, partition }))
    }
    this.#producers.push(
      new SimulatedProducer({
        access: access(),
        ledger,
        name: 'leader-only',
        topic: TOPIC,
        partition: 0,
        thinkingMsMax: 200,
        acks: 1,
        inFlight: 0,
      }),
    )
    const promises = new GroupPromises(ledger)
    const readUpTo = (partition: number): number => this.#consumers[partition]?.position ?? 0
    const common = { promises, groupId: GROUP, topic: TOPIC, partitions: PARTITIONS, readUpTo }
    this.#members = [1, 2].map(() => new SimulatedGroupMember({ ...common, access: access() }))
    this.#administrator = new SimulatedAdministrator({
      access: access(),
      ledger,
      topic: TOPIC,
      partitions: PARTITIONS,
      brokers: [...this.#cluster.brokerHosts.keys()],
      readUpTo,
    })
    this.#pass(400)
  }

  #nextTrouble(): void {
    this.#pass(50 + this.#below(900))
    const kind = chooseTrouble(this.#scene)
    if (kind.alone === true) this.#putRight()
    while (this.#active.length > 1) this.#pass(STEP_MS)
    const trouble = kind.begin(this.#scene)
    this.#troubles++
    this.#note(trouble.what)
    this.#active.push({ trouble, endMs: this.#world.nowMs + trouble.lastsMs })
    if (kind.alone === true) this.#putRight()
  }

  /** Lets time pass in small steps, watches, and ends the troubles that are over. */
  #pass(ms: number): void {
    const endMs = this.#world.nowMs + ms
    while (this.#world.nowMs < endMs) {
      this.#world.advance(Math.min(STEP_MS, endMs - this.#world.nowMs))
      this.#watcher.look()
      for (const active of [...this.#active]) {
        if (active.endMs > this.#world.nowMs) continue
        this.#active.splice(this.#active.indexOf(active), 1)
        active.trouble.end()
        this.#note(`end of ${active.trouble.what}`)
      }
    }
  }

  /** Waits for the troubles under way, then for the cluster to be whole. */
  #putRight(): void {
    while (this.#active.length > 0) this.#pass(STEP_MS)
    this.#passUntil(
      () => this.#isWhole(),
      () => this.#whatIsMissing(),
    )
    // Two times the period of high watermark checkpoints and heartbeats is not needed: everyone has fetched by now.
    this.#pass(100)
  }

  #passUntil(goal: () => boolean, whyNot: () => string): void {
    const endMs = this.#world.nowMs + RECOVERY_LIMIT_MS
    while (!goal()) {
      if (this.#world.nowMs > endMs) throw new Stuck(`after ${RECOVERY_LIMIT_MS} ms without trouble: ${whyNot()}`)
      this.#pass(STEP_MS)
    }
  }

  /** Every broker serves, every ISR is complete, and the leader knows it. */
  #isWhole(): boolean {
    const { controller, brokers } = this.#cluster
    if (controller === null || brokers.size < BROKERS) return false
    for (const topic of controller.runtime.image.topicsById.values()) {
      for (const [index, partition] of topic.partitions.entries()) {
        if (partition.isr.length < partition.replicas.length || partition.leader < 0) return false
        if (partition.addingReplicas.length + partition.removingReplicas.length > 0) return false
        const replica = brokers.get(partition.leader)?.runtime.replicaManager.get(topic.name, index)
        if (replica?.isLeader !== true || replica.isr.length < partition.isr.length) return false
      }
    }
    return true
  }

  #whatIsMissing(): string {
    const { controller, brokers } = this.#cluster
    const states = [...brokers].map(([id, broker]) => `${id}:${broker.state}`).join(' ')
    const partitions = [...(controller?.runtime.image.topicsById.values() ?? [])].flatMap((topic) =>
      topic.partitions.map((each, index) => `${topic.name}-${index} led by ${each.leader}, ISR ${each.isr.join(',')}`),
    )
    return `controller ${controller === null ? 'away' : 'there'}, brokers ${states}; ${partitions.join('; ')}`
  }

  #check(): void {
    this.#putRight()
    const commitsBefore = this.#ledger.committedCount
    this.#passUntil(
      () => this.#ledger.committedCount > commitsBefore,
      () => this.#members.map((member) => member.trouble).join('; '),
    )
    for (const client of [...this.#producers, ...this.#members]) client.stop()
    this.#administrator?.stop()
    this.#passUntil(
      () => this.#administrator?.idle !== false,
      () => this.#administrator?.trouble ?? '',
    )
    // A reassignment may have just begun.
    this.#putRight()
    const busy = (): SimulatedProducer[] => this.#producers.filter((producer) => !producer.idle)
    this.#passUntil(
      () => busy().length === 0,
      () =>
        busy()
          .map((producer) => producer.trouble)
          .join('; '),
    )
    const behind = (): SimulatedConsumer[] =>
      this.#consumers.filter((consumer, partition) => consumer.position < this.#endOf(partition))
    this.#passUntil(
      () => behind().length === 0,
      () =>
        behind()
          .map((consumer) => consumer.trouble)
          .join('; '),
    )
    for (const consumer of this.#consumers) consumer.stop()
    // Brokers hear of the last change, at the latest when a silent connection is given up; followers learn the last high
    // watermark with their next fetch.
    this.#passUntil(
      () => this.#knowsAll(),
      () => 'a broker does not hear of the last change of metadata',
    )
    this.#pass(600)
    this.#checkRecords()
    this.#checkReplicas()
  }

  #knowsAll(): boolean {
    const offset = this.#cluster.controller?.runtime.image.offset ?? Infinity
    return [...this.#cluster.brokers.values()].every((broker) => broker.runtime.metadata.image.offset >= offset)
  }

  #endOf(partition: number): number {
    return this.#leaderOf(partition)?.logEndOffset ?? Infinity
  }

  #leaderOf(partition: number): Partition | undefined {
    for (const broker of this.#cluster.brokers.values()) {
      const replica = broker.runtime.replicaManager.get(TOPIC, partition)
      if (replica?.isLeader === true) return replica
    }
    return undefined
  }

  #checkRecords(): void {
    for (const [partition, consumer] of this.#consumers.entries()) {
      let values: Map<number, string> | null = null
      const logStartOffset = this.#leaderOf(partition)?.logStartOffset ?? 0
      consumer.readAll(logStartOffset, (all) => (values = all))
      this.#world.runUntil(() => values !== null)
      this.#ledger.checkPartition(partition, logStartOffset, values as unknown as ReadonlyMap<number, string>)
    }
  }

  #checkReplicas(): void {
    const { brokers, controller } = this.#cluster
    const orders = compareReplicas(this.#world, brokers, TOPIC, PARTITIONS)
    const offsets = compareReplicas(this.#world, brokers, OFFSETS_TOPIC, 1)
    for (const difference of [...orders.differences, ...offsets.differences]) this.#ledger.broken(difference)
    this.#digest = orders.digest
    if (controller !== null) this.#administrator?.check(controller.runtime.image)
    const wanted = partitionsOf(controller?.runtime.image)
    for (const [id, broker] of brokers) {
      const shown = partitionsOf(broker.runtime.metadata.image)
      const other = wanted.find((line, index) => line !== shown[index])
      if (other !== undefined || shown.length !== wanted.length)
        this.#ledger.broken(
          `broker ${id} shows ${shown[wanted.indexOf(other ?? '')] ?? 'nothing'}, the controller ${other}`,
        )
    }
  }

  #note(event: string): void {
    const line = `${this.#world.nowMs.toFixed(0)} ${event}`
    this.#events.push(line)
    this.#logger.info(line)
  }

  #below(bound: number): number {
    return this.#world.random.below(bound)
  }
}
