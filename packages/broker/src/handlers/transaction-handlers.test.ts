import { describe, expect, it } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
} from '@millrace/protocol/messages/24-add-partitions-to-txn'
import { endTxnRequest, endTxnResponse } from '@millrace/protocol/messages/26-end-txn'
import {
  describeTransactionsRequest,
  describeTransactionsResponse,
} from '@millrace/protocol/messages/65-describe-transactions'
import { listTransactionsRequest, listTransactionsResponse } from '@millrace/protocol/messages/66-list-transactions'
import type { EndRequest, ProducerIdentity } from '../transactions/decisions.ts'
import type { ProducerCallback, TransactionCoordinator } from '../transactions/transaction-coordinator.ts'
import type { TransactionMetadata, TransactionPartitions } from '../transactions/transaction-metadata.ts'
import { addPartitionsToTxnHandler } from './24-add-partitions-to-txn.ts'
import { endTxnHandler } from './26-end-txn.ts'
import { describeTransactionsHandler } from './65-describe-transactions.ts'
import { listTransactionsHandler } from './66-list-transactions.ts'
import { ask, createHandlerFixture } from './handler-fixture.ts'

const ONGOING = {
  producerId: 7,
  producerEpoch: 1,
  timeoutMs: 60_000,
  state: 'Ongoing',
  partitions: new Map([['orders', new Set([0, 2])]]),
  startMs: 1_000,
} as unknown as TransactionMetadata

function setUp(errorCode: number = ErrorCode.NONE) {
  const fixture = createHandlerFixture()
  const added: { id: string; partitions: TransactionPartitions; clientVersion: number }[] = []
  const transactions = new Map<string, TransactionMetadata>([
    ['open-1', ONGOING],
    ['done-1', { ...ONGOING, state: 'CompleteCommit', producerId: 8, partitions: new Map() }],
  ])
  const shard = { transactions, pending: new Map<string, string>() }
  const ended: EndRequest[] = []
  const coordinator = {
    add(
      id: string,
      _who: ProducerIdentity,
      partitions: TransactionPartitions,
      clientVersion: number,
      done: (code: number) => void,
    ) {
      added.push({ id, partitions, clientVersion })
      done(errorCode)
    },
    verify: (_id: string, _who: ProducerIdentity, _topic: string, index: number) =>
      index === 0 ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE,
    end(_id: string, request: EndRequest, done: ProducerCallback) {
      ended.push(request)
      done(errorCode, errorCode === 0 ? { producerId: 7, producerEpoch: 2 } : null)
    },
    locate: (id: string) =>
      id === 'elsewhere' ? { errorCode: ErrorCode.NOT_COORDINATOR, shard: null } : { errorCode: 0, shard },
    active: () => ({ loading: false, shards: [shard] }),
  } as unknown as TransactionCoordinator
  return { ...fixture, coordinator, added, ended }
}

describe('AddPartitionsToTxn', () => {
  const addAsProducer = (version: number, partitions: number[], errorCode = 0) => {
    const fixture = setUp(errorCode)
    const { response } = ask(
      addPartitionsToTxnHandler(fixture.runtime, fixture.coordinator),
      addPartitionsToTxnRequest,
      addPartitionsToTxnResponse,
      version,
      {
        v3AndBelowTransactionalId: 'tx',
        v3AndBelowProducerId: 7,
        v3AndBelowProducerEpoch: 1,
        v3AndBelowTopics: [{ name: 'orders', partitions }],
      },
    )
    const codes = response?.resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) =>
      resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
    )
    return { codes, added: fixture.added }
  }

  it.each([0, 1, 2, 3])('adds what a producer names in version %d', (version) => {
    const { codes, added } = addAsProducer(version, [0, 2])
    expect(codes).toEqual([0, 0])
    expect(added).toEqual([{ id: 'tx', partitions: new Map([['orders', new Set([0, 2])]]), clientVersion: 0 }])
  })

  it('adds nothing beside a partition that does not exist', () => {
    const { codes, added } = addAsProducer(3, [0, 9])
    expect(codes).toEqual([ErrorCode.OPERATION_NOT_ATTEMPTED, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION])
    expect(added).toEqual([])
  })

  it.each([
    [1, ErrorCode.INVALID_PRODUCER_EPOCH],
    [2, ErrorCode.PRODUCER_FENCED],
  ])('tells a fenced producer in version %d with %d', (version, told) => {
    expect(addAsProducer(version, [0], ErrorCode.PRODUCER_FENCED).codes).toEqual([told])
  })

  const askAsBroker = (version: number) => {
    const fixture = setUp()
    const who = { producerId: 7, producerEpoch: 1 }
    const { response } = ask(
      addPartitionsToTxnHandler(fixture.runtime, fixture.coordinator),
      addPartitionsToTxnRequest,
      addPartitionsToTxnResponse,
      version,
      {
        transactions: [
          { transactionalId: 'a', ...who, verifyOnly: true, topics: [{ name: 'orders', partitions: [0, 1] }] },
          { transactionalId: 'b', ...who, verifyOnly: false, topics: [{ name: 'orders', partitions: [2] }] },
        ],
      },
    )
    return { response, added: fixture.added }
  }

  it.each([
    [4, ErrorCode.INVALID_TXN_STATE],
    [5, ErrorCode.TRANSACTION_ABORTABLE],
  ])('verifies and adds for other brokers in version %d', (version, refused) => {
    const { response, added } = askAsBroker(version)
    expect(
      response?.resultsByTransaction.map(({ transactionalId, topicResults }) => [
        transactionalId,
        ...(topicResults[0]?.resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode) ?? []),
      ]),
    ).toEqual([
      ['a', 0, refused],
      ['b', 0],
    ])
    expect(added).toMatchObject([{ id: 'b', clientVersion: 2 }])
  })
})

describe('EndTxn', () => {
  it.each([0, 1, 2, 3, 4, 5])('in version %d speaks that version of the protocol', (version) => {
    const { coordinator, ended } = setUp()
    const body = { transactionalId: 'tx', producerId: 7, producerEpoch: 1, committed: true }
    const { response } = ask(endTxnHandler(coordinator), endTxnRequest, endTxnResponse, version, body)
    expect(ended).toEqual([{ producerId: 7, producerEpoch: 1, commit: true, clientVersion: version >= 5 ? 2 : 0 }])
    expect(response?.errorCode).toBe(0)
    expect(response?.producerEpoch).toBe(version >= 5 ? 2 : -1)
  })
})

describe('DescribeTransactions and ListTransactions', () => {
  const list = (version: number, body: object) => {
    const { runtime, coordinator } = setUp()
    const asked = { stateFilters: [], producerIdFilters: [], ...body }
    const handler = listTransactionsHandler(runtime, coordinator)
    const { response } = ask(handler, listTransactionsRequest, listTransactionsResponse, version, asked)
    return {
      ids: response?.transactionStates.map(({ transactionalId }) => transactionalId),
      unknown: response?.unknownStateFilters,
      errorCode: response?.errorCode,
    }
  }

  it.each([
    [0, {}, ['open-1', 'done-1']],
    [0, { stateFilters: ['Ongoing', 'Nonsense'] }, ['open-1']],
    [0, { stateFilters: ['Nonsense'] }, []],
    [1, { producerIdFilters: [8] }, ['done-1']],
    [1, { durationFilter: 1e15 }, []],
    [2, { transactionalIdPattern: 'open-.' }, ['open-1']],
    [2, { transactionalIdPattern: '' }, ['open-1', 'done-1']],
  ])('list in version %d with %o finds %o', (version, body, ids) => {
    expect(list(version, body).ids).toEqual(ids)
  })

  it('name the filters that are no state, and refuse a pattern that is none', () => {
    expect(list(0, { stateFilters: ['Nonsense', 'Ongoing'] }).unknown).toEqual(['Nonsense'])
    expect(list(2, { transactionalIdPattern: '(' }).errorCode).toBe(ErrorCode.INVALID_REGULAR_EXPRESSION)
  })

  it('describe what is coordinated here, and say of the rest why not', () => {
    const { coordinator } = setUp()
    const { response } = ask(
      describeTransactionsHandler(coordinator),
      describeTransactionsRequest,
      describeTransactionsResponse,
      0,
      { transactionalIds: ['open-1', 'nobody', 'elsewhere', ''] },
    )
    expect(response?.transactionStates[0]).toMatchObject({
      errorCode: 0,
      transactionState: 'Ongoing',
      producerId: 7,
      topics: [{ topic: 'orders', partitions: [0, 2] }],
    })
    expect(response?.transactionStates.slice(1).map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.TRANSACTIONAL_ID_NOT_FOUND,
      ErrorCode.NOT_COORDINATOR,
      ErrorCode.INVALID_REQUEST,
    ])
  })
})
