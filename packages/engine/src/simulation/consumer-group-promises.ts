/**
 * What a coordinator promises to a consumer group (KIP-848), shared by all its members: a partition is one member's until
 * that member has given it up, has left or was not heard of for a session; an epoch gives it to one member; epochs never
 * fall; commits of an epoch under which another member has the partition are refused, acknowledged ones are found; and
 * what was acknowledged to producers is consumed.
 */
import { GroupLedger } from './group-ledger.ts'
import type { Ledger } from './ledger.ts'

export interface EpochCommit {
  readonly epoch: number
  readonly offset: number
}

/** Who was given a partition last. */
export interface Given {
  readonly memberId: string
  readonly epoch: number
}

/** A heartbeat that was answered. */
export interface Heard {
  readonly sentMs: number
  /** Who was asked as the coordinator, and in which of its terms: one that comes back has heard nothing in between. */
  readonly coordinator: string
}

interface Holder {
  readonly memberId: string
  /** Its last one. */
  heard: Heard
}

export class ConsumerGroupPromises extends GroupLedger {
  readonly #sessionTimeoutMs: number
  readonly #holders: Map<number, Holder> = new Map()
  readonly #given: Map<number, Given> = new Map()
  /** By epoch and partition: the member that was given it. */
  readonly #owners: Map<string, string> = new Map()
  readonly #acknowledged: Map<number, EpochCommit> = new Map()
  /** By partition: every commit that was sent. */
  readonly #attempted: Map<number, EpochCommit[]> = new Map()
  readonly #consumed: Map<number, Set<number>> = new Map()
  readonly #consumedEnds: Map<number, number> = new Map()
  #newestEpoch = 0

  constructor(ledger: Ledger, sessionTimeoutMs: number) {
    super(ledger, 'consumer group')
    this.#sessionTimeoutMs = sessionTimeoutMs
  }

  /** The newest epoch that any member was told. */
  get newestEpoch(): number {
    return this.#newestEpoch
  }

  /** A member was told its epoch; for one that joins, `newest` is the newest epoch that was known when it asked. */
  told(memberId: string, epoch: number, before: number, newest: number): void {
    const least = before === 0 ? newest : before
    if (epoch < least) this.broken(`${memberId} was told epoch ${epoch} after ${least}`)
    this.#newestEpoch = Math.max(this.#newestEpoch, epoch)
  }

  /**
   * The coordinator gave the partition to a member, or left it to it. A coordinator that another has replaced may have
   * answered the holder's last heartbeat without knowing (as with Kafka: nothing was to be written), so only what was said
   * to the one that gives counts.
   */
  given(partition: number, { memberId, epoch }: Given, heard: Heard, nowMs: number): void {
    const key = `${epoch}/${partition}`
    const owner = this.#owners.get(key) ?? memberId
    this.#owners.set(key, owner)
    if (owner !== memberId) this.broken(`epoch ${epoch} gave partition ${partition} to ${owner} and to ${memberId}`)
    const holder = this.#holders.get(partition)
    if (holder?.memberId === memberId) return
    const isHeard = holder !== undefined && holder.heard.coordinator === heard.coordinator
    if (isHeard && nowMs - holder.heard.sentMs < this.#sessionTimeoutMs)
      this.broken(
        `partition ${partition} was given to ${memberId} while ${holder.memberId} had it, heard ${nowMs - holder.heard.sentMs} ms ago`,
      )
    this.#holders.set(partition, { memberId, heard })
    this.#given.set(partition, { memberId, epoch })
    this.ledger.count('partitions given to members')
  }

  /** A heartbeat of the member was answered. */
  heard(memberId: string, heard: Heard): void {
    for (const holder of this.#holders.values()) if (holder.memberId === memberId) holder.heard = heard
  }

  /** The member is about to say that it has the partition no more, or has heard that it is no member. */
  released(partition: number, memberId: string): void {
    if (this.#holders.get(partition)?.memberId === memberId) this.#holders.delete(partition)
  }

  givenLast(partition: number): Given | undefined {
    return this.#given.get(partition)
  }

  attempted(partition: number, commit: EpochCommit): void {
    const commits = this.#attempted.get(partition)
    if (commits === undefined) this.#attempted.set(partition, [commit])
    else commits.push(commit)
  }

  /** A commit was accepted; `given` was known when it was sent. */
  acknowledgedCommit(partition: number, commit: EpochCommit, memberId: string, given: Given | undefined): void {
    if (given !== undefined && given.memberId !== memberId && given.epoch > commit.epoch)
      this.broken(
        `a commit of epoch ${commit.epoch} was accepted from ${memberId} when ${given.memberId} had partition ${partition} since epoch ${given.epoch}`,
      )
    const before = this.#acknowledged.get(partition)
    if (before !== undefined && before.epoch > commit.epoch) return
    this.#acknowledged.set(partition, commit)
    this.ledger.count('commits of epochs')
  }

  /** What a later fetch has to show at least. */
  promised(partition: number): EpochCommit | undefined {
    return this.#acknowledged.get(partition)
  }

  /** `offset` was fetched after `promised` had been acknowledged. */
  fetched(partition: number, offset: number, promised: EpochCommit | undefined): void {
    if (promised === undefined || offset >= promised.offset) return
    // A newer epoch may have begun before the older one's acknowledgement arrived.
    const commits = this.#attempted.get(partition) ?? []
    if (commits.some((other) => other.epoch > promised.epoch && other.offset === offset)) return
    this.broken(`the commit ${promised.offset} of partition ${partition} was acknowledged, the group finds ${offset}`)
  }

  /** A member was shown `value` and has gone on to `next`. */
  consumed(partition: number, records: readonly { offset: number; key: string }[], next: number): void {
    let offsets = this.#consumed.get(partition)
    if (offsets === undefined) this.#consumed.set(partition, (offsets = new Set()))
    for (const { offset, key } of records) {
      offsets.add(offset)
      this.records.stands(String(partition), offset, key, 'consumed')
      this.ledger.count('consumed by a group')
    }
    this.#consumedEnds.set(partition, Math.max(next, this.consumedEnd(partition)))
  }

  /** How far the group has come. */
  consumedEnd(partition: number): number {
    return this.#consumedEnds.get(partition) ?? 0
  }

  /** In the end, when the group has read everything. */
  check(partitions: number): void {
    for (let partition = 0; partition < partitions; partition++) {
      const offsets = this.#consumed.get(partition)
      for (const [offset, value] of this.records.all(String(partition)))
        if (offsets?.has(offset) !== true) this.broken(`${value} at ${partition}/${offset} was consumed by no member`)
    }
  }
}
