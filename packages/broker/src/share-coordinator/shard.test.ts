import { expect, test } from 'vitest'
import { silentLogger } from '@millrace/base/logger'
import { ErrorCode } from '@millrace/protocol/errors'
import { World } from '@millrace/testkit/world'
import type { AppendCallback } from '../replication/append-types.ts'
import type { Partition } from '../replication/partition.ts'
import { ShareStateShard } from './shard.ts'
import { decideInitialize, decideWrite, DeliveryState, type ShareState, type StateBatch } from './share-state.ts'

const ID = { groupId: 'g', topicId: 'G1GuElMgRhCyRCAcAcbiGQ', partition: 0 }
const OTHER = { ...ID, partition: 1 }

/** A shard over a partition that is an array of batches, each of one record. */
function serve(batches: Buffer[] = []) {
  const world = new World({ seed: 1 })
  const host = world.addHost('broker-1')
  /** What the next appends are answered with, and how many records at the end are not committed. */
  const log = { errors: [] as number[], uncommitted: 0 }
  const partition = {
    partition: 0,
    logStartOffset: batches.length === 0 ? 0 : batches[0]?.readBigInt64BE(0),
    get logEndOffset() {
      return batches.length === 0 ? 0 : Number(batches.at(-1)?.readBigInt64BE(0)) + 1
    },
    get highWatermark(): number {
      return partition.logEndOffset - log.uncommitted
    },
    advanceLogStart(offset: number) {
      while (batches.length > 0 && Number(batches[0]?.readBigInt64BE(0)) < offset) batches.shift()
    },
    log: {
      whenWritten: (done: (error: Error | null) => void) => done(null),
      read: ({ offset }: { offset: number }) => ({
        buffers: batches.filter((batch) => Number(batch.readBigInt64BE(0)) >= offset),
        release: null,
      }),
    },
    appendAsLeader(_slab: null, bytes: Buffer, start: number, end: number, _options: object, done: AppendCallback) {
      const batch = Buffer.from(bytes.subarray(start, end))
      const offset = partition.logEndOffset
      batch.writeBigInt64BE(BigInt(offset), 0)
      batches.push(batch)
      const errorCode = log.errors.shift() ?? ErrorCode.NONE
      host.timers.set(1, () => done(errorCode, errorCode === ErrorCode.NONE ? offset : -1, -1, null))
    },
  } as unknown as Partition & { logStartOffset: number }
  partition.logStartOffset = Number(partition.logStartOffset)
  const shard = new ShareStateShard({ host, logger: silentLogger, partition, leaderEpoch: 0, writeTimeoutMs: 5_000 })
  shard.load()
  world.advance(5)
  const told: number[] = []
  const initialize = (id = ID, stateEpoch = 1): void =>
    shard.decide(
      id,
      (known, nowMs) => decideInitialize(known, { stateEpoch, startOffset: 0 }, nowMs),
      (code) => told.push(code),
    )
  const write = (startOffset: number, stateBatches: StateBatch[] = [], id = ID): void =>
    shard.decide(
      id,
      (known, nowMs) =>
        decideWrite(
          known as ShareState,
          { stateEpoch: 1, leaderEpoch: 0, startOffset, deliveryCompleteCount: -1, stateBatches },
          3,
          nowMs,
        ),
      (code) => told.push(code),
    )
  return { world, batches, shard, told, initialize, write, log }
}

const acked = (firstOffset: number, lastOffset: number): StateBatch => ({
  firstOffset,
  lastOffset,
  deliveryState: DeliveryState.ACKNOWLEDGED,
  deliveryCount: 1,
})

test('writes of one turn build on each other, and a new coordinator loads what they made', () => {
  const { world, batches, shard, initialize, write } = serve()
  initialize()
  write(0, [acked(3, 4)])
  write(2, [acked(5, 6)])
  world.advance(10)
  expect(shard.get(ID)).toMatchObject({ startOffset: 2, stateBatches: [acked(3, 6)] })
  const next = serve(batches)
  expect(next.shard.get(ID)).toMatchObject({ startOffset: 2, stateBatches: [acked(3, 6)], snapshotEpoch: 0 })
})

test('an update of an overtaken snapshot is passed over', () => {
  const { world, batches, initialize, write } = serve()
  initialize()
  for (let offset = 1; offset <= 6; offset++) write(offset)
  world.advance(20)
  const [first, ...rest] = batches
  // As if an old update had been written behind the newer snapshot.
  const late = Buffer.from(rest[0] ?? Buffer.alloc(0))
  late.writeBigInt64BE(BigInt(batches.length), 0)
  const { shard } = serve([first ?? Buffer.alloc(0), ...rest, late])
  expect(shard.get(ID)).toMatchObject({ startOffset: 6, snapshotEpoch: 1 })
})

test('a deleted share partition is gone for a new coordinator as well', () => {
  const { world, batches, shard, initialize, told } = serve()
  initialize()
  shard.delete(ID, (code) => told.push(code))
  shard.delete(ID, (code) => told.push(code))
  world.advance(10)
  expect(told).toEqual([ErrorCode.NONE, ErrorCode.NONE, ErrorCode.NONE])
  expect(serve(batches).shard.get(ID)).toBeUndefined()
})

test('pruning deletes what is below the oldest snapshot, and cold partitions do not hold it back', () => {
  const { world, batches, shard, initialize, write } = serve()
  initialize(OTHER)
  initialize()
  for (let offset = 1; offset <= 12; offset++) write(offset)
  world.advance(50)
  shard.prune()
  expect(Number(batches[0]?.readBigInt64BE(0))).toBe(0)
  shard.refreshCold(Infinity)
  world.advance(10)
  expect(Number(batches[0]?.readBigInt64BE(0))).toBeGreaterThan(10)
  const next = serve(batches)
  expect(next.shard.get(ID)).toMatchObject({ startOffset: 12 })
  expect(next.shard.get(OTHER)).toMatchObject({ startOffset: 0 })
})

test('a shard that is closed answers what still waits', () => {
  const { world, shard, told, initialize, write } = serve()
  initialize()
  write(1)
  shard.close()
  world.advance(10)
  expect(told).toEqual([ErrorCode.NOT_COORDINATOR, ErrorCode.NOT_COORDINATOR])
})

test('a write of which it is not known whether it counts is loaded again, and what follows builds on it', () => {
  const { world, batches, shard, told, initialize, write, log } = serve()
  initialize()
  for (let offset = 1; offset <= 3; offset++) write(offset)
  world.advance(20)
  // The next is a snapshot: it stands in the log, and nobody has waited until enough replicas had it.
  log.errors = [ErrorCode.REQUEST_TIMED_OUT]
  log.uncommitted = 1
  write(4, [acked(5, 5)])
  world.advance(5)
  expect(told.at(-1)).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE)
  write(4, [acked(6, 6)])
  expect([told.at(-1), shard.errorCode]).toEqual(Array(2).fill(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS))
  log.uncommitted = 0
  write(4, [acked(7, 7)])
  world.advance(5)
  expect(told.at(-1)).toBe(ErrorCode.NONE)
  const state = { startOffset: 4, snapshotEpoch: 1, stateBatches: [acked(5, 5), acked(7, 7)] }
  expect(shard.get(ID)).toMatchObject(state)
  expect(serve(batches).shard.get(ID)).toMatchObject(state)
})

test('a snapshot of a cold share partition that timed out does not hide what is written after it', () => {
  const { world, batches, shard, told, initialize, write, log } = serve()
  initialize()
  initialize(OTHER)
  write(1)
  world.advance(10)
  write(2, [], OTHER)
  write(3, [], OTHER)
  write(4, [], OTHER)
  world.advance(10)
  log.errors = [ErrorCode.REQUEST_TIMED_OUT]
  shard.refreshCold(Infinity)
  world.advance(5)
  write(2, [acked(5, 5)])
  world.advance(5)
  expect(told.at(-1)).toBe(ErrorCode.NONE)
  expect(serve(batches).shard.get(ID)).toMatchObject({ startOffset: 2, stateBatches: [acked(5, 5)] })
})

test('nothing is told of what is loaded until it is committed', () => {
  const before = serve()
  before.initialize()
  before.write(3)
  before.world.advance(10)
  const { shard, log } = serve(before.batches)
  log.uncommitted = 1
  expect(shard.errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  log.uncommitted = 0
  expect(shard.errorCode).toBe(ErrorCode.NONE)
})

test('nothing is pruned for the sake of snapshots that may yet be cut off', () => {
  const { world, batches, shard, initialize, write, log } = serve()
  initialize()
  for (let offset = 1; offset <= 3; offset++) write(offset)
  world.advance(20)
  const before = batches.length
  log.errors = [ErrorCode.REQUEST_TIMED_OUT]
  log.uncommitted = 1
  write(4)
  world.advance(5)
  shard.prune()
  expect(batches).toHaveLength(before + 1)
  log.uncommitted = 0
  shard.prune()
  expect(batches).toHaveLength(1)
})
