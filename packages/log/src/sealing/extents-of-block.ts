/** The extents of one block of a sealed file, as its bytes tell: what a walk through their headers gives. */
import { BLOCK_BYTES, type Extent, EXTENT_OVERHEAD_BYTES, extentEnd, readExtentHeader } from './extent.ts'

export interface BlockWalk {
  readonly extents: readonly Extent[]
  /** Position in the file behind the last whole extent. */
  readonly endPosition: number
}

/**
 * Walks from `bytes[at]`, which is at `position` of the file: the first extent of a block. Ends with the block, with
 * `bytes`, or at the first extent that is not whole or does not continue the one before.
 */
export function walkBlock(bytes: Buffer, at: number, position: number): BlockWalk {
  const extents: Extent[] = []
  const blockEnd = (Math.floor(position / BLOCK_BYTES) + 1) * BLOCK_BYTES
  const available = Math.min(blockEnd, position + bytes.length - at)
  let next = position
  let logicalEnd = -1
  while (next + EXTENT_OVERHEAD_BYTES <= available) {
    const extent = readExtentHeader(bytes, at + next - position, next)
    if (extent === null) break
    const end = extentEnd(extent)
    if (end > available || (logicalEnd >= 0 && extent.start > logicalEnd)) break
    extents.push(extent)
    logicalEnd = extent.start + extent.length
    next = end
  }
  return { extents, endPosition: next }
}

/** The extent of `extents` that holds the byte at logical `position`; -1 when none does. */
export function indexOfExtent(extents: readonly Extent[], position: number): number {
  let low = 0
  let high = extents.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((extents[middle] as Extent).start <= position) low = middle + 1
    else high = middle
  }
  const found = extents[low - 1]
  return found !== undefined && position < found.start + found.length ? low - 1 : -1
}
