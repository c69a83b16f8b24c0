/** One Fetch of partitions that one broker leads, decoded to records. Aborted and control records are left out. */
import { ErrorCode } from '@millrace/protocol/errors'
import { fetchRequest, fetchResponse, type FetchResponse } from '@millrace/protocol/messages/01-fetch'
import { isControl, isTransactional, lastOffset, producerId } from '@millrace/protocol/records/batch-header'
import { ControlRecordType } from '@millrace/protocol/records/control-records'
import { readRecords, visitBatches, type RecordHeader } from '@millrace/protocol/records/records'
import { byTopic } from './admin/partitions.ts'
import type { ClusterClient } from './cluster-client.ts'
import { KafkaError } from './kafka-error.ts'

export interface ConsumedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

export interface FetchPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface FetchOptions {
  /** How long the broker may wait for a first byte; 500 ms by default. */
  readonly maxWaitMs?: number
  /** 1 MiB per partition by default; a larger first batch comes whole. */
  readonly partitionBytesMax?: number
  /** Only records of committed transactions, up to the last stable offset. */
  readonly readCommitted?: boolean
}

export interface FetchedPartition {
  readonly topic: string
  readonly partition: number
  /** null, or why nothing was read. */
  readonly error: KafkaError | null
  readonly records: readonly ConsumedRecord[]
  /** Where to read on: also past what was left out. */
  readonly nextOffset: number
  readonly highWatermark: number
  readonly logStartOffset: number
}

const MAX_WAIT_MS = 500
const PARTITION_BYTES_MAX = 1024 * 1024
const RESPONSE_BYTES_MAX = 50 * 1024 * 1024
/** Later versions name topics by id. */
const FETCH_VERSION_MAX = 12
/** How much longer than maxWaitMs an answer may take. */
const ANSWER_MARGIN_MS = 10_000

type PartitionResponse = FetchResponse['responses'][number]['partitions'][number]

/** Fetches once from broker `nodeId`; errors of single partitions are told in the result. */
export async function fetchRecords(
  cluster: ClusterClient,
  nodeId: number,
  positions: readonly FetchPosition[],
  options: FetchOptions,
): Promise<FetchedPartition[]> {
  const { maxWaitMs = MAX_WAIT_MS, partitionBytesMax = PARTITION_BYTES_MAX, readCommitted = false } = options
  const response = await cluster.call(
    await cluster.node(nodeId, 'fetch'),
    fetchRequest,
    fetchResponse,
    {
      maxWaitMs,
      minBytes: 1,
      maxBytes: RESPONSE_BYTES_MAX,
      isolationLevel: readCommitted ? 1 : 0,
      topics: byTopic(positions, ({ partition, offset }) => ({
        partition,
        fetchOffset: offset,
        partitionMaxBytes: partitionBytesMax,
      })).map(({ name, partitions }) => ({ topic: name, partitions })),
    },
    { atMost: FETCH_VERSION_MAX, timeoutMs: maxWaitMs + ANSWER_MARGIN_MS },
  )
  if (response.errorCode !== ErrorCode.NONE) throw new KafkaError(response.errorCode)
  const offsets = new Map(positions.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]))
  return response.responses.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => {
      const from = offsets.get(`${topic}/${partition.partitionIndex}`) ?? 0
      return readPartition(topic, from, partition, readCommitted)
    }),
  )
}

function readPartition(
  topic: string,
  fromOffset: number,
  response: PartitionResponse,
  readCommitted: boolean,
): FetchedPartition {
  const { partitionIndex: partition, errorCode, highWatermark, logStartOffset, records: bytes } = response
  const error =
    errorCode === ErrorCode.NONE
      ? null
      : new KafkaError(errorCode, `${topic}-${partition}: ${new KafkaError(errorCode).message}`)
  const records: ConsumedRecord[] = []
  let nextOffset = fromOffset
  if (error === null && bytes !== null) {
    const aborted = readCommitted ? new AbortedProducers(response.abortedTransactions ?? []) : null
    visitBatches(bytes, 0, bytes.length, (at) => {
      nextOffset = Math.max(nextOffset, lastOffset(bytes, at) + 1)
      aborted?.startUpTo(lastOffset(bytes, at))
      if (isControl(bytes, at)) {
        if (readRecords(bytes, at)[0]?.key?.readInt16BE(2) === ControlRecordType.abort)
          aborted?.end(producerId(bytes, at))
        return
      }
      if (isTransactional(bytes, at) && aborted?.has(producerId(bytes, at)) === true) return
      for (const { offset, timestampMs, key, value, headers } of readRecords(bytes, at)) {
        if (offset >= fromOffset) records.push({ topic, partition, offset, timestampMs, key, value, headers })
      }
    })
  }
  return { topic, partition, error, records, nextOffset, highWatermark, logStartOffset }
}

/** Whose transactions end in an abort, at the batch being read (KIP-98). */
class AbortedProducers {
  readonly #upcoming: { readonly producerId: number; readonly firstOffset: number }[]
  readonly #active: Set<number> = new Set()

  constructor(transactions: readonly { readonly producerId: number; readonly firstOffset: number }[]) {
    this.#upcoming = [...transactions].sort((one, other) => one.firstOffset - other.firstOffset)
  }

  startUpTo(offset: number): void {
    for (let next = this.#upcoming[0]; next !== undefined && next.firstOffset <= offset; next = this.#upcoming[0]) {
      this.#active.add(next.producerId)
      this.#upcoming.shift()
    }
  }

  end(id: number): void {
    this.#active.delete(id)
  }

  has(id: number): boolean {
    return this.#active.has(id)
  }
}
