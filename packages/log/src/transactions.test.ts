import { expect, it } from 'vitest'
import { buildTransactionMarker } from '@millrace/protocol/records/control-records'
import { createRecordingLogger } from '@millrace/testkit/recording-logger'
import { World } from '@millrace/testkit/world'
import type { LogManager } from './log-manager.ts'
import type { PartitionLog } from './partition-log.ts'
import { append, batchOf, configOf, DIRECTORY, openManager, TOPIC_ID } from './test-support/batches.ts'

const world = new World({ seed: 1 })
const host = world.addHost('broker')

function open(): LogManager {
  return openManager(host, createRecordingLogger(), (until) => world.runUntil(until))
}

function data(producerId: number, baseSequence: number): Buffer {
  const timestampMs = host.clock.nowMs()
  return batchOf(['a', 'b'], { producerId, producerEpoch: 0, baseSequence, isTransactional: true, timestampMs })
}

function end(producerId: number, commit: boolean): Buffer {
  return buildTransactionMarker({
    commit,
    producerId,
    producerEpoch: 0,
    coordinatorEpoch: 3,
    timestampMs: host.clock.nowMs(),
  })
}

/** Offsets: 0–1 of producer 1, 2–3 of 2, 4 abort of 2, 5 commit of 1, 6–7 of 1, 8 abort of 1, 9–10 of 2, open. */
function write(log: PartitionLog): void {
  append(log, data(1, 0))
  append(log, data(2, 0))
  append(log, end(2, false))
  append(log, end(1, true))
  append(log, data(1, 2))
  append(log, end(1, false))
  append(log, data(2, 2))
  world.advance(50)
}

it('aborted transactions and the last stable offset are the same before and after a crash and a clean stop', () => {
  const expected = (log: PartitionLog): void => {
    expect(log.logEndOffset).toBe(11)
    expect(log.abortedTransactions(0, 11)).toMatchObject([
      { producerId: 2, firstOffset: 2 },
      { producerId: 1, firstOffset: 6 },
    ])
    expect(log.abortedTransactions(5, 11)).toMatchObject([{ producerId: 1, firstOffset: 6 }])
    expect(log.abortedTransactions(0, 2)).toEqual([])
    expect(log.lastStableOffset(11)).toBe(9)
    expect(log.lastStableOffset(8)).toBe(6)
  }
  const log = open().create({
    topic: 'orders',
    partition: 0,
    topicId: TOPIC_ID,
    config: configOf({ segmentBytes: 400 }),
  })
  write(log)
  expect(log.lastStableOffset(8)).toBe(6)
  expected(log)
  host.crashProcess()
  host.restart()
  const manager = open()
  const recovered = manager.get('orders', 0) as PartitionLog
  expected(recovered)
  let closed = false
  manager.close({ brokerEpoch: 1 }, (error) => {
    expect(error).toBeNull()
    closed = true
  })
  world.runUntil(() => closed)
  host.restart()
  const again = open().get('orders', 0) as PartitionLog
  expect(again.abortedTransactions(0, 11)).toMatchObject([{ producerId: 2 }, { producerId: 1 }])
  expect(again.lastStableOffset(11)).toBe(9)
})

it('an aborted transaction takes 34 bytes in the index of the segment that has its marker', () => {
  const directory = `${DIRECTORY}/orders-0`
  const indexes = host.disk.list(directory).filter((name) => name.endsWith('.txnindex'))
  const bytes = Buffer.concat(indexes.sort().map((name) => Buffer.from(host.disk.readFile(`${directory}/${name}`))))
  const field = (entry: number, at: number): number => Number(bytes.readBigInt64BE(entry * 34 + at))
  expect(bytes.length).toBe(68)
  expect([bytes.readInt16BE(0), field(0, 2), field(0, 10), field(0, 18), field(0, 26)]).toEqual([0, 2, 2, 4, 0])
  expect([field(1, 2), field(1, 10), field(1, 18), field(1, 26)]).toEqual([1, 6, 8, 9])
})

/** Two records of an own topic in a transaction of producer 5, its marker at 2, and more until a new segment begins. */
function withMarkerAt2(topic: string, manager: LogManager): PartitionLog {
  const log = manager.create({ topic, partition: 0, topicId: TOPIC_ID, config: configOf({ segmentBytes: 400 }) })
  append(log, data(5, 0))
  append(log, end(5, true))
  for (let more = 0; more < 6; more++) append(log, batchOf(['more', 'and more']))
  world.advance(50)
  expect(log.segments.all.length).toBeGreaterThan(1)
  log.highWatermark = 2
  expect(log.lastStableOffset(2)).toBe(0)
  return log
}

it.each(['a clean stop', 'a crash'])(
  'a marker above the high watermark says nothing yet after %s, and cut off it leaves its transaction open',
  (how) => {
    const manager = open()
    const topic = how === 'a crash' ? 'crashed' : 'stopped'
    const log = withMarkerAt2(topic, manager)
    let done = false
    const told = (error: Error | null): void => {
      expect(error).toBeNull()
      done = true
    }
    if (how === 'a crash') {
      log.flush(told)
      world.runUntil(() => done)
      done = false
      manager.writeHighWatermarks(told)
    } else manager.close({ brokerEpoch: 1 }, told)
    world.runUntil(() => done)
    host.crashProcess()
    host.restart()
    const again = open().get(topic, 0) as PartitionLog
    expect(again.logEndOffset).toBe(15)
    expect(again.lastStableOffset(2)).toBe(0)
    again.truncateTo(2)
    expect(again.lastStableOffset(2)).toBe(0)
    host.crashProcess()
    host.restart()
  },
)
