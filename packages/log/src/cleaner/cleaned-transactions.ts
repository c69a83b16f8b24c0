/**
 * What a cleaning knows of transactions while it walks the log in order (KIP-98): batches of aborted ones are dropped;
 * a marker may go once no batch of its transaction is left, which the next cleaning after their removal sees.
 */
import { isControl, isTransactional, lastOffset, producerId } from '@millrace/protocol/records/batch-header'
import { readTransactionMarker } from '../transaction-marker.ts'
import type { AbortedEntry } from '../transaction-index.ts'

interface OngoingAbort {
  readonly entry: AbortedEntry
  hasBatches: boolean
}

export class CleanedTransactions {
  /** Not reached yet; greatest first offset first, so that the next one is popped. */
  readonly #aborted: AbortedEntry[]
  readonly #ongoingAborts = new Map<number, OngoingAbort>()
  /** Producers with batches of a transaction that is not aborted, its marker still to come. */
  readonly #ongoingCommits = new Set<number>()
  /** Of the abort whose marker was just read and has to stay: belongs into the new transaction index. */
  keptAbort: AbortedEntry | null = null

  /** @param aborted every aborted transaction that reaches into what will be walked */
  constructor(aborted: readonly AbortedEntry[]) {
    this.#aborted = aborted.toSorted((a, b) => b.firstOffset - a.firstOffset)
  }

  /** Whether the records of the batch are of no use: of an aborted transaction, or the marker of one that has no data. */
  canDiscard(bytes: Buffer, at: number): boolean {
    this.keptAbort = null
    this.#startAborts(lastOffset(bytes, at))
    if (!isTransactional(bytes, at)) return false
    return isControl(bytes, at) ? this.#endTransaction(bytes, at) : this.#noteData(producerId(bytes, at))
  }

  #startAborts(offset: number): void {
    for (
      let next = this.#aborted.at(-1);
      next !== undefined && next.firstOffset <= offset;
      next = this.#aborted.at(-1)
    ) {
      this.#aborted.pop()
      if (!this.#ongoingAborts.has(next.producerId))
        this.#ongoingAborts.set(next.producerId, { entry: next, hasBatches: false })
    }
  }

  #noteData(id: number): boolean {
    const abort = this.#ongoingAborts.get(id)
    if (abort === undefined) {
      this.#ongoingCommits.add(id)
      return false
    }
    abort.hasBatches = true
    return true
  }

  #endTransaction(bytes: Buffer, at: number): boolean {
    const marker = readTransactionMarker(bytes, at)
    // An emptied marker: its transaction was gone when it was emptied.
    if (marker === null) return true
    const id = producerId(bytes, at)
    if (marker.committed) return !this.#ongoingCommits.delete(id)
    const abort = this.#ongoingAborts.get(id)
    this.#ongoingAborts.delete(id)
    if (abort === undefined || !abort.hasBatches) return true
    this.keptAbort = abort.entry
    return false
  }
}
