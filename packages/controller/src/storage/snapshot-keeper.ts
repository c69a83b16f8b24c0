/**
 * When snapshots are taken and removed (kafka-records §1.6): after enough bytes or time, of an image that is durable;
 * removed while log and snapshots together are larger, or older, than metadata.max.retention.* allow.
 */
import type { Host } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import type { MetadataImage } from '@millrace/metadata/image'
import type { MetadataLog } from '../metadata-log.ts'
import type { SnapshotStore } from './snapshot-store.ts'

export interface SnapshotKeeperOptions {
  readonly host: Host
  readonly logger: Logger
  readonly store: SnapshotStore
  readonly log: MetadataLog
  /** A numeric broker key. */
  readonly setting: (name: string) => number
}

export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions
  #bytesSince: number
  #lastMs: number
  #lastOffset: number
  /** The image to be written once it is durable. */
  #candidate: MetadataImage | null = null

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options
    const { latest } = options.store
    this.#bytesSince = latest === null ? options.log.sizeBytes : 0
    this.#lastOffset = (latest?.endOffset ?? 0) - 1
    this.#lastMs = options.host.clock.monotonicMs()
  }

  appended(bytes: number): void {
    this.#bytesSince += bytes
  }

  /** The high watermark moved; `image` is the latest, durable or not. */
  committed(image: MetadataImage): void {
    if (this.#candidate === null && this.#isDue(image)) this.#candidate = image
    const { store, log } = this.#options
    if (this.#candidate === null || store.writing || this.#candidate.offset >= log.highWatermark) return
    this.#write(this.#candidate)
  }

  #isDue(image: MetadataImage): boolean {
    if (image.offset <= this.#lastOffset) return false
    const { host, setting } = this.#options
    if (this.#bytesSince >= setting('metadata.log.max.record.bytes.between.snapshots')) return true
    const intervalMs = setting('metadata.log.max.snapshot.interval.ms')
    return intervalMs > 0 && host.clock.monotonicMs() - this.#lastMs >= intervalMs
  }

  #write(image: MetadataImage): void {
    const { host, logger, store } = this.#options
    this.#candidate = null
    this.#bytesSince = 0
    this.#lastMs = host.clock.monotonicMs()
    this.#lastOffset = image.offset
    store.write(image, (error, id) => {
      // Without it the log is merely longer: the next one is tried when it is due.
      if (error !== null) return logger.warn('a metadata snapshot could not be written', { error: error.message })
      logger.info('metadata snapshot written', { endOffset: id.endOffset, epoch: id.epoch })
      this.#removeOld()
    })
  }

  #removeOld(): void {
    const { host, store, log, setting } = this.#options
    const bytesMax = setting('metadata.max.retention.bytes')
    const ageMaxMs = setting('metadata.max.retention.ms')
    const oldestFirst = store.list().reverse()
    let bytes = log.sizeBytes + oldestFirst.reduce((sum, id) => sum + store.sizeBytes(id), 0)
    for (const [index, id] of oldestFirst.entries()) {
      const next = oldestFirst[index + 1]
      if (next === undefined) return
      const isOld = host.clock.nowMs() - store.modifiedMs(id) > ageMaxMs
      if (!isOld && bytes <= bytesMax) return
      bytes -= store.sizeBytes(id)
      log.truncateBefore(next.endOffset)
      store.remove(id)
    }
  }
}
