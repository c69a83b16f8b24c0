import { beforeEach, describe, expect, it } from 'vitest'
import {
  baseOffset,
  baseSequence,
  batchSizeBytes,
  compressionCodec,
  hasDeleteHorizon,
  isControl,
  lastOffset,
  recordCount,
} from '@millrace/protocol/records/batch-header'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { buildTransactionMarker } from '@millrace/protocol/records/control-records'
import { readRecords } from '@millrace/protocol/records/records'
import type { FakeHost } from '@millrace/testkit/fake-host'
import { createRecordingLogger, type RecordingLogger } from '@millrace/testkit/recording-logger'
import { World } from '@millrace/testkit/world'
import type { LogConfig } from '../log-config.ts'
import type { LogManager } from '../log-manager.ts'
import type { PartitionLog } from '../partition-log.ts'
import { append, configOf, DIRECTORY, openManager, readAny, readCold, TOPIC_ID } from '../test-support/batches.ts'
import { defaultCleanerSettings } from './cleaner-settings.ts'
import { candidateOf, chooseFilthiest } from './cleaning-candidate.ts'
import { groupSegments } from './segment-groups.ts'

const CONFIG = configOf({
  cleanupPolicy: { compact: true, delete: false },
  minCleanableDirtyRatio: 0,
  deleteRetentionMs: 60_000,
  fileDeleteDelayMs: 10,
})

let world: World
let host: FakeHost
let logger: RecordingLogger
let manager: LogManager
let log: PartitionLog
const run = (until: () => boolean): void => world.runUntil(until)

beforeEach(() => {
  world = new World({ seed: 1 })
  host = world.addHost('broker')
  logger = createRecordingLogger()
  manager = openManager(host, logger, run, { defaults: CONFIG })
  log = create()
})

function create(topic = 'users', changes: Partial<LogConfig> = {}): PartitionLog {
  return manager.create({ topic, partition: 0, topicId: TOPIC_ID, config: { ...CONFIG, ...changes } })
}

function write(batch: Buffer, to: PartitionLog = log): void {
  const appended = append(to, batch)
  run(() => appended.done)
  to.highWatermark = to.logEndOffset
}

/** One batch; 'k=v' sets, 'k' deletes. */
function put(pairs: readonly string[], options: Partial<Parameters<typeof buildBatch>[0]> = {}, to = log): void {
  const records = pairs.map((pair) => {
    const [key = '', value] = pair.split('=')
    return { key: Buffer.from(key), value: value === undefined ? null : Buffer.from(value) }
  })
  write(buildBatch({ records, timestampMs: host.clock.nowMs(), ...options }), to)
}

function end(producerId: number, commit: boolean): void {
  const timestampMs = host.clock.nowMs()
  write(buildTransactionMarker({ commit, producerId, producerEpoch: 0, coordinatorEpoch: 1, timestampMs }))
}

/** Ends the active segment and makes it durable: only such ones are compacted. */
function roll(of: PartitionLog = log): void {
  of.roll()
  let flushed = false
  of.flush(() => (flushed = true))
  run(() => flushed && of.checkpointedRecoveryPoint === of.segments.active.baseOffset)
}

function compact(): void {
  roll()
  const end = log.segments.active.baseOffset
  manager.compact()
  run(() => log.firstDirtyOffset === end)
}

interface BatchSeen {
  readonly bytes: Buffer
  readonly at: number
}

function batches(): BatchSeen[] {
  const seen: BatchSeen[] = []
  for (const segment of log.segments.all) {
    const bytes = host.disk.readFile(segment.log.path)
    for (let at = 0; at < bytes.length; at += batchSizeBytes(bytes, at)) seen.push({ bytes, at })
  }
  return seen
}

/** `offset:key=value` of every data record on disk. */
function content(): string[] {
  return batches()
    .filter(({ bytes, at }) => !isControl(bytes, at) && recordCount(bytes, at) > 0)
    .flatMap(({ bytes, at }) => readRecords(bytes, at))
    .map((record) => `${record.offset}:${String(record.key)}${record.value === null ? '' : `=${String(record.value)}`}`)
}

describe('a compacted log', () => {
  it('keeps the last value of every key at its offset', () => {
    put(['a=1', 'b=1', 'c=1'])
    put(['a=2', 'b=2'])
    put(['a=3'])
    compact()
    expect(content()).toEqual(['2:c=1', '4:b=2', '5:a=3'])
    expect(log.logEndOffset).toBe(6)
    world.advance(50)
    expect(host.disk.readFile(`${DIRECTORY}/cleaner-offset-checkpoint`).toString()).toBe('0\n1\nusers 0 6\n')
  })

  it('keeps offsets, sequences and codec of a batch that loses records', () => {
    put(['a=1', 'b=1', 'c=1'], { producerId: 7, producerEpoch: 0, baseSequence: 40, codec: 1 })
    put(['a=2', 'c=2'], { producerId: 7, producerEpoch: 0, baseSequence: 43 })
    compact()
    const { bytes, at } = batches()[0] as BatchSeen
    expect([baseOffset(bytes, at), lastOffset(bytes, at), baseSequence(bytes, at)]).toEqual([0, 2, 40])
    expect([recordCount(bytes, at), compressionCodec(bytes, at)]).toEqual([1, 1])
  })

  it('keeps the last batch of a producer, empty, so that its sequence goes on after a crash', () => {
    put(['a=1'], { producerId: 7, producerEpoch: 0, baseSequence: 0 })
    put(['a=2'])
    compact()
    expect(batches().map(({ bytes, at }) => recordCount(bytes, at))).toEqual([0, 1])
    host.crashProcess()
    host.restart()
    for (const name of host.disk.list(`${DIRECTORY}/users-0`))
      if (name.endsWith('.snapshot')) host.disk.removeFile(`${DIRECTORY}/users-0/${name}`)
    manager = openManager(host, logger, run, { defaults: CONFIG })
    log = manager.get('users', 0) as PartitionLog
    expect(log.producers.get(7)?.batches.at(-1)?.lastSequence).toBe(0)
  })

  it('is read from its first records on by consumers, and whole by followers', () => {
    put(['a=1'], { producerId: 7, producerEpoch: 0, baseSequence: 0 })
    put(['a=2'], { producerId: 8, producerEpoch: 0, baseSequence: 0 })
    put(['a=3'])
    compact()
    const request = { offset: 0, maxBytes: 1_000, endOffset: 3, atLeastOne: true }
    const firstOffsets = (skipsEmptyBatches: boolean, endOffset: number): number[] => {
      const wanted = { ...request, endOffset, skipsEmptyBatches }
      const reads = [readAny(log, wanted, run), readCold(log, wanted, run)]
      const found = reads.map((read) => baseOffset(read.buffers[0] as Buffer, 0))
      for (const read of reads) read.release?.()
      return found
    }
    expect(firstOffsets(false, 3)).toEqual([0, 0])
    expect(firstOffsets(true, 3)).toEqual([2, 2])
    // Nothing else is there: the emptied ones take the reader on.
    expect(firstOffsets(true, 2)).toEqual([0, 0])
  })

  it('keeps a tombstone for delete.retention.ms from its first cleaning, and no longer', () => {
    put(['a=1', 'b=1'])
    put(['a', 'c=1'])
    put(['z=0'])
    compact()
    expect(content()).toEqual(['1:b=1', '2:a', '3:c=1', '4:z=0'])
    expect(batches().map(({ bytes, at }) => hasDeleteHorizon(bytes, at))).toEqual([false, true, false])
    world.advance(59_000)
    put(['z=1'])
    compact()
    expect(content()).toContain('2:a')
    world.advance(2_000)
    put(['z=2'])
    compact()
    expect(content()).toEqual(['1:b=1', '3:c=1', '6:z=2'])
  })

  it('drops aborted records at once, and their marker after a further delete.retention.ms', () => {
    put(['a=1'])
    put(['a=aborted', 'b=aborted'], { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true })
    end(7, false)
    // Another epoch of the producer, whose own last batch stays.
    put(['p=1'], { producerId: 7, producerEpoch: 1, baseSequence: 0 })
    put(['z=0'])
    const markers = (): number => batches().filter(({ bytes, at }) => isControl(bytes, at)).length
    compact()
    expect(content()).toEqual(['0:a=1', '4:p=1', '5:z=0'])
    expect(log.abortedTransactions(0, 6)).toMatchObject([{ producerId: 7, firstOffset: 1 }])
    put(['z=1'])
    compact()
    expect(log.abortedTransactions(0, 6)).toEqual([])
    expect(markers()).toBe(1)
    world.advance(61_000)
    put(['z=2'])
    compact()
    expect(markers()).toBe(0)
  })

  it('is not compacted where a transaction is open', () => {
    put(['a=1'])
    roll()
    put(['a=2'], { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true })
    roll()
    put(['a=3'])
    roll()
    expect(candidateOf(log, host.clock.nowMs())).toMatchObject({ firstDirtyOffset: 0, endOffset: 1 })
  })

  it('puts small segments together up to segment.bytes', () => {
    for (let index = 0; index < 6; index++) {
      put([`key-${index}=${'x'.repeat(100)}`])
      roll()
    }
    const bytes = log.segments.first.log.sizeBytes
    log.config = { ...log.config, segmentBytes: 3 * bytes }
    expect(groupSegments(log.segments.all.slice(0, 6), log.config).map((group) => group.length)).toEqual([3, 3])
    compact()
    expect(log.segments.all.map((segment) => segment.baseOffset)).toEqual([0, 3, 6])
    world.advance(50)
    const names = host.disk.list(log.directory).filter((name) => name.endsWith('.log'))
    expect(names.toSorted()).toEqual(log.segments.all.map((each) => each.log.path.split('/').at(-1)))
    expect(host.disk.list(log.directory).filter((name) => /deleted|swap|cleaned/.test(name))).toEqual([])
  })

  it('is compacted in several rounds when the map of keys is too small for it', () => {
    const settings = { ...defaultCleanerSettings, backoffMs: 5, dedupeBufferBytes: 24 * 20, loadFactor: 0.5 }
    manager = openManager(host, logger, run, { directory: '/data/small', cleanerSettings: () => settings })
    const small = create('small')
    for (let round = 0; round < 3; round++) for (let key = 0; key < 25; key++) put([`key-${key}=${round}`], {}, small)
    roll(small)
    run(() => small.firstDirtyOffset === 75)
    log = small
    expect(content()).toEqual(Array.from({ length: 25 }, (_, key) => `${50 + key}:key-${key}=2`))
  })

  it('lets a truncation through: the cleaning under way is given up, and no file of it stays', () => {
    put(['a=1', 'b=1'])
    put(['a=2'])
    roll()
    put(['a=3'])
    manager.compact()
    log.truncateTo(2)
    run(() => logger.lines.some((line) => line.message === 'a compaction was given up'))
    expect(content()).toEqual(['0:a=1', '1:b=1'])
    expect(log.firstDirtyOffset).toBe(0)
    expect(host.disk.list(log.directory).filter((name) => /swap|cleaned/.test(name))).toEqual([])
  })

  it('with delete as well loses expired segments during a cleaning, which is given up', () => {
    log.config = { ...log.config, cleanupPolicy: { compact: true, delete: true }, retentionMs: 1_000 }
    put(['a=1'])
    roll()
    world.advance(2_000)
    put(['a=2'])
    roll()
    put(['a=3'])
    manager.compact()
    manager.applyRetention()
    run(() => log.firstDirtyOffset === 2)
    expect(log.logStartOffset).toBe(1)
    expect(content()).toEqual(['1:a=2', '2:a=3'])
  })

  it('with a corrupt segment is reported and left alone; other logs go on', () => {
    put(['a=1', 'b=1'])
    put(['a=2'])
    roll()
    const { path } = log.segments.first.log
    host.disk.corrupt(path, 70, Buffer.from([0xff]))
    const other = create('others')
    put(['a=1'], {}, other)
    put(['a=2'], {}, other)
    roll(other)
    manager.compact()
    run(() => manager.uncleanable.length === 1)
    const line = logger.lines.find((each) => each.level === 'error')
    expect(line?.fields['error']).toBe(`${path} is corrupt at position 0: checksum does not match`)
    manager.compact()
    run(() => other.firstDirtyOffset === 2)
    expect(log.firstDirtyOffset).toBe(0)
  })

  it('with a full disk is compacted later; it stays online and whole', () => {
    put(['a=1', 'b=1'])
    put(['a=2'])
    roll()
    host.disk.bytesUntilFull = 0
    manager.compact()
    run(() => logger.lines.some((line) => line.message === 'a compaction failed and will be tried again'))
    expect(log.offline).toBeNull()
    expect(content()).toEqual(['0:a=1', '1:b=1', '2:a=2'])
    host.disk.bytesUntilFull = null
    compact()
    expect(content()).toEqual(['1:b=1', '2:a=2'])
  })
})

describe('the choice of a log', () => {
  it('takes the dirtiest above min.cleanable.dirty.ratio, overdue ones first', () => {
    const clean = create('clean', { minCleanableDirtyRatio: 0.5 })
    const dirty = create('dirty', { minCleanableDirtyRatio: 0.5 })
    for (const each of [clean, dirty]) {
      for (let index = 0; index < 4; index++) {
        put([`key=${index}`], {}, each)
        roll(each)
      }
    }
    clean.firstDirtyOffset = 3
    dirty.firstDirtyOffset = 1
    const nowMs = host.clock.nowMs()
    expect(chooseFilthiest([clean, dirty], nowMs)).toMatchObject({ log: dirty, dirtyRatio: 0.75 })
    expect(chooseFilthiest([clean], nowMs)).toBeNull()
    clean.config = { ...clean.config, maxCompactionLagMs: 1_000 }
    expect(chooseFilthiest([clean, dirty], nowMs + 2_000)).toMatchObject({ log: clean, isOverdue: true })
  })

  it('leaves out what is younger than min.compaction.lag.ms, above the high watermark, or not compacted at all', () => {
    put(['a=1'])
    roll()
    world.advance(10_000)
    put(['a=2'])
    roll()
    log.config = { ...log.config, minCompactionLagMs: 5_000 }
    expect(candidateOf(log, host.clock.nowMs())?.endOffset).toBe(1)
    log.highWatermark = 0
    expect(candidateOf(log, host.clock.nowMs())).toBeNull()
    log.highWatermark = 2
    log.config = { ...log.config, cleanupPolicy: { compact: false, delete: true } }
    expect(chooseFilthiest([log], host.clock.nowMs())).toBeNull()
  })
})
