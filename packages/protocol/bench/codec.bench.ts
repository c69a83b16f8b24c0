/**
 * Codec speed: `npx tsx --conditions=millrace-source packages/protocol/bench/codec.bench.ts [seconds per case]`.
 * Prints operations per second and nanoseconds per operation, the median of five rounds with the spread.
 */
import { decodeMessage, encodeMessage } from '../src/codec.ts'
import { crc32c } from '../src/crc32c.ts'
import { decodeRequestHeader, encodeRequestFrame, encodeResponseFrame } from '../src/headers.ts'
import { produceRequest, produceResponse } from '../src/messages/00-produce.ts'
import { fetchRequest, fetchResponse } from '../src/messages/01-fetch.ts'
import { metadataResponse } from '../src/messages/03-metadata.ts'
import { Reader } from '../src/primitives/reader.ts'
import { Writer } from '../src/primitives/writer.ts'
import * as header from '../src/records/batch-header.ts'
import { buildBatch } from '../src/records/build-batch.ts'
import { validateProducedBatch } from '../src/records/validate-batch.ts'
import { compress, CompressionCodec, decompress } from '../src/compression/compression.ts'

const seconds = Number(process.argv[2] ?? 1)
const ROUNDS = 5

function bench(name: string, operation: () => void): void {
  const rates: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const until = process.hrtime.bigint() + BigInt(Math.round((seconds / ROUNDS) * 1e9))
    const start = process.hrtime.bigint()
    let count = 0
    let now = start
    for (; now < until; now = process.hrtime.bigint()) {
      for (let index = 0; index < 50; index++) operation()
      count += 50
    }
    if (round > 0) rates.push(count / (Number(now - start) / 1e9)) // the first round warms up
  }
  rates.sort((a, b) => a - b)
  const median = rates[ROUNDS >> 1] as number
  const spread = (((rates[ROUNDS - 1] as number) - (rates[0] as number)) / median) * 100
  console.log(
    `${name.padEnd(48)} ${Math.round(median).toLocaleString('en').padStart(12)}/s ${(1e9 / median).toFixed(0).padStart(8)} ns  ±${(spread / 2).toFixed(0)}%`,
  )
}

const TOPIC_ID = 'AAECAwQFBgcICQoLDA0ODw'
const batch = buildBatch({
  records: Array.from({ length: 100 }, (_, index) => ({
    key: Buffer.from(`key-${index}`),
    value: Buffer.alloc(100, index),
  })),
  timestampMs: 1_730_000_000_000,
})

for (const version of [7, 13]) {
  const frame = Buffer.concat(
    encodeRequestFrame(
      produceRequest,
      version,
      { correlationId: 1, clientId: 'producer-1' },
      {
        acks: -1,
        timeoutMs: 30_000,
        topicData: [
          {
            ...(version < 13 ? { name: 'orders' } : { topicId: TOPIC_ID }),
            partitionData: [{ index: 3, records: batch }],
          },
        ],
      },
    ),
  )
  const reader = new Reader(frame)
  bench(`Produce v${version} request: header and body decoded`, () => {
    reader.reset(frame, 4)
    const { apiVersion } = decodeRequestHeader(reader)
    decodeMessage(produceRequest, apiVersion, reader)
    reader.expectEnd()
  })
  const writer = new Writer()
  const name = version < 13 ? { name: 'orders' } : { topicId: TOPIC_ID }
  const body = {
    responses: [{ ...name, partitionResponses: [{ index: 3, errorCode: 0, baseOffset: 12_345, logStartOffset: 0 }] }],
  }
  bench(`Produce v${version} response: frame encoded`, () =>
    void encodeResponseFrame(produceResponse, version, 1, body, writer))
}

for (const version of [11, 17]) {
  const name = version < 13 ? { topic: 'orders' } : { topicId: TOPIC_ID }
  const partitions = Array.from({ length: 6 }, (_, partition) => ({
    partition,
    fetchOffset: 1_000 + partition,
    partitionMaxBytes: 1_048_576,
  }))
  const frame = Buffer.concat(
    encodeRequestFrame(
      fetchRequest,
      version,
      { correlationId: 1, clientId: 'consumer-1' },
      {
        maxWaitMs: 500,
        minBytes: 1,
        topics: [{ ...name, partitions }],
      },
    ),
  )
  const reader = new Reader(frame)
  bench(`Fetch v${version} request of 6 partitions: decoded`, () => {
    reader.reset(frame, 4)
    const { apiVersion } = decodeRequestHeader(reader)
    decodeMessage(fetchRequest, apiVersion, reader)
  })
  const writer = new Writer()
  const response = {
    responses: [
      {
        ...name,
        partitions: partitions.map(({ partition }) => ({
          partitionIndex: partition,
          errorCode: 0,
          highWatermark: 2_000,
          lastStableOffset: 2_000,
          abortedTransactions: null,
          records: [batch, batch],
        })),
      },
    ],
  }
  bench(`Fetch v${version} response of 6 partitions: frame encoded`, () =>
    void encodeResponseFrame(fetchResponse, version, 1, response, writer))
}

const metadata = new Writer()
encodeMessage(
  metadataResponse,
  12,
  {
    brokers: [1, 2, 3].map((nodeId) => ({ nodeId, host: 'broker.example', port: 9_092 })),
    topics: Array.from({ length: 50 }, (_, topic) => ({
      errorCode: 0,
      name: `topic-${topic}`,
      topicId: TOPIC_ID,
      partitions: Array.from({ length: 6 }, (_, partitionIndex) => ({
        errorCode: 0,
        partitionIndex,
        leaderId: 1,
        leaderEpoch: 4,
        replicaNodes: [1, 2, 3],
        isrNodes: [1, 2, 3],
      })),
    })),
  },
  metadata,
)
const metadataBytes = metadata.finishBuffer()
bench('Metadata v12 response of 300 partitions: decoded', () =>
  void decodeMessage(metadataResponse, 12, new Reader(metadataBytes)))

const rules = {
  produceVersion: 11,
  messageBytesMax: 1_048_588,
  segmentBytesMax: 2 ** 30,
  isCompacted: false,
  usesLogAppendTime: false,
  nowMs: 1_730_000_000_000,
  timestampBeforeMaxMs: 2 ** 53,
  timestampAfterMaxMs: 3_600_000,
  decompressedBytesMax: 2 ** 24,
}
for (const checksRecords of [false, true]) {
  bench(`batch of 100 records, ${batch.length} bytes: ${checksRecords ? 'validated' : 'header and CRC checked'}`, () => {
    if (validateProducedBatch(batch, 0, batch.length, { ...rules, checksRecords }) !== null) throw new Error('refused')
  })
}
const stamped = Buffer.from(batch)
bench('batch header: offset and epoch stamped, five fields read', () => {
  header.setBaseOffset(stamped, 0, 123_456_789)
  header.setPartitionLeaderEpoch(stamped, 0, 7)
  if (
    header.producerId(stamped, 0) +
      header.baseSequence(stamped, 0) +
      header.lastOffset(stamped, 0) +
      header.maxTimestamp(stamped, 0) +
      header.recordCount(stamped, 0) ===
    0
  )
    throw new Error()
})
for (const size of [100, 500, 2_000, 16_000]) {
  const bytes = Buffer.alloc(size, 'abc')
  bench(`CRC-32C of ${size} bytes`, () => void crc32c(bytes, 0, size))
}
const text = Buffer.from(
  JSON.stringify(
    Array.from({ length: 2_000 }, (_, id) => ({ id, name: `customer ${id * 7919}`, active: id % 3 === 0 })),
  ),
)
for (const [name, codec] of Object.entries(CompressionCodec).slice(1, 4)) {
  const compressed = compress(codec, text)
  bench(`${name}: ${text.length} bytes from ${compressed.length} decompressed`, () =>
    void decompress(codec, compressed, 2 ** 24))
}
