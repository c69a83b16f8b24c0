/**
 * Producer: a small one, for the command, the readiness probe and tests. Records of one partition go out in order, one
 * request at a time; what is sent while a request is under way forms the next batch. With `idempotent` a retried batch
 * is not written twice (KIP-98). Promise based; not for the data path.
 */
import { CompressionCodec, prepareCompression, type CompressionName } from '@millrace/protocol/compression/compression'
import { ErrorCode } from '@millrace/protocol/errors'
import { produceRequest, produceResponse } from '@millrace/protocol/messages/00-produce'
import { initProducerIdRequest, initProducerIdResponse } from '@millrace/protocol/messages/22-init-producer-id'
import { addSequence } from '@millrace/protocol/records/batch-header'
import { buildBatch, type RecordInput } from '@millrace/protocol/records/build-batch'
import { ClusterClient, type ClusterClientOptions } from './cluster-client.ts'
import { KafkaError, throwIfError } from './kafka-error.ts'
import { partitionForKey } from './partitioner.ts'

export interface ProducerOptions extends ClusterClientOptions {
  /** -1, the default: all in-sync replicas; 1: the leader; 0: nobody, offsets are then -1. */
  readonly acks?: -1 | 0 | 1
  readonly compression?: CompressionName
  /** Demands acks -1. False by default. */
  readonly idempotent?: boolean
  /** How long to wait for more records before a batch leaves; 0 by default: until the end of this turn. */
  readonly lingerMs?: number
  /** Keys and values of one batch together; 512 KiB by default. */
  readonly batchBytesMax?: number
}

export interface ProducerRecord {
  readonly topic: string
  /** Absent: by the key, or where there is none, any partition. */
  readonly partition?: number
  readonly key?: Uint8Array | string | null
  readonly value: Uint8Array | string | null
  readonly headers?: Readonly<Record<string, Uint8Array | string | null>>
  /** Now, by default. */
  readonly timestampMs?: number
}

export interface WrittenRecord {
  readonly topic: string
  readonly partition: number
  /** -1 with acks=0. */
  readonly offset: number
}

const BATCH_BYTES_MAX = 512 * 1024
/** Later versions name topics by id. */
const PRODUCE_VERSION_MAX = 12

interface Waiting {
  readonly record: RecordInput
  readonly sizeBytes: number
  readonly resolve: (written: WrittenRecord) => void
  readonly reject: (error: unknown) => void
}

interface PartitionQueue {
  readonly topic: string
  readonly partition: number
  readonly waiting: Waiting[]
  /** Set while records leave; settles when none is left. */
  draining: Promise<void> | null
  nextSequence: number
}

export class Producer {
  readonly #cluster: ClusterClient
  readonly #options: ProducerOptions
  readonly #queues: Map<string, PartitionQueue> = new Map()
  readonly #partitionCounts: Map<string, Promise<number>> = new Map()
  readonly #sticky: Map<string, number> = new Map()
  #identity: Promise<{ readonly producerId: number; readonly producerEpoch: number }> | null = null
  #compressionReady: Promise<void> | null = null

  constructor(options: ProducerOptions) {
    if (options.idempotent === true && (options.acks ?? -1) !== -1) {
      throw new RangeError('an idempotent producer needs acks=-1')
    }
    this.#cluster = new ClusterClient(options)
    this.#options = options
  }

  /** Sends one record; answers where it was written. Throws KafkaError; then it may or may not have been written. */
  async send(record: ProducerRecord): Promise<WrittenRecord> {
    const key = toBytes(record.key ?? null)
    const partition = record.partition ?? (await this.#choosePartition(record.topic, key))
    const value = toBytes(record.value)
    const headers = Object.entries(record.headers ?? {}).map(([name, content]) => ({
      key: name,
      value: toBytes(content),
    }))
    const timestampMs = record.timestampMs ?? this.#cluster.host.clock.nowMs()
    const queue = this.#queueOf(record.topic, partition)
    return new Promise((resolve, reject) => {
      const sizeBytes = (key?.length ?? 0) + (value?.length ?? 0)
      queue.waiting.push({ record: { key, value, headers, timestampMs }, sizeBytes, resolve, reject })
      queue.draining ??= this.#drain(queue)
    })
  }

  /** Waits until all that was sent is written or has failed. */
  async flush(): Promise<void> {
    for (;;) {
      const busy = [...this.#queues.values()].flatMap(({ draining }) => (draining === null ? [] : [draining]))
      if (busy.length === 0) return
      await Promise.all(busy)
    }
  }

  /** Flushes, then drops the connections. */
  async close(): Promise<void> {
    await this.flush()
    this.#cluster.close()
  }

  async #choosePartition(topic: string, key: Buffer | null): Promise<number> {
    let counting = this.#partitionCounts.get(topic)
    if (counting === undefined) {
      counting = this.#countPartitions(topic)
      this.#partitionCounts.set(topic, counting)
      counting.catch(() => this.#partitionCounts.delete(topic))
    }
    const count = await counting
    if (key !== null) return partitionForKey(key, count)
    // Sticky, so that records without keys fill batches instead of making one for each partition.
    let partition = this.#sticky.get(topic)
    if (partition === undefined) {
      partition = this.#cluster.host.random.below(count)
      this.#sticky.set(topic, partition)
    }
    return partition
  }

  #countPartitions(topic: string): Promise<number> {
    return this.#cluster.retrying(
      async () => {
        const found = (await this.#cluster.metadata([topic])).topics.find(({ name }) => name === topic)
        throwIfError(found?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `topic ${topic} is not known`)
        return found?.partitions.length ?? 0
      },
      (error) => error.retriable,
    )
  }

  #queueOf(topic: string, partition: number): PartitionQueue {
    const key = `${topic}/${partition}`
    let queue = this.#queues.get(key)
    if (queue === undefined) {
      queue = { topic, partition, waiting: [], draining: null, nextSequence: 0 }
      this.#queues.set(key, queue)
    }
    return queue
  }

  async #drain(queue: PartitionQueue): Promise<void> {
    const { lingerMs = 0 } = this.#options
    if (lingerMs > 0) await this.#cluster.sleep(lingerMs)
    else await new Promise<void>((resolve) => this.#cluster.host.tick(resolve))
    while (queue.waiting.length > 0) {
      const batch = this.#takeBatch(queue)
      this.#sticky.delete(queue.topic)
      try {
        const baseOffset = await this.#write(queue, batch)
        batch.forEach(({ resolve }, index) => {
          resolve({ topic: queue.topic, partition: queue.partition, offset: baseOffset < 0 ? -1 : baseOffset + index })
        })
      } catch (error) {
        for (const { reject } of batch) reject(error)
        // A gap in the sequence would fail everything after it: begin anew with a new producer id.
        if (this.#identity !== null) this.#forgetIdentity()
      }
    }
    queue.draining = null
  }

  #takeBatch(queue: PartitionQueue): Waiting[] {
    const { batchBytesMax = BATCH_BYTES_MAX } = this.#options
    let sizeBytes = 0
    let count = 0
    for (const { sizeBytes: recordBytes } of queue.waiting) {
      if (count > 0 && sizeBytes + recordBytes > batchBytesMax) break
      sizeBytes += recordBytes
      count++
    }
    return queue.waiting.splice(0, count)
  }

  /** Writes one batch and returns its base offset, -1 when nobody tells. */
  async #write(queue: PartitionQueue, batch: readonly Waiting[]): Promise<number> {
    const { acks = -1, compression = 'none', idempotent = false } = this.#options
    if (compression === 'zstd') await (this.#compressionReady ??= loadCompression())
    const identifying = idempotent ? this.#identify() : null
    const identity = identifying === null ? {} : { ...(await identifying), baseSequence: queue.nextSequence }
    const records = buildBatch({
      records: batch.map(({ record }) => record),
      timestampMs: this.#cluster.host.clock.nowMs(),
      codec: CompressionCodec[compression],
      ...identity,
    })
    const baseOffset = await this.#cluster.retrying(
      () => this.#produce(queue, records, acks),
      (error) => error.retriable,
    )
    // Another partition's failure may have ended this identity meanwhile: the next one counts from 0.
    if (this.#identity === identifying) queue.nextSequence = addSequence(queue.nextSequence, batch.length)
    return baseOffset
  }

  async #produce({ topic, partition }: PartitionQueue, records: Buffer, acks: number): Promise<number> {
    const cluster = this.#cluster
    const connection = await cluster.node(await cluster.leaderOf(topic, partition))
    const body = {
      acks,
      timeoutMs: cluster.timeoutMs,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    }
    if (acks === 0) {
      const version = connection.version(produceRequest, PRODUCE_VERSION_MAX)
      await new Promise<void>((resolve) => connection.sendUnanswered(produceRequest, version, body, resolve))
      return -1
    }
    const response = await cluster.call(connection, produceRequest, produceResponse, body, {
      atMost: PRODUCE_VERSION_MAX,
    })
    const result = response.responses[0]?.partitionResponses[0]
    if (result === undefined)
      throw new KafkaError(ErrorCode.UNKNOWN_SERVER_ERROR, `no answer for ${topic}-${partition}`)
    // The batch was written by an earlier attempt whose answer was lost.
    if (result.errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) return result.baseOffset
    throwIfError(
      result.errorCode,
      result.errorMessage ?? `${topic}-${partition}: ${new KafkaError(result.errorCode).message}`,
    )
    return result.baseOffset
  }

  #identify(): Promise<{ readonly producerId: number; readonly producerEpoch: number }> {
    const cluster = this.#cluster
    this.#identity ??= cluster.retrying(async () => {
      const body = { transactionalId: null, transactionTimeoutMs: 60_000 }
      const response = await cluster.call(await cluster.any(), initProducerIdRequest, initProducerIdResponse, body)
      throwIfError(response.errorCode)
      return { producerId: response.producerId, producerEpoch: response.producerEpoch }
    })
    return this.#identity
  }

  #forgetIdentity(): void {
    this.#identity = null
    for (const queue of this.#queues.values()) queue.nextSequence = 0
  }
}

function toBytes(content: Uint8Array | string | null): Buffer | null {
  if (content === null) return null
  if (typeof content === 'string') return Buffer.from(content, 'utf8')
  return Buffer.isBuffer(content) ? content : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
}

function loadCompression(): Promise<void> {
  return new Promise((resolve, reject) => {
    prepareCompression((error) => (error === null ? resolve() : reject(error)))
  })
}
