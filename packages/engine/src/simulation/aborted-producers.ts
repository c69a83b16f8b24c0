/** Which batches of a read_committed fetch belong to aborted transactions, as a consumer finds out (KIP-98). */
import { isControl, isTransactional, lastOffset, producerId } from '@millrace/protocol/records/batch-header'
import { ControlRecordType } from '@millrace/protocol/records/control-records'
import { readRecords } from '@millrace/protocol/records/records'

interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export class AbortedProducers {
  readonly #upcoming: AbortedTransaction[]
  readonly #active: Set<number> = new Set()

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#upcoming = transactions.toSorted((one, other) => one.firstOffset - other.firstOffset)
  }

  /** Whether the batch at `at` is to be left out; called for every batch, in order. */
  leavesOut(bytes: Buffer, at: number): boolean {
    const last = lastOffset(bytes, at)
    for (let next = this.#upcoming[0]; next !== undefined && next.firstOffset <= last; next = this.#upcoming[0]) {
      this.#active.add(next.producerId)
      this.#upcoming.shift()
    }
    const id = producerId(bytes, at)
    if (!isControl(bytes, at)) return isTransactional(bytes, at) && this.#active.has(id)
    if (readRecords(bytes, at)[0]?.key?.readInt16BE(2) === ControlRecordType.abort) this.#active.delete(id)
    return true
  }
}
