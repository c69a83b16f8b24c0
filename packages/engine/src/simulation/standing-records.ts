/** One record stands at one offset for ever, whoever says so: an acknowledgement, a consumer, or a replica at the end. */

export type Promised = 'acknowledged' | 'consumed'

interface Standing {
  readonly value: string
  readonly promised: Promised
}

export class StandingRecords {
  readonly #broken: (what: string) => void
  /** By partition, then offset. */
  readonly #values: Map<string, Map<number, Standing>> = new Map()

  constructor(broken: (what: string) => void) {
    this.#broken = broken
  }

  stands(partition: string, offset: number, value: string, promised: Promised): void {
    let values = this.#values.get(partition)
    if (values === undefined) this.#values.set(partition, (values = new Map()))
    const before = values.get(offset)
    if (before === undefined) values.set(offset, { value, promised })
    else if (before.value !== value)
      this.#broken(
        `offset ${partition}/${offset} was used twice: ${before.value} ${before.promised}, ${value} ${promised}`,
      )
  }

  /** Everything that was promised from `logStartOffset` on must be among what was `found`. */
  check(partition: string, logStartOffset: number, found: ReadonlyMap<number, string>): void {
    for (const [offset, { value, promised }] of this.#values.get(partition) ?? []) {
      if (offset < logStartOffset) continue
      const there = found.get(offset)
      if (there !== value)
        this.#broken(`lost: ${value} was ${promised} at ${partition}/${offset}, now ${there ?? 'nothing'}`)
    }
  }

  /** Offsets and values of a partition, as far as anybody was told. */
  all(partition: string): [number, string][] {
    return [...(this.#values.get(partition) ?? [])].map(([offset, { value }]) => [offset, value])
  }

  at(partition: string, offset: number): string | undefined {
    return this.#values.get(partition)?.get(offset)?.value
  }
}
