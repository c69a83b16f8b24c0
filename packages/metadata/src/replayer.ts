/**
 * MetadataReplayer: turns batches of the metadata log into images. An image is published per batch, but never in the
 * middle of a metadata transaction: what stands between Begin and End appears at once at End, or not at all at Abort
 * (kafka-records §1.2). The same for controller and broker, live and at load.
 */
import { invariant } from '@millrace/base/invariant'
import type { DeltaResult } from './delta.ts'
import { MetadataDelta } from './delta.ts'
import type { MetadataImage } from './image.ts'
import type { MetadataBatch } from './metadata-batch.ts'
import { RecordType } from './records/metadata-record.ts'

export class MetadataReplayer {
  #image: MetadataImage
  #transaction: MetadataDelta | null = null
  #nextOffset: number

  /** @param image what all before its offset (inclusive) comes to: of a snapshot, or emptyImage */
  constructor(image: MetadataImage) {
    this.#image = image
    this.#nextOffset = image.offset + 1
  }

  /** The latest published image. */
  get image(): MetadataImage {
    return this.#image
  }

  /** The offset of the next batch expected: what a follower fetches from. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  get inTransaction(): boolean {
    return this.#transaction !== null
  }

  /** Applies the next batch. Returns what it published: nothing in a transaction, more than one image when a transaction begins or ends inside. */
  replay(batch: MetadataBatch): DeltaResult[] {
    invariant(batch.baseOffset === this.#nextOffset, 'metadata batches have no gaps', {
      baseOffset: batch.baseOffset,
      expected: this.#nextOffset,
    })
    const { epoch, timestampMs } = batch
    const published: DeltaResult[] = []
    let delta = this.#transaction ?? new MetadataDelta(this.#image)
    const publish = (offset: number): void => {
      const result = delta.finish({ offset, epoch, timestampMs })
      this.#image = result.image
      published.push(result)
      delta = new MetadataDelta(result.image)
    }
    batch.records.forEach((record, index) => {
      const offset = batch.baseOffset + index
      if (record.type === RecordType.BEGIN_TRANSACTION) {
        invariant(this.#transaction === null, 'metadata transactions do not nest', { offset })
        if (index > 0) publish(offset - 1)
        this.#transaction = delta
      } else if (record.type === RecordType.END_TRANSACTION) {
        invariant(this.#transaction !== null, 'metadata transaction ends without a begin', { offset })
        this.#transaction = null
        if (index < batch.records.length - 1) publish(offset)
      } else if (record.type === RecordType.ABORT_TRANSACTION) {
        invariant(this.#transaction !== null, 'metadata transaction is aborted without a begin', { offset })
        this.#transaction = null
        delta = new MetadataDelta(this.#image)
      } else {
        delta.replay(record)
      }
    })
    this.#nextOffset = batch.lastOffset + 1
    if (this.#transaction === null) publish(batch.lastOffset)
    return published
  }
}
