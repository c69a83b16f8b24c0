import { describe, expect, test } from 'vitest'
import { Arena } from '@millrace/log/arena'
import { CompressionCodec } from '@millrace/protocol/compression/compression'
import { ErrorCode } from '@millrace/protocol/errors'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { SeededRandom } from '@millrace/testkit/seeded-random'
import { setUp, state } from './partition-fixture.ts'

describe('a leader', () => {
  test('answers acks=1 after the write and acks=-1 when every in-sync replica has the batch', () => {
    const { partition, produce, fetch } = setUp()
    partition.apply(state())
    expect(produce(1)).toEqual(['0@0'])
    const all = produce(-1)
    expect(all).toEqual([])
    fetch(2, 2)
    expect(all).toEqual([])
    fetch(3, 2)
    expect(all).toEqual(['0@1'])
    expect(partition.highWatermark).toBe(2)
  })

  test('refuses a batch that unpacks to sixteen times what a message may have, and takes a smaller one', () => {
    const { partition, host, settle } = setUp()
    partition.apply(state())
    const answers: number[] = []
    for (const mebibytes of [17, 15]) {
      const records = [{ value: Buffer.alloc(mebibytes * 1024 * 1024) }]
      const batch = buildBatch({ timestampMs: host.clock.nowMs(), records, codec: CompressionCodec.gzip })
      partition.appendAsLeader(null, batch, 0, batch.length, { acks: 1, timeoutMs: 1, origin: 'client' }, (errorCode) =>
        answers.push(errorCode),
      )
    }
    settle()
    expect(answers).toEqual([ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.NONE])
  })

  test('appends in the order of arrival although large compressed batches are prepared elsewhere', () => {
    const { host, partition, settle } = setUp()
    partition.apply(state())
    const answers: string[] = []
    const produce = (name: string, bytes: number, codec: CompressionCodec): void => {
      const value = Buffer.from(new SeededRandom(name).bytes(bytes))
      const batch = buildBatch({ timestampMs: host.clock.nowMs(), codec, records: [{ value }] })
      const options = { acks: 1, timeoutMs: 0, origin: 'client' } as const
      partition.appendAsLeader(null, batch, 0, batch.length, options, (errorCode, offset) =>
        answers.push(`${name} ${errorCode}@${offset}`),
      )
    }
    produce('first', 10, CompressionCodec.none)
    produce('large', 200_000, CompressionCodec.gzip)
    produce('small', 10, CompressionCodec.none)
    produce('larger', 300_000, CompressionCodec.gzip)
    produce('last', 10, CompressionCodec.gzip)
    settle()
    expect(answers).toEqual(['first 0@0', 'large 0@1', 'small 0@2', 'larger 0@3', 'last 0@4'])
  })

  test('refuses what was being prepared when it lost leadership', () => {
    const { host, partition, settle } = setUp()
    partition.apply(state())
    const answers: number[] = []
    const value = Buffer.from(new SeededRandom('value').bytes(200_000))
    const batch = buildBatch({ timestampMs: host.clock.nowMs(), codec: CompressionCodec.gzip, records: [{ value }] })
    const options = { acks: 1, timeoutMs: 0, origin: 'client' } as const
    partition.appendAsLeader(null, batch, 0, batch.length, options, (errorCode) => answers.push(errorCode))
    partition.apply(state({ leader: 2, leaderEpoch: 5, partitionEpoch: 11 }))
    settle()
    expect(answers).toEqual([ErrorCode.NOT_LEADER_OR_FOLLOWER])
    expect(partition.log.nextOffset).toBe(0)
  })

  test('never lowers its high watermark', () => {
    const { partition, produce, fetch } = setUp()
    partition.apply(state())
    produce(1)
    fetch(2, 1)
    fetch(3, 1)
    fetch(2, 0)
    expect(partition.highWatermark).toBe(1)
  })

  test('refuses acks=-1 and takes acks=1 while the ISR is too small', () => {
    const { partition, produce } = setUp({ minInsyncReplicas: 2 })
    partition.apply(state({ isr: [1] }))
    expect(produce(-1)).toEqual([`${ErrorCode.NOT_ENOUGH_REPLICAS}@-1`])
    expect(produce(1)).toEqual(['0@0'])
  })

  test('refuses what follows a refused batch alike, until that one has come again', () => {
    const { partition, host, settle } = setUp({ minInsyncReplicas: 2 })
    const answers: string[] = []
    const produce = (baseSequence: number): void => {
      const records = [{ value: Buffer.from('v') }]
      const batch = buildBatch({
        timestampMs: host.clock.nowMs(),
        records,
        producerId: 7,
        producerEpoch: 0,
        baseSequence,
      })
      const options = { acks: -1, timeoutMs: 1000, origin: 'client' } as const
      partition.appendAsLeader(null, batch, 0, batch.length, options, (errorCode, offset) =>
        answers.push(`${baseSequence}: ${errorCode}@${offset}`),
      )
      settle()
    }
    partition.apply(state())
    produce(0)
    partition.apply(state({ isr: [1], partitionEpoch: 11 }))
    produce(1)
    partition.apply(state({ isr: [1, 2], partitionEpoch: 12 }))
    produce(2)
    produce(3)
    const refused = `${ErrorCode.NOT_ENOUGH_REPLICAS}@-1`
    expect(answers).toEqual([`1: ${refused}`, `2: ${refused}`, `3: ${refused}`])
    // A client that has given up the first of them is told so.
    produce(2)
    expect(answers.at(-1)).toBe(`2: ${ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER}@-1`)
    produce(1)
    produce(2)
    expect(partition.log.nextOffset).toBe(3)
  })

  test('answers NOT_ENOUGH_REPLICAS_AFTER_APPEND when the ISR shrank while the batch waited', () => {
    const { partition, produce, fetch, inactive } = setUp({ minInsyncReplicas: 2 })
    partition.apply(state())
    const answers = produce(-1)
    fetch(2, 1)
    inactive.add(3)
    partition.apply(state({ isr: [1], partitionEpoch: 11 }))
    expect(answers).toEqual([`${ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND}@-1`])
  })

  test('counts at most the replicas there are towards min ISR with the rule of 4.0 only', () => {
    const modern = setUp({ minInsyncReplicas: 2, holdsUnderMinIsr: true })
    modern.partition.apply(state({ replicas: [1], isr: [1] }))
    expect(modern.produce(-1)).toEqual(['0@0'])
  })

  test('times out what is not replicated in time; the batch stays', () => {
    const { world, partition, produce } = setUp()
    partition.apply(state())
    const answers = produce(-1, 50)
    world.advance(51)
    expect(answers).toEqual([`${ErrorCode.REQUEST_TIMED_OUT}@-1`])
    expect(partition.logEndOffset).toBe(1)
  })

  test('fails what waits when it loses leadership', () => {
    const { partition, produce } = setUp()
    partition.apply(state())
    const answers = produce(-1)
    partition.apply(state({ leader: 2, leaderEpoch: 5, partitionEpoch: 11 }))
    expect(answers).toEqual([`${ErrorCode.NOT_LEADER_OR_FOLLOWER}@-1`])
    expect(produce(1)).toEqual([`${ErrorCode.NOT_LEADER_OR_FOLLOWER}@-1`])
  })

  test('starts its epoch behind batches that are queued and not yet written', () => {
    const { host, partition, settle } = setUp()
    partition.apply(state())
    const batch = buildBatch({ timestampMs: host.clock.nowMs(), records: [{ value: Buffer.from('v') }] })
    partition.appendAsLeader(null, batch, 0, batch.length, { acks: 1, timeoutMs: 0, origin: 'client' }, () => {})
    partition.apply(state({ leaderEpoch: 5, partitionEpoch: 11 }))
    settle()
    expect(partition.log.leaderEpochs.entries).toEqual([
      { epoch: 4, startOffset: 0 },
      { epoch: 5, startOffset: 1 },
    ])
  })

  test('checks the epoch of requests', () => {
    const { partition } = setUp()
    expect(partition.checkRequest(-1, true)).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    partition.apply(state())
    expect(partition.checkRequest(3, true)).toBe(ErrorCode.FENCED_LEADER_EPOCH)
    expect(partition.checkRequest(4, true)).toBe(ErrorCode.NONE)
    expect(partition.checkRequest(5, true)).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH)
    partition.apply(state({ leader: 2, leaderEpoch: 5, partitionEpoch: 11 }))
    expect(partition.checkRequest(5, true)).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    expect(partition.checkRequest(5, false)).toBe(ErrorCode.NONE)
  })

  test('serves from the slab what a request handed over as a view of it', () => {
    const { host, partition, settle } = setUp()
    partition.apply(state({ replicas: [1], isr: [1] }))
    const arena = new Arena({ slabBytes: 64 * 1024, tailBytesMax: 64 * 1024 })
    arena.reserve(1000)
    const batch = buildBatch({ timestampMs: host.clock.nowMs(), records: [{ value: Buffer.from('v') }] })
    const { slab, start, end } = arena.reserve(batch.length)
    batch.copy(slab.bytes, start)
    const view = slab.bytes.subarray(start, end)
    partition.appendAsLeader(slab, view, 0, view.length, { acks: 1, timeoutMs: 0, origin: 'client' }, () => {})
    settle()
    const read = partition.log.read({ offset: 0, maxBytes: 1000, endOffset: 1, atLeastOne: true })
    expect(read).toMatchObject({ sizeBytes: batch.length, lastOffset: 0 })
    read?.release?.()
  })

  test('ignores a decision that is older than the one in force', () => {
    const { partition } = setUp()
    partition.apply(state({ partitionEpoch: 12, isr: [1, 2] }))
    partition.apply(state({ partitionEpoch: 11 }))
    expect(partition.isr).toEqual([1, 2])
  })
})

describe('a follower', () => {
  test("takes the smaller of its log end and the leader's high watermark", () => {
    const { partition, produce } = setUp()
    partition.apply(state())
    produce(1)
    produce(1)
    partition.apply(state({ leader: 2, leaderEpoch: 5, partitionEpoch: 11 }))
    partition.followerLearned(1, 0)
    expect(partition.highWatermark).toBe(1)
    partition.followerLearned(9, 0)
    expect(partition.highWatermark).toBe(2)
  })

  test('lowers its high watermark only when it cuts its log below', () => {
    const { partition, produce } = setUp()
    partition.apply(state())
    produce(1)
    produce(1)
    partition.apply(state({ leader: 2, leaderEpoch: 5, partitionEpoch: 11 }))
    partition.followerLearned(2, 0)
    partition.truncateTo(1)
    expect(partition.highWatermark).toBe(1)
    expect(partition.logEndOffset).toBe(1)
  })
})

describe('a repeated batch', () => {
  test('is answered with the offset of the first and not appended again', () => {
    const { host, partition, settle } = setUp()
    partition.apply(state({ replicas: [1], isr: [1] }))
    const batch = (): Buffer =>
      buildBatch({
        timestampMs: host.clock.nowMs(),
        producerId: 9,
        producerEpoch: 0,
        baseSequence: 0,
        records: [{ value: Buffer.from('v') }],
      })
    const answers: string[] = []
    for (let attempt = 0; attempt < 2; attempt++) {
      const bytes = batch()
      partition.appendAsLeader(
        null,
        bytes,
        0,
        bytes.length,
        { acks: 1, timeoutMs: 0, origin: 'client' },
        (errorCode, offset) => answers.push(`${errorCode}@${offset}`),
      )
    }
    settle()
    expect(answers).toEqual(['0@0', '0@0'])
    expect(partition.logEndOffset).toBe(1)
  })
})
