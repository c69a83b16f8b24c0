/** What the coordinator knows of one transactional id. Values are immutable: a transition makes the next one. */
import type { TransactionState } from './transaction-state.ts'

export const NO_PRODUCER_ID = -1
export const NO_PRODUCER_EPOCH = -1
/** From here on the next epoch needs another producer id; the last one, 32767, is kept for fencing. */
export const EXHAUSTED_EPOCH = 32_766
export const LAST_EPOCH = 32_767

/** Partitions of a transaction by topic. */
export type TransactionPartitions = ReadonlyMap<string, ReadonlySet<number>>

export const NO_PARTITIONS: TransactionPartitions = new Map()

export interface TransactionMetadata {
  readonly producerId: number
  /** The producer id before the epochs of that one were used up (version 2 only); -1: none. */
  readonly previousProducerId: number
  /** Given with the decision, in force when it is complete (version 2 only); -1: none. */
  readonly nextProducerId: number
  readonly producerEpoch: number
  /** The epoch before the last bump that a producer asked for: who still has it lost our answer. Not stored; -1: none. */
  readonly lastProducerEpoch: number
  readonly timeoutMs: number
  readonly state: TransactionState
  readonly partitions: TransactionPartitions
  /** Wall clock ms; -1: no transaction has begun. */
  readonly startMs: number
  readonly lastUpdateMs: number
  /** Version of the transaction protocol that the client speaks: 2 bumps the epoch with every transaction (KIP-890). */
  readonly clientVersion: number
}

/** True when every partition of `wanted` is in `partitions`. */
export function includesAll(partitions: TransactionPartitions, wanted: TransactionPartitions): boolean {
  for (const [topic, indexes] of wanted) {
    const own = partitions.get(topic)
    if (own === undefined) return false
    for (const index of indexes) if (!own.has(index)) return false
  }
  return true
}

export function union(partitions: TransactionPartitions, added: TransactionPartitions): TransactionPartitions {
  const all = new Map(partitions)
  for (const [topic, indexes] of added) all.set(topic, new Set([...(all.get(topic) ?? []), ...indexes]))
  return all
}
