/**
 * A producer of one partition that sends numbered values until it is stopped and never gives one up. With `inFlight` 1
 * or more it is idempotent and keeps so many batches under way; after a refusal it waits for what is under way and
 * sends everything not acknowledged again, in order, as the Java client does.
 */
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import { produceRequest, produceResponse, type ProduceResponse } from '@millrace/protocol/messages/00-produce'
import {
  initProducerIdRequest,
  initProducerIdResponse,
  type InitProducerIdResponse,
} from '@millrace/protocol/messages/22-init-producer-id'
import { buildBatch, type RecordInput } from '@millrace/protocol/records/build-batch'
import type { Actor } from './actor.ts'
import type { ClusterAccess } from './cluster-access.ts'

const PRODUCE_VERSION = 9
const INIT_PRODUCER_ID_VERSION = 1
const PRODUCE_TIMEOUT_MS = 800
const RECORDS_MAX = 4
/** What a broker says of a batch that it has not looked at. */
const PASSING: ReadonlySet<string> = new Set(['NOT_ENOUGH_REPLICAS', 'NOT_LEADER_OR_FOLLOWER', 'KAFKA_STORAGE_ERROR'])
/** A record large enough that batches cross segments and pages. */
const FILLER_BYTES_MAX = 1_500

/** Whom the producer tells what it does and hears. */
export interface ProducerLedger {
  broken(what: string): void
  /** An idempotent producer sends `value` as the next of `stream`. */
  sent(stream: string, value: string): void
  /** A stream ended without knowing what became of its last values. */
  forgotten(stream: string): void
  acknowledged(partition: number, offset: number, value: string): void
  producerIdGiven(producerId: number): void
}

/** What is produced, if not numbered values. */
export interface ValueSource {
  next(): string
  recordOf(value: string, filler: Buffer): RecordInput
}

export interface SimulatedProducerOptions {
  readonly access: ClusterAccess
  readonly ledger: ProducerLedger
  readonly source?: ValueSource
  readonly name: string
  readonly topic: string
  readonly partition: number
  readonly acks: -1 | 1
  /** 0: not idempotent, one batch at a time. */
  readonly inFlight: number
  /** Most ms between an acknowledgement and the next batch. */
  readonly thinkingMsMax: number
}

interface Batch {
  readonly values: readonly string[]
  readonly sequence: number
  state: 'unsent' | 'sent' | 'refused'
  /** Where it was sent last. */
  leader: number
  /** Why it was refused; null while it is under way. */
  refusal: string | null
}

export class SimulatedProducer implements Actor {
  readonly #options: SimulatedProducerOptions
  #producing = true
  /** In order; the first is the oldest that is not acknowledged. */
  #batches: Batch[] = []
  #nextValue = 0
  #nextSequence = 0
  #producerId = -1
  #identifying = false
  #stream = ''
  #lastError = 'nothing'
  #thinking = false

  constructor(options: SimulatedProducerOptions) {
    this.#options = options
    this.#go()
  }

  get idle(): boolean {
    return !this.#producing && this.#batches.length === 0
  }

  /** What the producer last heard, for a run that does not end. */
  get trouble(): string {
    return `producer ${this.#options.name} cannot finish: ${this.#lastError}`
  }

  /** Takes no new values; what is not acknowledged is still sent. */
  stop(): void {
    this.#producing = false
  }

  #go(): void {
    const { inFlight, access } = this.#options
    if (inFlight > 0 && this.#producerId < 0) return this.#identify()
    if (this.#batches.some(({ state }) => state === 'refused')) {
      if (this.#batches.some(({ state }) => state === 'sent')) return
      for (const batch of this.#batches) batch.state = 'unsent'
    }
    while (this.#producing && this.#batches.length < Math.max(1, inFlight)) this.#batches.push(this.#nextBatch())
    const unsent = this.#batches.filter(({ state }) => state === 'unsent')
    if (unsent.length === 0 || this.#thinking) return
    this.#thinking = true
    access.later(access.host.random.below(this.#options.thinkingMsMax), () => {
      this.#thinking = false
      this.#sendUnsent()
    })
  }

  #sendUnsent(): void {
    const { access, topic, partition } = this.#options
    access.leaderOf(topic, partition, (leader) => {
      for (const batch of this.#batches) if (batch.state === 'unsent') this.#send(leader, batch)
    })
  }

  #nextBatch(): Batch {
    const { access, ledger, name, source } = this.#options
    const next = (): string => source?.next() ?? `${name}-${this.#nextValue++}`
    const values = Array.from({ length: 1 + access.host.random.below(RECORDS_MAX) }, next)
    if (this.#stream !== '') for (const value of values) ledger.sent(this.#stream, value)
    const batch: Batch = { values, sequence: this.#nextSequence, state: 'unsent', leader: -1, refusal: null }
    this.#nextSequence += values.length
    return batch
  }

  #send(leader: number, batch: Batch): void {
    const { access, acks, topic, partition, source } = this.#options
    batch.state = 'sent'
    batch.leader = leader
    batch.refusal = null
    // The same bytes each time, whatever the size of the filler.
    const filler = Buffer.alloc((batch.sequence * 37) % FILLER_BYTES_MAX, 'x')
    const records = buildBatch({
      timestampMs: access.host.clock.nowMs(),
      records: batch.values.map(
        (value) => source?.recordOf(value, filler) ?? { key: Buffer.from(value), value: filler },
      ),
      ...(this.#producerId < 0 ? {} : { producerId: this.#producerId, producerEpoch: 0, baseSequence: batch.sequence }),
    })
    const body = {
      acks,
      timeoutMs: PRODUCE_TIMEOUT_MS,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    }
    const answered = (error: Error | null, response: ProduceResponse | null): void => {
      const answer = response?.responses[0]?.partitionResponses[0]
      if (answer !== undefined && answer.errorCode === ErrorCode.NONE)
        return this.#acknowledged(batch, answer.baseOffset)
      this.#refused(batch, answer === undefined ? (error?.message ?? 'no answer') : errorName(answer.errorCode))
    }
    access.send(leader, produceRequest, produceResponse, PRODUCE_VERSION, body, answered)
  }

  #acknowledged(batch: Batch, baseOffset: number): void {
    const { acks, ledger, partition } = this.#options
    this.#batches = this.#batches.filter((other) => other !== batch)
    if (acks === -1) batch.values.forEach((value, index) => ledger.acknowledged(partition, baseOffset + index, value))
    this.#go()
  }

  #refused(batch: Batch, why: string): void {
    const { access, topic, partition, ledger } = this.#options
    this.#lastError = why
    batch.state = 'refused'
    batch.refusal = why
    this.#checkPipeline(batch)
    access.forgetLeader(topic, partition)
    const isFirst = this.#batches[0] === batch
    if (isFirst && (why === 'OUT_OF_ORDER_SEQUENCE_NUMBER' || why === 'INVALID_PRODUCER_EPOCH')) {
      // A broker that came back knows the last batch only: with more under way, an older one may be written already.
      if (this.#options.inFlight === 1) ledger.broken(`${this.#stream}: ${why} for the batch next in order`)
      return this.#startAnew()
    }
    if (this.#batches.every(({ state }) => state !== 'sent')) access.again(() => this.#go())
  }

  /** Nothing is sent again before all has been answered: what stands in front was refused on the way of this batch. */
  #checkPipeline(batch: Batch): void {
    const before = this.#batches[this.#batches.indexOf(batch) - 1]
    if (batch.refusal !== 'OUT_OF_ORDER_SEQUENCE_NUMBER' || before?.leader !== batch.leader) return
    if (before.sequence + before.values.length !== batch.sequence) return
    if (before.refusal === null || !PASSING.has(before.refusal)) return
    this.#options.ledger.broken(
      `${this.#stream}: ${batch.refusal} behind a batch that was refused with ${before.refusal}`,
    )
  }

  #startAnew(): void {
    this.#options.ledger.forgotten(this.#stream)
    this.#batches = []
    this.#producerId = -1
    this.#options.access.again(() => this.#go())
  }

  #identify(): void {
    const { access, ledger, partition, name } = this.#options
    // What was refused late asks again as well, when another attempt may have been answered.
    if (this.#identifying || this.#producerId >= 0) return
    if (!this.#producing && this.#batches.length === 0) return
    this.#identifying = true
    const answered = (error: Error | null, response: InitProducerIdResponse | null): void => {
      this.#identifying = false
      if (response === null || response.errorCode !== ErrorCode.NONE) {
        this.#lastError = error?.message ?? `InitProducerId ${errorName(response?.errorCode ?? -1)}`
        return access.again(() => this.#identify())
      }
      ledger.producerIdGiven(response.producerId)
      this.#producerId = response.producerId
      this.#nextSequence = 0
      this.#stream = `${partition}/${name}/${response.producerId}`
      this.#go()
    }
    const body = { transactionalId: null, transactionTimeoutMs: 60_000 }
    access.send(
      access.anyBroker(),
      initProducerIdRequest,
      initProducerIdResponse,
      INIT_PRODUCER_ID_VERSION,
      body,
      answered,
    )
  }
}
