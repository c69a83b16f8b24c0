/**
 * One seed: a controller, three brokers and their clients on fake hosts, troubles in an order that the seed decides,
 * then everything is put right and what the cluster promises is checked (DESIGN §7, §11): nothing acknowledged is lost,
 * idempotent records are there once and in order, acknowledged commits are found, a group gives a partition to one member,
 * a share group delivers every record and none that was accepted,
 * an epoch has one leader, offsets and ids are used once, ends never fall, all replicas are the same, and the cluster
 * recovers by itself.
 */
import { silentLogger, type Logger } from '@millrace/base/logger'
import type { MetadataImage } from '@millrace/metadata/image'
import type { PartitionState } from '@millrace/metadata/partition-state'
import { World } from '@millrace/testkit/world'
import { everyAgreedIsr } from './agreed-isrs.ts'
import { ClusterAccess } from './cluster-access.ts'
import { CONSUMER_SESSION_TIMEOUT_MS, consumerGroupPart } from './consumer-group-part.ts'
import { Ledger } from './ledger.ts'
import { ordersPart } from './orders-part.ts'
import type { Part, Stage } from './part.ts'
import { compareReplicas } from './replica-logs.ts'
import { Scene } from './scene.ts'
import { SHARE_PROPERTIES, shareGroupPart } from './share-group-part.ts'
import { SimulatedClient } from './simulated-client.ts'
import { SimulatedCluster } from './simulated-cluster.ts'
import { Supervisor } from './supervisor.ts'
import { tablePart } from './table-part.ts'
import { transactionsPart } from './transactions-part.ts'
import { chooseTrouble, type Trouble } from './troubles.ts'
import { Watcher } from './watcher.ts'

const INTERNAL_TOPICS = ['__consumer_offsets', '__transaction_state']
const BROKERS = 3
const STEP_MS = 20
const RECOVERY_LIMIT_MS = 60_000
/** The new group protocol is Kafka 4's. */
const groupPart = (stage: Stage): Part => (stage.kafkaVersion.startsWith('4') ? consumerGroupPart : ordersPart)(stage)
/** Who plays together, and how often. */
const CASTS: readonly ((stage: Stage) => Part)[][] = [
  [groupPart],
  [groupPart],
  [groupPart, tablePart],
  [ordersPart],
  [transactionsPart],
  [transactionsPart],
  [tablePart, ordersPart],
  [tablePart, transactionsPart],
]
/** Share groups are Kafka 4.2's. Every eighth seed has one; a number, not chance, so that the other seeds are what they were. */
const SHARE_VERSION = '4.2'
const hasShareGroup = (seed: number): boolean => seed % 8 === 7
const SHARE_CASTS: readonly ((stage: Stage) => Part)[][] = [
  [shareGroupPart],
  [shareGroupPart],
  [shareGroupPart, ordersPart],
]
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
  'group.consumer.session.timeout.ms': String(CONSUMER_SESSION_TIMEOUT_MS),
  'transaction.state.log.num.partitions': '1',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '300',
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
  readonly counts: Readonly<Record<string, number>>
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
/** @param sealed the nodes' data is encrypted: another run than without, of the same troubles */
export function runSeed(seed: number, logger: Logger = silentLogger, sealed: boolean = false): Outcome {
  return new SimulatedRun(seed, logger, sealed).run()
}

class SimulatedRun {
  readonly #seed: number
  readonly #logger: Logger
  readonly #kafkaVersion: string
  readonly #world: World
  readonly #cluster: SimulatedCluster
  readonly #ledger: Ledger = new Ledger()
  readonly #scene: Scene
  readonly #watcher: Watcher
  readonly #events: string[] = []
  readonly #active: { readonly trouble: Trouble; readonly endMs: number }[] = []
  #parts: readonly Part[] = []
  #digest = ''

  constructor(seed: number, logger: Logger, sealed: boolean) {
    this.#seed = seed
    this.#logger = logger
    this.#world = new World({ seed })
    const share = hasShareGroup(seed) ? SHARE_PROPERTIES : {}
    const properties = { ...PROPERTIES, ...share, ...this.#chosenProperties() }
    this.#kafkaVersion = hasShareGroup(seed) ? SHARE_VERSION : this.#below(2) === 0 ? '3.9' : '4.1'
    const options = { brokerCount: BROKERS, properties, kafkaVersion: this.#kafkaVersion, logger, sealed }
    this.#cluster = new SimulatedCluster({ world: this.#world, ...options })
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
    const { counts, violations } = this.#ledger
    return {
      seed: this.#seed,
      fingerprint: `${this.#world.fingerprint}-${this.#digest.slice(0, 16)}`,
      violations,
      events: this.#events,
      counts,
      virtualMs: this.#world.nowMs,
    }
  }

  /** What differs from seed to seed, so that rare paths come up: tiny segments, many snapshots. */
  #chosenProperties(): Record<string, string> {
    const chosen: Record<string, string> = {}
    if (this.#below(2) === 0) {
      chosen['offsets.topic.segment.bytes'] = '2048'
      chosen['transaction.state.log.segment.bytes'] = '2048'
    }
    if (this.#below(3) > 0) chosen['log.cleaner.backoff.ms'] = '150'
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
    let number = 0
    const stage: Stage = {
      world: this.#world,
      cluster: this.#cluster,
      ledger: this.#ledger,
      kafkaVersion: this.#kafkaVersion,
      setUp: new SimulatedClient(this.#cluster, 'set-up'),
      access: () => new ClusterAccess(this.#cluster, `client-${++number}`, (what) => this.#ledger.broken(what)),
      below: (bound) => this.#below(bound),
    }
    const possible = hasShareGroup(this.#seed) ? SHARE_CASTS : CASTS
    const casts = possible[this.#below(possible.length)] ?? [ordersPart]
    this.#parts = casts.map((cast) => cast(stage))
    this.#pass(400)
  }

  #nextTrouble(): void {
    this.#pass(50 + this.#below(900))
    const kind = chooseTrouble(this.#scene)
    if (kind.alone === true) this.#putRight()
    while (this.#active.length > 1) this.#pass(STEP_MS)
    const trouble = kind.begin(this.#scene)
    this.#ledger.count('troubles')
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
    do {
      this.#passUntil(
        () => this.#isWhole(),
        () => this.#whatIsMissing(),
      )
      // Two times the period of high watermark checkpoints and heartbeats is not needed: everyone has fetched by now.
      this.#pass(100)
      // What was decided before may have arrived just now.
    } while (!this.#isWhole())
  }

  #passUntil(goal: () => boolean, whyNot: () => string): void {
    const endMs = this.#world.nowMs + RECOVERY_LIMIT_MS
    while (!goal()) {
      if (this.#world.nowMs > endMs) throw new Stuck(`after ${RECOVERY_LIMIT_MS} ms without trouble: ${whyNot()}`)
      this.#pass(STEP_MS)
    }
  }

  /** Every broker serves, every ISR is complete, and the leader knows it and wants no other. */
  #isWhole(): boolean {
    const complete = ({ isr, replicas, addingReplicas, removingReplicas }: PartitionState): boolean =>
      isr.length === replicas.length && addingReplicas.length + removingReplicas.length === 0
    return this.#cluster.brokers.size === BROKERS && everyAgreedIsr(this.#cluster, complete)
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
    this.#passUntilNull(() => this.#firstOf((part) => part.awaited()))
    const actors = this.#parts.flatMap((part) => part.actors)
    for (const actor of actors) actor.stop()
    this.#passUntilNull(() => actors.find((actor) => !actor.idle)?.trouble ?? null)
    // A reassignment may have just begun.
    this.#putRight()
    this.#passUntilNull(() => this.#hangingTransaction())
    this.#passUntilNull(() => this.#firstOf((part) => part.unread()))
    // Brokers hear of the last change, at the latest when a silent connection is given up; followers learn the last high
    // watermark with their next fetch.
    this.#passUntil(
      () => this.#knowsAll(),
      () => 'a broker does not hear of the last change of metadata',
    )
    this.#pass(600)
    for (const part of this.#parts) part.check()
    this.#checkReplicas()
  }

  #passUntilNull(missing: () => string | null): void {
    this.#passUntil(
      () => missing() === null,
      () => missing() ?? '',
    )
  }

  #firstOf(missing: (part: Part) => string | null): string | null {
    for (const part of this.#parts) {
      const what = missing(part)
      if (what !== null) return what
    }
    return null
  }

  /** A transaction that nobody ends any more: read_committed consumers would wait for ever. */
  #hangingTransaction(): string | null {
    for (const broker of this.#cluster.brokers.values()) {
      for (const partition of broker.runtime.replicaManager.all()) {
        const { lastStableOffset, highWatermark } = partition
        if (partition.isLeader && lastStableOffset < highWatermark)
          return `${partition.topic}-${partition.partition} hangs at ${lastStableOffset} of ${highWatermark}`
      }
    }
    return null
  }

  #knowsAll(): boolean {
    const offset = this.#cluster.controller?.runtime.image.offset ?? Infinity
    return [...this.#cluster.brokers.values()].every((broker) => broker.runtime.metadata.image.offset >= offset)
  }

  #checkReplicas(): void {
    const { brokers, controller } = this.#cluster
    const internal = INTERNAL_TOPICS.filter((name) => controller?.runtime.image.topicsByName.has(name) === true)
    const topics = [...this.#parts.flatMap((part) => part.topics), ...internal.map((name) => ({ name, partitions: 1 }))]
    for (const { name, partitions } of topics) {
      const { differences, digest } = compareReplicas(this.#world, brokers, name, partitions)
      for (const difference of differences) this.#ledger.broken(difference)
      this.#digest += digest.slice(0, 4)
    }
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
