/**
 * What the cluster has promised to its clients, and every promise that it broke. Clients write down what they were told;
 * one record stands at one offset for ever, whoever says so: an acknowledgement, a consumer, or a replica at the end.
 */

import { StandingRecords } from './standing-records.ts'

/** More of the same tells nothing new. */
const VIOLATIONS_MAX = 20

export class Ledger {
  readonly violations: string[] = []
  /** What came about, by name: shows what a run covered. */
  readonly counts: Record<string, number> = {}
  readonly #records: StandingRecords = new StandingRecords((what) => this.broken(what))
  /** By partition: below may be gone, and below must be gone. */
  readonly #deletes: Map<number, number> = new Map()
  readonly #deleted: Map<number, number> = new Map()
  readonly #producerIds: Set<number> = new Set()
  /** By partition: values of idempotent producers in the order in which they were given to send(). */
  readonly #sent: Map<string, string[]> = new Map()

  broken(what: string): void {
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push(what)
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }

  /** acks=all was answered: `value` stands at `offset` as long as the topic. */
  acknowledged(partition: number, offset: number, value: string): void {
    this.count('acknowledged')
    this.#records.stands(String(partition), offset, value, 'acknowledged')
  }

  /** A consumer was shown `value`, so it was below the high watermark. */
  consumed(partition: number, offset: number, value: string): void {
    this.count('consumed')
    this.#records.stands(String(partition), offset, value, 'consumed')
  }

  /** DeleteRecords up to `offset` was asked for. */
  deletes(partition: number, offset: number): void {
    this.#deletes.set(partition, Math.max(offset, this.#deletes.get(partition) ?? 0))
  }

  /** It was answered with success. */
  deleted(partition: number, offset: number): void {
    this.#deleted.set(partition, Math.max(offset, this.#deleted.get(partition) ?? 0))
  }

  producerIdGiven(producerId: number): void {
    if (this.#producerIds.has(producerId)) this.broken(`producer id ${producerId} was given twice`)
    this.#producerIds.add(producerId)
  }

  /** An idempotent producer sends `value` as the next of `stream`: exactly once, in this order. */
  sent(stream: string, value: string): void {
    const values = this.#sent.get(stream)
    if (values === undefined) this.#sent.set(stream, [value])
    else values.push(value)
  }

  /** A stream ended without knowing what became of its last values. */
  forgotten(stream: string): void {
    this.#sent.delete(stream)
  }

  /** Compares everything promised with what `partition` holds in the end, from `logStartOffset` on. */
  checkPartition(partition: number, logStartOffset: number, found: ReadonlyMap<number, string>): void {
    const least = this.#deleted.get(partition) ?? 0
    const most = this.#deletes.get(partition) ?? 0
    if (logStartOffset < least || logStartOffset > most)
      this.broken(
        `partition ${partition} begins at ${logStartOffset}, records were deleted up to ${least}, at most ${most}`,
      )
    this.#records.check(String(partition), logStartOffset, found)
    this.#checkStreams(partition, logStartOffset > 0, [...found.values()])
  }

  /** Idempotent streams: each value exactly once, in order; the first may have been deleted. */
  #checkStreams(partition: number, beginsLater: boolean, values: readonly string[]): void {
    for (const [stream, allSent] of this.#sent) {
      if (!stream.startsWith(`${partition}/`)) continue
      const known = new Set(allSent)
      const got = values.filter((value) => known.has(value))
      const sent = beginsLater ? allSent.slice(Math.max(0, allSent.length - got.length)) : allSent
      if (got.length === sent.length && got.every((value, index) => value === sent[index])) continue
      const at = sent.findIndex((value, index) => value !== got[index])
      this.broken(
        `idempotent ${stream}: ${sent.length} sent, ${got.length} there, different from number ${at}: ` +
          `${sent[at] ?? 'nothing'} sent, ${got[at] ?? 'nothing'} there`,
      )
    }
  }
}
