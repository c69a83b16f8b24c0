import { ErrorCode } from '@millrace/protocol/errors'
import { deleteRecordsRequest, deleteRecordsResponse } from '@millrace/protocol/messages/21-delete-records'
import { initProducerIdRequest, initProducerIdResponse } from '@millrace/protocol/messages/22-init-producer-id'
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from '@millrace/protocol/messages/23-offset-for-leader-epoch'
import {
  alterReplicaLogDirsRequest,
  alterReplicaLogDirsResponse,
} from '@millrace/protocol/messages/34-alter-replica-log-dirs'
import { describeLogDirsRequest, describeLogDirsResponse } from '@millrace/protocol/messages/35-describe-log-dirs'
import { describe, expect, it } from 'vitest'
import type { Partition } from '../replication/partition.ts'
import { deleteRecordsHandler } from './21-delete-records.ts'
import type { InitRequest } from '../transactions/decisions.ts'
import type { ProducerCallback, TransactionCoordinator } from '../transactions/transaction-coordinator.ts'
import { initProducerIdHandler } from './22-init-producer-id.ts'
import { offsetForLeaderEpochHandler } from './23-offset-for-leader-epoch.ts'
import { alterReplicaLogDirsHandler } from './34-alter-replica-log-dirs.ts'
import { describeLogDirsHandler } from './35-describe-log-dirs.ts'
import type { BrokerRuntime } from '../broker-runtime.ts'
import { ask, createHandlerFixture } from './handler-fixture.ts'

describe('DeleteRecords', () => {
  it.each([0, 1, 2])('answers every partition with its own result in version %d', (version) => {
    const fixture = createHandlerFixture()
    let finish: ((errorCode: number, lowWatermark: number) => void) | null = null
    const partition = {
      deleteRecords(_offset: number, _timeoutMs: number, done: (errorCode: number, lowWatermark: number) => void) {
        finish = done
      },
    } as unknown as Partition
    fixture.partitions.set('orders-0', partition)
    const body = {
      topics: [
        {
          name: 'orders',
          partitions: [
            { partitionIndex: 0, offset: 5 },
            { partitionIndex: 1, offset: 5 },
          ],
        },
        { name: '__consumer_offsets', partitions: [{ partitionIndex: 0, offset: 1 }] },
        { name: 'nowhere', partitions: [{ partitionIndex: 0, offset: 1 }] },
      ],
      timeoutMs: 100,
    }
    const answer = ask(
      deleteRecordsHandler(fixture.runtime),
      deleteRecordsRequest,
      deleteRecordsResponse,
      version,
      body,
    )
    expect(answer.responses).toBe(0)
    ;(finish as unknown as (errorCode: number, lowWatermark: number) => void)(ErrorCode.NONE, 5)
    expect(
      answer.response?.topics.flatMap(({ name, partitions }) =>
        partitions.map((each) => [name, each.errorCode, each.lowWatermark]),
      ),
    ).toEqual([
      ['orders', 0, 5],
      ['orders', ErrorCode.NOT_LEADER_OR_FOLLOWER, -1],
      ['__consumer_offsets', ErrorCode.INVALID_TOPIC_EXCEPTION, -1],
      ['nowhere', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1],
    ])
  })
})

describe('InitProducerId', () => {
  function init(
    version: number,
    body: object,
    producerIds: object = { next: (callback: (errorCode: number, id: number) => void) => callback(0, 4001) },
  ) {
    const { runtime } = createHandlerFixture(undefined, {}, { producerIds })
    const asked = { transactionalId: null, transactionTimeoutMs: 1000, ...body }
    const coordinator = {
      init(transactionalId: string, request: InitRequest, done: ProducerCallback) {
        if (transactionalId === 'fenced') done(ErrorCode.PRODUCER_FENCED, null)
        else done(0, { producerId: 500, producerEpoch: (request.expected?.producerEpoch ?? 8) + 1 })
      },
    } as unknown as TransactionCoordinator
    return ask(
      initProducerIdHandler(runtime, coordinator),
      initProducerIdRequest,
      initProducerIdResponse,
      version,
      asked,
    ).response
  }

  it.each([0, 1, 2, 3, 4, 5])('gives an idempotent producer a new id with epoch 0 in version %d', (version) => {
    expect(init(version, {})).toEqual({ throttleTimeMs: 0, errorCode: 0, producerId: 4001, producerEpoch: 0 })
  })

  it('gives a new id to an idempotent producer that names its old one', () => {
    expect(init(4, { producerId: 77, producerEpoch: 3 })).toMatchObject({
      errorCode: 0,
      producerId: 4001,
      producerEpoch: 0,
    })
  })

  it('gives a transactional id what its coordinator says, with what the producer expects', () => {
    expect(init(2, { transactionalId: 'tx' })).toMatchObject({ errorCode: 0, producerId: 500, producerEpoch: 9 })
    expect(init(4, { transactionalId: 'tx', producerId: 500, producerEpoch: 3 })).toMatchObject({ producerEpoch: 4 })
  })

  it.each([
    [3, ErrorCode.INVALID_PRODUCER_EPOCH],
    [4, ErrorCode.PRODUCER_FENCED],
  ])('tells a fenced producer in version %d with %d', (version, errorCode) => {
    expect(init(version, { transactionalId: 'fenced' })).toMatchObject({ errorCode, producerId: -1, producerEpoch: -1 })
  })

  it('refuses a producer id without epoch, or an epoch without id', () => {
    expect(init(4, { producerId: 77 })).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST })
    expect(init(4, { producerEpoch: 7 })).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST })
  })

  it('passes on that no id can be had now', () => {
    const away = {
      next: (callback: (errorCode: number, id: number) => void) => callback(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, -1),
    }
    expect(init(4, {}, away)).toMatchObject({ errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, producerId: -1 })
  })
})

describe('OffsetForLeaderEpoch', () => {
  it.each([0, 1, 2, 3, 4])('answers every partition in version %d', (version) => {
    const fixture = createHandlerFixture()
    const partition = {
      offsetForLeaderEpoch: (current: number, wanted: number) => ({
        errorCode: 0,
        leaderEpoch: wanted - 1,
        endOffset: 100 + current,
      }),
    } as unknown as Partition
    fixture.partitions.set('orders-0', partition)
    const topics = [
      {
        topic: 'orders',
        partitions: [
          { partition: 0, currentLeaderEpoch: 4, leaderEpoch: 3 },
          { partition: 1, leaderEpoch: 3 },
          { partition: 9, leaderEpoch: 3 },
        ],
      },
    ]
    const body =
      version < 2
        ? {
            topics: [
              {
                topic: 'orders',
                partitions:
                  topics[0]?.partitions.map(({ partition: index, leaderEpoch }) => ({
                    partition: index,
                    leaderEpoch,
                  })) ?? [],
              },
            ],
          }
        : { topics }
    const answer = ask(
      offsetForLeaderEpochHandler(fixture.runtime),
      offsetForLeaderEpochRequest,
      offsetForLeaderEpochResponse,
      version,
      body,
    )
    expect(answer.response?.topics[0]?.partitions).toEqual([
      { partition: 0, errorCode: 0, leaderEpoch: version >= 1 ? 2 : -1, endOffset: version >= 2 ? 104 : 99 },
      { partition: 1, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, leaderEpoch: -1, endOffset: -1 },
      { partition: 9, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, leaderEpoch: -1, endOffset: -1 },
    ])
  })

  it('takes a replica id from internal listeners only', () => {
    const handler = offsetForLeaderEpochHandler(createHandlerFixture().runtime)
    const answer = ask(handler, offsetForLeaderEpochRequest, offsetForLeaderEpochResponse, 3, {
      replicaId: 2,
      topics: [],
    })
    expect(answer.closed).toMatch(/replica id/)
  })
})

describe('AlterReplicaLogDirs', () => {
  const alter = (path: string, partitions: number[], topic = 'orders'): number[] | undefined => {
    const { runtime, partitions: hosted } = createHandlerFixture()
    hosted.set('orders-0', {} as Partition)
    const handler = alterReplicaLogDirsHandler({
      config: { directory: '/data' } as BrokerRuntime['config'],
      replicaManager: Object.assign(runtime.replicaManager, { failure: null }),
    })
    const dirs = [{ path, topics: [{ name: topic, partitions }] }]
    return ask(handler, alterReplicaLogDirsRequest, alterReplicaLogDirsResponse, 2, {
      dirs,
    }).response?.results[0]?.partitions.map(({ errorCode }) => errorCode)
  }

  it('grants what is so already, and knows no other directory', () => {
    expect(alter('/data', [0, 1])).toEqual([ErrorCode.NONE, ErrorCode.REPLICA_NOT_AVAILABLE])
    expect(alter('/data', [0], 'nowhere')).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION])
    expect(alter('/elsewhere', [0])).toEqual([ErrorCode.LOG_DIR_NOT_FOUND])
  })
})

describe('DescribeLogDirs', () => {
  function describeLogDirs(version: number, topics: { topic: string; partitions: number[] }[] | null) {
    const fixture = createHandlerFixture()
    Object.assign(fixture.runtime.replicaManager, {
      describeLogDir: () => ({
        path: '/data',
        directoryId: 'x',
        errorCode: 0,
        totalBytes: 1000,
        usableBytes: 400,
        replicas: [
          { topic: 'orders', partition: 0, sizeBytes: 100, offsetLag: 0 },
          { topic: 'orders', partition: 1, sizeBytes: 200, offsetLag: 7 },
          { topic: 'payments', partition: 0, sizeBytes: 5_000_000_000, offsetLag: 0 },
        ],
      }),
    })
    return ask(describeLogDirsHandler(fixture.runtime), describeLogDirsRequest, describeLogDirsResponse, version, {
      topics,
    }).response
  }

  it.each([0, 1, 2, 3, 4, 5])('describes all replicas when none is named, in version %d', (version) => {
    const response = describeLogDirs(version, null)
    expect(response?.results.length).toBe(1)
    expect(response?.results[0]).toMatchObject({
      errorCode: 0,
      logDir: '/data',
      totalBytes: version >= 4 ? 1000 : -1,
      usableBytes: version >= 4 ? 400 : -1,
    })
    expect(
      response?.results[0]?.topics.map(({ name, partitions }) => [
        name,
        partitions.map(({ partitionSize, offsetLag }) => [partitionSize, offsetLag]),
      ]),
    ).toEqual([
      [
        'orders',
        [
          [100, 0],
          [200, 7],
        ],
      ],
      ['payments', [[5_000_000_000, 0]]],
    ])
  })

  it('describes the named replicas only', () => {
    const topics = describeLogDirs(4, [{ topic: 'orders', partitions: [1, 9] }])?.results[0]?.topics
    expect(topics).toEqual([
      { name: 'orders', partitions: [{ partitionIndex: 1, partitionSize: 200, offsetLag: 7, isFutureKey: false }] },
    ])
  })
})
