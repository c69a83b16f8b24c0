/**
 * A fetch session (KIP-227): what one consumer or follower fetches, remembered between its requests, so that a request
 * names only what changed and a response only what moved. Facts: kafka-protocol §4.5, §9.14.
 *
 * Partitions are kept in the order in which they are served; those that returned data go to the back.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import type { FetchPartition, FetchPartitionResult } from '../replication/fetch-types.ts'

/** One partition as a Fetch request names it: by topic id from version 13 on, by name before. */
export interface AskedPartition extends FetchPartition {
  /** ZERO_UUID when the request goes by names. */
  readonly topicId: string
}

/** A partition of a session: what was asked last, and what was told last. */
export class SessionPartition {
  asked: AskedPartition
  #highWatermark = -1
  #logStartOffset = -1
  #lastStableOffset = -1

  constructor(asked: AskedPartition) {
    this.asked = asked
  }

  /** True when the result must be sent; remembers it as told. An error is told every time, and once it is over. */
  mustTell(result: FetchPartitionResult): boolean {
    const failed = result.errorCode !== ErrorCode.NONE
    const tell =
      failed ||
      (result.records?.sizeBytes ?? 0) > 0 ||
      result.divergingEpoch !== null ||
      result.preferredReadReplica >= 0 ||
      result.highWatermark !== this.#highWatermark ||
      result.logStartOffset !== this.#logStartOffset ||
      result.lastStableOffset !== this.#lastStableOffset
    this.#highWatermark = failed ? -1 : result.highWatermark
    this.#logStartOffset = failed ? -1 : result.logStartOffset
    this.#lastStableOffset = failed ? -1 : result.lastStableOffset
    return tell
  }
}

export function partitionKey(
  asked: { readonly topic: string; readonly topicId: string; readonly partition: number },
  byId: boolean,
): string {
  return `${byId ? asked.topicId : asked.topic}:${asked.partition}`
}

export const FIRST_EPOCH = 0
export const FINAL_EPOCH = -1
const EPOCH_MAX = 0x7fff_ffff

/** The epoch after `epoch`; never 0 again. */
export function nextEpoch(epoch: number): number {
  return epoch >= EPOCH_MAX ? 1 : epoch + 1
}

export class FetchSession {
  readonly id: number
  /** Of a follower: kept rather than a consumer's. */
  readonly privileged: boolean
  /** Topics are named by id (Fetch 13 and later); a session never mixes. */
  readonly byId: boolean
  readonly createdMs: number
  lastUsedMs: number
  /** That the next request must have. */
  epoch: number = nextEpoch(FIRST_EPOCH)
  readonly #partitions = new Map<string, SessionPartition>()

  constructor(id: number, privileged: boolean, byId: boolean, nowMs: number) {
    this.id = id
    this.privileged = privileged
    this.byId = byId
    this.createdMs = nowMs
    this.lastUsedMs = nowMs
  }

  get size(): number {
    return this.#partitions.size
  }

  /** In the order in which they are to be served. */
  get partitions(): Iterable<SessionPartition> {
    return this.#partitions.values()
  }

  /** Adds the partition, or replaces what is asked of it. */
  set(asked: AskedPartition): void {
    const key = partitionKey(asked, this.byId)
    const known = this.#partitions.get(key)
    if (known === undefined) this.#partitions.set(key, new SessionPartition(asked))
    else known.asked = asked
  }

  forget(partition: { readonly topic: string; readonly topicId: string; readonly partition: number }): void {
    this.#partitions.delete(partitionKey(partition, this.byId))
  }

  get(asked: AskedPartition): SessionPartition | undefined {
    return this.#partitions.get(partitionKey(asked, this.byId))
  }

  /** The partition has returned data: others are served before it next time. */
  moveToBack(asked: AskedPartition): void {
    const key = partitionKey(asked, this.byId)
    const partition = this.#partitions.get(key)
    if (partition === undefined) return
    this.#partitions.delete(key)
    this.#partitions.set(key, partition)
  }
}
