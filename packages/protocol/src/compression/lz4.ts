/**
 * LZ4 frames (magic 04 22 4D 18, version 1). We write frames of independent blocks, which the Java decoder demands, with
 * the native library. Reading is done here: the native library cannot be told a limit, and a byte of lz4 can become 255.
 *
 *   magic · FLG · BD · [content size u64] · [dictionary id u32] · header checksum · (size u32 LE · data · [checksum])… · 0 · [checksum]
 *
 * Checksums inside the frame are not verified: the batch's CRC-32C has vouched for these bytes, and the Java client
 * ignores the content checksum as well.
 */
import { createRequire } from 'node:module'
import { CompressionError } from './compression-error.ts'

interface Lz4Library {
  compressFrameSync(input: Buffer): Buffer
}

const FRAME_MAGIC = 0x184d_2204
const FLAG_BLOCK_CHECKSUM = 0x10
const FLAG_CONTENT_SIZE = 0x08
const FLAG_CONTENT_CHECKSUM = 0x04
const FLAG_DICTIONARY = 0x01
const BLOCK_UNCOMPRESSED = 0x8000_0000
const MIN_MATCH = 4

const require = createRequire(import.meta.url)

export function compressLz4(bytes: Buffer): Buffer {
  return (require('lz4-napi') as Lz4Library).compressFrameSync(bytes)
}

export function decompressLz4(bytes: Buffer, maxBytes: number): Buffer {
  const output = new Output(Math.min(maxBytes, Math.max(1_024, bytes.length * 4)), maxBytes)
  let at = 0
  do at = readFrame(bytes, at, output)
  while (at < bytes.length)
  return output.bytes.subarray(0, output.length)
}

function corrupt(message: string): CompressionError {
  return new CompressionError('corrupt', message)
}

/** Decompressed bytes so far: grows by doubling, never past the limit. */
class Output {
  bytes: Buffer
  length = 0
  private readonly maxBytes: number

  constructor(initialBytes: number, maxBytes: number) {
    this.bytes = Buffer.allocUnsafe(initialBytes)
    this.maxBytes = maxBytes
  }

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    const needed = this.length + size
    if (needed <= this.bytes.length) return
    if (needed > this.maxBytes) throw new CompressionError('too large', `lz4 of more than ${this.maxBytes} bytes`)
    const grown = Buffer.allocUnsafe(Math.min(this.maxBytes, Math.max(needed, this.bytes.length * 2)))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }
}

/** Reads one frame; returns the index after it. */
function readFrame(bytes: Buffer, start: number, output: Output): number {
  if (bytes.length - start < 7 || bytes.readUInt32LE(start) !== FRAME_MAGIC) throw corrupt('not an lz4 frame')
  const flags = bytes[start + 4] as number
  if (flags >>> 6 !== 1) throw corrupt('an lz4 frame of another version')
  if ((flags & FLAG_DICTIONARY) !== 0) throw corrupt('an lz4 frame with a dictionary')
  const contentStart = output.length
  let at = start + 6 + ((flags & FLAG_CONTENT_SIZE) === 0 ? 0 : 8) + 1
  for (;;) {
    if (at + 4 > bytes.length) throw corrupt('an lz4 frame without an end mark')
    const word = bytes.readUInt32LE(at)
    at += 4
    if (word === 0) break
    const size = word & 0x7fff_ffff
    if (size > bytes.length - at) throw corrupt('an lz4 block runs over the end')
    if (word >= BLOCK_UNCOMPRESSED) {
      output.reserve(size)
      bytes.copy(output.bytes, output.length, at, at + size)
      output.length += size
    } else {
      readBlock(bytes, at, at + size, output, contentStart)
    }
    at += size + ((flags & FLAG_BLOCK_CHECKSUM) === 0 ? 0 : 4)
  }
  at += (flags & FLAG_CONTENT_CHECKSUM) === 0 ? 0 : 4
  if (at > bytes.length) throw corrupt('an lz4 frame without its checksum')
  return at
}

/** Reads one block: sequences of literals and a match further back. `windowStart` is the oldest byte a match may reach. */
function readBlock(bytes: Buffer, start: number, end: number, output: Output, windowStart: number): void {
  let at = start
  while (at < end) {
    const token = bytes[at++] as number
    let literals = token >>> 4
    if (literals === 15) {
      for (let more = 255; more === 255; literals += more) {
        if (at >= end) throw corrupt('an lz4 length runs over the end')
        more = bytes[at++] as number
      }
    }
    if (literals > end - at) throw corrupt('lz4 literals run over the end')
    output.reserve(literals)
    copyLiterals(bytes, at, output, literals)
    at += literals
    if (at === end) return // the last sequence has no match
    if (end - at < 2) throw corrupt('an lz4 match without its distance')
    const distance = (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
    at += 2
    let length = token & 0x0f
    if (length === 15) {
      for (let more = 255; more === 255; length += more) {
        if (at >= end) throw corrupt('an lz4 length runs over the end')
        more = bytes[at++] as number
      }
    }
    length += MIN_MATCH
    if (distance === 0 || distance > output.length - windowStart) throw corrupt('an lz4 match before the start')
    output.reserve(length)
    copyMatch(output, distance, length)
  }
}

function copyLiterals(bytes: Buffer, from: number, output: Output, size: number): void {
  const target = output.bytes
  const to = output.length
  if (size > 32) bytes.copy(target, to, from, from + size)
  else for (let index = 0; index < size; index++) target[to + index] = bytes[from + index] as number
  output.length = to + size
}

/** A match may overlap what it writes: then its bytes repeat. */
function copyMatch(output: Output, distance: number, length: number): void {
  const target = output.bytes
  const to = output.length
  const from = to - distance
  if (distance >= length && length > 32) target.copyWithin(to, from, from + length)
  else if (distance === 1) target.fill(target[from] as number, to, to + length)
  else for (let index = 0; index < length; index++) target[to + index] = target[from + index] as number
  output.length = to + length
}
