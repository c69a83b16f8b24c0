/**
 * Consume, transform, produce: copies a partition record by record into another topic, with its own position committed in
 * the same transaction. Two of them share a transactional id and a group, and fence each other; whatever happens, every
 * committed record up to the group's offset has been copied exactly once, in order.
 */
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import {
  offsetFetchRequest,
  offsetFetchResponse,
  type OffsetFetchResponse,
} from '@millrace/protocol/messages/09-offset-fetch'
import type { Actor } from './actor.ts'
import type { ClusterAccess } from './cluster-access.ts'
import { PartitionReader, type ReadRecord } from './partition-reader.ts'
import {
  TransactionSession,
  type GroupOffset,
  type StepOutcome,
  type TransactionSessionOptions,
} from './transaction-session.ts'

const OFFSET_FETCH_VERSION = 7
const WAIT_MS = 200
const RECORDS_MAX = 6
const THINKING_MS_MAX = 80
const FENCED_MS_MAX = 2_000
const ABORT_PROBABILITY = 0.2
const HANG_PROBABILITY = 0.05

export interface CopierOptions extends TransactionSessionOptions {
  readonly groupId: string
  readonly source: string
  readonly target: string
}

export class SimulatedCopier implements Actor {
  readonly #options: CopierOptions
  readonly #session: TransactionSession
  readonly #reader: PartitionReader
  #stopped = false
  #idle = false
  #lastError = 'nothing'

  constructor(options: CopierOptions) {
    this.#options = options
    const { access, source: topic, promises } = options
    this.#session = new TransactionSession(options)
    const onOutOfRange = (offset: number): void => promises.broken(`${options.name} stood at ${topic}-0/${offset}`)
    this.#reader = new PartitionReader({ access, topic, partition: 0, readCommitted: true, onOutOfRange })
    this.#begin()
  }

  get idle(): boolean {
    return this.#idle
  }

  get trouble(): string {
    return `${this.#options.name} cannot finish: ${this.#lastError}, ${this.#session.lastError}`
  }

  stop(): void {
    this.#stopped = true
  }

  #begin(): void {
    if (this.#stopped) {
      this.#idle = true
      return
    }
    this.#session.begin(() => this.#findPosition())
  }

  /**
   * A coordinator that another has replaced may not know it, and would tell an old offset (as with Kafka, where members of
   * the group are told nothing by such a one). What it commits before proves that it is the one: the commit is replicated.
   */
  #findPosition(): void {
    const { access, promises, name, transactionalId, groupId, source } = this.#options
    const proof = promises.begin(name, transactionalId)
    this.#session.commitOffset({ groupId, topic: source, partition: 1, offset: 0, leaderEpoch: -1 }, (outcome) => {
      if (outcome === 'over') return this.#fenced()
      const commits = outcome === 'done'
      return this.#end(proof, commits, () => {
        if (commits) fetchGroupOffset(access, groupId, source, (offset) => this.#copyFrom(offset))
        else this.#findPosition()
      })
    })
  }

  #copyFrom(position: number): void {
    if (this.#stopped) {
      this.#idle = true
      return
    }
    this.#reader.fetch(position, WAIT_MS, ({ records, next, leaderEpoch }) => {
      const taken = records.slice(0, 1 + this.#below(RECORDS_MAX))
      const last = taken.at(-1)
      if (next === null) return this.#later(THINKING_MS_MAX, () => this.#copyFrom(position))
      if (last === undefined) return this.#later(THINKING_MS_MAX, () => this.#copyFrom(next))
      return this.#copy(position, { offset: last.offset + 1, leaderEpoch }, taken)
    })
  }

  #copy(position: number, next: Pick<GroupOffset, 'offset' | 'leaderEpoch'>, records: readonly ReadRecord[]): void {
    const { promises, name, transactionalId, groupId, source, target, timeoutMs } = this.#options
    const transaction = promises.begin(name, transactionalId)
    const abort = (): void => this.#end(transaction, false, () => this.#copyFrom(position))
    const goOn =
      (proceed: () => void) =>
      (outcome: StepOutcome): void => {
        if (outcome === 'over') return this.#fenced()
        if (outcome === 'abortable') return abort()
        const pauseMs = this.#chance(HANG_PROBABILITY) ? 2 * timeoutMs : 5
        return this.#later(pauseMs, proceed)
      }
    const values = records.map(({ offset }) => `${transaction.name}/copy of ${offset}`)
    const end = (): void =>
      this.#chance(ABORT_PROBABILITY)
        ? abort()
        : this.#end(transaction, true, () => this.#later(THINKING_MS_MAX, () => this.#copyFrom(next.offset)))
    const commit = (): void => this.#session.commitOffset({ groupId, topic: source, partition: 0, ...next }, goOn(end))
    this.#session.write(transaction, target, 0, values, goOn(commit))
  }

  #end(transaction: Parameters<TransactionSession['end']>[0], commit: boolean, next: () => void): void {
    this.#session.end(transaction, commit, (outcome) => (outcome === 'done' ? next() : this.#fenced()))
  }

  #fenced(): void {
    this.#lastError = this.#session.lastError
    this.#later(FENCED_MS_MAX, () => this.#begin())
  }

  #later(delayMsMax: number, action: () => void): void {
    this.#options.access.later(1 + this.#below(delayMsMax), action)
  }

  #below(bound: number): number {
    return this.#options.access.host.random.below(bound)
  }

  #chance(probability: number): boolean {
    return this.#options.access.host.random.chance(probability)
  }
}

/** Offset that the group has committed for partition 0 of `topic`, no transaction being open; 0 for none. Tried until known. */
export function fetchGroupOffset(
  access: ClusterAccess,
  groupId: string,
  topic: string,
  callback: (offset: number, lastError: string) => void,
): void {
  const body = { groupId, topics: [{ name: topic, partitionIndexes: [0] }], requireStable: true }
  const answered = (error: Error | null, response: OffsetFetchResponse | null): void => {
    const found = response?.topics[0]?.partitions[0]
    const errorCode = response?.errorCode === ErrorCode.NONE ? found?.errorCode : response?.errorCode
    if (errorCode === ErrorCode.NONE && found !== undefined) {
      // A leader that was replaced before this was read knows nothing of it (KIP-320).
      access.learnLeaderEpoch(topic, 0, found.committedLeaderEpoch)
      return callback(Math.max(0, found.committedOffset), '')
    }
    access.forgetCoordinator(groupId)
    const why = errorCode === undefined ? (error?.message ?? 'no answer') : errorName(errorCode)
    return access.again(() => fetchGroupOffset(access, groupId, topic, (offset) => callback(offset, why)))
  }
  access.coordinatorOf(groupId, (coordinator) =>
    access.send(coordinator, offsetFetchRequest, offsetFetchResponse, OFFSET_FETCH_VERSION, body, answered),
  )
}

/** What was copied must be what was committed below the group's offset, each once, in order. */
export function checkCopies(
  source: readonly ReadRecord[],
  copies: readonly ReadRecord[],
  groupOffset: number,
  broken: (what: string) => void,
): void {
  const wanted = source.filter(({ offset }) => offset < groupOffset).map(({ offset }) => offset)
  const found = copies.map(({ key }) => Number(key.slice(key.indexOf('/copy of ') + '/copy of '.length)))
  if (wanted.length === found.length && wanted.every((offset, index) => offset === found[index])) return
  const at = wanted.findIndex((offset, index) => offset !== found[index])
  broken(
    `copied up to ${groupOffset}: ${wanted.length} records, ${found.length} copies, different from number ${at}: ` +
      `${wanted[at] ?? 'none'} wanted, ${found[at] ?? 'none'} found`,
  )
}
