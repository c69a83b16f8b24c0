/**
 * The part of a cleaning that takes time and needs no disk: batches are checked and unpacked, keys hashed into the map,
 * and what is left is packed again. It runs in a thread (Host.computing), a chunk of a segment per message; the cleaning
 * on the loop reads and writes the files.
 *
 *   map chunks, in order, up to the end or until the map is full ─▶ clean chunks, from the first segment on
 */
import type { ComputationKind } from '@millrace/base/host'
import {
  BATCH_HEADER_BYTES,
  BATCH_OVERHEAD_BYTES,
  baseOffset,
  batchSizeBytes,
  isControl,
  lastOffset,
  nextOffset,
  recordCount,
} from '@millrace/protocol/records/batch-header'
import { problemOf } from '../batch-scan.ts'
import type { AbortedEntry } from '../transaction-index.ts'
import { BatchCleaner, type LastOfProducer, recordsOf } from './batch-cleaner.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import { OffsetMap } from './offset-map.ts'
import { walkRecords } from './retained-batch.ts'

export interface CleaningOptions {
  readonly map: { readonly bytesMax: number; readonly loadFactor: number; readonly recordsMax: number }
  /** Every aborted transaction that reaches into what will be walked. */
  readonly aborted: readonly AbortedEntry[]
  readonly firstDirtyOffset: number
  readonly lastOfProducers: readonly LastOfProducer[]
  readonly nowMs: number
  /** delete.retention.ms */
  readonly deleteRetentionMs: number
}

export interface CleaningMessage {
  readonly step: 'map' | 'clean'
  /** From a batch's edge on; may end inside a batch. */
  readonly bytes: Uint8Array
  /** Offsets below cannot come. */
  readonly minOffset: number
  /** To the end of the segment, from the first byte on. */
  readonly bytesToEnd: number
  /** The last batch of the segment ends the new segment. */
  readonly endsGroup: boolean
}

export interface CleaningReply {
  /** Of whole batches, from the front. */
  readonly consumedBytes: number
  /** Of the first batch, when not all of it was there; 0 otherwise. */
  readonly neededBytes: number
  /** After the last batch. */
  readonly minOffset: number
  /** What is wrong with the batch behind those that were consumed; null when nothing is. */
  readonly problem: string | null
  /** The map is full. */
  readonly isFull: boolean
  /** Exclusive: every key below it is in the map. */
  readonly mapEndOffset: number
  /** What is left of the batches, one behind the other; empty while the map is built. */
  readonly output: Uint8Array
  /** Aborted transactions whose markers stay. */
  readonly keptAborts: readonly AbortedEntry[]
}

export const cleaningComputation: ComputationKind<CleaningOptions, CleaningMessage, CleaningReply> = {
  name: 'compaction',
  isStateless: false,
  create(options) {
    const state = new CleaningState(options)
    return (message) => {
      const reply = state.answer(message)
      return { reply, give: [reply.output.buffer as ArrayBuffer] }
    }
  },
}

class CleaningState {
  readonly #options: CleaningOptions
  readonly #map: OffsetMap
  /** Each walk through the log sees its transactions afresh. */
  readonly #mapTransactions: CleanedTransactions
  readonly #transactions: CleanedTransactions
  #cleaner: BatchCleaner | null = null
  #mapEndOffset: number
  #output: Buffer[] = []
  #keptAborts: AbortedEntry[] = []

  constructor(options: CleaningOptions) {
    this.#options = options
    this.#map = new OffsetMap(options.map)
    this.#mapTransactions = new CleanedTransactions(options.aborted)
    this.#transactions = new CleanedTransactions(options.aborted)
    this.#mapEndOffset = options.firstDirtyOffset
  }

  answer(message: CleaningMessage): CleaningReply {
    const bytes = Buffer.from(message.bytes.buffer, message.bytes.byteOffset, message.bytes.byteLength)
    let { minOffset } = message
    let problem: string | null = null
    let isFull = false
    let neededBytes = 0
    let at = 0
    while (at + BATCH_OVERHEAD_BYTES <= bytes.length) {
      const size = batchSizeBytes(bytes, at)
      if (size < BATCH_HEADER_BYTES || at + size > message.bytesToEnd) problem = 'batch size cannot be'
      else if (at + size > bytes.length) {
        if (at === 0) neededBytes = size
        break
      } else problem = problemOf(bytes, at, minOffset)
      if (problem !== null) break
      try {
        const isLast = message.endsGroup && at + size === message.bytesToEnd
        if (message.step === 'clean') this.#clean(bytes, at, isLast)
        else isFull = !this.#note(bytes, at)
      } catch (error) {
        problem = (error as Error).message
      }
      if (isFull || problem !== null) break
      minOffset = nextOffset(bytes, at)
      at += size
    }
    return { consumedBytes: at, neededBytes, minOffset, problem, isFull, ...this.#taken() }
  }

  #taken(): Pick<CleaningReply, 'mapEndOffset' | 'output' | 'keptAborts'> {
    const length = this.#output.reduce((sum, each) => sum + each.length, 0)
    // Memory of its own, that can be given away.
    const output = Buffer.allocUnsafeSlow(length)
    let at = 0
    for (const each of this.#output) at += each.copy(output, at)
    const keptAborts = this.#keptAborts
    this.#output = []
    this.#keptAborts = []
    return { mapEndOffset: this.#mapEndOffset, output, keptAborts }
  }

  /** False, and the batch does not count, when the map is full. */
  #note(bytes: Buffer, at: number): boolean {
    const { firstDirtyOffset } = this.#options
    const canDiscard = this.#mapTransactions.canDiscard(bytes, at)
    if (lastOffset(bytes, at) < firstDirtyOffset) return true
    const hasKeys = !canDiscard && !isControl(bytes, at) && recordCount(bytes, at) > 0
    if (hasKeys && !this.#putKeys(bytes, at)) return false
    this.#mapEndOffset = nextOffset(bytes, at)
    return true
  }

  #putKeys(bytes: Buffer, at: number): boolean {
    const first = baseOffset(bytes, at)
    let fits = true
    walkRecords(recordsOf(bytes, at), recordCount(bytes, at), (record) => {
      const offset = first + record.offsetDelta
      if (!fits || record.key === null || offset < this.#options.firstDirtyOffset) return
      fits = this.#map.put(record.key, offset)
      if (!fits) this.#mapEndOffset = offset
    })
    return fits
  }

  #clean(bytes: Buffer, at: number, isLast: boolean): void {
    this.#cleaner ??= new BatchCleaner({
      map: this.#map,
      mapEndOffset: this.#mapEndOffset,
      transactions: this.#transactions,
      lastOfProducers: this.#options.lastOfProducers,
      nowMs: this.#options.nowMs,
      deleteRetentionMs: this.#options.deleteRetentionMs,
    })
    const left = this.#cleaner.clean(bytes, at, isLast)
    if (left === null) return
    this.#output.push(left)
    if (this.#transactions.keptAbort !== null) this.#keptAborts.push(this.#transactions.keptAbort)
  }
}
