/**
 * Reads Kafka's wire primitives from a range of a Buffer, big-endian, bounds-checked: whatever the bytes say, a read
 * either succeeds inside the range or throws DecodeError, and nothing is allocated before its length was found to fit
 * into the bytes that are there. Bytes and records come out as views: they live as long as the Buffer's content does.
 *
 * A Reader is reusable (reset) and holds no reference of its own after reset to another buffer. After a DecodeError its
 * position is unspecified: reset it or drop it.
 *
 * Source: Kafka protocol guide, KIP-482 (compact types, tagged fields), KIP-516 (uuid), KIP-893 (nullable structs).
 */
import type { Uuid } from '@millrace/base/uuid'
import { DecodeError } from './decode-error.ts'

/** Longest string, in bytes of UTF-8; compact strings have the same limit in Kafka. */
export const STRING_BYTES_MAX = 32_767

/**
 * Most array elements that one message may hold, all arrays together. Elements of two bytes on the wire become objects
 * of fifty and more, so the size of a frame alone does not bound the memory a hostile one takes.
 */
export const ELEMENTS_PER_MESSAGE_MAX = 4_194_304

const TWO_POW_32 = 4_294_967_296

export class Reader {
  bytes: Buffer
  /** Index in `bytes` of the next byte to read. */
  position: number
  /** Index in `bytes` after the last byte that may be read. */
  end: number
  /** Most array elements per message; for messages of strangers to be set lower. */
  elementsMax: number = ELEMENTS_PER_MESSAGE_MAX
  private elementsLeft = ELEMENTS_PER_MESSAGE_MAX

  constructor(bytes: Buffer, position: number = 0, end: number = bytes.length) {
    if (position < 0 || end < position || end > bytes.length)
      throw new RangeError(`range ${position}..${end} is outside a buffer of ${bytes.length} bytes`)
    this.bytes = bytes
    this.position = position
    this.end = end
  }

  /** Starts over on another range; `end` is excluded. */
  reset(bytes: Buffer, position: number = 0, end: number = bytes.length): void {
    if (position < 0 || end < position || end > bytes.length)
      throw new RangeError(`range ${position}..${end} is outside a buffer of ${bytes.length} bytes`)
    this.bytes = bytes
    this.position = position
    this.end = end
    this.elementsLeft = this.elementsMax
  }

  /** Gives the message that follows its own budget of array elements. */
  beginMessage(): void {
    this.elementsLeft = this.elementsMax
  }

  get remaining(): number {
    return this.end - this.position
  }

  /** Throws unless every byte was read. */
  expectEnd(): void {
    if (this.position !== this.end) throw new DecodeError(`${this.end - this.position} trailing bytes`)
  }

  /** Advances over `size` bytes and returns the index of the first. */
  private take(size: number): number {
    const at = this.position
    if (size > this.end - at) throw new DecodeError(`${size} bytes wanted at ${at}, ${this.end - at} there`)
    this.position = at + size
    return at
  }

  skip(size: number): void {
    if (size < 0) throw new DecodeError(`negative size ${size}`)
    this.take(size)
  }

  /** One byte; any value but 0 is true. */
  bool(): boolean {
    return this.bytes[this.take(1)] !== 0
  }

  int8(): number {
    return ((this.bytes[this.take(1)] as number) << 24) >> 24
  }

  int16(): number {
    const at = this.take(2)
    return (((this.bytes[at] as number) << 24) >> 16) | (this.bytes[at + 1] as number)
  }

  uint16(): number {
    const at = this.take(2)
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number)
  }

  int32(): number {
    const at = this.take(4)
    const bytes = this.bytes
    return (
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    )
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  /** A number: beyond ±2^53 the nearest representable one. */
  int64(): number {
    if (this.end - this.position < 8)
      throw new DecodeError(`8 bytes wanted at ${this.position}, ${this.end - this.position} there`)
    const high = this.int32()
    return high * TWO_POW_32 + (this.int32() >>> 0)
  }

  float64(): number {
    return this.bytes.readDoubleBE(this.take(8))
  }

  uuid(): Uuid {
    const at = this.take(16)
    return this.bytes.toString('base64url', at, at + 16)
  }

  /** Unsigned LEB128 of at most 32 bits (five bytes). */
  uvarint(): number {
    const { bytes, end } = this
    if (this.position < end) {
      const first = bytes[this.position] as number
      if (first < 0x80) {
        this.position++
        return first
      }
    }
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.position >= end) throw new DecodeError('varint runs over the end')
      const byte = bytes[this.position++] as number
      if (shift === 28 && byte > 0x0f) break
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new DecodeError('varint of more than 32 bits')
  }

  /** Zig-zag LEB128 of 32 bits. */
  varint(): number {
    const raw = this.uvarint()
    return (raw >>> 1) ^ -(raw & 1)
  }

  /** Zig-zag LEB128 of 64 bits; beyond ±2^53 the nearest representable number. */
  varlong(): number {
    const { bytes, end } = this
    if (this.position < end) {
      const first = bytes[this.position] as number
      if (first < 0x80) {
        this.position++
        return (first >>> 1) ^ -(first & 1)
      }
    }
    // 28 bits, 28 bits and the last 8 are gathered apart, so that each part is exact.
    let low = 0
    let middle = 0
    let high = 0
    for (let index = 0; index < 10; index++) {
      if (this.position >= end) throw new DecodeError('varlong runs over the end')
      const byte = bytes[this.position++] as number
      if (index === 9 && byte > 1) break
      const bits = byte & 0x7f
      if (index < 4) low |= bits << (7 * index)
      else if (index < 8) middle |= bits << (7 * (index - 4))
      else high |= bits << (7 * (index - 8))
      if (byte < 0x80) {
        const odd = low & 1
        // (raw >>> 1), then its complement when the lowest bit says negative.
        const half = low / 2 - odd / 2 + middle * 134_217_728 + high * 36_028_797_018_963_968
        return odd === 0 ? half : -half - 1
      }
    }
    throw new DecodeError('varlong of more than 64 bits')
  }

  string(): string {
    return this.text(this.int16())
  }

  nullableString(): string | null {
    const length = this.int16()
    return length === -1 ? null : this.text(length)
  }

  compactString(): string {
    return this.text(this.uvarint() - 1)
  }

  compactNullableString(): string | null {
    const length = this.uvarint() - 1
    return length === -1 ? null : this.text(length)
  }

  private text(length: number): string {
    if (length === 0) return ''
    if (length < 0) throw new DecodeError('null or negative length of a string that may not be null')
    if (length > STRING_BYTES_MAX) throw new DecodeError(`string of ${length} bytes`)
    const at = this.take(length)
    return this.bytes.toString('utf8', at, at + length)
  }

  /** A view over the next `length` bytes. */
  view(length: number): Buffer {
    if (length < 0) throw new DecodeError('null or negative length of bytes that may not be null')
    const at = this.take(length)
    return this.bytes.subarray(at, at + length)
  }

  byteString(): Buffer {
    return this.view(this.int32())
  }

  nullableBytes(): Buffer | null {
    const length = this.int32()
    return length === -1 ? null : this.view(length)
  }

  compactBytes(): Buffer {
    return this.view(this.uvarint() - 1)
  }

  compactNullableBytes(): Buffer | null {
    const length = this.uvarint() - 1
    return length === -1 ? null : this.view(length)
  }

  /** The element count of an array that may not be null; each element takes at least `elementBytesMin` (> 0) bytes. */
  arrayLength(elementBytesMin: number): number {
    return this.checkCount(this.int32(), elementBytesMin)
  }

  /** As arrayLength; -1 means null. */
  nullableArrayLength(elementBytesMin: number): number {
    const count = this.int32()
    return count === -1 ? -1 : this.checkCount(count, elementBytesMin)
  }

  compactArrayLength(elementBytesMin: number): number {
    return this.checkCount(this.uvarint() - 1, elementBytesMin)
  }

  compactNullableArrayLength(elementBytesMin: number): number {
    const count = this.uvarint() - 1
    return count === -1 ? -1 : this.checkCount(count, elementBytesMin)
  }

  private checkCount(count: number, elementBytesMin: number): number {
    if (count < 0) throw new DecodeError('null or negative length of an array that may not be null')
    if (count * elementBytesMin > this.end - this.position) {
      throw new DecodeError(`array of ${count} elements in ${this.end - this.position} bytes`)
    }
    this.elementsLeft -= count
    if (this.elementsLeft < 0) throw new DecodeError(`more than ${this.elementsMax} array elements`)
    return count
  }

  /** The presence byte of a nullable struct (KIP-893). */
  structPresent(): boolean {
    const marker = this.int8()
    if (marker !== 1 && marker !== -1) throw new DecodeError(`presence byte ${marker} of a nullable struct`)
    return marker === 1
  }

  /** Steps over a tag section none of whose tags is known to the reader. */
  skipTaggedFields(): void {
    const count = this.uvarint()
    let previous = -1
    for (let index = 0; index < count; index++) {
      previous = this.nextTag(previous)
      this.take(this.uvarint())
    }
  }

  /** The next tag of a tag section; tags ascend strictly. */
  nextTag(previous: number): number {
    const tag = this.uvarint()
    if (tag <= previous) throw new DecodeError(`tag ${tag} after tag ${previous}`)
    return tag
  }

  /** The size of a tag's payload; returns the index at which the payload ends. */
  tagEnd(): number {
    const size = this.uvarint()
    if (size > this.end - this.position) throw new DecodeError(`tag of ${size} bytes in ${this.end - this.position}`)
    return this.position + size
  }

  /** Throws unless a tag's payload was read to its end. */
  expectTagEnd(end: number): void {
    if (this.position !== end) throw new DecodeError(`tag payload ends at ${end}, read up to ${this.position}`)
  }
}
