/**
 * The producer snapshot file `<offset>.snapshot`: the state of all producers valid up to `offset`, exclusive.
 * version: int16 = 1, crc: uint32 (CRC-32C from byte 6 on), count: int32, then 46 bytes per producer. Big-endian.
 */
import { crc32c } from '@millrace/protocol/crc32c'

const VERSION = 1
const HEADER_BYTES = 10
const CRC_START = 6
const ENTRY_BYTES = 46

export interface ProducerSnapshotEntry {
  readonly producerId: number
  readonly epoch: number
  /** -1 when the producer has no data yet. */
  readonly lastSequence: number
  /** -1 when the producer has no data yet. */
  readonly lastOffset: number
  readonly offsetDelta: number
  readonly timestamp: number
  readonly coordinatorEpoch: number
  readonly currentTxnFirstOffset: number
}

export function encodeProducerSnapshot(entries: readonly ProducerSnapshotEntry[]): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + entries.length * ENTRY_BYTES)
  bytes.writeInt16BE(VERSION, 0)
  bytes.writeInt32BE(entries.length, CRC_START)
  let at = HEADER_BYTES
  for (const entry of entries) {
    bytes.writeBigInt64BE(BigInt(entry.producerId), at)
    bytes.writeInt16BE(entry.epoch, at + 8)
    bytes.writeInt32BE(entry.lastSequence, at + 10)
    bytes.writeBigInt64BE(BigInt(entry.lastOffset), at + 14)
    bytes.writeInt32BE(entry.offsetDelta, at + 22)
    bytes.writeBigInt64BE(BigInt(entry.timestamp), at + 26)
    bytes.writeInt32BE(entry.coordinatorEpoch, at + 34)
    bytes.writeBigInt64BE(BigInt(entry.currentTxnFirstOffset), at + 38)
    at += ENTRY_BYTES
  }
  bytes.writeUInt32BE(crc32c(bytes, CRC_START, bytes.length), 2)
  return bytes
}

/** The entries; null when the bytes are not a whole snapshot with the right checksum. */
export function decodeProducerSnapshot(bytes: Buffer): ProducerSnapshotEntry[] | null {
  if (bytes.length < HEADER_BYTES || bytes.readInt16BE(0) !== VERSION) return null
  const count = bytes.readInt32BE(CRC_START)
  if (bytes.length !== HEADER_BYTES + count * ENTRY_BYTES) return null
  if (bytes.readUInt32BE(2) !== crc32c(bytes, CRC_START, bytes.length)) return null
  const entries: ProducerSnapshotEntry[] = []
  for (let at = HEADER_BYTES; at < bytes.length; at += ENTRY_BYTES) {
    entries.push({
      producerId: Number(bytes.readBigInt64BE(at)),
      epoch: bytes.readInt16BE(at + 8),
      lastSequence: bytes.readInt32BE(at + 10),
      lastOffset: Number(bytes.readBigInt64BE(at + 14)),
      offsetDelta: bytes.readInt32BE(at + 22),
      timestamp: Number(bytes.readBigInt64BE(at + 26)),
      coordinatorEpoch: bytes.readInt32BE(at + 34),
      currentTxnFirstOffset: Number(bytes.readBigInt64BE(at + 38)),
    })
  }
  return entries
}
