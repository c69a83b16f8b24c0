/**
 * Aborted transactions of a segment, in `.txnindex`; the file exists only once a transaction was aborted.
 * Entry, 34 bytes: { version: int16 = 0, producerId: int64, firstOffset: int64, lastOffset: int64 (the marker's),
 * lastStableOffset: int64 (after the abort completed) }; lastOffset strictly ascending.
 */
import type { SegmentFile } from './segment-file.ts'

const ENTRY_BYTES = 34

export interface AbortedEntry {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly lastStableOffset: number
}

export class TransactionIndex {
  readonly file: SegmentFile
  #entries: AbortedEntry[] | null

  constructor(file: SegmentFile) {
    this.file = file
    this.#entries = file.sizeBytes < ENTRY_BYTES ? [] : null
  }

  /** All entries, read from disk on first use: aborts are rare and the file small. */
  get entries(): readonly AbortedEntry[] {
    return this.#load()
  }

  append(entry: AbortedEntry): void {
    const entries = this.#load()
    const last = entries.at(-1)
    if (last === undefined || entry.lastOffset > last.lastOffset) entries.push(entry)
  }

  /**
   * Adds to `found` the transactions that overlap [fetchOffset, upperBound). True when the search is complete: later
   * segments cannot hold another one.
   */
  collect(fetchOffset: number, upperBound: number, found: AbortedEntry[]): boolean {
    for (const entry of this.#load()) {
      if (entry.lastOffset >= fetchOffset && entry.firstOffset < upperBound) found.push(entry)
      if (entry.lastStableOffset >= upperBound) return true
    }
    return false
  }

  truncateTo(offset: number): void {
    const entries = this.#load()
    while ((entries.at(-1)?.lastOffset ?? -1) >= offset) entries.pop()
    this.file.truncate(entries.length * ENTRY_BYTES)
  }

  clear(): void {
    this.#entries = []
    this.file.truncate(0)
  }

  persist(callback: (error: Error | null) => void): void {
    const bytes = this.#unpersisted()
    if (bytes === null) {
      callback(null)
      return
    }
    try {
      if (!this.file.exists) this.file.create()
    } catch (error) {
      callback(error as Error)
      return
    }
    this.file.append([bytes], bytes.length, callback)
  }

  persistSync(): void {
    const bytes = this.#unpersisted()
    if (bytes === null) return
    if (!this.file.exists) this.file.create()
    this.file.appendSync([bytes], bytes.length)
  }

  /** Each marker at or above the segment's base; an incomplete tail is ignored. */
  isSane(baseOffset: number): boolean {
    return this.#load().every((entry) => entry.lastOffset >= baseOffset)
  }

  #load(): AbortedEntry[] {
    if (this.#entries !== null) return this.#entries
    const bytes = Buffer.allocUnsafe(this.file.sizeBytes)
    this.file.readWholeSync(bytes)
    const entries: AbortedEntry[] = []
    for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      entries.push({
        producerId: Number(bytes.readBigInt64BE(at + 2)),
        firstOffset: Number(bytes.readBigInt64BE(at + 10)),
        lastOffset: Number(bytes.readBigInt64BE(at + 18)),
        lastStableOffset: Number(bytes.readBigInt64BE(at + 26)),
      })
    }
    this.#entries = entries
    return entries
  }

  #unpersisted(): Buffer | null {
    const entries = this.#entries
    const persisted = Math.floor(this.file.sizeBytes / ENTRY_BYTES)
    if (entries === null || persisted >= entries.length) return null
    return Buffer.concat(entries.slice(persisted).map(encode))
  }
}

function encode(entry: AbortedEntry): Buffer {
  const bytes = Buffer.alloc(ENTRY_BYTES)
  bytes.writeBigInt64BE(BigInt(entry.producerId), 2)
  bytes.writeBigInt64BE(BigInt(entry.firstOffset), 10)
  bytes.writeBigInt64BE(BigInt(entry.lastOffset), 18)
  bytes.writeBigInt64BE(BigInt(entry.lastStableOffset), 26)
  return bytes
}
