import { describe, expect, it } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { createHandlerFixture } from '../handlers/handler-fixture.ts'
import type { AppendCallback } from '../replication/append-types.ts'
import type { Partition } from '../replication/partition.ts'
import { MarkerWriter, type Marker } from './marker-writer.ts'
import type { TransactionalAppends } from './transactional-appends.ts'

const MARKER: Marker = {
  producerId: 7,
  producerEpoch: 3,
  commit: true,
  coordinatorEpoch: 5,
  transactionVersion: 0,
}

/** `epoch` and `open` are what the partition knows of producer 7. */
function setUp(known: { epoch: number; open: boolean; coordinatorEpoch?: number } | null = null, isLeader = true) {
  const fixture = createHandlerFixture()
  const events: string[] = []
  let appended: AppendCallback | null = null
  const partition = {
    isLeader,
    leaderEpoch: 4,
    log: {
      producers: {
        get: () => (known === null ? undefined : { epoch: known.epoch, currentTxnFirstOffset: known.open ? 10 : -1 }),
        checkMarker: ({ epoch, coordinatorEpoch }: { epoch: number; coordinatorEpoch: number }) =>
          known === null
            ? ErrorCode.NONE
            : epoch < known.epoch
              ? ErrorCode.INVALID_PRODUCER_EPOCH
              : coordinatorEpoch < (known.coordinatorEpoch ?? -1)
                ? ErrorCode.TRANSACTION_COORDINATOR_FENCED
                : ErrorCode.NONE,
      },
    },
    appendAsLeader(_slab: null, _bytes: Buffer, _start: number, _end: number, options: object, done: AppendCallback) {
      events.push(`append ${JSON.stringify(options)}`)
      appended = done
    },
  } as unknown as Partition
  fixture.partitions.set('orders-0', partition).set('__consumer_offsets-2', partition)
  const groups = {
    transactionEnded: (index: number, leaderEpoch: number, producerId: number, commit: boolean) =>
      void events.push(`ended ${index} ${leaderEpoch} ${producerId} ${commit}`),
  } as unknown as GroupCoordinator
  const appends = { markerWritten: () => void events.push('void') } as unknown as TransactionalAppends
  const writer = new MarkerWriter(fixture.runtime, groups, appends)
  const write = (topic: string, index: number, more: Partial<Marker> = {}): void =>
    writer.write(topic, index, { ...MARKER, ...more }, (errorCode) => void events.push(`done ${errorCode}`))
  return { events, write, finish: (errorCode: number) => appended?.(errorCode, 0, -1, null) }
}

const APPEND = 'append {"acks":-1,"timeoutMs":30000,"origin":"coordinator"}'

describe('a marker', () => {
  it('voids open questions, is appended with acks=all, and confirmed when it is committed', () => {
    const { events, write, finish } = setUp()
    write('orders', 0)
    expect(events).toEqual(['void', APPEND])
    finish(ErrorCode.NONE)
    expect(events.at(-1)).toBe('done 0')
  })

  it('settles the offsets of groups once it is committed, and not before', () => {
    const { events, write, finish } = setUp()
    write('__consumer_offsets', 2, { commit: false })
    finish(ErrorCode.NOT_ENOUGH_REPLICAS)
    expect(events.at(-1)).toBe(`done ${ErrorCode.NOT_ENOUGH_REPLICAS}`)
    finish(ErrorCode.NONE)
    expect(events.slice(-2)).toEqual(['ended 2 4 7 false', 'done 0'])
  })

  it.each([
    ['an older epoch', { epoch: 4, open: true }, ErrorCode.INVALID_PRODUCER_EPOCH],
    ['an older coordinator', { epoch: 3, open: true, coordinatorEpoch: 6 }, ErrorCode.TRANSACTION_COORDINATOR_FENCED],
  ])('of %s is refused', (_what, known, errorCode) => {
    const { events, write } = setUp(known)
    write('orders', 0)
    expect(events).toEqual([`done ${errorCode}`])
  })

  it('of version 2 that is there already is confirmed, and never ends records of its own epoch', () => {
    const repeated = setUp({ epoch: 3, open: false })
    repeated.write('orders', 0, { transactionVersion: 2 })
    expect(repeated.events).toEqual(['done 0'])
    const late = setUp({ epoch: 3, open: true })
    late.write('orders', 0, { transactionVersion: 2 })
    expect(late.events).toEqual([`done ${ErrorCode.INVALID_PRODUCER_EPOCH}`])
    const due = setUp({ epoch: 2, open: true })
    due.write('orders', 0, { transactionVersion: 2 })
    expect(due.events).toEqual(['void', APPEND])
  })

  it('goes to the leader only', () => {
    const { events, write } = setUp(null, false)
    write('orders', 0)
    write('orders', 1)
    write('nowhere', 0)
    expect(events).toEqual([
      `done ${ErrorCode.NOT_LEADER_OR_FOLLOWER}`,
      `done ${ErrorCode.NOT_LEADER_OR_FOLLOWER}`,
      `done ${ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}`,
    ])
  })
})
