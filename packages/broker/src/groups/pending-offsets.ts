/**
 * Offsets committed in transactions that have not ended: nobody sees them until the marker (KIP-98). One per shard, filled
 * by replay of transactional batches and settled by the markers of the same partition, at load and live alike.
 */
import type { CommittedOffset } from './group-offsets.ts'

export interface PendingOffset {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly committed: CommittedOffset
}

export class PendingOffsets {
  /** By producer id, then by group, topic and partition. */
  readonly #byProducer: Map<number, Map<string, PendingOffset>> = new Map()
  /** Pending commits per group, topic and partition. */
  readonly #counts: Map<string, number> = new Map()
  /** Pending commits per group. */
  readonly #groups: Map<string, number> = new Map()

  /** A later commit of the same producer for the same partition takes the place of the earlier. */
  add(producerId: number, pending: PendingOffset): void {
    let offsets = this.#byProducer.get(producerId)
    if (offsets === undefined) this.#byProducer.set(producerId, (offsets = new Map()))
    const key = keyOf(pending.groupId, pending.topic, pending.partition)
    if (!offsets.has(key)) {
      count(this.#counts, key, 1)
      count(this.#groups, pending.groupId, 1)
    }
    offsets.set(key, pending)
  }

  /** The producer's transaction has ended: gives its offsets back and forgets them. */
  take(producerId: number): readonly PendingOffset[] {
    const offsets = this.#byProducer.get(producerId)
    if (offsets === undefined) return []
    this.#byProducer.delete(producerId)
    for (const [key, { groupId }] of offsets) {
      count(this.#counts, key, -1)
      count(this.#groups, groupId, -1)
    }
    return [...offsets.values()]
  }

  /** What is pending for this partition is void, whatever becomes of the transactions: its topic or its offset was deleted. */
  forget(groupId: string, topic: string, partition: number): void {
    const key = keyOf(groupId, topic, partition)
    if (!this.#counts.has(key)) return
    for (const [producerId, offsets] of this.#byProducer) {
      if (!offsets.delete(key)) continue
      count(this.#counts, key, -1)
      count(this.#groups, groupId, -1)
      if (offsets.size === 0) this.#byProducer.delete(producerId)
    }
  }

  /** What is pending for partitions of these topics. */
  *ofTopics(topics: ReadonlySet<string>): Generator<PendingOffset> {
    for (const offsets of this.#byProducer.values())
      for (const pending of offsets.values()) if (topics.has(pending.topic)) yield pending
  }

  /** True while a transaction that has not ended commits this partition for the group. */
  has(groupId: string, topic: string, partition: number): boolean {
    return this.#counts.has(keyOf(groupId, topic, partition))
  }

  hasGroup(groupId: string): boolean {
    return this.#groups.has(groupId)
  }
}

function keyOf(groupId: string, topic: string, partition: number): string {
  // Topic names hold no slash; group ids may hold anything, and stand last.
  return `${topic}/${partition}/${groupId}`
}

function count(counts: Map<string, number>, key: string, change: number): void {
  const next = (counts.get(key) ?? 0) + change
  if (next === 0) counts.delete(key)
  else counts.set(key, next)
}
