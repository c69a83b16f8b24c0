import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCode } from '@millrace/protocol/errors'
import { produceRequest, produceResponse } from '@millrace/protocol/messages/00-produce'
import { initProducerIdRequest, initProducerIdResponse } from '@millrace/protocol/messages/22-init-producer-id'
import {
  baseSequence,
  compressionCodec,
  crcMatches,
  producerId,
  recordCount,
} from '@millrace/protocol/records/batch-header'
import { readRecords } from '@millrace/protocol/records/records'
import { ScriptedCluster } from '@millrace/testkit/scripted-cluster'
import { World } from '@millrace/testkit/world'
import { partitionForKey } from './partitioner.ts'
import { Producer, type ProducerOptions } from './producer.ts'

interface Written {
  readonly node: number
  readonly partition: number
  readonly batch: Buffer
  readonly acks: number
}

let world: World
let cluster: ScriptedCluster
let written: Written[]
/** What the next Produce requests are answered, then NONE. */
let errors: number[]
let onProduce: () => void

beforeEach(() => {
  world = new World({ seed: 5 })
  cluster = new ScriptedCluster(world, 2)
  cluster.topics.set('t', [1, 2, 1])
  written = []
  errors = []
  onProduce = () => {}
  const ends = [0, 0, 0]
  cluster.brokers.forEach((broker, index) => {
    broker.answer(produceRequest, produceResponse, ({ topicData, acks }) => {
      onProduce()
      const data = topicData[0]?.partitionData[0]
      const batch = data?.records as Buffer
      const partition = data?.index as number
      const errorCode = errors.shift() ?? ErrorCode.NONE
      if (errorCode === ErrorCode.NONE) written.push({ node: index + 1, partition, batch: Buffer.from(batch), acks })
      const baseOffset = errorCode === ErrorCode.NONE ? (ends[partition] as number) : 41
      if (errorCode === ErrorCode.NONE) (ends[partition] as number) += recordCount(batch, 0)
      if (acks === 0) return null
      return { responses: [{ name: 't', partitionResponses: [{ index: partition, errorCode, baseOffset }] }] }
    })
    broker.answer(initProducerIdRequest, initProducerIdResponse, () => ({
      throttleTimeMs: 0,
      errorCode: 0,
      producerId: 77,
      producerEpoch: 3,
    }))
  })
})

function newProducer(options: Partial<ProducerOptions> = {}): Producer {
  return new Producer({ host: cluster.clientHost, bootstrap: cluster.bootstrap, timeoutMs: 5_000, ...options })
}

describe('producer', () => {
  test("writes records to their partition's leader and tells where they are", async () => {
    const producer = newProducer()
    const results = await world.settle(
      Promise.all([
        producer.send({ topic: 't', partition: 1, key: 'k1', value: 'v1', headers: { h: 'x' } }),
        producer.send({ topic: 't', partition: 1, value: 'v2' }),
        producer.send({ topic: 't', partition: 2, value: null, timestampMs: 5 }),
      ]),
    )
    expect(results.map(({ partition, offset }) => [partition, offset])).toEqual([
      [1, 0],
      [1, 1],
      [2, 0],
    ])
    expect(written.map(({ node, partition, acks }) => [node, partition, acks]).sort()).toEqual([
      [1, 2, -1],
      [2, 1, -1],
    ])
    const batch = written.find(({ partition }) => partition === 1)?.batch as Buffer
    expect(crcMatches(batch, 0)).toBe(true)
    expect(producerId(batch, 0)).toBe(-1)
    const records = readRecords(batch, 0)
    expect(records.map(({ key, value }) => [key?.toString() ?? null, value?.toString()])).toEqual([
      ['k1', 'v1'],
      [null, 'v2'],
    ])
    expect(records[0]?.headers[0]?.value?.toString()).toBe('x')
    expect(readRecords(written.find(({ partition }) => partition === 2)?.batch as Buffer, 0)[0]?.timestampMs).toBe(5)
    await world.settle(producer.close())
  })

  test('chooses the partition by key as Java does, and sticks to one without keys', async () => {
    const producer = newProducer()
    const keyed = await world.settle(
      Promise.all(['a', 'b', 'c', 'd'].map((key) => producer.send({ topic: 't', key, value: '' }))),
    )
    expect(keyed.map(({ partition }) => partition)).toEqual(
      ['a', 'b', 'c', 'd'].map((key) => partitionForKey(Buffer.from(key), 3)),
    )
    const before = written.length
    await world.settle(Promise.all(Array.from({ length: 20 }, () => producer.send({ topic: 't', value: 'x' }))))
    expect(written.length - before).toBe(1)
  })

  test('what is sent during a request forms the next batch, cut at the limit', async () => {
    const producer = newProducer({ batchBytesMax: 250 })
    const sent = Array.from({ length: 10 }, () => producer.send({ topic: 't', partition: 0, value: Buffer.alloc(100) }))
    sent.push(producer.send({ topic: 't', partition: 0, value: Buffer.alloc(10_000) }))
    const offsets = (await world.settle(Promise.all(sent))).map(({ offset }) => offset)
    expect(offsets).toEqual(Array.from({ length: 11 }, (_, index) => index))
    expect(written.map(({ batch }) => recordCount(batch, 0))).toEqual([2, 2, 2, 2, 2, 1])
  })

  test('tries again after retriable errors, at the new leader', async () => {
    const producer = newProducer()
    errors = [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_ENOUGH_REPLICAS]
    onProduce = () => cluster.topics.set('t', [2, 2, 2])
    expect((await world.settle(producer.send({ topic: 't', partition: 0, value: 'v' }))).offset).toBe(0)
    expect(written.map(({ node }) => node)).toEqual([2])
  })

  test('an error for good rejects the batch and lets the next one through', async () => {
    const producer = newProducer()
    errors = [ErrorCode.MESSAGE_TOO_LARGE]
    await expect(world.settle(producer.send({ topic: 't', partition: 0, value: 'v' }))).rejects.toMatchObject({
      name: 'MESSAGE_TOO_LARGE',
    })
    expect((await world.settle(producer.send({ topic: 't', partition: 0, value: 'v' }))).offset).toBe(0)
    await expect(world.settle(producer.send({ topic: 'none', value: 'v' }))).rejects.toMatchObject({
      name: 'UNKNOWN_TOPIC_OR_PARTITION',
    })
  })

  test('idempotent batches carry producer id and sequence; a repeated one counts as written', async () => {
    const producer = newProducer({ idempotent: true })
    await world.settle(
      Promise.all([
        producer.send({ topic: 't', partition: 0, value: 'a' }),
        producer.send({ topic: 't', partition: 0, value: 'b' }),
      ]),
    )
    errors = [ErrorCode.DUPLICATE_SEQUENCE_NUMBER]
    expect((await world.settle(producer.send({ topic: 't', partition: 0, value: 'c' }))).offset).toBe(41)
    await world.settle(producer.send({ topic: 't', partition: 0, value: 'd' }))
    expect(written.map(({ batch }) => [producerId(batch, 0), baseSequence(batch, 0)])).toEqual([
      [77, 0],
      [77, 3],
    ])
    expect(() => newProducer({ idempotent: true, acks: 1 })).toThrow(RangeError)
  })

  test('acks=0 waits for no answer', async () => {
    const producer = newProducer({ acks: 0 })
    expect((await world.settle(producer.send({ topic: 't', partition: 0, value: 'v' }))).offset).toBe(-1)
    world.runUntil(() => written.length === 1)
  })

  test.each([
    ['gzip', 1],
    ['snappy', 2],
    ['lz4', 3],
  ] as const)('compresses with %s', async (compression, codec) => {
    const producer = newProducer({ compression })
    await world.settle(producer.send({ topic: 't', partition: 0, value: Buffer.alloc(5_000, 'a') }))
    const batch = written[0]?.batch as Buffer
    expect(compressionCodec(batch, 0)).toBe(codec)
    expect(batch.length).toBeLessThan(1_000)
    expect(readRecords(batch, 0)[0]?.value?.length).toBe(5_000)
  })

  test('close waits for what was sent', async () => {
    const producer = newProducer({ lingerMs: 20 })
    const sent = producer.send({ topic: 't', partition: 0, value: 'v' })
    // send() has queued its record once its own first steps are done.
    await Promise.resolve()
    await world.settle(producer.close())
    expect((await sent).offset).toBe(0)
  })
})
