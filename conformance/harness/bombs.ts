/** Record batches that lie: compressed bytes that expand a thousandfold, counts and sizes that are not so, in every codec. */
import { gzipSync } from 'node:zlib'
import { setCrc } from '@millrace/protocol/records/batch-header'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import type { SeededRandom } from '@millrace/testkit/seeded-random'
import { pick } from './random-message.ts'

const MIB = 1024 * 1024
const HEADER_BYTES = 61
const BATCH_LENGTH_AT = 8
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const RECORD_COUNT_AT = 57

/** A batch whose header is in order, CRC included, and whose compressed records are `payload`. */
function wrap(codec: number, payload: Buffer, records = 1): Buffer {
  const batch = Buffer.concat([
    buildBatch({ records: [{ value: null }], timestampMs: Date.now() }).subarray(0, HEADER_BYTES),
    payload,
  ])
  batch.writeInt32BE(batch.length - 12, BATCH_LENGTH_AT)
  batch.writeInt16BE(codec, ATTRIBUTES_AT)
  batch.writeInt32BE(records - 1, LAST_OFFSET_DELTA_AT)
  batch.writeInt32BE(records, RECORD_COUNT_AT)
  setCrc(batch, 0)
  return batch
}

/** Zstandard of zeros: blocks of four bytes that stand for 128 KiB each; no content size is told. */
function zstdZeros(sizeBytes: number): Buffer {
  const blocks = Math.ceil(sizeBytes / 131_072)
  const bytes = Buffer.alloc(6 + blocks * 4)
  bytes.writeUInt32LE(0xfd2f_b528, 0)
  bytes[4] = 0x00
  bytes[5] = 0x38 // a window of 128 KiB
  for (let block = 0; block < blocks; block++) {
    const last = block === blocks - 1 ? 1 : 0
    bytes.writeUIntLE((131_072 << 3) | (1 << 1) | last, 6 + block * 4, 3)
  }
  return bytes
}

/** LZ4 of zeros: matches at distance one, each byte of length stands for 255. */
function lz4Zeros(sizeBytes: number): Buffer {
  const lengthBytes = Math.floor((sizeBytes - 32) / 255)
  const block = Buffer.alloc(5 + lengthBytes + 7, 255)
  block[0] = 0x1f
  block[1] = 0
  block.writeUInt16LE(1, 2)
  block[4 + lengthBytes] = 0
  block[5 + lengthBytes] = 0x50 // five literals end a block
  block.fill(0, 6 + lengthBytes)
  const frame = Buffer.alloc(11)
  frame.writeUInt32LE(0x184d_2204, 0)
  frame[4] = 0x60
  frame[5] = 0x70
  frame.writeUInt32LE(block.length, 7)
  return Buffer.concat([frame, block, Buffer.alloc(4)])
}

/** Snappy of zeros: copies of 64 bytes at distance one, three bytes each; the length in front is the truth. */
function snappyZeros(sizeBytes: number): Buffer {
  const copies = Math.ceil((sizeBytes - 1) / 64)
  const body = Buffer.alloc(2 + copies * 3)
  for (let copy = 0; copy < copies; copy++) {
    body[2 + copy * 3] = (63 << 2) | 2
    body.writeUInt16LE(1, 3 + copy * 3)
  }
  return Buffer.concat([varint(1 + copies * 64), body])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 0x80)
  }
}

/** The bombs of one run, made once; the largest stand for 512 MiB. All are below 1 MiB, so that no size check stops them. */
export function compressionBombs(): readonly Buffer[] {
  const gzipMember = gzipSync(Buffer.alloc(64 * MIB), { level: 9 })
  return [
    wrap(1, gzipMember),
    wrap(1, gzipSync(gzipMember)),
    wrap(1, Buffer.concat(Array.from({ length: 8 }, () => gzipMember))),
    wrap(1, Buffer.concat([gzipMember, gzipSync('a small last member hides the size')])),
    wrap(2, snappyZeros(20 * MIB)),
    wrap(2, Buffer.concat([varint(0xffff_ffff), Buffer.alloc(64)])),
    wrap(2, Buffer.concat([varint(200 * MIB), Buffer.alloc(64)])),
    wrap(3, lz4Zeros(64 * MIB)),
    wrap(3, lz4Zeros(230 * MIB)),
    wrap(4, zstdZeros(64 * MIB)),
    wrap(4, zstdZeros(512 * MIB)),
    wrap(4, Buffer.from('28b52ffde0ffffffffffffff7f010000', 'hex')),
  ]
}

/** One batch: sound, sound but for its header, or noise. Never a bomb. */
export function randomRecords(random: SeededRandom): Buffer {
  const records = Array.from({ length: 1 + random.below(4) }, () => ({
    key: random.chance(0.5) ? random.bytes(random.below(10)) : null,
    value: random.bytes(random.below(200)),
    headers: random.chance(0.2) ? [{ key: 'h', value: random.bytes(4) }] : [],
  }))
  const batch = buildBatch({ records, timestampMs: Date.now(), codec: pick(random, [0, 0, 1, 2, 3]) })
  switch (random.below(6)) {
    case 0:
      return batch
    case 1: {
      // A count that the records do not bear out.
      const count = pick(random, [0, -1, 2_147_483_647, 1_000_000, records.length + 1])
      batch.writeInt32BE(count, RECORD_COUNT_AT)
      batch.writeInt32BE((count - 1) | 0, LAST_OFFSET_DELTA_AT)
      setCrc(batch, 0)
      return batch
    }
    case 2:
      batch.writeInt32BE(pick(random, [0, -1, 48, batch.length, 2_147_483_647, -2_147_483_648]), BATCH_LENGTH_AT)
      return batch
    case 3: {
      // Any header field may say anything: producer ids, epochs, sequences, timestamps, attributes, magic.
      for (let times = 0; times < 3; times++) batch[12 + random.below(HEADER_BYTES - 12)] = random.below(256)
      if (random.chance(0.8) && batch[16] === 2) setCrc(batch, 0)
      return batch
    }
    case 4: {
      for (let times = 0; times < 3; times++)
        batch[HEADER_BYTES + random.below(batch.length - HEADER_BYTES)] = random.below(256)
      setCrc(batch, 0)
      return batch
    }
    default:
      return random.chance(0.5) ? Buffer.concat([batch, batch]) : random.bytes(random.below(120))
  }
}
