/**
 * The format of a sealed file, version 1. All integers big-endian.
 *
 *     file    := header extent*
 *     header  := "MILLSEAL" id:16 tag:16                       tag = HMAC-SHA256(file key, magic id), first 16 bytes
 *     extent  := mark:2 padding:2 length:4 start:8 crc32c:4    what was written by one write, or a part of it
 *                nonce:12 ciphertext:length+padding tag:16     AES-256-GCM, AAD = the 20 bytes before and the file position
 *
 * `start` is the logical position of the extent's first byte. Extents follow each other without a gap, and none crosses a
 * multiple of BLOCK_BYTES: what would be too small a rest of a block is padding of the last extent in it. So every block
 * begins with an extent's header, and a logical position is found by a search over the blocks' first headers and a walk
 * through one block. Every byte of the file is covered: by the header's tag, or by an extent's CRC and tag.
 *
 * Nothing is ever written twice in one place with one nonce: an extent is only appended, with a fresh random nonce. A cut
 * inside an extent cuts the file behind it and appends an empty extent that starts at the cut: an extent counts up to
 * where the next one starts. A crash between the two leaves the longer file, as if the cut had not begun.
 *
 * The key of a file is HMAC-SHA256(data key, file id), so an extent is good in its own file only, at its own place; the
 * file keeps its id through renames. Evolve by another magic.
 */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { crc32c } from '@millrace/protocol/crc32c'

export const BLOCK_BYTES: number = 64 * 1024
const MAGIC = Buffer.from('MILLSEAL')
export const FILE_ID_BYTES = 16
const HEADER_TAG_BYTES = 16
export const FILE_HEADER_BYTES = 40
export const EXTENT_HEADER_BYTES = 20
const CHECKED_HEADER_BYTES = 16
export const NONCE_BYTES = 12
const TAG_BYTES = 16
export const EXTENT_OVERHEAD_BYTES = 48
/** A rest of a block that could not hold an extent of so many bytes is not begun. */
export const EXTENT_BYTES_MIN = 256
export const DATA_KEY_BYTES = 32
const MARK = 0x5ea1
const PADDING: Buffer = Buffer.alloc(EXTENT_OVERHEAD_BYTES + EXTENT_BYTES_MIN)

/** Where an extent is and what it holds. */
export interface Extent {
  /** Logical position of its first byte. */
  readonly start: number
  /** Logical bytes, as written; a later cut may have made fewer count. */
  readonly length: number
  readonly padding: number
  /** Of the extent in the file. */
  readonly position: number
}

export function extentEnd(extent: Extent): number {
  return extent.position + EXTENT_OVERHEAD_BYTES + extent.length + extent.padding
}

/** Padding behind `length` bytes in an extent at `position` of the file. */
export function paddingAfter(position: number, length: number): number {
  const rest = BLOCK_BYTES - (position % BLOCK_BYTES) - EXTENT_OVERHEAD_BYTES - length
  return rest < EXTENT_OVERHEAD_BYTES + EXTENT_BYTES_MIN ? rest : 0
}

/** The extent whose header is at `bytes[at]`; null when there is none. `position` is that of the header in the file. */
export function readExtentHeader(bytes: Buffer, at: number, position: number): Extent | null {
  if (bytes.length - at < EXTENT_HEADER_BYTES || bytes.readUInt16BE(at) !== MARK) return null
  if (crc32c(bytes, at, at + CHECKED_HEADER_BYTES) !== bytes.readUInt32BE(at + CHECKED_HEADER_BYTES)) return null
  const start = bytes.readUInt32BE(at + 8) * 0x1_0000_0000 + bytes.readUInt32BE(at + 12)
  return { padding: bytes.readUInt16BE(at + 2), length: bytes.readUInt32BE(at + 4), start, position }
}

/** Seals and opens the extents of one file. */
export class FileKey {
  readonly id: Buffer
  readonly #key: Buffer
  /** AAD: the extent's header and its position in the file. */
  readonly #bound: Buffer = Buffer.alloc(EXTENT_HEADER_BYTES + 8)

  constructor(dataKey: Buffer, id: Buffer) {
    this.id = id
    this.#key = createHmac('sha256', dataKey).update('millrace sealed file').update(id).digest()
  }

  /** The key of the file that begins with `header`; null when the header is not whole or belongs to another data key. */
  static fromHeader(dataKey: Buffer, header: Buffer): FileKey | null {
    if (header.length < FILE_HEADER_BYTES || !header.subarray(0, MAGIC.length).equals(MAGIC)) return null
    const key = new FileKey(dataKey, Buffer.from(header.subarray(MAGIC.length, MAGIC.length + FILE_ID_BYTES)))
    return timingSafeEqual(key.header(), header.subarray(0, FILE_HEADER_BYTES)) ? key : null
  }

  header(): Buffer {
    const head = Buffer.concat([MAGIC, this.id])
    const tag = createHmac('sha256', this.#key).update(head).digest().subarray(0, HEADER_TAG_BYTES)
    return Buffer.concat([head, tag])
  }

  /** Appends the bytes of the sealed extent to `target`; `nonce` was never used before. */
  seal(extent: Extent, plain: Uint8Array, nonce: Uint8Array, target: Uint8Array[]): void {
    const head = Buffer.allocUnsafe(EXTENT_HEADER_BYTES + NONCE_BYTES)
    head.writeUInt16BE(MARK, 0)
    head.writeUInt16BE(extent.padding, 2)
    head.writeUInt32BE(extent.length, 4)
    head.writeUInt32BE(Math.floor(extent.start / 0x1_0000_0000), 8)
    head.writeUInt32BE(extent.start % 0x1_0000_0000, 12)
    head.writeUInt32BE(crc32c(head, 0, CHECKED_HEADER_BYTES), CHECKED_HEADER_BYTES)
    head.set(nonce, EXTENT_HEADER_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES })
    cipher.setAAD(this.#binding(head, 0, extent.position))
    target.push(head)
    if (extent.length > 0) target.push(cipher.update(plain))
    if (extent.padding > 0) target.push(cipher.update(PADDING.subarray(0, extent.padding)))
    cipher.final()
    target.push(cipher.getAuthTag())
  }

  /** What the extent whose first byte is `bytes[at]` holds, in memory of its own; null when it is not as it was sealed. */
  open(extent: Extent, bytes: Buffer, at: number): Buffer | null {
    const from = at + EXTENT_HEADER_BYTES + NONCE_BYTES
    const end = from + extent.length + extent.padding
    if (end + TAG_BYTES > bytes.length) return null
    const nonce = bytes.subarray(at + EXTENT_HEADER_BYTES, from)
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(this.#binding(bytes, at, extent.position))
    decipher.setAuthTag(bytes.subarray(end, end + TAG_BYTES))
    const plain = decipher.update(bytes.subarray(from, from + extent.length))
    if (extent.padding > 0) decipher.update(bytes.subarray(from + extent.length, end))
    try {
      decipher.final()
    } catch {
      return null
    }
    return plain
  }

  #binding(header: Buffer, at: number, position: number): Buffer {
    const bound = this.#bound
    header.copy(bound, 0, at, at + EXTENT_HEADER_BYTES)
    bound.writeUInt32BE(Math.floor(position / 0x1_0000_0000), EXTENT_HEADER_BYTES)
    bound.writeUInt32BE(position % 0x1_0000_0000, EXTENT_HEADER_BYTES + 4)
    return bound
  }
}
