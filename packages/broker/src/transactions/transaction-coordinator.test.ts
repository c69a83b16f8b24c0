import { describe, expect, it } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import type { MessageDefinition } from '@millrace/protocol/definition'
import type { AppendCallback } from '../replication/append-types.ts'
import type { Partition } from '../replication/partition.ts'
import {
  TOPIC_ID,
  OTHER_TOPIC_ID,
  broker,
  createHandlerFixture,
  imageOf,
  partitionState,
  topic,
} from '../handlers/handler-fixture.ts'
import type { PeerChannels } from '../coordination/peer-channels.ts'
import type { ProducerIdentity } from './decisions.ts'
import { Markers } from './markers.ts'
import type { Marker, MarkerWriter } from './marker-writer.ts'
import { TransactionCoordinator } from './transaction-coordinator.ts'

const LEADERS = [1, 2, 2]

function image(leaderOfState: number, leaderEpoch = 4, leaders: readonly number[] = LEADERS) {
  return imageOf(
    [broker(1), broker(2)],
    [
      topic(
        'orders',
        TOPIC_ID,
        leaders.map((leader) => partitionState({ leader })),
      ),
      topic('__transaction_state', OTHER_TOPIC_ID, [partitionState({ leader: leaderOfState, leaderEpoch })]),
    ],
  )
}

interface Sent {
  readonly brokerId: number
  readonly body: {
    markers: { producerId: number; producerEpoch: number; topics: { name: string; partitionIndexes: number[] }[] }[]
  }
  readonly answer: (errorCode: number | null) => void
}

/** Broker 1 with a `__transaction_state` of one partition that is an array: appends are committed 1 ms later. */
function setUp() {
  let nextId = 100
  const fixture = createHandlerFixture(
    image(1),
    {},
    {
      producerIds: { next: (callback: (errorCode: number, id: number) => void) => callback(0, nextId++) },
    },
  )
  const { runtime, world, publish } = fixture
  const batches: Buffer[] = []
  let failure: number = ErrorCode.NONE
  const partition = {
    partition: 0,
    isLeader: true,
    logStartOffset: 0,
    get logEndOffset() {
      return batches.length
    },
    log: {
      whenWritten: (done: (error: Error | null) => void) => done(null),
      read: ({ offset }: { offset: number }) => ({
        buffers: batches.slice(offset).map((batch, index) => {
          const copy = Buffer.from(batch)
          copy.writeBigInt64BE(BigInt(offset + index), 0)
          return copy
        }),
        release: null,
      }),
    },
    appendAsLeader(_slab: null, bytes: Buffer, start: number, end: number, _options: object, done: AppendCallback) {
      const errorCode = failure
      if (errorCode === ErrorCode.NONE) batches.push(Buffer.from(bytes.subarray(start, end)))
      runtime.host.timers.set(1, () => done(errorCode, 0, -1, null))
    },
  } as unknown as Partition
  fixture.partitions.set('__transaction_state-0', partition)
  const local: { topic: string; index: number; marker: Marker; done: (errorCode: number) => void }[] = []
  const writer = {
    write: (name: string, index: number, marker: Marker, done: (errorCode: number) => void) =>
      void local.push({ topic: name, index, marker, done }),
  } as unknown as MarkerWriter
  const sent: Sent[] = []
  const channels = {
    send(
      brokerId: number,
      _request: MessageDefinition,
      _response: MessageDefinition,
      _version: number,
      body: Sent['body'],
      callback: (error: Error | null, response: object | null) => void,
    ) {
      const answer = (errorCode: number | null): void => {
        if (errorCode === null) return callback(new Error('gone'), null)
        const markers = body.markers.map(({ producerId, topics }) => ({
          producerId,
          topics: topics.map(({ name, partitionIndexes }) => ({
            name,
            partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode })),
          })),
        }))
        return callback(null, { markers })
      }
      sent.push({ brokerId, body, answer })
    },
  } as unknown as PeerChannels
  const open = (): TransactionCoordinator =>
    new TransactionCoordinator(runtime, new Markers({ runtime, writer, channels, apiVersion: 1 }))
  const coordinator = open()
  world.advance(5)
  const settle = (ms = 5): void => world.advance(ms)
  const init = (id = 'tx', expected: ProducerIdentity | null = null): string => {
    let told = 'nothing'
    coordinator.init(id, { timeoutMs: 60_000, expected }, (errorCode, identity) => {
      told = errorCode === 0 ? `${identity?.producerId}/${identity?.producerEpoch}` : `error ${errorCode}`
    })
    settle()
    return told
  }
  const add = (who: ProducerIdentity, indexes: readonly number[], id = 'tx'): number => {
    let told = -99
    coordinator.add(id, who, new Map([['orders', new Set(indexes)]]), 0, (errorCode) => (told = errorCode))
    settle()
    return told
  }
  const end = (who: ProducerIdentity, commit: boolean, id = 'tx'): number => {
    let told = -99
    coordinator.end(id, { ...who, commit, clientVersion: 0 }, (errorCode) => (told = errorCode))
    settle()
    return told
  }
  const state = (id = 'tx', of = coordinator): string | undefined => of.locate(id).shard?.transactions.get(id)?.state
  return {
    ...fixture,
    coordinator,
    open,
    publish,
    batches,
    partition,
    local,
    sent,
    settle,
    init,
    add,
    end,
    state,
    fail: (errorCode: number) => (failure = errorCode),
  }
}

const who = { producerId: 100, producerEpoch: 0 }

describe('the transaction coordinator', () => {
  it('answers an end when it is durable, and completes it when every leader has its marker', () => {
    const { init, add, end, state, local, sent, settle } = setUp()
    expect(init()).toBe('100/0')
    expect(add(who, [0, 1, 2])).toBe(0)
    expect(end(who, true)).toBe(0)
    expect(state()).toBe('PrepareCommit')
    expect(local).toMatchObject([{ topic: 'orders', index: 0, marker: { producerId: 100, commit: true } }])
    expect(sent).toMatchObject([{ brokerId: 2, body: { markers: [{ topics: [{ partitionIndexes: [1, 2] }] }] } }])
    local[0]?.done(0)
    settle()
    expect(state()).toBe('PrepareCommit')
    sent[0]?.answer(0)
    settle()
    expect(state()).toBe('CompleteCommit')
    expect(end(who, true)).toBe(0)
  })

  it('sends markers again over errors, lost connections and leader changes, until they are taken', () => {
    const { init, add, end, state, local, sent, settle, publish } = setUp()
    init()
    add(who, [1])
    end(who, false)
    sent[0]?.answer(null)
    settle(60)
    sent[1]?.answer(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    publish(image(1, 4, [1, -1, 2]))
    settle(200)
    expect(sent.length).toBe(2)
    publish(image(1, 4, [1, 1, 2]))
    settle(60)
    local[0]?.done(ErrorCode.NOT_ENOUGH_REPLICAS)
    settle(60)
    local[1]?.done(0)
    settle()
    expect(state()).toBe('CompleteAbort')
  })

  it('does not wait for partitions that are deleted', () => {
    const { init, add, end, state, sent, settle, publish } = setUp()
    init()
    add(who, [1, 2])
    end(who, true)
    sent[0]?.answer(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    publish(image(1, 4, [1]))
    settle(60)
    expect(state()).toBe('CompleteCommit')
  })

  it('aborts what is ongoing before it gives a second producer its epoch, and fences the first', () => {
    const { init, add, end, state, local, settle } = setUp()
    init()
    add(who, [0])
    expect(init()).toBe(`error ${ErrorCode.CONCURRENT_TRANSACTIONS}`)
    expect(state()).toBe('PrepareAbort')
    expect(init()).toBe(`error ${ErrorCode.CONCURRENT_TRANSACTIONS}`)
    expect(local[0]?.marker).toMatchObject({ producerEpoch: 1, commit: false })
    local[0]?.done(0)
    settle()
    expect(init()).toBe('100/2')
    expect(end(who, true)).toBe(ErrorCode.PRODUCER_FENCED)
    expect(add(who, [0])).toBe(ErrorCode.PRODUCER_FENCED)
    expect(init('tx', who)).toBe(`error ${ErrorCode.PRODUCER_FENCED}`)
  })

  it('refuses what comes while a transition is being written', () => {
    const { coordinator, init, settle } = setUp()
    init()
    const told: number[] = []
    coordinator.add('tx', who, new Map([['orders', new Set([0])]]), 0, (errorCode) => told.push(errorCode))
    coordinator.add('tx', who, new Map([['orders', new Set([1])]]), 0, (errorCode) => told.push(errorCode))
    settle()
    expect(told).toEqual([ErrorCode.CONCURRENT_TRANSACTIONS, 0])
  })

  it.each([
    [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_COORDINATOR],
  ])('changes nothing when a write fails with %d, and tells %d', (failure, told) => {
    const { init, add, end, state, fail } = setUp()
    init()
    add(who, [0])
    fail(failure)
    expect(end(who, true)).toBe(told)
    expect(state()).toBe('Ongoing')
    fail(0)
    expect(end(who, true)).toBe(0)
  })

  it('writes that a transaction is complete until that is committed', () => {
    const { init, add, end, state, local, settle, fail } = setUp()
    init()
    add(who, [0])
    end(who, true)
    fail(ErrorCode.NOT_ENOUGH_REPLICAS)
    local[0]?.done(0)
    settle(300)
    expect(state()).toBe('PrepareCommit')
    fail(0)
    settle(300)
    expect(state()).toBe('CompleteCommit')
  })

  it('says that it is none when its storage has failed', () => {
    const { init, coordinator, partition } = setUp()
    init()
    expect(coordinator.locate('tx').errorCode).toBe(ErrorCode.NONE)
    Object.assign(partition, { isLeader: false })
    expect(coordinator.locate('tx').errorCode).toBe(ErrorCode.NOT_COORDINATOR)
  })

  it('takes over from another coordinator: loads, goes on with the markers, and sends them with its own epoch', () => {
    const { init, add, end, state, local, settle, publish, coordinator } = setUp()
    init()
    add(who, [0])
    end(who, true)
    publish(image(2, 5))
    expect(coordinator.locate('tx').errorCode).toBe(ErrorCode.NOT_COORDINATOR)
    local[0]?.done(0)
    settle()
    publish(image(1, 6))
    expect(coordinator.locate('tx').errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    settle()
    expect(state()).toBe('PrepareCommit')
    expect(local[1]?.marker).toMatchObject({ commit: true, coordinatorEpoch: 6 })
    local[1]?.done(0)
    settle()
    expect(state()).toBe('CompleteCommit')
  })

  it('acts on what it has loaded only once that is committed', () => {
    const { init, add, end, state, local, settle, publish, fail } = setUp()
    init()
    add(who, [0])
    end(who, true)
    publish(image(2, 5))
    fail(ErrorCode.NOT_ENOUGH_REPLICAS)
    publish(image(1, 6))
    settle(50)
    expect(state()).toBe('PrepareCommit')
    expect(local.length).toBe(1)
    fail(ErrorCode.NONE)
    settle(300)
    expect(local[1]?.marker).toMatchObject({ commit: true, coordinatorEpoch: 6 })
  })

  it('aborts what outlives its timeout', () => {
    const { init, add, state, local, settle, end } = setUp()
    init()
    add(who, [0])
    settle(50_000)
    expect(state()).toBe('Ongoing')
    settle(25_000)
    expect(state()).toBe('PrepareAbort')
    local[0]?.done(0)
    settle()
    expect(state()).toBe('CompleteAbort')
    expect(end(who, true)).toBe(ErrorCode.PRODUCER_FENCED)
  })

  it('forgets ids that nobody has used for long, but none with an open transaction', () => {
    const { init, state, settle, runtime, batches } = setUp()
    init()
    const before = batches.length
    settle(runtime.settings.number('transactional.id.expiration.ms') + 3_700_000)
    expect(state()).toBeUndefined()
    expect(batches.length).toBe(before + 1)
    expect(init()).toBe('101/0')
  })

  it('refuses timeouts of nothing and above transaction.max.timeout.ms, and the empty id', () => {
    const { coordinator } = setUp()
    const told: number[] = []
    for (const timeoutMs of [0, -1, 900_001])
      coordinator.init('tx', { timeoutMs, expected: null }, (errorCode) => told.push(errorCode))
    coordinator.init('', { timeoutMs: 1, expected: null }, (errorCode) => told.push(errorCode))
    const invalid = ErrorCode.INVALID_TRANSACTION_TIMEOUT
    expect(told).toEqual([invalid, invalid, invalid, ErrorCode.INVALID_REQUEST])
  })
})
