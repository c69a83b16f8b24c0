import { Arena, type FrameLease } from '@millrace/log/arena'
import { ErrorCode } from '@millrace/protocol/errors'
import { produceRequest, produceResponse } from '@millrace/protocol/messages/00-produce'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { describe, expect, it } from 'vitest'
import type { AppendCallback, AppendOptions, AppendRefusal } from '../replication/append-types.ts'
import type { Partition } from '../replication/partition.ts'
import type { TransactionalAppends, TransactionalBatch } from '../transactions/transactional-appends.ts'
import { produceHandler } from './00-produce.ts'
import {
  OTHER_TOPIC_ID,
  TOPIC_ID,
  ask,
  broker,
  createHandlerFixture,
  imageOf,
  partitionState,
  topic,
} from './handler-fixture.ts'

const BATCH = buildBatch({ records: [{ value: Buffer.from('v') }], timestampMs: 1 })

interface Append {
  readonly bytes: Buffer
  readonly options: AppendOptions
  readonly done: AppendCallback
}

function createProduce() {
  const internal = topic('__consumer_offsets', OTHER_TOPIC_ID, [partitionState()])
  const orders = topic('orders', TOPIC_ID, [
    partitionState(),
    partitionState({ leader: 2, leaderEpoch: 6 }),
    partitionState({ leader: 3 }),
  ])
  const fixture = createHandlerFixture(imageOf([broker(1), broker(2), broker(3)], [orders, internal]))
  const appends: Append[] = []
  const leader = {
    logStartOffset: 3,
    appendAsLeader(
      _slab: unknown,
      bytes: Buffer,
      start: number,
      end: number,
      options: AppendOptions,
      done: AppendCallback,
    ) {
      appends.push({ bytes: bytes.subarray(start, end), options, done })
    },
  } as unknown as Partition
  const follower = {
    appendAsLeader: (
      _slab: unknown,
      _bytes: Buffer,
      _start: number,
      _end: number,
      _options: AppendOptions,
      done: AppendCallback,
    ) => done(ErrorCode.NOT_LEADER_OR_FOLLOWER, -1, -1, null),
  } as unknown as Partition
  fixture.partitions.set('orders-0', leader).set('orders-1', follower).set('__consumer_offsets-0', leader)
  const verifications: { batch: TransactionalBatch; verified: (errorCode: number) => void }[] = []
  const transactional = {
    verify: (batch: TransactionalBatch, verified: (errorCode: number) => void) =>
      void verifications.push({ batch, verified }),
  } as unknown as TransactionalAppends
  const handler = produceHandler(fixture.runtime, transactional)
  const produce = (
    version: number,
    entries: [string, number, Buffer | null][],
    more: object = {},
    clientId = 'test',
    frame?: FrameLease,
  ) => {
    const names = [...new Set(entries.map(([name]) => name))]
    const topicData = names.map((name) => ({
      name,
      topicId: name === 'orders' ? TOPIC_ID : OTHER_TOPIC_ID,
      partitionData: entries.filter((entry) => entry[0] === name).map(([, index, records]) => ({ index, records })),
    }))
    return ask(
      handler,
      produceRequest,
      produceResponse,
      version,
      { acks: 1, timeoutMs: 500, topicData, ...more },
      { clientId, ...(frame === undefined ? {} : { frame }) },
    )
  }
  const arena = new Arena({ slabBytes: 1_000, tailBytesMax: 0 })
  Object.assign(fixture.runtime, { arena })
  return { ...fixture, appends, produce, verifications, arena }
}

function partitionsOf(answer: ReturnType<ReturnType<typeof createProduce>['produce']>) {
  return answer.response?.responses.flatMap(({ partitionResponses }) => partitionResponses) ?? []
}

describe('Produce', () => {
  it('gives back the place of a request that was refused as a whole, and of no other', () => {
    const { produce, arena } = createProduce()
    const refused = arena.reserve(100)
    produce(9, [['orders', 1, BATCH]], {}, 'test', refused)
    const taken = arena.reserve(100)
    expect(taken.start).toBe(refused.start)
    produce(
      9,
      [
        ['orders', 0, BATCH],
        ['orders', 1, BATCH],
      ],
      {},
      'test',
      taken,
    )
    expect(arena.reserve(100).start).toBe(taken.end)
  })

  it.each([3, 4, 5, 7, 8, 9, 10, 11, 12, 13])('appends and answers with the base offset in version %d', (version) => {
    const { appends, produce } = createProduce()
    const answer = produce(version, [['orders', 0, BATCH]], { acks: -1 })
    expect(answer.responses).toBe(0)
    expect(appends[0]?.bytes.equals(BATCH)).toBe(true)
    expect(appends[0]?.options).toEqual({ acks: -1, timeoutMs: 500, origin: 'client', produceVersion: version })
    appends[0]?.done(ErrorCode.NONE, 42, 1234, null)
    expect(answer.responses).toBe(1)
    expect(partitionsOf(answer)[0]).toMatchObject({
      index: 0,
      errorCode: 0,
      baseOffset: 42,
      logAppendTimeMs: 1234,
      logStartOffset: version >= 5 ? 3 : -1,
    })
  })

  it('answers once all partitions are done, each with its own error', () => {
    const { appends, produce } = createProduce()
    const answer = produce(9, [
      ['orders', 0, BATCH],
      ['orders', 1, BATCH],
      ['orders', 7, BATCH],
      ['orders', 2, BATCH],
    ])
    expect(answer.responses).toBe(0)
    appends[0]?.done(ErrorCode.NONE, 5, -1, null)
    expect(partitionsOf(answer).map(({ index, errorCode, baseOffset }) => [index, errorCode, baseOffset])).toEqual([
      [0, 0, 5],
      [1, ErrorCode.NOT_LEADER_OR_FOLLOWER, -1],
      [7, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1],
      [2, ErrorCode.NOT_LEADER_OR_FOLLOWER, -1],
    ])
  })

  it('hints at the current leader and its endpoint from version 10 on', () => {
    const { produce } = createProduce()
    const hinted = produce(10, [['orders', 1, BATCH]])
    expect(partitionsOf(hinted)[0]?.currentLeader).toEqual({ leaderId: 2, leaderEpoch: 6 })
    expect(hinted.response?.nodeEndpoints).toEqual([{ nodeId: 2, host: 'broker-2', port: 9092, rack: 'zone-2' }])
    const plain = produce(9, [['orders', 1, BATCH]])
    expect(partitionsOf(plain)[0]?.currentLeader).toEqual({ leaderId: -1, leaderEpoch: -1 })
  })

  it('sends nothing for acks=0', () => {
    const { appends, produce } = createProduce()
    const answer = produce(7, [['orders', 0, BATCH]], { acks: 0 })
    appends[0]?.done(ErrorCode.NONE, 5, -1, null)
    expect(answer).toMatchObject({ responses: 1, response: null, closed: null })
  })

  it('closes the connection for an error with acks=0', () => {
    const { produce } = createProduce()
    const answer = produce(7, [['orders', 1, BATCH]], { acks: 0 })
    expect(answer).toMatchObject({ responses: 1, response: null })
    expect(answer.closed).toMatch(/NOT_LEADER_OR_FOLLOWER for orders-1/)
  })

  it.each([2, -2, 3])('answers acks=%d with INVALID_REQUIRED_ACKS', (acks) => {
    const { produce, appends } = createProduce()
    expect(partitionsOf(produce(7, [['orders', 0, BATCH]], { acks }))[0]?.errorCode).toBe(
      ErrorCode.INVALID_REQUIRED_ACKS,
    )
    expect(appends.length).toBe(0)
  })

  it('refuses internal topics but to the admin client', () => {
    const { produce, appends } = createProduce()
    expect(partitionsOf(produce(7, [['__consumer_offsets', 0, BATCH]]))[0]?.errorCode).toBe(
      ErrorCode.INVALID_TOPIC_EXCEPTION,
    )
    produce(7, [['__consumer_offsets', 0, BATCH]], {}, '__admin_client')
    expect(appends.length).toBe(1)
  })

  it('refuses null and empty records with INVALID_RECORD', () => {
    const { produce } = createProduce()
    const answer = produce(7, [
      ['orders', 0, null],
      ['orders', 1, Buffer.alloc(0)],
    ])
    expect(partitionsOf(answer).map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.INVALID_RECORD,
      ErrorCode.INVALID_RECORD,
    ])
  })

  const transactionalBatch = (producerId: number): Buffer =>
    buildBatch({
      records: [{ value: Buffer.from('v') }],
      timestampMs: 1,
      producerId,
      producerEpoch: 3,
      baseSequence: 5,
      isTransactional: true,
    })

  it.each([
    [7, false],
    [11, false],
    [12, true],
  ])('appends a transactional batch in version %d only after its verification', (version, adds) => {
    const { produce, appends, verifications } = createProduce()
    const answer = produce(version, [['orders', 0, transactionalBatch(9)]], { transactionalId: 'tx' })
    expect(appends.length).toBe(0)
    expect(verifications[0]?.batch).toMatchObject({
      transactionalId: 'tx',
      producerId: 9,
      producerEpoch: 3,
      baseSequence: 5,
      adds,
    })
    verifications[0]?.verified(ErrorCode.NONE)
    expect(appends.length).toBe(1)
    appends[0]?.done(ErrorCode.NONE, 42, -1, null)
    expect(partitionsOf(answer)[0]).toMatchObject({ errorCode: 0, baseOffset: 42 })
  })

  it.each([
    [10, ErrorCode.TRANSACTION_ABORTABLE, ErrorCode.INVALID_TXN_STATE],
    [11, ErrorCode.TRANSACTION_ABORTABLE, ErrorCode.TRANSACTION_ABORTABLE],
    [11, ErrorCode.NOT_COORDINATOR, ErrorCode.NOT_ENOUGH_REPLICAS],
    [11, ErrorCode.CONCURRENT_TRANSACTIONS, ErrorCode.NOT_ENOUGH_REPLICAS],
    [12, ErrorCode.CONCURRENT_TRANSACTIONS, ErrorCode.CONCURRENT_TRANSACTIONS],
    [12, ErrorCode.INVALID_PRODUCER_EPOCH, ErrorCode.INVALID_PRODUCER_EPOCH],
  ])('tells in version %d the verification error %d as %d', (version, verified, told) => {
    const { produce, appends, verifications } = createProduce()
    const answer = produce(version, [['orders', 0, transactionalBatch(9)]], { transactionalId: 'tx' })
    verifications[0]?.verified(verified)
    expect(partitionsOf(answer)[0]?.errorCode).toBe(told)
    expect(appends.length).toBe(0)
  })

  it('refuses transactional batches without their id, or of two producers', () => {
    const { produce, appends, verifications } = createProduce()
    const nameless = produce(7, [['orders', 0, transactionalBatch(9)]])
    expect(partitionsOf(nameless)[0]?.errorCode).toBe(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    const entries: [string, number, Buffer][] = [
      ['orders', 0, transactionalBatch(9)],
      ['orders', 1, transactionalBatch(8)],
    ]
    const mixed = produce(7, entries, { transactionalId: 'tx' })
    expect(partitionsOf(mixed).map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.INVALID_PRODUCER_ID_MAPPING,
      ErrorCode.INVALID_PRODUCER_ID_MAPPING,
    ])
    expect(appends.length + verifications.length).toBe(0)
  })

  it('appends the first and refuses the second of one partition named twice', () => {
    const { produce, appends } = createProduce()
    const answer = produce(7, [
      ['orders', 0, BATCH],
      ['orders', 0, BATCH],
    ])
    expect(appends.length).toBe(1)
    appends[0]?.done(ErrorCode.NONE, 1, -1, null)
    expect(partitionsOf(answer).map(({ errorCode }) => errorCode)).toEqual([0, ErrorCode.INVALID_REQUEST])
  })

  it('answers an unknown topic id with UNKNOWN_TOPIC_ID', () => {
    const { runtime, publish, produce } = createProduce()
    publish(imageOf([...runtime.metadata.image.brokers.values()], []))
    const answer = produce(13, [['orders', 0, BATCH]])
    expect(answer.response?.responses[0]?.topicId).toBe(TOPIC_ID)
    expect(partitionsOf(answer)[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
  })

  it('passes on why records were refused, from version 8 on', () => {
    const refusal: AppendRefusal = { message: 'no key', recordErrors: [{ batchIndex: 3, message: 'has no key' }] }
    const { produce, appends } = createProduce()
    const answer = produce(8, [['orders', 0, BATCH]])
    appends[0]?.done(ErrorCode.INVALID_RECORD, -1, -1, refusal)
    expect(partitionsOf(answer)[0]).toMatchObject({
      errorCode: ErrorCode.INVALID_RECORD,
      baseOffset: -1,
      errorMessage: 'no key',
      recordErrors: [{ batchIndex: 3, batchIndexErrorMessage: 'has no key' }],
    })
  })

  it('tells old clients NOT_LEADER_OR_FOLLOWER instead of KAFKA_STORAGE_ERROR', () => {
    for (const [version, errorCode] of [
      [3, 6],
      [4, 56],
    ] as const) {
      const { produce, appends } = createProduce()
      const answer = produce(version, [['orders', 0, BATCH]])
      appends[0]?.done(ErrorCode.KAFKA_STORAGE_ERROR, -1, -1, null)
      expect(partitionsOf(answer)[0]?.errorCode).toBe(errorCode)
    }
  })

  it('answers a request without partitions at once', () => {
    expect(createProduce().produce(7, []).responses).toBe(1)
  })
})
