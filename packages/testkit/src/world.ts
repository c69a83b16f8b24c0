/**
 * World: one virtual time, one seed and one event loop for any number of FakeHosts, so that a controller and three
 * brokers run in one process and a run repeats exactly by its seed.
 *
 * Nothing happens by itself: time moves only inside run(), advance() and runUntil(), from event to event. Every callback
 * of every host comes from this loop, never from a real timer. A failing test prints the seed; `fingerprint` tells
 * whether two runs were the same.
 */
import { InvariantError } from '@millrace/base/invariant'
import { EventQueue, type ScheduledEvent } from './event-queue.ts'
import { FakeHost, type FakeHostOptions } from './fake-host.ts'
import { SeededRandom } from './seeded-random.ts'
import { SimulatedNetwork, type NetworkConditions } from './simulated-network.ts'

/** Events without any passing of time before a run is taken to be a loop that never waits. */
const EVENTS_PER_INSTANT_MAX = 200_000
const LIMIT_MS = 60_000

export interface WorldOptions {
  readonly seed: number | string
  readonly network?: Partial<NetworkConditions>
}

/** Exactly one of `until`, `untilMs`, or neither: then until nothing is left to happen. */
export interface RunOptions {
  /** Looked at after every event. */
  readonly until?: () => boolean
  /** Virtual time to reach, ms since the start of the world. */
  readonly untilMs?: number
  /** Virtual ms after which a run that has not met its goal throws; 60,000 by default. */
  readonly limitMs?: number
}

export class World {
  readonly seed: number | string
  readonly random: SeededRandom
  readonly network: SimulatedNetwork
  readonly #hosts: Map<string, FakeHost> = new Map()
  readonly #events: EventQueue = new EventQueue()
  #nowMs = 0
  #sequence = 0
  #eventsInInstant = 0
  #fingerprint = 0x811c_9dc5

  constructor(options: WorldOptions) {
    this.seed = options.seed
    this.random = new SeededRandom(options.seed)
    this.network = new SimulatedNetwork(this, options.network ?? {})
  }

  /** Virtual ms since the start of the world; moves with fractions. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Changes with every event that ran and when; equal for equal runs. */
  get fingerprint(): string {
    return (this.#fingerprint >>> 0).toString(16).padStart(8, '0')
  }

  get hosts(): Iterable<FakeHost> {
    return this.#hosts.values()
  }

  /** A machine named `name`, reachable by that name and by its `address`. */
  addHost(name: string, options: FakeHostOptions = {}): FakeHost {
    if (this.#hosts.has(name)) throw new InvariantError('host added twice', { name })
    const host = new FakeHost(this, name, this.#hosts.size + 1, options)
    this.#hosts.set(name, host)
    return host
  }

  /** The host with that name or address. */
  findHost(nameOrAddress: string): FakeHost | undefined {
    const named = this.#hosts.get(nameOrAddress)
    if (named !== undefined) return named
    for (const host of this.#hosts.values()) if (host.address === nameOrAddress) return host
    return undefined
  }

  /** Runs `callback` after `delayMs` of virtual time, behind all that is already due then. */
  schedule(delayMs: number, callback: () => void): ScheduledEvent {
    const atMs = this.#nowMs + (delayMs > 0 ? delayMs : 0)
    const event: ScheduledEvent = { atMs, sequence: this.#sequence++, run: callback, cancelled: false }
    this.#events.push(event)
    return event
  }

  /** Runs until the goal is met; throws with seed and time when `limitMs` pass first or nothing is left to happen. */
  run(options: RunOptions = {}): void {
    const { until, untilMs, limitMs = LIMIT_MS } = options
    const endMs = untilMs ?? this.#nowMs + limitMs
    while (until === undefined || !until()) {
      const next = this.#events.peek()
      if (next === undefined || next.atMs > endMs) {
        if (until !== undefined) {
          const why = next === undefined ? 'nothing is left to happen' : `${limitMs} ms have passed`
          throw new Error(`goal not met: ${why} (seed ${this.seed}, at ${this.#nowMs.toFixed(3)} ms)`)
        }
        if (untilMs === undefined && next !== undefined) {
          throw new Error(`still busy after ${limitMs} ms (seed ${this.seed})`)
        }
        if (untilMs !== undefined) this.#moveTo(Math.max(untilMs, this.#nowMs))
        return
      }
      this.#step()
    }
  }

  /** Lets `ms` of virtual time pass. */
  advance(ms: number): void {
    this.run({ untilMs: this.#nowMs + ms })
  }

  /** Runs until `predicate` holds; throws when it does not within `limitMs` of virtual time. */
  runUntil(predicate: () => boolean, limitMs: number = LIMIT_MS): void {
    this.run({ until: predicate, limitMs })
  }

  /**
   * Runs the world until `promise` settles and returns its value. Promises settle in microtasks, so this hands control
   * to them between events; the order stays that of the events.
   */
  async settle<T>(promise: Promise<T>, limitMs: number = LIMIT_MS): Promise<T> {
    let settled = false
    const mark = (): void => {
      settled = true
    }
    promise.then(mark, mark)
    const endMs = this.#nowMs + limitMs
    for (;;) {
      // Longer than any chain of awaits between two events in the code under test.
      for (let turn = 0; turn < 50 && !settled; turn++) await Promise.resolve()
      if (settled) return promise
      const next = this.#events.peek()
      if (next === undefined || next.atMs > endMs) {
        const why = next === undefined ? 'nothing is left to happen' : `${limitMs} ms have passed`
        throw new Error(`promise not settled: ${why} (seed ${this.seed}, at ${this.#nowMs.toFixed(3)} ms)`)
      }
      this.#step()
    }
  }

  #step(): void {
    const event = this.#events.pop()
    if (event === undefined || event.cancelled) return
    this.#moveTo(event.atMs)
    if (++this.#eventsInInstant > EVENTS_PER_INSTANT_MAX) {
      throw new Error(
        `${EVENTS_PER_INSTANT_MAX} events without any time passing (seed ${this.seed}, at ${this.#nowMs} ms)`,
      )
    }
    this.#fingerprint = Math.imul(this.#fingerprint ^ event.sequence ^ Math.round(event.atMs * 1000), 0x0100_0193)
    event.run()
  }

  #moveTo(atMs: number): void {
    if (atMs > this.#nowMs) this.#eventsInInstant = 0
    this.#nowMs = atMs
  }
}
