import { ErrorCode } from '@millrace/protocol/errors'
import { listOffsetsRequest, listOffsetsResponse } from '@millrace/protocol/messages/02-list-offsets'
import { describe, expect, it } from 'vitest'
import type { OffsetRequest, OffsetResult } from '../replication/list-offset.ts'
import type { Partition } from '../replication/partition.ts'
import { listOffsetsHandler } from './02-list-offsets.ts'
import { ask, createHandlerFixture, type AskOptions } from './handler-fixture.ts'

function createListOffsets(
  errorCode: number = ErrorCode.NONE,
  result: OffsetResult = { timestampMs: 1000, offset: 42, leaderEpoch: 3 },
) {
  const fixture = createHandlerFixture()
  const looked: OffsetRequest[] = []
  const partition = {
    listOffset(request: OffsetRequest, done: (errorCode: number, result: OffsetResult | null) => void) {
      looked.push(request)
      done(errorCode, errorCode === ErrorCode.NONE ? result : null)
    },
  } as unknown as Partition
  fixture.partitions.set('orders-0', partition)
  const handler = listOffsetsHandler(fixture.runtime)
  const list = (version: number, asked: [number, number][], more: object = {}, options: AskOptions = {}) => {
    const partitions = asked.map(([partitionIndex, timestamp]) => ({ partitionIndex, timestamp }))
    const body = { replicaId: -1, topics: [{ name: 'orders', partitions }], ...more }
    return ask(handler, listOffsetsRequest, listOffsetsResponse, version, body, options)
  }
  return { list, looked }
}

describe('ListOffsets', () => {
  it.each([1, 2, 4, 6, 7, 9, 10, 11])('answers with offset and timestamp in version %d', (version) => {
    const { list, looked } = createListOffsets()
    const [partition] = list(version, [[0, 500]]).response?.topics[0]?.partitions ?? []
    expect(partition).toMatchObject({ errorCode: 0, timestamp: 1000, offset: 42, leaderEpoch: version >= 4 ? 3 : -1 })
    expect(looked[0]).toEqual({ timestampMs: 500, currentLeaderEpoch: -1, replicaId: -1, readCommitted: false })
  })

  it('answers version 0 with a list of offsets', () => {
    expect(createListOffsets().list(0, [[0, -1]]).response?.topics[0]?.partitions[0]?.oldStyleOffsets).toEqual([42])
    const nothing = createListOffsets(0, { timestampMs: -1, offset: -1, leaderEpoch: -1 }).list(0, [[0, 5]])
    expect(nothing.response?.topics[0]?.partitions[0]?.oldStyleOffsets).toEqual([])
  })

  it('answers what was not found without an error, with -1 throughout', () => {
    const { list } = createListOffsets(0, { timestampMs: -1, offset: -1, leaderEpoch: -1 })
    expect(list(9, [[0, 5]]).response?.topics[0]?.partitions[0]).toMatchObject({
      errorCode: 0,
      timestamp: -1,
      offset: -1,
      leaderEpoch: -1,
    })
  })

  it.each([
    [-3, 7],
    [-4, 8],
    [-5, 9],
    [-6, 11],
    [-7, 12],
  ])('knows timestamp %d from version %d on', (timestamp, since) => {
    const { list, looked } = createListOffsets()
    for (let version = 1; version <= 11; version++) {
      const errorCode = list(version, [[0, timestamp]]).response?.topics[0]?.partitions[0]?.errorCode
      expect(errorCode).toBe(version >= since ? 0 : ErrorCode.UNSUPPORTED_VERSION)
    }
    expect(looked.length).toBe(Math.max(0, 12 - since))
  })

  it('tells clients before version 5 LEADER_NOT_AVAILABLE while the high watermark is not settled', () => {
    const { list } = createListOffsets(ErrorCode.OFFSET_NOT_AVAILABLE)
    expect(list(4, [[0, -1]]).response?.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.LEADER_NOT_AVAILABLE)
    expect(list(5, [[0, -1]]).response?.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.OFFSET_NOT_AVAILABLE)
  })

  it('refuses a partition named twice and answers the others', () => {
    const { list, looked } = createListOffsets()
    const partitions = list(9, [
      [1, -1],
      [0, -1],
      [1, -2],
      [5, -1],
    ]).response?.topics[0]?.partitions
    expect(partitions?.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.INVALID_REQUEST,
      0,
      ErrorCode.INVALID_REQUEST,
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ])
    expect(looked.length).toBe(1)
  })

  it('answers NOT_LEADER_OR_FOLLOWER for a partition that others host', () => {
    expect(createListOffsets().list(9, [[2, -1]]).response?.topics[0]?.partitions[0]?.errorCode).toBe(
      ErrorCode.NOT_LEADER_OR_FOLLOWER,
    )
  })

  it('passes the isolation level on', () => {
    const { list, looked } = createListOffsets()
    list(9, [[0, -1]], { isolationLevel: 1 })
    expect(looked[0]?.readCommitted).toBe(true)
  })

  it('takes a replica id from internal listeners only', () => {
    const { list, looked } = createListOffsets()
    expect(list(9, [[0, -1]], { replicaId: 2 }).closed).toMatch(/replica id/)
    list(9, [[0, -1]], { replicaId: 2 }, { connection: { internal: true } })
    expect(looked.map(({ replicaId }) => replicaId)).toEqual([2])
  })
})
