/**
 * Snappy in its two guises: one raw block (librdkafka, franz-go) and the xerial framing of Java clients, told apart by
 * the frame's magic. We write xerial, since old Java readers know nothing else.
 *
 *   xerial: 82 "SNAPPY" 00 · version i32 · lowest compatible version i32 · (size i32 · raw block)…
 */
import { createRequire } from 'node:module'
import { CompressionError } from './compression-error.ts'

const XERIAL_MAGIC: Buffer = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16
const XERIAL_VERSION = 1
/** Input bytes per block, as the Java library's default. */
const XERIAL_BLOCK_BYTES = 32_768

interface SnappyLibrary {
  compressSync(input: Uint8Array): Buffer
  uncompressSync(input: Uint8Array): Buffer | string
}

const require = createRequire(import.meta.url)

function library(): SnappyLibrary {
  return require('snappy') as SnappyLibrary
}

export function compressSnappy(bytes: Buffer): Buffer {
  const snappy = library()
  const header = Buffer.alloc(XERIAL_HEADER_BYTES)
  XERIAL_MAGIC.copy(header)
  header.writeInt32BE(XERIAL_VERSION, 8)
  header.writeInt32BE(XERIAL_VERSION, 12)
  const chunks: Buffer[] = [header]
  for (let at = 0; at < bytes.length; at += XERIAL_BLOCK_BYTES) {
    const block = snappy.compressSync(bytes.subarray(at, at + XERIAL_BLOCK_BYTES))
    const size = Buffer.allocUnsafe(4)
    size.writeInt32BE(block.length, 0)
    chunks.push(size, block)
  }
  return Buffer.concat(chunks)
}

export function decompressSnappy(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length < XERIAL_HEADER_BYTES || XERIAL_MAGIC.compare(bytes, 0, XERIAL_MAGIC.length) !== 0) {
    return decompressBlock(bytes, maxBytes)
  }
  const blocks: Buffer[] = []
  let left = maxBytes
  let at = XERIAL_HEADER_BYTES
  while (at < bytes.length) {
    const size = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1
    at += 4
    if (size < 0 || size > bytes.length - at) throw new CompressionError('corrupt', 'a snappy block runs over the end')
    const block = decompressBlock(bytes.subarray(at, at + size), left)
    left -= block.length
    at += size
    blocks.push(block)
  }
  return blocks.length === 1 ? (blocks[0] as Buffer) : Buffer.concat(blocks)
}

function decompressBlock(block: Buffer, maxBytes: number): Buffer {
  const size = uncompressedSize(block)
  if (size > maxBytes) throw new CompressionError('too large', `a snappy block of ${size} bytes, ${maxBytes} allowed`)
  try {
    return library().uncompressSync(block) as Buffer
  } catch (error) {
    throw new CompressionError('corrupt', 'not a snappy block', error)
  }
}

/** A block begins with its uncompressed size as a varint; the library allocates by it, so it is looked at first. */
function uncompressedSize(block: Buffer): number {
  let size = 0
  for (let index = 0; index < 5; index++) {
    const byte = block[index]
    if (byte === undefined) break
    size += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return size
  }
  throw new CompressionError('corrupt', 'a snappy block without its size')
}
