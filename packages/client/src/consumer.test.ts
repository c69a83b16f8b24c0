import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { fetchRequest, fetchResponse } from '@millrace/protocol/messages/01-fetch'
import { buildBatch, type BatchInput } from '@millrace/protocol/records/build-batch'
import { ScriptedCluster } from '@millrace/testkit/scripted-cluster'
import { World } from '@millrace/testkit/world'
import { PartitionConsumer } from './consumer.ts'

let world: World
let cluster: ScriptedCluster
let consumer: PartitionConsumer
let bytes: Buffer
let aborted: { producerId: number; firstOffset: number }[]
let errors: number[]

beforeEach(() => {
  world = new World({ seed: 9 })
  cluster = new ScriptedCluster(world, 2)
  cluster.topics.set('t', [2])
  bytes = Buffer.alloc(0)
  aborted = []
  errors = []
  cluster.node(2).answer(fetchRequest, fetchResponse, ({ isolationLevel }) => {
    const partition = {
      partitionIndex: 0,
      errorCode: errors.shift() ?? 0,
      highWatermark: 100,
      logStartOffset: 3,
      abortedTransactions: isolationLevel === 1 ? aborted : null,
      records: bytes,
    }
    return { responses: [{ topic: 't', partitions: [partition] }] }
  })
  consumer = new PartitionConsumer({ host: cluster.clientHost, bootstrap: cluster.bootstrap, timeoutMs: 3_000 })
})

function batch(baseOffset: number, values: readonly string[], more: Partial<BatchInput> = {}): Buffer {
  return buildBatch({
    records: values.map((value) => ({ key: null, value: Buffer.from(value) })),
    timestampMs: 1,
    baseOffset,
    ...more,
  })
}

function marker(baseOffset: number, producerId: number, type: 'abort' | 'commit'): Buffer {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1])
  const records = [{ key, value: Buffer.alloc(6) }]
  return buildBatch({
    records,
    timestampMs: 1,
    baseOffset,
    producerId,
    producerEpoch: 0,
    isControl: true,
    isTransactional: true,
  })
}

const values = (records: readonly { readonly value: Buffer | null }[]): string[] =>
  records.map(({ value }) => String(value))

describe('partition consumer', () => {
  test('reads from the offset on, of a batch that begins before it, and skips a cut off last batch', async () => {
    const last = batch(13, ['d'])
    bytes = Buffer.concat([batch(10, ['a', 'b']), batch(12, ['c'], { codec: 1 }), last.subarray(0, last.length - 1)])
    const fetched = await world.settle(consumer.fetch({ topic: 't', partition: 0, offset: 11, maxWaitMs: 100 }))
    expect(values(fetched.records)).toEqual(['b', 'c'])
    expect(fetched.records[0]).toMatchObject({
      topic: 't',
      partition: 0,
      offset: 11,
      timestampMs: 1,
      key: null,
      headers: [],
    })
    expect([fetched.nextOffset, fetched.highWatermark, fetched.logStartOffset]).toEqual([13, 100, 3])
    expect(cluster.node(2).requestsOf(fetchRequest)[0]).toMatchObject({
      maxWaitMs: 100,
      replicaId: -1,
      sessionId: 0,
      sessionEpoch: -1,
      isolationLevel: 0,
    })
  })

  test('nothing new reads as no records, and the offset stays', async () => {
    const fetched = await world.settle(consumer.fetch({ topic: 't', partition: 0, offset: 7 }))
    expect([fetched.records, fetched.nextOffset]).toEqual([[], 7])
    expect(await world.settle(consumer.read({ topic: 't', partition: 0, offset: 7 }))).toEqual([])
  })

  test('reads only committed transactions when asked, never control records, and moves past both', async () => {
    const transactional = { isTransactional: true, producerEpoch: 0 }
    bytes = Buffer.concat([
      batch(0, ['aborted by 1'], { ...transactional, producerId: 1, baseSequence: 0 }),
      batch(1, ['committed by 2'], { ...transactional, producerId: 2, baseSequence: 0 }),
      marker(2, 1, 'abort'),
      batch(3, ['committed by 1'], { ...transactional, producerId: 1, baseSequence: 1 }),
      marker(4, 2, 'commit'),
      marker(5, 1, 'commit'),
    ])
    aborted = [{ producerId: 1, firstOffset: 0 }]
    const all = await world.settle(consumer.fetch({ topic: 't', partition: 0, offset: 0 }))
    expect(values(all.records)).toEqual(['aborted by 1', 'committed by 2', 'committed by 1'])
    const committed = await world.settle(consumer.fetch({ topic: 't', partition: 0, offset: 0, readCommitted: true }))
    expect(values(committed.records)).toEqual(['committed by 2', 'committed by 1'])
    expect([all.nextOffset, committed.nextOffset]).toEqual([6, 6])
  })

  test('follows a leader that has moved, and tells an offset that is out of range', async () => {
    bytes = batch(0, ['x'])
    errors = [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.UNKNOWN_LEADER_EPOCH]
    expect(values(await world.settle(consumer.read({ topic: 't', partition: 0, offset: 0 })))).toEqual(['x'])
    errors = [ErrorCode.OFFSET_OUT_OF_RANGE]
    await expect(world.settle(consumer.read({ topic: 't', partition: 0, offset: 999 }))).rejects.toMatchObject({
      name: 'OFFSET_OUT_OF_RANGE',
    })
  })

  test('waits for a topic that is about to appear', async () => {
    bytes = batch(0, ['x'])
    cluster.topics.clear()
    cluster.clientHost.timers.set(500, () => cluster.topics.set('t', [2]))
    expect(values(await world.settle(consumer.read({ topic: 't', partition: 0, offset: 0 })))).toEqual(['x'])
  })
})
