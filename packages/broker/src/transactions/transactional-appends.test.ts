import { describe, expect, it } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import type { Partition } from '../replication/partition.ts'
import type { TransactionVerifier } from './transaction-verifier.ts'
import { TransactionalAppends } from './transactional-appends.ts'

function setUp() {
  const states = new Map<number, { epoch: number; currentTxnFirstOffset: number }>()
  const leadership = { leaderEpoch: 4 }
  const partition = {
    isLeader: true,
    get leaderEpoch() {
      return leadership.leaderEpoch
    },
    log: { producers: { get: (id: number) => states.get(id) } },
  } as unknown as Partition
  const asked: ((errorCode: number) => void)[] = []
  const appends = new TransactionalAppends()
  appends.attach({
    ask: (_batch: object, done: (errorCode: number) => void) => void asked.push(done),
  } as unknown as TransactionVerifier)
  const told: string[] = []
  const verify = (baseSequence: number, producerEpoch = 1, adds = false): void =>
    appends.verify({ transactionalId: 't', partition, producerId: 7, producerEpoch, baseSequence, adds }, (errorCode) =>
      told.push(`${baseSequence}:${errorCode}`),
    )
  return { states, partition, leadership, asked, appends, told, verify }
}

describe('a transactional append', () => {
  it('asks nobody while its transaction is open in the partition', () => {
    const { states, asked, told, verify } = setUp()
    states.set(7, { epoch: 1, currentTxnFirstOffset: 5 })
    verify(0)
    expect([told, asked.length]).toEqual([['0:0'], 0])
  })

  it('asks again when the open transaction is of another epoch, or none is open', () => {
    const { states, asked, verify } = setUp()
    states.set(7, { epoch: 1, currentTxnFirstOffset: 5 })
    verify(0, 2)
    states.set(7, { epoch: 3, currentTxnFirstOffset: -1 })
    verify(0, 3)
    expect(asked.length).toBe(2)
  })

  it('shares one question between batches, which go on in their order', () => {
    const { asked, told, verify } = setUp()
    verify(0)
    verify(1)
    verify(2)
    expect(asked.length).toBe(1)
    asked[0]?.(ErrorCode.NONE)
    expect(told).toEqual(['0:0', '1:0', '2:0'])
  })

  it('does not believe an answer that a marker has overtaken', () => {
    const { asked, told, appends, partition, verify } = setUp()
    verify(0)
    appends.markerWritten(partition, 7, 9)
    asked[0]?.(ErrorCode.NONE)
    expect(told).toEqual([`0:${ErrorCode.TRANSACTION_ABORTABLE}`])
  })

  it('believes an answer about the next transaction, whatever ends the one before', () => {
    const { asked, told, appends, partition, verify } = setUp()
    verify(0, 2, true)
    appends.markerWritten(partition, 7, 2)
    asked[0]?.(ErrorCode.NONE)
    expect(told).toEqual([`0:${ErrorCode.NONE}`])
    verify(1, 2, true)
    appends.markerWritten(partition, 7, 3)
    asked[1]?.(ErrorCode.NONE)
    expect(told.at(-1)).toBe(`1:${ErrorCode.TRANSACTION_ABORTABLE}`)
  })

  it('lets no later batch overtake one that was refused', () => {
    const { asked, told, verify } = setUp()
    verify(0)
    verify(1)
    asked[0]?.(ErrorCode.NOT_COORDINATOR)
    verify(2)
    asked[1]?.(ErrorCode.NONE)
    verify(0)
    asked[2]?.(ErrorCode.NONE)
    expect(told).toEqual([
      `0:${ErrorCode.NOT_COORDINATOR}`,
      `1:${ErrorCode.NOT_COORDINATOR}`,
      `2:${ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER}`,
      '0:0',
    ])
  })

  it('forgets refusals of an earlier leadership: what was refused may have been written at another leader', () => {
    const { asked, told, verify, leadership } = setUp()
    verify(0)
    asked[0]?.(ErrorCode.NOT_COORDINATOR)
    leadership.leaderEpoch = 6
    verify(6)
    asked[1]?.(ErrorCode.NONE)
    expect(told).toEqual([`0:${ErrorCode.NOT_COORDINATOR}`, `6:${ErrorCode.NONE}`])
  })

  it('does not believe an answer to what an earlier leadership asked: a marker may have been written elsewhere', () => {
    const { asked, told, verify, leadership } = setUp()
    verify(0)
    leadership.leaderEpoch = 6
    asked[0]?.(ErrorCode.NONE)
    expect(told).toEqual([`0:${ErrorCode.NOT_LEADER_OR_FOLLOWER}`])
  })

  it('forgets refusals of another epoch, over the wrap of sequences, and with a marker', () => {
    const { asked, told, appends, partition, verify } = setUp()
    verify(2_147_483_647)
    asked[0]?.(ErrorCode.NOT_COORDINATOR)
    verify(0)
    asked[1]?.(ErrorCode.NONE)
    verify(0, 2)
    asked[2]?.(ErrorCode.NONE)
    verify(5, 3)
    asked[3]?.(ErrorCode.NOT_COORDINATOR)
    appends.markerWritten(partition, 7, 9)
    verify(9, 3)
    asked[4]?.(ErrorCode.NONE)
    expect(told.map((text) => text.split(':')[1])).toEqual(
      [ErrorCode.NOT_COORDINATOR, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, 0, ErrorCode.NOT_COORDINATOR, 0].map(String),
    )
  })
})
