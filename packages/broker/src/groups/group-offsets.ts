/** Committed offsets of one group. Changed only by replay of what the log of `__consumer_offsets` holds. */

export interface CommittedOffset {
  readonly offset: number
  /** -1: unknown. */
  readonly leaderEpoch: number
  readonly metadata: string
  /** ms since the epoch. */
  readonly commitTimestampMs: number
  /** ms since the epoch; -1: by the broker's retention. */
  readonly expireTimestampMs: number
  /** Of the record that holds it: of two commits the one with the greater counts. Not part of the record. */
  readonly recordOffset?: number
}

export class GroupOffsets {
  readonly #byTopic: Map<string, Map<number, CommittedOffset>> = new Map()

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#byTopic.get(topic)?.get(partition)
  }

  set(topic: string, partition: number, committed: CommittedOffset): void {
    let partitions = this.#byTopic.get(topic)
    if (partitions === undefined) {
      partitions = new Map()
      this.#byTopic.set(topic, partitions)
    }
    partitions.set(partition, committed)
  }

  delete(topic: string, partition: number): void {
    const partitions = this.#byTopic.get(topic)
    if (partitions === undefined) return
    partitions.delete(partition)
    if (partitions.size === 0) this.#byTopic.delete(topic)
  }

  get isEmpty(): boolean {
    return this.#byTopic.size === 0
  }

  topics(): IterableIterator<string> {
    return this.#byTopic.keys()
  }

  partitions(topic: string): ReadonlyMap<number, CommittedOffset> {
    return this.#byTopic.get(topic) ?? NONE
  }

  /** Every committed offset as [topic, partition, offset]. */
  *entries(): Generator<[string, number, CommittedOffset]> {
    for (const [topic, partitions] of this.#byTopic) {
      for (const [partition, committed] of partitions) yield [topic, partition, committed]
    }
  }
}

const NONE: ReadonlyMap<number, CommittedOffset> = new Map()
