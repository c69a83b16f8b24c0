/**
 * FakeHost: a Host whose clock, timers, disk and network are held by a World. It stands for a machine with one process
 * on it: crashProcess() kills the process (files keep every byte written), crashMachine() also loses what was not
 * synced, restart() lets a new process begin on the same disk.
 *
 * Everything that a process had asked for dies with it: timers, ticks, disk callbacks and connections of an earlier
 * incarnation never call back. Code of the old incarnation must not be called by the test any more.
 */
import type { Clock, Computing, Host, TimerHandle, Timers } from '@millrace/base/host'
import { createInlineComputing } from '@millrace/base/inline-computing'
import type { ScheduledEvent } from './event-queue.ts'
import { FakeDisk } from './fake-disk.ts'
import { SeededRandom } from './seeded-random.ts'
import type { HostNetwork } from './simulated-network.ts'
import type { World } from './world.ts'

/** Virtual wall clock at the start of a world: 2025-01-01T00:00:00Z. */
export const WORLD_EPOCH_MS = 1_735_689_600_000

export interface FakeHostOptions {
  /** IPv4 text; '10.0.0.<n>' by default. */
  readonly address?: string
  /** How far this machine's wall clock is off. */
  readonly wallClockSkewMs?: number
}

export class FakeHost implements Host {
  readonly name: string
  readonly address: string
  readonly clock: Clock
  readonly timers: Timers
  readonly tick: (callback: () => void) => void
  readonly random: SeededRandom
  readonly disk: FakeDisk
  readonly network: HostNetwork
  readonly computing: Computing
  /** May be moved by a test: the wall clock jumps, the monotonic one does not. */
  wallClockSkewMs: number
  readonly #world: World
  #incarnation = 1
  #processUp = true
  #machineUp = true

  constructor(world: World, name: string, number: number, options: FakeHostOptions) {
    this.#world = world
    this.name = name
    this.address = options.address ?? `10.0.${number >> 8}.${number & 0xff}`
    this.wallClockSkewMs = options.wallClockSkewMs ?? 0
    this.clock = {
      nowMs: () => Math.floor(WORLD_EPOCH_MS + world.nowMs + this.wallClockSkewMs),
      monotonicMs: () => world.nowMs,
    }
    this.timers = {
      set: (delayMs, callback): TimerHandle => ({ timer: this.later(delayMs, callback) }),
      clear: (handle) => {
        ;(handle.timer as ScheduledEvent).cancelled = true
      },
    }
    this.tick = (callback) => {
      this.later(0, callback)
    }
    this.random = new SeededRandom(`${world.seed}/${name}`)
    this.disk = new FakeDisk({
      later: (delayMs, callback) => this.later(delayMs, callback),
      random: new SeededRandom(`${world.seed}/${name}/disk`),
      nowMs: () => this.clock.nowMs(),
    })
    this.network = world.network.attachHost(this)
    this.computing = createInlineComputing(this.tick)
  }

  /** True while a process runs here. */
  get processUp(): boolean {
    return this.#processUp
  }

  get machineUp(): boolean {
    return this.#machineUp
  }

  /** Counts the processes that ran here, from 1. */
  get incarnation(): number {
    return this.#incarnation
  }

  /** Calls back after `delayMs` unless the process has died by then. */
  later(delayMs: number, callback: () => void): ScheduledEvent {
    const incarnation = this.#incarnation
    return this.#world.schedule(delayMs, () => {
      if (this.#processUp && incarnation === this.#incarnation) callback()
    })
  }

  /** kill -9: all bytes written are kept, peers see their connections reset. */
  crashProcess(): void {
    this.#stop()
    this.disk.crashProcess()
    this.network.crashProcess()
  }

  /** Power loss: what was not synced may be lost or torn; peers hear nothing until the machine is back. */
  crashMachine(): void {
    this.#stop()
    this.#machineUp = false
    this.disk.crashProcess()
    this.disk.crashMachine()
    this.network.crashMachine()
  }

  /** A new process may begin on the disk that the last one left. */
  restart(): void {
    if (this.#processUp) this.crashProcess()
    this.#machineUp = true
    this.#processUp = true
    this.#incarnation++
    this.#world.network.onHostUp(this)
  }

  #stop(): void {
    this.#processUp = false
  }
}
