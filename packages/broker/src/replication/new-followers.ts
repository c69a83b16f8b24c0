/**
 * Lets followers of a partition that just got its leader begin at once. A follower broker asks for all its partitions in
 * one long poll; a poll that was parked before a partition appeared does not name it, and the first acks=-1 produce
 * would wait for that poll to end (replica.fetch.wait.max.ms, 500). So the leader ends the parked polls of its new
 * followers, and keeps their next polls short until each has asked for the partition, for a bounded time.
 */
import type { Host } from '@millrace/base/host'
import type { Partition } from './partition.ts'

/** What a poll waits while a follower is expected: about the time metadata takes to arrive there. */
const SHORT_WAIT_MS = 10
/** A follower that has not come by then is down or slow; polls become long again. */
const EXPECTED_MS_MAX = 2_000

interface Parked {
  complete(): void
}

export class NewFollowers {
  readonly #host: Host
  readonly #parked: Map<number, Set<Parked>> = new Map()
  /** By broker: partitions it is expected to ask for, with the time until which it is. */
  readonly #expected: Map<number, Map<Partition, number>> = new Map()

  constructor(host: Host) {
    this.#host = host
  }

  /** `partition` has just become led here. */
  expect(partition: Partition): void {
    const untilMs = this.#host.clock.monotonicMs() + EXPECTED_MS_MAX
    for (const { brokerId } of partition.followers) {
      let expected = this.#expected.get(brokerId)
      if (expected === undefined) this.#expected.set(brokerId, (expected = new Map()))
      expected.set(partition, untilMs)
      for (const operation of [...(this.#parked.get(brokerId) ?? [])]) operation.complete()
    }
  }

  /** How long a poll of the follower may wait now. */
  waitMs(brokerId: number, maxWaitMs: number): number {
    const expected = this.#expected.get(brokerId)
    if (expected === undefined) return maxWaitMs
    const nowMs = this.#host.clock.monotonicMs()
    for (const [partition, untilMs] of expected) {
      const progress = partition.followers.find((follower) => follower.brokerId === brokerId)
      if (progress === undefined || progress.logEndOffset >= 0 || nowMs > untilMs) expected.delete(partition)
    }
    if (expected.size > 0) return Math.min(maxWaitMs, SHORT_WAIT_MS)
    this.#expected.delete(brokerId)
    return maxWaitMs
  }

  parked(brokerId: number, operation: Parked): void {
    const parked = this.#parked.get(brokerId)
    if (parked === undefined) this.#parked.set(brokerId, new Set([operation]))
    else parked.add(operation)
  }

  answered(brokerId: number, operation: Parked): void {
    this.#parked.get(brokerId)?.delete(operation)
  }
}
