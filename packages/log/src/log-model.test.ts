/**
 * Random histories against a list of records: appends, reads, truncations, rolls, flushes, clean restarts, a disk that is
 * full for a while (nothing acknowledged may be lost, and what was refused must not be there), crashes of
 * the process (nothing acknowledged may be lost) and of the machine (nothing below the recovery point may be lost).
 * The first letter of a failing message is the step; the seed is in the test's name.
 */
import { describe, expect, it } from 'vitest'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { createRecordingLogger } from '@millrace/testkit/recording-logger'
import { SeededRandom } from '@millrace/testkit/seeded-random'
import { World } from '@millrace/testkit/world'
import type { Disk } from '@millrace/base/host'
import type { LogManager } from './log-manager.ts'
import type { PartitionLog } from './partition-log.ts'
import { SealedDisk } from './sealing/sealed-disk.ts'
import {
  append,
  type Appended,
  batchOf,
  configOf,
  contentOf,
  DIRECTORY,
  openManager,
  readAll,
  readAny,
  readCold,
  TOPIC_ID,
} from './test-support/batches.ts'

interface Batch {
  readonly base: number
  readonly values: readonly string[]
  readonly epoch: number
  readonly producerId: number
  readonly sequence: number
  readonly result: Appended
}

const CONFIG = configOf({ segmentBytes: 6_000, indexIntervalBytes: 300, segmentJitterMs: 0 })
const STEPS = 60
const DATA_KEY = Buffer.alloc(32, 1)
/** What is given back belongs to others. */
const giveBack = (buffers: readonly Uint8Array[]): void => buffers.forEach((buffer) => buffer.fill(0xdb))

class History {
  readonly #world: World
  readonly #host: FakeHost
  readonly #sealed: boolean
  #disk: Disk
  readonly #random: SeededRandom
  readonly #sequences = new Map<number, number>()
  #manager: LogManager
  #log: PartitionLog
  #batches: Batch[] = []
  #epoch = 0
  #counter = 0

  /** @param sealed the same, on files that are encrypted */
  constructor(seed: number, sealed: boolean) {
    this.#world = new World({ seed })
    this.#sealed = sealed
    this.#host = this.#world.addHost('broker')
    this.#disk = this.#host.disk
    this.#random = new SeededRandom(`history/${seed}`)
    this.#manager = this.#open()
    this.#log = this.#manager.create({ topic: 'orders', partition: 0, topicId: TOPIC_ID, config: CONFIG })
  }

  run(): void {
    for (let step = 0; step < STEPS; step++) this.#step()
    this.#settle()
    this.#restart('clean')
  }

  #open(): LogManager {
    const { clock, timers, tick, random, network, computing, disk } = this.#host
    this.#disk = this.#sealed ? new SealedDisk({ disk, dataKey: DATA_KEY, random, clock, giveBack }) : disk
    const host = { clock, timers, tick, random, network, computing, disk: this.#disk }
    return openManager(host, createRecordingLogger(), this.#run, { defaults: CONFIG, openFilesMax: 8 })
  }

  readonly #run = (until: () => boolean): void => this.#world.runUntil(until)

  #step(): void {
    const dice = this.#random.below(100)
    if (dice < 55) this.#append()
    else if (dice < 70) this.#world.advance(this.#random.below(3))
    else if (dice < 82) this.#read()
    else if (dice < 85) this.#truncate()
    else if (dice < 87) this.#log.roll()
    else if (dice < 89) this.#log.flush(() => undefined)
    else if (dice < 91) this.#epoch += 1 + this.#random.below(2)
    else if (dice < 92) this.#manager.writeCheckpoints(() => undefined)
    else if (dice < 94) this.#fill()
    else if (dice < 96) this.#restart('process')
    else if (dice < 98) this.#restart('machine')
    else this.#restart('clean')
  }

  #append(): void {
    const count = 1 + this.#random.below(3)
    const size = this.#random.chance(0.08) ? 70_000 : 1 + this.#random.below(400)
    const values = Array.from({ length: count }, () => `${this.#counter++}`.padEnd(Math.ceil(size / count), '.'))
    const producerId = this.#random.chance(0.5) ? 1 + this.#random.below(3) : -1
    const sequence = producerId < 0 ? -1 : (this.#sequences.get(producerId) ?? 0)
    const options = {
      timestampMs: this.#host.clock.nowMs(),
      producerId,
      producerEpoch: producerId < 0 ? -1 : 0,
      baseSequence: sequence,
    }
    const batch = batchOf(values, options)
    expect(this.#log.producers.check(batch, 0)).toBe('append')
    if (producerId >= 0) this.#sequences.set(producerId, sequence + count)
    const base = this.#log.nextOffset
    const result = append(this.#log, batch, this.#epoch)
    this.#batches.push({ base, values, epoch: this.#epoch, producerId, sequence, result })
  }

  #read(): void {
    const written = this.#batches.filter((batch) => batch.result.done)
    const target = written[this.#random.below(written.length || 1)]
    if (target === undefined || target.base < this.#log.logStartOffset) return
    const offset = target.base + this.#random.below(target.values.length)
    const request = { offset, maxBytes: this.#random.below(5_000), endOffset: this.#log.logEndOffset, atLeastOne: true }
    const expected = recordsOf(this.#batches)
    for (const read of [readAny(this.#log, request, this.#run), readCold(this.#log, request, this.#run)]) {
      const found = contentOf(read)
      expect(found.length).toBeGreaterThan(0)
      expect(found).toEqual(expected.slice(target.base, target.base + found.length))
    }
  }

  #truncate(): void {
    this.#settle()
    const target = this.#batches[this.#random.below(this.#batches.length || 1)]
    if (target === undefined) return
    // An index file that is being written is cut when that has ended; the files are looked at below.
    this.#world.advance(10)
    this.#log.truncateTo(target.base + this.#random.below(target.values.length))
    this.#keep(this.#batches.filter((batch) => batch.base < target.base))
    this.#verify()
    this.#appendDurably()
  }

  /** A cut that is not synced may be undone by a crash of the machine; the replica then cuts again. Not looked at here. */
  #appendDurably(): void {
    this.#append()
    this.#settle()
    let flushed = false
    this.#log.flush((error) => {
      expect(error).toBeNull()
      flushed = true
    })
    this.#run(() => flushed)
  }

  /** The disk fills up under appends; there is room again, and the log comes back as it is known to be. */
  #fill(): void {
    this.#settle()
    this.#world.advance(10)
    this.#host.disk.bytesUntilFull = this.#random.below(9_000)
    for (let count = 0; count < 40 && this.#log.offline === null; count++) {
      this.#append()
      if (this.#random.chance(0.3)) this.#world.advance(this.#random.below(3))
    }
    this.#settle()
    this.#world.advance(10)
    this.#host.disk.bytesUntilFull = null
    if (this.#random.chance(0.2)) return this.#refill()
    let back: Error | null | undefined
    this.#manager.bringBack((error) => (back = error))
    this.#run(() => back !== undefined)
    expect(back).toBeNull()
    expect(this.#log.offline).toBeNull()
    this.#keep(this.#batches.filter((batch) => batch.result.error === null))
    this.#verify()
    this.#appendDurably()
  }

  /** Killed while it was full. */
  #refill(): void {
    this.#keep(this.#batches.filter((batch) => batch.result.error === null))
    this.#restart('process')
    this.#appendDurably()
  }

  #settle(): void {
    this.#run(() => this.#batches.every((batch) => batch.result.done))
  }

  #restart(how: 'clean' | 'process' | 'machine'): void {
    const durable = this.#log.recoveryPoint
    const acknowledged = this.#batches.filter((batch) => batch.result.done)
    if (how === 'clean') {
      let closed = false
      this.#manager.close({ brokerEpoch: 5 }, (error) => {
        expect(error).toBeNull()
        closed = true
      })
      this.#run(() => closed)
    } else if (how === 'process') {
      this.#host.crashProcess()
    } else {
      this.#host.crashMachine()
    }
    this.#host.restart()
    this.#manager = this.#open()
    const log = this.#manager.get('orders', 0)
    if (log === undefined) {
      // The directory itself may be lost with the machine, as long as nothing in it was durable.
      expect(how).toBe('machine')
      expect(durable).toBe(0)
      this.#log = this.#manager.create({ topic: 'orders', partition: 0, topicId: TOPIC_ID, config: CONFIG })
    } else {
      this.#log = log
    }
    expect(this.#manager.previousBrokerEpoch).toBe(how === 'clean' ? 5 : -1)
    const end = this.#log.logEndOffset
    const promised = how === 'machine' ? durable : endOf(acknowledged)
    expect(end).toBeGreaterThanOrEqual(how === 'clean' ? endOf(this.#batches) : promised)
    expect(end).toBeLessThanOrEqual(endOf(this.#batches))
    this.#keep(this.#batches.filter((batch) => batch.base < end))
    for (const batch of this.#batches) batch.result.done = true
    this.#verify()
  }

  #keep(batches: Batch[]): void {
    this.#batches = batches
    this.#sequences.clear()
    for (const batch of batches) {
      if (batch.producerId >= 0) this.#sequences.set(batch.producerId, batch.sequence + batch.values.length)
    }
    this.#epoch = Math.max(this.#epoch, this.#log.leaderEpochs.latest)
  }

  #verify(): void {
    const log = this.#log
    expect(log.logEndOffset).toBe(endOf(this.#batches))
    expect(readAll(log, this.#run)).toEqual(recordsOf(this.#batches))
    const epochs: { epoch: number; startOffset: number }[] = []
    for (const { epoch, base } of this.#batches)
      if (epoch > (epochs.at(-1)?.epoch ?? -1)) epochs.push({ epoch, startOffset: base })
    expect(log.leaderEpochs.entries).toEqual(epochs)
    for (const producerId of [1, 2, 3]) {
      const last = this.#batches.findLast((batch) => batch.producerId === producerId)
      const known = log.producers.get(producerId)?.batches.at(-1)
      expect(known?.lastSequence).toBe(last === undefined ? undefined : last.sequence + last.values.length - 1)
    }
    this.#verifyFiles()
  }

  /** What an inspector of the directory would find wrong: index entries that do not meet their batch. */
  #verifyFiles(): void {
    const directory = `${DIRECTORY}/orders-0`
    for (const name of this.#disk.list(directory)) {
      if (!name.endsWith('.index')) continue
      const base = Number(name.slice(0, 20))
      const index = Buffer.from(this.#disk.readFile(`${directory}/${name}`))
      const bytes = Buffer.from(this.#disk.readFile(`${directory}/${name.slice(0, 20)}.log`))
      expect(index.length % 8).toBe(0)
      for (let at = 0; at < index.length; at += 8) {
        const position = index.readInt32BE(at + 4)
        const last = Number(bytes.readBigInt64BE(position)) + bytes.readInt32BE(position + 23)
        expect(last).toBe(base + index.readInt32BE(at))
      }
    }
  }
}

function endOf(batches: readonly Batch[]): number {
  const last = batches.at(-1)
  return last === undefined ? 0 : last.base + last.values.length
}

function recordsOf(batches: readonly Batch[]): string[] {
  return batches.flatMap((batch) => batch.values.map((value, index) => `${batch.base + index}:${value}`))
}

describe('a random history', () => {
  for (let seed = 1; seed <= 60; seed++) {
    it(`agrees with a list of records (seed ${seed})`, () => {
      new History(seed, false).run()
    })
    it(`agrees with a list of records in sealed files (seed ${seed})`, () => {
      new History(seed, true).run()
    })
  }
})
