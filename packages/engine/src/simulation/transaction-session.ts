/**
 * One transactional producer's conversation with the cluster, step by step, each tried until there is an answer. Speaks
 * either protocol: with version 1 partitions and offsets are added before, with version 2 the brokers add them and every
 * end gives the next epoch (KIP-890).
 */
import { ErrorCode, errorName, isRetriable } from '@millrace/protocol/errors'
import { produceRequest, produceResponse, type ProduceResponse } from '@millrace/protocol/messages/00-produce'
import {
  initProducerIdRequest,
  initProducerIdResponse,
  type InitProducerIdResponse,
} from '@millrace/protocol/messages/22-init-producer-id'
import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
  type AddPartitionsToTxnResponse,
} from '@millrace/protocol/messages/24-add-partitions-to-txn'
import {
  addOffsetsToTxnRequest,
  addOffsetsToTxnResponse,
  type AddOffsetsToTxnResponse,
} from '@millrace/protocol/messages/25-add-offsets-to-txn'
import { endTxnRequest, endTxnResponse, type EndTxnResponse } from '@millrace/protocol/messages/26-end-txn'
import {
  txnOffsetCommitRequest,
  txnOffsetCommitResponse,
  type TxnOffsetCommitResponse,
} from '@millrace/protocol/messages/28-txn-offset-commit'
import { buildBatch } from '@millrace/protocol/records/build-batch'
import { TRANSACTION, type ClusterAccess } from './cluster-access.ts'
import type { SimulatedTransaction, TransactionPromises } from './transaction-promises.ts'

const INIT_VERSION = 4
const ADD_VERSION = 3
const VERSIONS = {
  1: { produce: 9, end: 3, commitOffsets: 3 },
  2: { produce: 12, end: 5, commitOffsets: 5 },
} as const
const PRODUCE_TIMEOUT_MS = 800
const FILLER_BYTES_MAX = 400
/** How often a batch whose answer got lost is given up: it may still arrive when its transaction has ended (KIP-890). */
const GIVE_UP_PROBABILITY = 0.3

/** How often a batch that the network has held back arrives when its transaction has been aborted. */
const LATE_BATCH_PROBABILITY = 0.3
const LATE_MS_MAX = 150

/** 'abortable': the transaction can only be aborted. 'over': the producer is fenced, or nobody knows. */
export type StepOutcome = 'done' | 'abortable' | 'over'

export interface TransactionSessionOptions {
  readonly access: ClusterAccess
  readonly promises: TransactionPromises
  readonly transactionalId: string
  /** Unique, also among those who share the transactional id. */
  readonly name: string
  readonly protocol: 1 | 2
  readonly timeoutMs: number
}

export interface GroupOffset {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Of the last batch that was read; -1 when there was none. */
  readonly leaderEpoch: number
}

/** What a batch of a transaction would have been written with. */
interface LateBatch {
  readonly transaction: SimulatedTransaction
  readonly topic: string
  readonly partition: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
}

type Answered = (error: Error | null, errorCode: number | undefined) => void

const OVER: ReadonlySet<number> = new Set([
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.INVALID_PRODUCER_ID_MAPPING,
  ErrorCode.INVALID_TXN_STATE,
])

export class TransactionSession {
  readonly #options: TransactionSessionOptions
  #producerId = -1
  #epoch = -1
  #added: Set<string> = new Set()
  #sequences: Map<string, number> = new Map()
  #lastError = 'nothing'
  /** A batch was given up: nobody knows which sequence comes next. */
  #unsure = false
  /** Where the transaction has written last. */
  #lastPlace: { readonly topic: string; readonly partition: number } | null = null

  constructor(options: TransactionSessionOptions) {
    this.#options = options
  }

  get lastError(): string {
    return this.#lastError
  }

  /** Takes the transactional id over, from itself too. */
  begin(ready: () => void): void {
    const { access, promises, transactionalId, name, timeoutMs } = this.#options
    const body = { transactionalId, transactionTimeoutMs: timeoutMs, producerId: -1, producerEpoch: -1 }
    let given: InitProducerIdResponse | null = null
    const send = (coordinator: number, answered: Answered): void =>
      access.send(coordinator, initProducerIdRequest, initProducerIdResponse, INIT_VERSION, body, (error, response) => {
        given = response
        answered(error, response?.errorCode)
      })
    this.#ask(send, (outcome) => {
      if (outcome !== 'done' || given === null) {
        promises.broken(`${name} could not begin: ${this.#lastError}`)
        return access.again(() => this.begin(ready))
      }
      this.#unsure = false
      this.#identify(given.producerId, given.producerEpoch)
      promises.tookOver(transactionalId, name, given.producerId, given.producerEpoch)
      ready()
    })
  }

  /** Writes one batch to one partition. */
  write(
    transaction: SimulatedTransaction,
    topic: string,
    partition: number,
    values: readonly string[],
    done: (outcome: StepOutcome) => void,
  ): void {
    this.#options.promises.sends(transaction, `${topic}-${partition}`, values)
    const produce = (outcome: StepOutcome): void => {
      if (outcome === 'done') this.#produce(transaction, topic, partition, values, done)
      else done(outcome)
    }
    if (this.#options.protocol === 2 || this.#added.has(`${topic}-${partition}`)) produce('done')
    else this.#add(topic, partition, produce)
  }

  /** Commits an offset of a group with the transaction. */
  commitOffset(offset: GroupOffset, done: (outcome: StepOutcome) => void): void {
    const commit = (outcome: StepOutcome): void => {
      if (outcome === 'done') this.#commitOffset(offset, done)
      else done(outcome)
    }
    if (this.#options.protocol === 2) return commit('done')
    const { access, transactionalId } = this.#options
    const body = { transactionalId, ...this.#identity, groupId: offset.groupId }
    this.#ask((coordinator, answered) => {
      const told = (error: Error | null, response: AddOffsetsToTxnResponse | null): void =>
        answered(error, response?.errorCode)
      access.send(coordinator, addOffsetsToTxnRequest, addOffsetsToTxnResponse, ADD_VERSION, body, told)
    }, commit)
  }

  /** 'over': refused, and the producer has to begin again. */
  end(transaction: SimulatedTransaction, commit: boolean, done: (outcome: 'done' | 'over') => void): void {
    const { access, promises, transactionalId, protocol, name } = this.#options
    // With version 1 a transaction without partitions has not begun for the coordinator.
    if (protocol === 1 && this.#added.size === 0) {
      promises.ends(transaction, false)
      return done('done')
    }
    promises.ends(transaction, commit)
    let tries = 0
    let given: EndTxnResponse | null = null
    const send = (coordinator: number, answered: Answered): void => {
      tries++
      const body = { transactionalId, ...this.#identity, committed: commit }
      const told = (error: Error | null, response: EndTxnResponse | null): void => {
        given = response
        answered(error, response?.errorCode)
      }
      access.send(coordinator, endTxnRequest, endTxnResponse, VERSIONS[protocol].end, body, told)
    }
    this.#ask(send, (outcome) => {
      if (outcome !== 'done' || given === null) {
        promises.refused(transaction, tries)
        return done('over')
      }
      if (commit) promises.committed(transaction)
      else promises.aborted()
      const late = commit ? null : this.#lateBatch(transaction)
      this.#added = new Set()
      if (protocol === 2) {
        this.#identify(given.producerId, given.producerEpoch)
        promises.epochGiven(transactionalId, name, given.producerId, given.producerEpoch)
      }
      const goOn = (): void => done(this.#unsure ? 'over' : 'done')
      return late === null ? goOn() : this.#sendLate(late, goOn)
    })
  }

  /** What could still come of a transaction that was aborted; null most of the time. */
  #lateBatch(transaction: SimulatedTransaction): LateBatch | null {
    const place = this.#lastPlace
    this.#lastPlace = null
    if (place === null || this.#unsure || !this.#options.access.host.random.chance(LATE_BATCH_PROBABILITY)) return null
    const baseSequence = this.#sequences.get(`${place.topic}-${place.partition}`) ?? 0
    return { transaction, ...place, ...this.#identity, baseSequence }
  }

  /**
   * Behind the marker it must be refused, since it would open the transaction again for nobody to end (KIP-890); before it, it
   * is aborted with the others.
   */
  #sendLate(late: LateBatch, done: () => void): void {
    const { access, promises, protocol, transactionalId } = this.#options
    const { transaction, topic, partition, producerId, producerEpoch, baseSequence } = late
    const records = buildBatch({
      timestampMs: access.host.clock.nowMs(),
      records: [{ key: Buffer.from(`${transaction.name}/late`), value: null }],
      ...{ producerId, producerEpoch, baseSequence, isTransactional: true },
    })
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
    const body = { transactionalId, acks: -1, timeoutMs: PRODUCE_TIMEOUT_MS, topicData }
    const answered = (_error: Error | null, response: ProduceResponse | null): void => {
      const errorCode = response?.responses[0]?.partitionResponses[0]?.errorCode
      // Written, perhaps by a leader of the past, or still on its way: what comes next must be of another epoch.
      if (errorCode === undefined || errorCode === ErrorCode.NONE || isRetriable(errorCode)) this.#unsure = true
      promises.lateBatch()
      done()
    }
    access.later(1 + access.host.random.below(LATE_MS_MAX), () =>
      access.leaderOf(topic, partition, (leader) =>
        access.send(leader, produceRequest, produceResponse, VERSIONS[protocol].produce, body, answered),
      ),
    )
  }

  get #identity(): { readonly producerId: number; readonly producerEpoch: number } {
    return { producerId: this.#producerId, producerEpoch: this.#epoch }
  }

  #identify(producerId: number, epoch: number): void {
    if (producerId === this.#producerId && epoch === this.#epoch) return
    this.#producerId = producerId
    this.#epoch = epoch
    this.#sequences = new Map()
    this.#added = new Set()
  }

  #add(topic: string, partition: number, done: (outcome: StepOutcome) => void): void {
    const { access, transactionalId } = this.#options
    const body = {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: this.#producerId,
      v3AndBelowProducerEpoch: this.#epoch,
      v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
    }
    const send = (coordinator: number, answered: Answered): void => {
      const told = (error: Error | null, response: AddPartitionsToTxnResponse | null): void =>
        answered(error, response?.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode)
      access.send(coordinator, addPartitionsToTxnRequest, addPartitionsToTxnResponse, ADD_VERSION, body, told)
    }
    // Asked for is as good as added: the answer may have got lost.
    this.#added.add(`${topic}-${partition}`)
    this.#ask(send, done)
  }

  #produce(
    transaction: SimulatedTransaction,
    topic: string,
    partition: number,
    values: readonly string[],
    done: (outcome: StepOutcome) => void,
  ): void {
    const { access, promises, transactionalId, protocol, name } = this.#options
    const key = `${topic}-${partition}`
    this.#added.add(key)
    const baseSequence = this.#sequences.get(key) ?? 0
    const filler = Buffer.alloc((baseSequence * 37) % FILLER_BYTES_MAX, 'x')
    const records = buildBatch({
      timestampMs: access.host.clock.nowMs(),
      records: values.map((value) => ({ key: Buffer.from(value), value: filler })),
      ...this.#identity,
      baseSequence,
      isTransactional: true,
    })
    const body = {
      transactionalId,
      acks: -1,
      timeoutMs: PRODUCE_TIMEOUT_MS,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    }
    // What was sent before may be in the log, and a leader that does not know better yet may say so to a later attempt.
    const wasSuperseded = transaction.superseded
    const attempt = (): void =>
      access.leaderOf(topic, partition, (leader) => {
        const answered = (error: Error | null, response: ProduceResponse | null): void => {
          const answer = response?.responses[0]?.partitionResponses[0]
          const outcome = this.#judge(error, answer?.errorCode)
          if (outcome === 'again') {
            access.forgetLeader(topic, partition)
            if (answer === undefined && access.host.random.chance(GIVE_UP_PROBABILITY)) {
              this.#unsure = true
              return done('abortable')
            }
            return access.again(attempt)
          }
          if (outcome === 'done') {
            this.#sequences.set(key, baseSequence + values.length)
            this.#lastPlace = { topic, partition }
            promises.written(transaction, key, values, answer?.baseOffset ?? -1, wasSuperseded)
          } else if (answer?.errorCode === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
            promises.broken(`${name}: ${this.#lastError} for the batch next in order of ${key}`)
          return done(outcome)
        }
        access.send(leader, produceRequest, produceResponse, VERSIONS[protocol].produce, body, answered)
      })
    attempt()
  }

  #commitOffset(
    { groupId, topic, partition, offset, leaderEpoch }: GroupOffset,
    done: (outcome: StepOutcome) => void,
  ): void {
    const { access, transactionalId, protocol } = this.#options
    const committed = { committedOffset: offset, committedLeaderEpoch: leaderEpoch, committedMetadata: '' }
    const asked = { partitionIndex: partition, ...committed }
    const topics = [{ name: topic, partitions: [asked] }]
    const body = { transactionalId, groupId, ...this.#identity, generationId: -1, memberId: '', topics }
    const version = VERSIONS[protocol].commitOffsets
    this.#added.add(groupId)
    const attempt = (): void =>
      access.coordinatorOf(groupId, (coordinator) => {
        const answered = (error: Error | null, response: TxnOffsetCommitResponse | null): void => {
          const outcome = this.#judge(error, response?.topics[0]?.partitions[0]?.errorCode)
          if (outcome !== 'again') return done(outcome)
          access.forgetCoordinator(groupId)
          return access.again(attempt)
        }
        access.send(coordinator, txnOffsetCommitRequest, txnOffsetCommitResponse, version, body, answered)
      })
    attempt()
  }

  /** Asks the coordinator of the transactional id until it knows. */
  #ask(send: (coordinator: number, answered: Answered) => void, done: (outcome: StepOutcome) => void): void {
    const { access, transactionalId } = this.#options
    const answered = (error: Error | null, errorCode: number | undefined): void => {
      const outcome = this.#judge(error, errorCode)
      if (outcome !== 'again') return done(outcome)
      if (errorCode !== ErrorCode.CONCURRENT_TRANSACTIONS) access.forgetCoordinator(transactionalId, TRANSACTION)
      return access.again(() => this.#ask(send, done))
    }
    access.coordinatorOf(transactionalId, (coordinator) => send(coordinator, answered), TRANSACTION)
  }

  #judge(error: Error | null, errorCode: number | undefined): StepOutcome | 'again' {
    if (errorCode === ErrorCode.NONE) return 'done'
    this.#lastError = errorCode === undefined ? (error?.message ?? 'no answer') : errorName(errorCode)
    if (errorCode === undefined || isRetriable(errorCode)) return 'again'
    if (errorCode === ErrorCode.TRANSACTION_ABORTABLE) return 'abortable'
    if (!OVER.has(errorCode) && errorCode !== ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
      this.#options.promises.broken(`${this.#options.name} was told ${this.#lastError}`)
    return 'over'
  }
}
