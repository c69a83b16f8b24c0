/**
 * What the cluster owes to transactional producers and to read_committed consumers (KIP-98, KIP-890): a committed
 * transaction is there once, whole and in order; of an aborted one, one that timed out or one of a fenced producer nothing
 * is seen; one whose commit was asked for and never answered is there whole or not at all. An epoch of a producer id is
 * given once.
 */
import type { Ledger } from './ledger.ts'
import type { ReadRecord } from './partition-reader.ts'
import { StandingRecords } from './standing-records.ts'

/** `name/number` is the value of each of its records. */
export interface SimulatedTransaction {
  readonly name: string
  readonly session: string
  readonly transactionalId: string
  /** 'ending': a commit was asked for. 'aborted': it never was, or was refused. */
  state: 'open' | 'ending' | 'committed' | 'aborted'
  /** Another producer has taken the transactional id over, and knew it before a commit was asked for. */
  superseded: boolean
  /** Values in the order of sending, with their partitions. */
  readonly values: { readonly partition: string; readonly value: string }[]
}

interface Identity {
  readonly producerId: number
  readonly epoch: number
}

export class TransactionPromises {
  readonly #ledger: Ledger
  readonly #records: StandingRecords
  readonly #transactions: Map<string, SimulatedTransaction> = new Map()
  /** By producer id and epoch: the session that was given it. */
  readonly #epochs: Map<string, string> = new Map()
  /** By session: the newest epoch that it was given. */
  readonly #identities: Map<string, Identity> = new Map()
  /** By producer id. */
  readonly #owners: Map<number, string> = new Map()

  constructor(ledger: Ledger) {
    this.#ledger = ledger
    this.#records = new StandingRecords((what) => ledger.broken(what))
  }

  broken(what: string): void {
    this.#ledger.broken(what)
  }

  begin(session: string, transactionalId: string): SimulatedTransaction {
    const transaction: SimulatedTransaction = {
      name: `${session}.${this.#transactions.size}`,
      session,
      transactionalId,
      state: 'open',
      superseded: false,
      values: [],
    }
    this.#transactions.set(transaction.name, transaction)
    return transaction
  }

  /**
   * InitProducerId was answered: whoever had the transactional id before is fenced from now on. Answers may overtake each
   * other, so the epoch tells who came before.
   */
  tookOver(transactionalId: string, session: string, producerId: number, epoch: number): void {
    for (const other of this.#transactions.values()) {
      if (other.transactionalId !== transactionalId || other.state !== 'open') continue
      const before = this.#identities.get(other.session)
      if (before === undefined || isLater({ producerId, epoch }, before)) other.superseded = true
    }
    this.epochGiven(transactionalId, session, producerId, epoch)
  }

  epochGiven(transactionalId: string, session: string, producerId: number, epoch: number): void {
    const key = `${producerId}/${epoch}`
    const before = this.#epochs.get(key)
    this.#epochs.set(key, session)
    this.#identities.set(session, { producerId, epoch })
    if (before !== undefined && before !== session)
      this.broken(`epoch ${epoch} of producer id ${producerId} was given to ${before} and to ${session}`)
    const owner = this.#owners.get(producerId)
    if (owner === undefined) this.#ledger.producerIdGiven(producerId)
    else if (owner !== transactionalId)
      this.broken(`producer id ${producerId} belongs to ${owner} and to ${transactionalId}`)
    this.#owners.set(producerId, transactionalId)
  }

  sends(transaction: SimulatedTransaction, partition: string, values: readonly string[]): void {
    for (const value of values) transaction.values.push({ partition, value })
  }

  /** acks=all was answered for a batch that was sent when the producer was (not) superseded. */
  written(
    transaction: SimulatedTransaction,
    partition: string,
    values: readonly string[],
    baseOffset: number,
    wasSuperseded: boolean,
  ): void {
    if (wasSuperseded) this.broken(`${transaction.name} was fenced and wrote to ${partition} at ${baseOffset}`)
    values.forEach((value, index) => this.#records.stands(partition, baseOffset + index, value, 'acknowledged'))
  }

  /** EndTxn is sent for the first time. */
  ends(transaction: SimulatedTransaction, commit: boolean): void {
    transaction.state = commit ? 'ending' : 'aborted'
  }

  committed(transaction: SimulatedTransaction): void {
    if (transaction.superseded) this.broken(`${transaction.name} was fenced and committed`)
    transaction.state = 'committed'
    this.#ledger.count('transactions committed')
  }

  /** A batch was sent when its transaction had ended. */
  lateBatch(): void {
    this.#ledger.count('late batches')
  }

  aborted(): void {
    this.#ledger.count('transactions aborted')
  }

  /** EndTxn was refused: with the first try nothing can have come of it, later nobody knows. */
  refused(transaction: SimulatedTransaction, tries: number): void {
    if (transaction.state === 'ending' && tries === 1) transaction.state = 'aborted'
    this.#ledger.count(tries === 1 ? 'producers fenced' : 'transactions with unknown end')
  }

  /** A read_committed consumer was shown `value`. */
  consumed(partition: string, offset: number, value: string): void {
    this.#ledger.count('committed records consumed')
    this.#records.stands(partition, offset, value, 'consumed')
    this.#seen(partition, offset, value)
  }

  /** All that read_committed consumers find in the end, by partition. */
  check(found: ReadonlyMap<string, readonly ReadRecord[]>): void {
    const times = new Map<string, number>()
    for (const [partition, records] of found) {
      const byOffset = new Map(records.map(({ offset, key }) => [offset, key]))
      for (const { offset, key } of records) {
        this.#seen(partition, offset, key)
        times.set(`${partition} ${key}`, (times.get(`${partition} ${key}`) ?? 0) + 1)
      }
      this.#checkOrder(
        partition,
        records.map(({ key }) => key),
      )
      this.#checkStanding(partition, byOffset)
    }
    for (const transaction of this.#transactions.values()) this.#checkWhole(transaction, times)
  }

  #seen(partition: string, offset: number, value: string): void {
    const transaction = this.#transactions.get(transactionOf(value))
    if (transaction === undefined) this.broken(`nobody wrote ${value}, found at ${partition}/${offset}`)
    else if (transaction.state === 'open' || transaction.state === 'aborted')
      this.broken(
        `${value} at ${partition}/${offset} was shown to read_committed, its transaction is ${transaction.state}`,
      )
  }

  /** Records of committed transactions stand where their producer was told. */
  #checkStanding(partition: string, found: ReadonlyMap<number, string>): void {
    for (const [offset, value] of this.#records.all(partition)) {
      if (this.#transactions.get(transactionOf(value))?.state !== 'committed') continue
      if (found.get(offset) !== value)
        this.broken(`lost: ${value} was committed at ${partition}/${offset}, now ${found.get(offset) ?? 'nothing'}`)
    }
  }

  #checkOrder(partition: string, values: readonly string[]): void {
    const wanted = [...this.#transactions.values()].flatMap((transaction) => transaction.values)
    const positions = new Map(wanted.map(({ value }, position) => [value, position]))
    const last = new Map<string, number>()
    for (const value of values) {
      const session = this.#transactions.get(transactionOf(value))?.session ?? ''
      const position = positions.get(value) ?? -1
      if (position < (last.get(session) ?? -1)) this.broken(`${value} is out of order in ${partition}`)
      last.set(session, position)
    }
  }

  #checkWhole({ name, state, values }: SimulatedTransaction, times: ReadonlyMap<string, number>): void {
    const counts = values.map(({ partition, value }) => times.get(`${partition} ${value}`) ?? 0)
    const repeated = values[counts.findIndex((count) => count > 1)]
    if (repeated !== undefined) this.broken(`${repeated.value} is there more than once`)
    const there = counts.filter((count) => count > 0).length
    if (state === 'committed' && there < values.length)
      this.broken(`${name} was committed, and ${there} of its ${values.length} records are there`)
    if (state === 'ending' && there > 0 && there < values.length)
      this.broken(`${name} is torn: ${there} of its ${values.length} records are there`)
  }
}

/** A producer id whose epochs are used up is followed by a higher one. */
function isLater(one: Identity, other: Identity): boolean {
  return one.producerId === other.producerId ? one.epoch > other.epoch : one.producerId > other.producerId
}

function transactionOf(value: string): string {
  return value.slice(0, value.indexOf('/'))
}
