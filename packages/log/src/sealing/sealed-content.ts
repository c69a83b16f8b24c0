/** Whole files: what checkpoints, snapshots and properties are written as, and read. */
import type { FileKey } from './extent.ts'
import { BLOCK_BYTES, FILE_HEADER_BYTES } from './extent.ts'
import { walkBlock } from './extents-of-block.ts'
import { SealedFile } from './sealed-file.ts'

/** The sealed file that holds `content`, under a key that has no file yet. */
export function sealContent(key: FileKey, content: Uint8Array, nonce: (bytes: number) => Uint8Array): Buffer {
  if (content.length === 0) return key.header()
  const file = new SealedFile('', null, 0)
  return Buffer.concat(file.append({ logical: 0, position: 0 }, key, [content], nonce).buffers)
}

/** What the sealed file `bytes` holds; null unless every byte of it is as it was sealed. */
export function openContent(key: FileKey, bytes: Buffer): Buffer | null {
  const parts: Buffer[] = []
  let length = 0
  for (let position = FILE_HEADER_BYTES; position < bytes.length;) {
    const { extents, endPosition } = walkBlock(bytes, position, position)
    for (const extent of extents) {
      const plain = key.open(extent, bytes, extent.position)
      if (plain === null || extent.start > length) return null
      const joined = extent.start < length ? Buffer.concat(parts).subarray(0, extent.start) : null
      if (joined !== null) parts.splice(0, parts.length, joined)
      parts.push(plain)
      length = extent.start + plain.length
    }
    if (endPosition !== bytes.length && (endPosition % BLOCK_BYTES !== 0 || endPosition === position)) return null
    position = endPosition
  }
  return Buffer.concat(parts)
}
