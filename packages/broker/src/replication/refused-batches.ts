/**
 * A refused batch takes those with it that follow it in the pipeline of its producer.
 *
 * Idempotent producers have up to five batches under way. When one is refused for a reason that passes (leadership, in-sync
 * replicas, room), and the reason has passed before the next one comes, that next one is out of order. librdkafka then
 * believes that nothing under way was written, and writes all of it again in a new epoch, also what stands in the log
 * and only waited for the high watermark: records stand there twice. Apache Kafka processes one request of a connection at
 * a time, which makes this rare; here requests of a connection are processed while earlier ones wait, so it must not happen.
 *
 * Owner: the partition that leads, which forgets a refusal with the next batch of that producer that it takes.
 */
import {
  addSequence,
  BATCH_HEADER_BYTES,
  baseSequence,
  lastSequence,
  producerEpoch,
  producerId,
} from '@millrace/protocol/records/batch-header'

/** Of producers that were refused and never came back, the oldest are forgotten. */
const PRODUCERS_MAX = 1_000

interface Refused {
  readonly epoch: number
  /** Of the batch that would follow. */
  readonly nextSequence: number
  readonly errorCode: number
}

export class RefusedBatches {
  readonly #byProducer: Map<number, Refused> = new Map()

  /** The batch is refused with `errorCode`, which the client answers by sending it again. It need not be sound. */
  note(bytes: Buffer, start: number, end: number, errorCode: number): void {
    if (!isSequenced(bytes, start, end)) return
    const id = producerId(bytes, start)
    this.#byProducer.delete(id)
    this.#byProducer.set(id, {
      epoch: producerEpoch(bytes, start),
      nextSequence: addSequence(lastSequence(bytes, start), 1),
      errorCode,
    })
    if (this.#byProducer.size <= PRODUCERS_MAX) return
    for (const oldest of this.#byProducer.keys()) {
      this.#byProducer.delete(oldest)
      return
    }
  }

  /**
   * What the refused batch was told that this one follows directly; null when it follows none. Each answers for one
   * batch behind it: a client that has given the refused one up hears the truth at its next try.
   */
  before(bytes: Buffer, start: number, end: number): number | null {
    if (this.#byProducer.size === 0 || !isSequenced(bytes, start, end)) return null
    const refused = this.#byProducer.get(producerId(bytes, start))
    if (refused === undefined || refused.epoch !== producerEpoch(bytes, start)) return null
    return refused.nextSequence === baseSequence(bytes, start) ? refused.errorCode : null
  }

  /** The log has, or takes, a batch of this producer: what was refused has come again, or is not waited for. */
  taken(bytes: Buffer, start: number): void {
    if (this.#byProducer.size > 0) this.#byProducer.delete(producerId(bytes, start))
  }
}

function isSequenced(bytes: Buffer, start: number, end: number): boolean {
  return end - start >= BATCH_HEADER_BYTES && producerId(bytes, start) >= 0 && baseSequence(bytes, start) >= 0
}
