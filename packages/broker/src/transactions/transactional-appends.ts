/**
 * Between a producer's transactional batch and the log: the first batch of a transaction in a partition is appended only
 * after the coordinator has said that the partition is part of the transaction (KIP-890, kafka-protocol §3.4). So no record
 * of a transaction that has ended can leave the partition waiting for a marker that nobody will send.
 *
 * Batches that come while the question is out share it, and are appended in their order. A marker that is written in the
 * meantime voids the answer. After a refusal the lowest sequence that was refused is kept: a later batch may not overtake it.
 */
import { ErrorCode } from '@millrace/protocol/errors'
import type { Partition } from '../replication/partition.ts'
import type { ProducerIdentity } from './decisions.ts'
import type { TransactionVerifier } from './transaction-verifier.ts'

/** Refused producers remembered per partition; the oldest is forgotten first. */
const REFUSED_MAX = 1_000
/** How many sequences there are before they begin again. */
const SEQUENCES = 0x8000_0000

export interface TransactionalBatch extends ProducerIdentity {
  readonly transactionalId: string
  readonly partition: Partition
  /** -1: a coordinator's batch, without sequence. */
  readonly baseSequence: number
  /** Version 2 clients do not name their partitions before: the question adds the partition. */
  readonly adds: boolean
}

/** NONE: append now, in this turn. */
type Verified = (errorCode: number) => void

interface Question {
  readonly epoch: number
  readonly adds: boolean
  readonly waiting: { readonly baseSequence: number; readonly verified: Verified }[]
  voided: boolean
}

interface Refused {
  readonly epoch: number
  readonly adds: boolean
  readonly lowestSequence: number
}

interface PartitionQuestions {
  /** What was asked and refused in an earlier one says nothing: other leaders may have written since. */
  readonly leaderEpoch: number
  /** By producer id. */
  readonly open: Map<number, Question>
  readonly refused: Map<number, Refused>
}

export class TransactionalAppends {
  readonly #partitions: WeakMap<Partition, PartitionQuestions> = new WeakMap()
  #verifier: TransactionVerifier | null = null

  /** The verifier asks a coordinator, whose markers come back here: it is given once both exist. */
  attach(verifier: TransactionVerifier): void {
    this.#verifier = verifier
  }

  /**
   * Calls `verified` when the batch may be appended (NONE), at once if its transaction is known to be open here, or with
   * the coordinator's refusal: TRANSACTION_ABORTABLE, INVALID_PRODUCER_EPOCH, or a retriable error.
   */
  verify(batch: TransactionalBatch, verified: Verified): void {
    const { partition, producerId, producerEpoch, baseSequence } = batch
    if (!partition.isLeader) return verified(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    const state = partition.log.producers.get(producerId)
    if (state !== undefined && state.currentTxnFirstOffset >= 0 && state.epoch === producerEpoch)
      return verified(ErrorCode.NONE)
    const questions = this.#of(partition)
    const open = questions.open.get(producerId)
    if (open !== undefined && open.epoch === producerEpoch) {
      open.waiting.push({ baseSequence, verified })
      return
    }
    const verifier = this.#verifier
    if (verifier === null) return verified(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    const question: Question = {
      epoch: producerEpoch,
      adds: batch.adds,
      waiting: [{ baseSequence, verified }],
      voided: false,
    }
    questions.open.set(producerId, question)
    verifier.ask(batch, (errorCode) => {
      if (questions.open.get(producerId) === question) questions.open.delete(producerId)
      this.#answer(questions, producerId, question, answerNow(partition, questions, question, errorCode))
    })
  }

  /**
   * A marker of the producer goes into the partition: what was asked about the transaction that it ends does not hold any
   * more. The marker of a version 2 producer has the epoch of its next transaction, which it may be asking about already:
   * that goes on.
   */
  markerWritten(partition: Partition, producerId: number, markerEpoch: number): void {
    const questions = this.#partitions.get(partition)
    const open = questions?.open.get(producerId)
    if (open !== undefined && isEnded(open, markerEpoch)) {
      open.voided = true
      questions?.open.delete(producerId)
    }
    const refused = questions?.refused.get(producerId)
    if (refused !== undefined && isEnded(refused, markerEpoch)) questions?.refused.delete(producerId)
  }

  #answer(questions: PartitionQuestions, producerId: number, question: Question, errorCode: number): void {
    const { epoch, waiting } = question
    if (errorCode !== ErrorCode.NONE) this.#refuse(questions, producerId, question)
    const refused = questions.refused.get(producerId)
    let lowest = refused?.epoch === epoch ? refused.lowestSequence : -1
    for (const { baseSequence, verified } of waiting) {
      if (errorCode !== ErrorCode.NONE) verified(errorCode)
      else if (lowest >= 0 && baseSequence >= 0 && isAfter(baseSequence, lowest))
        verified(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
      else {
        lowest = -1
        questions.refused.delete(producerId)
        verified(ErrorCode.NONE)
      }
    }
  }

  #refuse({ refused }: PartitionQuestions, producerId: number, { epoch, adds, waiting }: Question): void {
    const before = refused.get(producerId)
    let lowest = before?.epoch === epoch ? before.lowestSequence : -1
    for (const { baseSequence } of waiting) {
      if (baseSequence >= 0 && (lowest < 0 || isAfter(lowest, baseSequence))) lowest = baseSequence
    }
    if (lowest < 0) return
    refused.delete(producerId)
    refused.set(producerId, { epoch, adds, lowestSequence: lowest })
    if (refused.size <= REFUSED_MAX) return
    for (const oldest of refused.keys()) {
      refused.delete(oldest)
      return
    }
  }

  #of(partition: Partition): PartitionQuestions {
    let questions = this.#partitions.get(partition)
    if (questions?.leaderEpoch !== partition.leaderEpoch) {
      questions = { leaderEpoch: partition.leaderEpoch, open: new Map(), refused: new Map() }
      this.#partitions.set(partition, questions)
    }
    return questions
  }
}

/** What an answer is worth by now: a marker, here or at a leader in between, may have ended what was asked about. */
function answerNow(
  partition: Partition,
  { leaderEpoch }: PartitionQuestions,
  { voided }: Question,
  errorCode: number,
): number {
  if (errorCode !== ErrorCode.NONE) return errorCode
  if (partition.leaderEpoch !== leaderEpoch) return ErrorCode.NOT_LEADER_OR_FOLLOWER
  return voided ? ErrorCode.TRANSACTION_ABORTABLE : errorCode
}

function isEnded({ epoch, adds }: Question | Refused, markerEpoch: number): boolean {
  return adds ? epoch < markerEpoch : epoch <= markerEpoch
}

/** Sequences wrap from 2^31-1 to 0: `one` is after `other` when it is ahead by less than half the circle. */
function isAfter(one: number, other: number): boolean {
  const ahead = (one - other + SEQUENCES) % SEQUENCES
  return ahead > 0 && ahead < SEQUENCES / 2
}
