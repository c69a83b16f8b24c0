/**
 * A member's dealings with one broker: share sessions, one after the other, and the records it was given there. Opens a
 * session with epoch 0, goes on with 1, 2 …, closes it now and then, and opens a new one when the broker does not know it
 * any more, which it may only when the connection was lost. One request at a time.
 */
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import {
  shareFetchRequest,
  shareFetchResponse,
  type ShareFetchResponse,
} from '@millrace/protocol/messages/78-share-fetch'
import {
  shareAcknowledgeRequest,
  shareAcknowledgeResponse,
  type ShareAcknowledgeResponse,
} from '@millrace/protocol/messages/79-share-acknowledge'
import { readRecords, visitBatches } from '@millrace/protocol/records/records'
import type { ClientSession, Exchange } from './share-group-promises.ts'
import type { ShareMemberOptions } from './simulated-share-member.ts'

const VERSION = 2
const FINAL_EPOCH = -1
const FETCH_WAIT_MS = 60
const RECORDS_MAX = 20
const BATCH_MAX = 8
/** Longer than a record is locked. */
const SILENCE_MS_MAX = 2_500
const SILENCE_PROBABILITY = 0.01
const CLOSE_PROBABILITY = 0.02
const RENEW_PROBABILITY = 0.03
const ALL_PROBABILITY = 0.6
const RELEASE_PROBABILITY = 0.06
const REJECT_PROBABILITY = 0.06
/** A client that has seen its connection go opens a new session, or finds out when it goes on with the old one. */
const NOTICES_LOSS_PROBABILITY = 0.5

const ACCEPT = 1
const RELEASE = 2
const REJECT = 3
const RENEW = 4
const SAID: Readonly<Record<number, string>> = { [ACCEPT]: 'accepted', [REJECT]: 'rejected' }
const NO_SESSION: ReadonlySet<number> = new Set([
  ErrorCode.SHARE_SESSION_NOT_FOUND,
  ErrorCode.INVALID_SHARE_SESSION_EPOCH,
])

export interface ShareSessionOptions extends ShareMemberOptions {
  readonly brokerId: number
}

/** What is said of one record. */
interface Word {
  readonly partition: number
  readonly offset: number
  readonly type: number
}

interface PartitionWords {
  readonly partitionIndex: number
  readonly acknowledgementBatches: { firstOffset: number; lastOffset: number; acknowledgeTypes: number[] }[]
}

/** A request under way: what it was like when it left. */
interface Sent {
  readonly mark: number
  readonly atMs: number
  readonly words: readonly Word[]
  readonly session: ClientSession
}

export class SimulatedShareSession {
  readonly #options: ShareSessionOptions
  #session: ClientSession
  /** Partitions that the broker knows to be of the session. */
  #known: Set<number> = new Set()
  /** Records that the member has, by partition. */
  #held: Map<number, Set<number>> = new Map()
  #abandoned = false
  #isBusy = false
  #lastError = 'nothing'

  constructor(options: ShareSessionOptions) {
    this.#options = options
    this.#session = this.#newSession()
  }

  get trouble(): string {
    const held = [...this.#held].map(([partition, offsets]) => `${partition}: ${[...offsets].join(',')}`)
    return `at broker ${this.#options.brokerId} with epoch ${this.#session.epoch} it has ${held.join('; ') || 'nothing'}, heard ${this.#lastError}`
  }

  /** Whether the member has records of other partitions. */
  owesOthersThan(partitions: readonly number[]): boolean {
    return [...this.#held].some(([partition, { size }]) => size > 0 && !partitions.includes(partition))
  }

  /** One request; `done` when the next may follow. @param partition led by the broker; null: nothing is to be fetched anew */
  work(partition: number | null, assigned: readonly number[], done: () => void): void {
    const { access, brokerId } = this.#options
    const { random } = access.host
    const isLost = this.#session.epoch > 0 && this.#session.losses !== access.lossesOf(brokerId)
    if (isLost && random.chance(NOTICES_LOSS_PROBABILITY)) this.#lose()
    if (random.chance(SILENCE_PROBABILITY)) return access.later(random.below(SILENCE_MS_MAX), done)
    if (this.#session.epoch === 0) return partition === null ? done() : this.#fetch([partition], [], [], false, done)
    const added = partition === null || this.#known.has(partition) ? [] : [partition]
    const forgotten = [...this.#known].filter((each) => !assigned.includes(each))
    if (random.chance(CLOSE_PROBABILITY)) return this.#close(done)
    if (random.chance(RENEW_PROBABILITY)) return this.#acknowledge(this.#words(RENEW), false, done)
    if (random.chance(0.4)) return this.#fetch(added, forgotten, [], false, done)
    const words = this.#words(null)
    if (words.length > 0 && random.chance(0.4)) return this.#acknowledge(words, false, done)
    return this.#fetch(added, forgotten, words, false, done)
  }

  /** Ends the session, and says what is to be said of some of the records: the others are given back. */
  close(): void {
    if (this.#session.epoch > 0 && !this.#isBusy) this.#close(() => {})
  }

  /** Nothing is heard of it any more. */
  abandon(): void {
    this.#abandoned = true
    this.#options.promises.ended(this.#session)
  }

  #close(done: () => void): void {
    const { random } = this.#options.access.host
    if (random.chance(0.5)) this.#fetch([], [], this.#words(null), true, done)
    else this.#acknowledge(this.#words(null), true, done)
  }

  #newSession(): ClientSession {
    const { access, memberId, brokerId } = this.#options
    return { memberId, brokerId, epoch: 0, losses: access.lossesOf(brokerId) }
  }

  /** The broker gives to others what the session had. */
  #lose(): void {
    this.#options.promises.ended(this.#session)
    this.#session = this.#newSession()
    this.#known = new Set()
    this.#held = new Map()
  }

  /** Of some of what the member has; each record is named once, and not had any more unless its lock is renewed. */
  #words(only: number | null): Word[] {
    const { random } = this.#options.access.host
    const words: Word[] = []
    for (const [partition, offsets] of this.#held) {
      const takesAll = random.chance(ALL_PROBABILITY)
      const one = this.#type()
      for (const offset of offsets) {
        if (!takesAll && random.chance(0.4)) continue
        words.push({ partition, offset, type: only ?? (takesAll ? one : this.#type()) })
      }
    }
    return words
  }

  #type(): number {
    const { random } = this.#options.access.host
    if (random.chance(RELEASE_PROBABILITY)) return RELEASE
    return random.chance(REJECT_PROBABILITY) ? REJECT : ACCEPT
  }

  #send(words: readonly Word[], isFinal: boolean): { readonly sent: Sent; readonly shareSessionEpoch: number } {
    const { access, promises } = this.#options
    const session = this.#session
    if (session.epoch === 0) session.losses = access.lossesOf(session.brokerId)
    for (const { partition, offset, type } of words) {
      if (type === RENEW) continue
      promises.letGo(partition, offset, session)
      this.#held.get(partition)?.delete(offset)
      if (type !== RELEASE) promises.finishes(partition, offset)
    }
    if (isFinal) promises.ended(session)
    this.#isBusy = true
    const sent = { mark: promises.mark(), atMs: access.host.clock.monotonicMs(), words, session }
    return { sent, shareSessionEpoch: isFinal ? FINAL_EPOCH : session.epoch }
  }

  #fetch(
    added: readonly number[],
    forgotten: readonly number[],
    words: readonly Word[],
    isFinal: boolean,
    done: () => void,
  ): void {
    const { access, groupId, memberId, topicId, brokerId, promises, epochAt } = this.#options
    const { random } = access.host
    const { sent, shareSessionEpoch } = this.#send(words, isFinal)
    const asked = batchesOf(words)
    for (const each of added)
      if (!asked.has(each)) asked.set(each, { partitionIndex: each, acknowledgementBatches: [] })
    for (const each of asked.keys()) this.#known.add(each)
    for (const each of forgotten) this.#known.delete(each)
    const epochsBefore = new Map([...this.#known].map((each) => [each, epochAt(brokerId, each)]))
    const body = {
      groupId,
      memberId,
      shareSessionEpoch,
      maxWaitMs: FETCH_WAIT_MS,
      minBytes: 1,
      maxBytes: 200_000,
      maxRecords: 1 + random.below(RECORDS_MAX),
      batchSize: 1 + random.below(BATCH_MAX),
      shareAcquireMode: random.below(2),
      isRenewAck: false,
      topics: asked.size === 0 ? [] : [{ topicId, partitions: [...asked.values()] }],
      forgottenTopicsData: forgotten.length === 0 ? [] : [{ topicId, partitions: [...forgotten] }],
    }
    const answered = (error: Error | null, response: ShareFetchResponse | null): void => {
      if (!this.#isTaken(sent, isFinal, error, response?.errorCode)) return access.again(done)
      const answers = response?.responses.flatMap((topic) => topic.partitions) ?? []
      const told = new Map(
        answers.map(({ partitionIndex, acknowledgeErrorCode }) => [partitionIndex, acknowledgeErrorCode]),
      )
      this.#takeAcknowledged(sent, told)
      for (const answer of answers) {
        if (answer.errorCode !== ErrorCode.NONE) this.#failed(answer.partitionIndex, answer.errorCode)
        const before = epochsBefore.get(answer.partitionIndex)
        if (before === undefined) {
          if (answer.acquiredRecords.length > 0)
            promises.broken(
              `${memberId} was given records of partition ${answer.partitionIndex}, which it did not ask for`,
            )
          continue
        }
        const epochs = { first: before.first, last: epochAt(brokerId, answer.partitionIndex).last }
        this.#takeAcquired(answer, { sentMark: sent.mark, sentMs: sent.atMs, epochs })
      }
      return done()
    }
    access.send(brokerId, shareFetchRequest, shareFetchResponse, VERSION, body, answered)
  }

  #acknowledge(words: readonly Word[], isFinal: boolean, done: () => void): void {
    const { access, groupId, memberId, topicId, brokerId } = this.#options
    if (words.length === 0 && !isFinal) return done()
    const { sent, shareSessionEpoch } = this.#send(words, isFinal)
    const partitions = [...batchesOf(words).values()]
    const topics = partitions.length === 0 ? [] : [{ topicId, partitions }]
    const isRenewAck = words[0]?.type === RENEW
    const answered = (error: Error | null, response: ShareAcknowledgeResponse | null): void => {
      if (!this.#isTaken(sent, isFinal, error, response?.errorCode)) return access.again(done)
      const answers = response?.responses.flatMap((topic) => topic.partitions) ?? []
      this.#takeAcknowledged(sent, new Map(answers.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode])))
      return done()
    }
    const body = { groupId, memberId, shareSessionEpoch, isRenewAck, topics }
    access.send(brokerId, shareAcknowledgeRequest, shareAcknowledgeResponse, VERSION, body, answered)
  }

  /** Whether the broker took the request as one of the session; if not, there is no session any more. */
  #isTaken({ session, mark }: Sent, isFinal: boolean, error: Error | null, errorCode: number | undefined): boolean {
    this.#isBusy = false
    if (this.#abandoned) return false
    const { access, promises, brokerId, memberId } = this.#options
    if (errorCode === ErrorCode.NONE) {
      if (isFinal) this.#lose()
      else {
        session.epoch++
        session.losses = access.lossesOf(brokerId)
        promises.alive(session, mark)
      }
      return true
    }
    this.#lastError = errorCode === undefined ? (error?.message ?? 'no answer') : errorName(errorCode)
    if (errorCode !== undefined && NO_SESSION.has(errorCode)) {
      promises.count('share sessions lost')
      if (session.losses === access.lossesOf(brokerId))
        promises.broken(`broker ${brokerId} said ${this.#lastError} to ${memberId}, whose connection lasted`)
    }
    this.#lose()
    return false
  }

  #takeAcknowledged({ words, session, atMs }: Sent, told: ReadonlyMap<number, number>): void {
    const { promises, brokerId, memberId, epochAt } = this.#options
    for (const { partition, offset, type } of words) {
      const errorCode = told.get(partition)
      if (errorCode === undefined)
        promises.broken(`${memberId} acknowledged ${partition}/${offset} and was told nothing`)
      else if (errorCode !== ErrorCode.NONE) {
        this.#failed(partition, errorCode)
        this.#held.get(partition)?.delete(offset)
      } else if (type === RENEW) promises.renewed(partition, offset, session, atMs)
      else if (type !== RELEASE) promises.finished(partition, offset, SAID[type] ?? '', epochAt(brokerId, partition))
    }
  }

  #takeAcquired(answer: ShareFetchResponse['responses'][number]['partitions'][number], exchange: Exchange): void {
    const { access, promises, memberId } = this.#options
    const { partitionIndex: partition, records, acquiredRecords } = answer
    const values = new Map<number, string>()
    if (records !== null)
      visitBatches(records, 0, records.length, (at) => {
        for (const { offset, key } of readRecords(records, at)) values.set(offset, key?.toString() ?? '')
      })
    const nowMs = access.host.clock.monotonicMs()
    let held = this.#held.get(partition)
    if (held === undefined) this.#held.set(partition, (held = new Set()))
    for (const { firstOffset, lastOffset, deliveryCount } of acquiredRecords) {
      for (let offset = firstOffset; offset <= lastOffset; offset++) {
        const value = values.get(offset)
        if (value === undefined) promises.broken(`${memberId} acquired ${partition}/${offset} and was not sent it`)
        const acquisition = { ...exchange, memberId, partition, offset, deliveryCount, session: this.#session }
        promises.acquired(acquisition, value ?? '', nowMs)
        held.add(offset)
      }
    }
    this.#held.set(partition, new Set([...held].sort((a, b) => a - b)))
  }

  #failed(partition: number, errorCode: number): void {
    const { access, topic } = this.#options
    this.#lastError = errorName(errorCode)
    this.#options.promises.count(`share: ${this.#lastError}`)
    if (errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER) access.forgetLeader(topic, partition)
  }
}

/** Runs of neighbours, with one type for all when they are told the same. */
function batchesOf(words: readonly Word[]): Map<number, PartitionWords> {
  const partitions = new Map<number, PartitionWords>()
  for (const { partition, offset, type } of words) {
    let known = partitions.get(partition)
    if (known === undefined)
      partitions.set(partition, (known = { partitionIndex: partition, acknowledgementBatches: [] }))
    const last = known.acknowledgementBatches.at(-1)
    if (last?.lastOffset === offset - 1) {
      last.lastOffset = offset
      last.acknowledgeTypes.push(type)
    } else known.acknowledgementBatches.push({ firstOffset: offset, lastOffset: offset, acknowledgeTypes: [type] })
  }
  for (const { acknowledgementBatches } of partitions.values())
    for (const batch of acknowledgementBatches)
      if (batch.acknowledgeTypes.every((type) => type === batch.acknowledgeTypes[0])) batch.acknowledgeTypes.length = 1
  return partitions
}
