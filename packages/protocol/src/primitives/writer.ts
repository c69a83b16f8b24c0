/**
 * Writes Kafka's wire primitives, big-endian, into memory it grows as needed. `finish` hands out the bytes written since
 * the start (or the last finish) as a list of chunks and makes the Writer ready for the next message: bytes handed out
 * are never written again, so they may sit in a socket's queue while the Writer goes on. Large `records` values are not
 * copied: they become chunks of their own, and must stay unchanged until the chunks were sent.
 *
 * The ranges of fixed-width integers are checked (RangeError): a value that does not fit is a bug of the caller.
 */
import { ZERO_UUID, type Uuid } from '@millrace/base/uuid'
import { EncodeError } from './encode-error.ts'
import { STRING_BYTES_MAX } from './reader.ts'
import { uvarintSize } from './varint-size.ts'

/** Records at least this large become their own chunk: below, one copy is cheaper than one more element in writev. */
export const RECORDS_COPY_BYTES_MAX = 2_048

/** A new piece of memory is at least this large, and serves many small messages one after the other. */
const SLAB_BYTES = 16_384

/**
 * Most bytes of one message, `records` that are not copied aside. Nothing honest comes near it; a request that repeats
 * itself (the same group a hundred thousand times) would otherwise be answered with all the memory there is.
 */
export const MESSAGE_BYTES_MAX = 104_857_600

const TWO_POW_32 = 4_294_967_296

const UUID_CHARACTERS = 22
/** Six bits per character code; 0x40 for a character that is not in the alphabet. */
const BASE64URL: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const index = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.indexOf(String.fromCharCode(code))
  return index === -1 ? 0x40 : index
})

const VARLONG_BYTES_MAX = 10
/** Texts up to this length are first tried as ASCII, byte by byte: faster than the call into native code. */
const ASCII_LOOP_MAX = 40

export class Writer {
  private bytes: Buffer
  /** Start of the current chunk in `bytes`; everything before it was handed out. */
  private start = 0
  private position = 0
  private chunks: Buffer[] = []
  private chunkBytes = 0

  /** `sizeHint`: bytes to reserve at first. */
  constructor(sizeHint: number = 512) {
    this.bytes = Buffer.allocUnsafe(sizeHint)
  }

  /** Bytes written since the start or the last finish. */
  get sizeBytes(): number {
    return this.chunkBytes + this.position - this.start
  }

  /** The bytes written, in order; the Writer forgets them. */
  finish(): Buffer[] {
    this.endChunk()
    const chunks = this.chunks
    this.chunks = []
    this.chunkBytes = 0
    return chunks
  }

  /** As finish, with a 4-byte size in front: the caller began with `int32(0)`, which becomes the size of the rest. */
  finishFrame(): Buffer[] {
    const size = this.sizeBytes - 4
    const chunks = this.finish()
    const first = chunks[0]
    if (first === undefined || size < 0) throw new EncodeError('a frame begins with its size')
    first.writeInt32BE(size, 0)
    return chunks
  }

  /** The bytes written as one Buffer (copied if there is more than one chunk). */
  finishBuffer(): Buffer {
    const chunks = this.finish()
    const [first] = chunks
    return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks)
  }

  /** Drops what was written since the last finish. */
  reset(): void {
    this.position = this.start
    this.chunks = []
    this.chunkBytes = 0
  }

  private endChunk(): void {
    if (this.position === this.start) return
    this.chunks.push(this.bytes.subarray(this.start, this.position))
    this.chunkBytes += this.position - this.start
    this.start = this.position
  }

  /** Makes room for `size` more bytes and returns the index of the first; the caller advances by them. */
  private reserve(size: number): number {
    const at = this.position
    this.position = at + size
    if (at + size <= this.bytes.length) return at
    this.position = at
    this.grow(size)
    const moved = this.position
    this.position = moved + size
    return moved
  }

  private grow(size: number): void {
    const used = this.position - this.start
    if (used + size > MESSAGE_BYTES_MAX) throw new EncodeError(`a message of more than ${MESSAGE_BYTES_MAX} bytes`)
    const bytes = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, Math.min((used + size) * 2, MESSAGE_BYTES_MAX)))
    this.bytes.copy(bytes, 0, this.start, this.position)
    this.bytes = bytes
    this.start = 0
    this.position = used
  }

  bool(value: boolean): void {
    const at = this.reserve(1)
    this.bytes[at] = value ? 1 : 0
  }

  int8(value: number): void {
    const at = this.reserve(1)
    this.bytes.writeInt8(value, at)
  }

  int16(value: number): void {
    const at = this.reserve(2)
    this.bytes.writeInt16BE(value, at)
  }

  uint16(value: number): void {
    const at = this.reserve(2)
    this.bytes.writeUInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.reserve(4)
    this.bytes.writeInt32BE(value, at)
  }

  uint32(value: number): void {
    const at = this.reserve(4)
    this.bytes.writeUInt32BE(value, at)
  }

  /** Saturates: 2^63, to which 2^63-1 rounds as a number, is written as 2^63-1. */
  int64(value: number): void {
    const at = this.reserve(8)
    const high = Math.floor(value / TWO_POW_32)
    if (high > 0x7fff_ffff) {
      this.bytes.writeInt32BE(0x7fff_ffff, at)
      this.bytes.writeInt32BE(-1, at + 4)
    } else {
      this.bytes.writeInt32BE(Math.max(high, -0x8000_0000), at)
      this.bytes.writeInt32BE(high < -0x8000_0000 ? 0 : value | 0, at + 4)
    }
  }

  float64(value: number): void {
    const at = this.reserve(8)
    this.bytes.writeDoubleBE(value, at)
  }

  uuid(value: Uuid): void {
    const at = this.reserve(16)
    const bytes = this.bytes
    if (value === ZERO_UUID) {
      bytes.fill(0, at, at + 16)
      return
    }
    if (value.length !== UUID_CHARACTERS) throw new EncodeError(`"${value}" is not a uuid`)
    // Four characters are three bytes; the last two characters are the last one. Faster than the call into native code.
    let bits = 0
    let bitCount = 0
    let to = at
    let unknown = 0
    for (let index = 0; index < UUID_CHARACTERS; index++) {
      const six = BASE64URL[value.charCodeAt(index) & 0x7f] as number
      unknown |= six | (value.charCodeAt(index) & ~0x7f)
      bits = ((bits << 6) | (six & 0x3f)) & 0xffff
      bitCount += 6
      if (bitCount >= 8) {
        bitCount -= 8
        bytes[to++] = bits >>> bitCount
      }
    }
    if (unknown > 0x3f) throw new EncodeError(`"${value}" is not a uuid`)
  }

  uvarint(value: number): void {
    let at = this.reserve(uvarintSize(value))
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.bytes[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.bytes[at] = rest
  }

  /** Zig-zag LEB128 of 32 bits. */
  varint(value: number): void {
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  /** Zig-zag LEB128 of 64 bits, exact for safe integers. */
  varlong(value: number): void {
    if (value >= -0x4000_0000 && value < 0x4000_0000) {
      this.varint(value)
      return
    }
    let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
    let at = this.reserve(VARLONG_BYTES_MAX)
    while (rest > 0x7fn) {
      this.bytes[at++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.bytes[at] = Number(rest)
    this.position = at + 1
  }

  string(value: string): void {
    const mark = this.position - this.start
    this.int16(0)
    const size = this.utf8(value)
    if (size > STRING_BYTES_MAX) throw new EncodeError(`string of ${size} bytes`)
    this.bytes.writeInt16BE(size, this.start + mark)
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1)
    else this.string(value)
  }

  compactString(value: string): void {
    // Three bytes per UTF-16 unit at most: the usual short name has a size prefix of one byte, patched afterwards.
    if (value.length <= ASCII_LOOP_MAX) {
      const mark = this.position - this.start
      this.uvarint(0)
      const size = this.utf8(value) // may move the bytes elsewhere: only then look at this.bytes
      this.bytes[this.start + mark] = size + 1
      return
    }
    const size = Buffer.byteLength(value)
    if (size > STRING_BYTES_MAX) throw new EncodeError(`string of ${size} bytes`)
    this.uvarint(size + 1)
    this.utf8(value)
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uvarint(0)
    else this.compactString(value)
  }

  /** Writes the text without a length; returns its bytes. */
  private utf8(value: string): number {
    const length = value.length
    const at = this.reserve(length * 3)
    const bytes = this.bytes
    if (length <= ASCII_LOOP_MAX) {
      let index = 0
      for (; index < length; index++) {
        const unit = value.charCodeAt(index)
        if (unit > 0x7f) break
        bytes[at + index] = unit
      }
      if (index === length) {
        this.position = at + length
        return length
      }
    }
    const size = bytes.write(value, at, 'utf8')
    this.position = at + size
    return size
  }

  /** Copies the bytes, without a length. */
  raw(value: Uint8Array): void {
    const at = this.reserve(value.length)
    this.bytes.set(value, at)
  }

  byteString(value: Uint8Array): void {
    this.int32(value.length)
    this.raw(value)
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.int32(-1)
    else this.byteString(value)
  }

  compactBytes(value: Uint8Array): void {
    this.uvarint(value.length + 1)
    this.raw(value)
  }

  compactNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.uvarint(0)
    else this.compactBytes(value)
  }

  records(value: Buffer | readonly Buffer[]): void {
    this.int32(recordsSize(value))
    this.recordChunks(value)
  }

  nullableRecords(value: Buffer | readonly Buffer[] | null): void {
    if (value === null) this.int32(-1)
    else this.records(value)
  }

  compactRecords(value: Buffer | readonly Buffer[]): void {
    this.uvarint(recordsSize(value) + 1)
    this.recordChunks(value)
  }

  compactNullableRecords(value: Buffer | readonly Buffer[] | null): void {
    if (value === null) this.uvarint(0)
    else this.compactRecords(value)
  }

  private recordChunks(value: Buffer | readonly Buffer[]): void {
    if (Array.isArray(value)) for (const chunk of value as readonly Buffer[]) this.recordChunk(chunk)
    else this.recordChunk(value as Buffer)
  }

  private recordChunk(chunk: Buffer): void {
    if (chunk.length < RECORDS_COPY_BYTES_MAX) {
      this.raw(chunk)
      return
    }
    this.endChunk()
    this.chunks.push(chunk)
    this.chunkBytes += chunk.length
  }

  arrayLength(count: number): void {
    this.int32(count)
  }

  compactArrayLength(count: number): void {
    this.uvarint(count + 1)
  }

  /** The presence byte of a nullable struct (KIP-893). */
  structPresent(present: boolean): void {
    this.int8(present ? 1 : -1)
  }

  /** Begins a tagged field; write its payload, then give the returned mark to endTag. No records inside. */
  beginTag(tag: number): number {
    this.uvarint(tag)
    return this.position - this.start
  }

  /** Puts the size of the payload in front of it. */
  endTag(mark: number): void {
    const size = this.position - this.start - mark
    const prefix = uvarintSize(size)
    this.reserve(prefix)
    const from = this.start + mark
    this.bytes.copyWithin(from + prefix, from, from + size)
    this.position = from
    this.uvarint(size)
    this.position = from + prefix + size
  }
}

function recordsSize(value: Buffer | readonly Buffer[]): number {
  if (!Array.isArray(value)) return (value as Buffer).length
  let size = 0
  for (const chunk of value as readonly Buffer[]) size += chunk.length
  return size
}
