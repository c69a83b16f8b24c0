import { describe, expect, it } from 'vitest'
import { emptyImage } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { World } from '@millrace/testkit/world'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { BrokerSettings } from '../metadata/broker-settings.ts'
import type { Partition } from '../replication/partition.ts'
import type { SharePersister, StoredState } from '../share-coordinator/persister.ts'
import type { WriteState } from '../share-coordinator/share-state.ts'
import { ShareFetchOperation, type SharePartitionResult } from './share-fetch-operation.ts'
import { SharePartition } from './share-partition.ts'

const TOPIC_ID = 'G1GuElMgRhCyRCAcAcbiGQ'
const LOCK_MS = 30_000

interface Options {
  readonly stored?: Partial<StoredState>
  /** What the coordinator answers to writes; null: nothing yet. */
  readonly answers?: (write: WriteState) => number | null
}

/** A share partition over a log of one-record batches, and a coordinator that remembers what was written. */
function serve({ stored = {}, answers = () => ErrorCode.NONE }: Options = {}) {
  const world = new World({ seed: 1 })
  const host = world.addHost('broker-1')
  const settings = new BrokerSettings({ image: emptyImage, properties: {}, nodeId: 1 })
  const runtime = { host, settings } as unknown as BrokerRuntime
  const batches: Buffer[] = []
  const partition = {
    leaderEpoch: 3,
    logStartOffset: 0,
    consumerWaiters: new Set(),
    get highWatermark() {
      return batches.length
    },
    log: {
      read: ({ offset }: { offset: number }) => ({
        buffers: batches.slice(offset),
        sizeBytes: 1,
        lastOffset: batches.length - 1,
        release: null,
      }),
    },
    listOffset: (_request: object, done: (errorCode: number, found: object) => void) =>
      done(ErrorCode.NONE, { offset: batches.length }),
  } as unknown as Partition
  const append = (count: number): void => {
    for (let index = 0; index < count; index++) {
      const batch = buildBatch({ records: [{ value: Buffer.from('v') }], timestampMs: 1 })
      batch.writeBigInt64BE(BigInt(batches.length), 0)
      batches.push(batch)
    }
    for (const waiter of partition.consumerWaiters) waiter.wake(false)
  }
  const writes: WriteState[] = []
  const held: (() => void)[] = []
  const persister = {
    read: (_id: object, _leaderEpoch: number, done: (errorCode: number, state: StoredState) => void) =>
      done(ErrorCode.NONE, { stateEpoch: 1, startOffset: 0, stateBatches: [], ...stored }),
    write: (_id: object, state: WriteState, done: (errorCode: number) => void) => {
      writes.push(state)
      const answer = answers(state)
      if (answer === null) held.push(() => done(ErrorCode.NONE))
      else host.timers.set(1, () => done(answer))
    },
  } as unknown as SharePersister
  let closed = false
  const id = { groupId: 'g', topicId: TOPIC_ID, partition: 0 }
  const share = new SharePartition({ runtime, persister, id, partition, onClosed: () => (closed = true) })
  append(10)
  share.start()
  world.advance(5)
  const fetch = (memberId: string, maxWaitMs = 0, recordsMax = 500) => {
    const results: (readonly SharePartitionResult[])[] = []
    const operation = new ShareFetchOperation(
      { host, shares: { open: () => ({ share, errorCode: 0 }) }, storageFailed: () => {} },
      {
        groupId: 'g',
        memberId,
        maxWaitMs,
        minBytes: 1,
        maxBytes: 1_000_000,
        recordsMax,
        batchSize: 500,
        isStrict: false,
        partitions: [{ topicId: TOPIC_ID, partition: 0 }],
      },
      (found) => results.push(found),
    )
    operation.start()
    const ranges = (): number[][] | null => {
      const told = results[0]
      if (told === undefined) return null
      return told.flatMap(({ acquired }) =>
        acquired.map((each) => [each.firstOffset, each.lastOffset, each.deliveryCount]),
      )
    }
    return { ranges, results, operation }
  }
  const acknowledge = (memberId: string, firstOffset: number, lastOffset: number, type = 1): number[] => {
    const told: number[] = []
    share.acknowledge(memberId, [{ firstOffset, lastOffset, acknowledgeTypes: [type] }], (code) => told.push(code))
    return told
  }
  return { world, share, writes, held, append, fetch, acknowledge, isClosed: () => closed }
}

describe('a share partition', () => {
  it('writes down where it begins when nobody has decided that', () => {
    const { share, writes } = serve({ stored: { startOffset: -1 } })
    expect(share.isActive).toBe(true)
    expect(writes).toMatchObject([{ startOffset: 10, leaderEpoch: 3, stateEpoch: 1 }])
  })

  it('acknowledges when the coordinator has it, several in one write', () => {
    const { world, fetch, acknowledge, writes, share } = serve()
    expect(fetch('a').ranges()).toEqual([[0, 9, 1]])
    const told = [acknowledge('a', 0, 3), acknowledge('a', 6, 9)]
    expect(told).toEqual([[], []])
    world.advance(5)
    expect(told).toEqual([[ErrorCode.NONE], [ErrorCode.NONE]])
    expect(writes).toMatchObject([
      { startOffset: 4, stateBatches: [{ firstOffset: 6, lastOffset: 9 }], deliveryCompleteCount: 4 },
    ])
    expect(share.startOffset).toBe(4)
  })

  it('gives a fetch that waits what is appended, and what another gives back', () => {
    const { world, fetch, acknowledge, append } = serve()
    fetch('a')
    const waiting = fetch('b', 10_000)
    world.advance(5)
    expect(waiting.ranges()).toBeNull()
    append(2)
    world.advance(5)
    expect(waiting.ranges()).toEqual([[10, 11, 1]])
    const next = fetch('b', 10_000)
    acknowledge('a', 2, 3, 2)
    world.advance(5)
    expect(next.ranges()).toEqual([[2, 3, 2]])
  })

  it('gives nothing to a fetch whose session has ended', () => {
    const { world, fetch, append } = serve()
    fetch('a')
    const waiting = fetch('b', 10_000)
    waiting.operation.end()
    expect(waiting.results).toEqual([[]])
    append(2)
    world.advance(20_000)
    expect(waiting.results).toEqual([[]])
    expect(fetch('c').ranges()).toEqual([[10, 11, 1]])
  })

  it('gives to others at once what did not reach a member', () => {
    const { world, share, fetch, writes } = serve()
    const [told] = fetch('a', 0, 500).results
    const waiting = fetch('b', 10_000)
    share.giveBack('a', told?.[0]?.acquired ?? [])
    world.advance(5)
    expect(waiting.ranges()).toEqual([[0, 9, 2]])
    expect(writes).toMatchObject([{ stateBatches: [{ firstOffset: 0, lastOffset: 9, deliveryState: 0 }] }])
  })

  it('answers with nothing when the wait is over', () => {
    const { world, fetch } = serve()
    fetch('a')
    const waiting = fetch('b', 500)
    world.advance(501)
    expect(waiting.results).toEqual([[]])
  })

  it('ends locks, writes that down, and wakes who waits', () => {
    const { world, fetch, writes, acknowledge } = serve()
    fetch('a')
    const waiting = fetch('b', LOCK_MS * 2)
    world.advance(LOCK_MS + 10)
    expect(waiting.ranges()).toEqual([[0, 9, 2]])
    expect(writes).toMatchObject([{ startOffset: 0, stateBatches: [{ deliveryState: 0, deliveryCount: 1 }] }])
    expect(acknowledge('a', 0, 9)).toEqual([ErrorCode.INVALID_RECORD_STATE])
  })

  it('gives back what a member holds whose session ends', () => {
    const { world, share, fetch } = serve()
    fetch('a')
    share.release('a')
    world.advance(5)
    expect(fetch('b').ranges()).toEqual([[0, 9, 2]])
  })

  it('keeps records locked when their acknowledgement could not be written', () => {
    const { world, fetch, acknowledge, share } = serve({ answers: () => ErrorCode.COORDINATOR_NOT_AVAILABLE })
    fetch('a')
    const told = acknowledge('a', 0, 9)
    world.advance(5)
    expect(told).toEqual([ErrorCode.COORDINATOR_NOT_AVAILABLE])
    expect([share.isActive, share.startOffset, fetch('b').ranges()]).toEqual([true, 0, []])
  })

  it('closes when a later leader or state epoch is known', () => {
    const { world, fetch, acknowledge, isClosed, share } = serve({ answers: () => ErrorCode.FENCED_STATE_EPOCH })
    fetch('a')
    const told = acknowledge('a', 0, 9)
    world.advance(5)
    expect([told, isClosed(), share.errorCode]).toEqual([
      [ErrorCode.NOT_LEADER_OR_FOLLOWER],
      true,
      ErrorCode.NOT_LEADER_OR_FOLLOWER,
    ])
  })

  it('is dropped when nobody is left, and not before its writes are done', () => {
    const { world, fetch, acknowledge, isClosed, share, held } = serve({ answers: () => null })
    fetch('a')
    acknowledge('a', 0, 9)
    world.advance(5)
    share.isRetired = true
    expect(isClosed()).toBe(false)
    held[0]?.()
    expect(isClosed()).toBe(true)
  })

  it('tells a waiting fetch why it closed', () => {
    const { world, fetch, share } = serve()
    fetch('a')
    const waiting = fetch('b', 10_000)
    share.close(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    world.advance(5)
    expect(waiting.results[0]).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }])
  })
})
