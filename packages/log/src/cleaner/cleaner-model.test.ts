/**
 * Random histories of a compacted log against a model: keys are written, deleted, and written in transactions that
 * commit or abort, by producers with sequences, in every codec; between them cleanings, restarts and crashes in the
 * middle of cleanings. Whatever happens, the last value of every key is there at its own offset, nothing is there that
 * was never written, tombstones stay for their time, and producers go on where they were.
 */
import { describe, expect, it } from 'vitest'
import { batchSizeBytes, crcMatches, isControl, lastOffset, recordCount } from '@millrace/protocol/records/batch-header'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { buildTransactionMarker } from '@millrace/protocol/records/control-records'
import { readRecords } from '@millrace/protocol/records/records'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { createRecordingLogger } from '@millrace/testkit/recording-logger'
import { SeededRandom } from '@millrace/testkit/seeded-random'
import { World } from '@millrace/testkit/world'
import type { LogManager } from '../log-manager.ts'
import type { PartitionLog } from '../partition-log.ts'
import { append, configOf, openManager, readAny, TOPIC_ID } from '../test-support/batches.ts'
import { candidateOf } from './cleaning-candidate.ts'

const CONFIG = configOf({
  segmentBytes: 3_000,
  indexIntervalBytes: 200,
  cleanupPolicy: { compact: true, delete: false },
  minCleanableDirtyRatio: 0,
  deleteRetentionMs: 50_000,
  fileDeleteDelayMs: 1_000,
})
const STEPS = 120
const KEYS = 12
/** zstd needs to be loaded first; the others are always there. */
const CODECS = [0, 0, 1, 2, 3]

interface Written {
  readonly offset: number
  readonly key: string
  readonly value: string | null
  readonly atMs: number
}

interface Seen {
  readonly offset: number
  readonly key: string
  readonly value: string | null
}

class History {
  readonly #world: World
  readonly #host: FakeHost
  readonly #random: SeededRandom
  readonly #logger = createRecordingLogger()
  #manager: LogManager
  #log: PartitionLog
  /** By offset. */
  readonly #written = new Map<number, Written>()
  /** Offsets of records that are aborted. */
  readonly #aborted = new Set<number>()
  readonly #sequences = new Map<number, number>()
  readonly #open = new Map<number, number[]>()
  #counter = 0
  cleanings = 0

  constructor(seed: number) {
    this.#world = new World({ seed })
    this.#host = this.#world.addHost('broker')
    this.#random = new SeededRandom(`compaction/${seed}`)
    this.#manager = this.#openManager()
    this.#log = this.#manager.create({ topic: 'users', partition: 0, topicId: TOPIC_ID, config: CONFIG })
    this.#append()
  }

  run(): void {
    for (let step = 0; step < STEPS; step++) this.#step()
    for (const producer of this.#open.keys()) this.#end(producer, true)
    this.#check()
    this.#compact()
    this.#check()
    this.#restart('clean')
    this.#check()
  }

  readonly #run = (until: () => boolean): void => this.#world.runUntil(until)

  #openManager(): LogManager {
    return openManager(this.#host, this.#logger, this.#run, { defaults: CONFIG, openFilesMax: 8 })
  }

  #step(): void {
    const dice = this.#random.below(100)
    if (dice < 62) this.#append()
    else if (dice < 72) this.#endSome()
    else if (dice < 80) this.#compact()
    else if (dice < 84) this.#compactAndCrash('process')
    else if (dice < 86) this.#compactAndCrash('machine')
    else if (dice < 88) this.#restart('clean')
    else if (dice < 92) this.#world.advance(this.#random.below(30_000))
    else this.#check()
  }

  #append(): void {
    const producerId = this.#random.below(5) - 1
    const isTransactional = producerId >= 2
    const count = 1 + this.#random.below(6)
    const atMs = this.#host.clock.nowMs()
    const base = this.#log.nextOffset
    const records = Array.from({ length: count }, (_, index) => {
      const key = `key-${this.#random.below(KEYS)}`
      const value = this.#random.chance(0.2) ? null : `${this.#counter++}`.padEnd(1 + this.#random.below(80), '.')
      this.#written.set(base + index, { offset: base + index, key, value, atMs })
      return { key: Buffer.from(key), value: value === null ? null : Buffer.from(value), timestampMs: atMs + index }
    })
    const baseSequence = producerId < 0 ? -1 : (this.#sequences.get(producerId) ?? 0)
    const codec = CODECS[this.#random.below(CODECS.length)] as number
    const batch = buildBatch({
      records,
      timestampMs: atMs,
      codec,
      ...(producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence, isTransactional }),
    })
    expect(this.#log.producers.check(batch, 0), `producer ${producerId} goes on`).toBe('append')
    if (producerId >= 0) this.#sequences.set(producerId, baseSequence + count)
    if (isTransactional) {
      const offsets = this.#open.get(producerId) ?? []
      for (let index = 0; index < count; index++) offsets.push(base + index)
      this.#open.set(producerId, offsets)
    }
    this.#write(batch)
  }

  #write(batch: Buffer): void {
    const appended = append(this.#log, batch)
    this.#run(() => appended.done)
    expect(appended.error).toBeNull()
    this.#log.highWatermark = this.#log.logEndOffset
  }

  #endSome(): void {
    const producers = [...this.#open.keys()]
    const producer = producers[this.#random.below(producers.length || 1)]
    if (producer !== undefined) this.#end(producer, this.#random.chance(0.5))
  }

  #end(producerId: number, commits: boolean): void {
    if (!commits) for (const offset of this.#open.get(producerId) ?? []) this.#aborted.add(offset)
    this.#open.delete(producerId)
    const timestampMs = this.#host.clock.nowMs()
    const marker = { commit: commits, producerId, producerEpoch: 0, coordinatorEpoch: 3, timestampMs }
    this.#write(buildTransactionMarker(marker))
  }

  #compact(): void {
    this.#flush()
    if (candidateOf(this.#log, this.#host.clock.nowMs()) === null) return
    const before = this.#log.firstDirtyOffset
    this.#manager.compact()
    this.#run(() => this.#log.firstDirtyOffset > before)
    this.cleanings++
    // A kill in the last step of a swap costs the new segment its indexes, not more.
    const troubles = this.#logger.lines.filter((line) => line.level === 'error' || line.level === 'warn')
    expect(troubles.filter((line) => line.message !== 'rebuilding the indexes of a segment')).toEqual([])
  }

  #compactAndCrash(what: 'process' | 'machine'): void {
    this.#flush()
    this.#manager.compact()
    this.#world.advance(this.#random.below(100) / 10)
    this.#restart(what)
  }

  #flush(): void {
    let flushed = false
    this.#log.roll()
    this.#log.flush(() => (flushed = true))
    this.#run(() => flushed)
  }

  #restart(what: 'clean' | 'process' | 'machine'): void {
    if (what === 'clean') {
      let closed = false
      this.#manager.close({ brokerEpoch: 1 }, () => (closed = true))
      this.#run(() => closed)
    } else {
      this.#flush()
      if (what === 'process') this.#host.crashProcess()
      else this.#host.crashMachine()
    }
    const end = this.#log.logEndOffset
    this.#host.restart()
    this.#manager = this.#openManager()
    const log = this.#manager.get('users', 0)
    if (log === undefined) throw new Error('the log is gone')
    this.#log = log
    expect(log.logEndOffset, 'nothing flushed is lost').toBe(end)
    log.config = CONFIG
    log.highWatermark = log.logEndOffset
    for (const [producer, offsets] of this.#open)
      expect(log.producers.get(producer)?.currentTxnFirstOffset, 'the transaction is still open').toBe(offsets[0])
    const names = this.#host.disk.list(log.directory)
    expect(names.filter((name) => /cleaned|swap|deleted/.test(name))).toEqual([])
    this.#check()
  }

  /** Everything that read_committed readers get from the start. */
  #read(): Seen[] {
    const seen: Seen[] = []
    const log = this.#log
    let offset = log.logStartOffset
    const endOffset = log.logEndOffset
    const open = new Set([...this.#open.values()].flat())
    while (offset < endOffset) {
      const request = { offset, maxBytes: 2_000, endOffset, atLeastOne: true }
      const read = readAny(log, request, this.#run)
      const aborted = log.abortedTransactions(offset, read.lastOffset + 1)
      for (const bytes of read.buffers) {
        for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at)) {
          expect(crcMatches(bytes, at)).toBe(true)
          if (isControl(bytes, at) || recordCount(bytes, at) === 0) continue
          for (const record of readRecords(bytes, at)) {
            if (open.has(record.offset)) continue
            const written = this.#written.get(record.offset)
            const value = record.value === null ? null : String(record.value)
            expect({ key: String(record.key), value }).toEqual({ key: written?.key, value: written?.value })
            expect(record.timestampMs - (written?.atMs ?? 0)).toBeLessThan(10)
            expect(record.timestampMs).toBeGreaterThanOrEqual(written?.atMs ?? 0)
            expect(record.offset).toBeLessThanOrEqual(lastOffset(bytes, at))
            if (this.#aborted.has(record.offset))
              expect(
                aborted.some((each) => each.firstOffset <= record.offset),
                'aborted records are told',
              ).toBe(true)
            else seen.push({ offset: record.offset, key: String(record.key), value })
          }
        }
      }
      read.release?.()
      expect(read.lastOffset, 'a reader gets on').toBeGreaterThanOrEqual(offset)
      offset = read.lastOffset + 1
    }
    return seen
  }

  #check(): void {
    const open = new Set([...this.#open.values()].flat())
    const latest = new Map<string, Written>()
    for (const record of [...this.#written.values()].sort((a, b) => a.offset - b.offset))
      if (!open.has(record.offset) && !this.#aborted.has(record.offset)) latest.set(record.key, record)
    const seen = this.#read()
    const offsets = seen.map((record) => record.offset)
    expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b))
    const found = new Map(seen.map((record) => [record.key, record]))
    const nowMs = this.#host.clock.nowMs()
    for (const [key, record] of latest) {
      const there = found.get(key)
      if (record.value === null) {
        const mustBeThere = nowMs - record.atMs < CONFIG.deleteRetentionMs
        if (mustBeThere || there !== undefined) expect(there?.offset, `tombstone of ${key}`).toBe(record.offset)
      } else {
        expect(there?.offset, `offset of ${key}`).toBe(record.offset)
      }
    }
    const segments = this.#log.segments.all
    for (const [index, segment] of segments.entries())
      if (index > 0) expect(segment.baseOffset).toBe(segments[index - 1]?.nextOffset)
  }
}

describe('compaction', () => {
  it.each(Array.from({ length: 12 }, (_, index) => index + 1))('keeps its promises in history %i', (seed) => {
    const history = new History(seed)
    history.run()
    expect(history.cleanings).toBeGreaterThan(0)
  })
})
