/**
 * Bounds the memory of loaded indexes: those of rolled segments are read from disk when first needed and given back,
 * least recently used first, above `bytesMax`. Active segments' indexes are always loaded and not counted.
 */
import { unloadIndex } from './index-file.ts'
import type { Segment } from './segment.ts'

const BYTES_MAX = 64 * 1024 * 1024

export class IndexMemory {
  readonly #bytesMax: number
  readonly #segments = new Map<Segment, number>()
  #bytes = 0

  constructor(bytesMax: number = BYTES_MAX) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** `segment`, rolled and with its indexes loaded and persisted, was used now. */
  touch(segment: Segment): void {
    this.forget(segment)
    const bytes = segment.offsetIndex.memoryBytes + segment.timeIndex.memoryBytes
    this.#segments.set(segment, bytes)
    this.#bytes += bytes
    for (const [oldest] of this.#segments) {
      if (this.#bytes <= this.#bytesMax || oldest === segment) return
      this.forget(oldest)
      unloadIndex(oldest.offsetIndex)
      unloadIndex(oldest.timeIndex)
    }
  }

  /** `segment` was deleted or is active again. */
  forget(segment: Segment): void {
    const bytes = this.#segments.get(segment)
    if (bytes === undefined) return
    this.#segments.delete(segment)
    this.#bytes -= bytes
  }
}
