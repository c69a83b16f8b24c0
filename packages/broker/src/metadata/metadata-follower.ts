/**
 * Follows the controller: keeps a copy of the metadata log, decodes it, and publishes images in order. The copy is what
 * makes a restart cheap and a lost controller disk visible: a broker whose copy goes beyond the controller's log, or
 * differs from it, refuses to serve instead of living in another history.
 *
 *   Fetch of __cluster_metadata (long poll) ─▶ own log ─▶ replay ─▶ apply: settings, replicas ─▶ publish: subscribers
 *
 * Decoding and applying may take several turns of the loop (a topic with thousands of partitions). One image at a time; the next
 * Fetch, which tells the controller how far this broker is, leaves when all that came has been applied.
 *
 * Nothing is published before the image contains this process's own registration: an older image may still show
 * leaderships that were moved away when the process before died. Facts: kafka-records §1, §7; KIP-595, KIP-630.
 */
import type { Host, TimerHandle } from '@millrace/base/host'
import type { Logger } from '@millrace/base/logger'
import { METADATA_TOPIC_ID, type Uuid } from '@millrace/base/uuid'
import type { PartitionLog } from '@millrace/log/partition-log'
import { isOutOfSpace } from '@millrace/log/storage-error'
import { diffImages, type MetadataChanges } from '@millrace/metadata/changes'
import { emptyImage, type MetadataImage } from '@millrace/metadata/image'
import { decodeMetadataBatches, type MetadataBatch } from '@millrace/metadata/metadata-batch'
import { MetadataReplayer } from '@millrace/metadata/replayer'
import type { SnapshotId } from '@millrace/metadata/snapshot-format'
import { ErrorCode, errorName } from '@millrace/protocol/errors'
import { fetchRequest, fetchResponse, type FetchResponse } from '@millrace/protocol/messages/01-fetch'
import type { ControllerChannel } from '../lifecycle/controller-channel.ts'
import { Backoff } from '../replication/backoff.ts'
import { runSliced } from '../replication/sliced-work.ts'
import { fetchSnapshot } from './snapshot-fetch.ts'
import { saveSnapshot, type MetadataStore } from './metadata-store.ts'

const FETCH_VERSION = 17
const MAX_WAIT_MS = 500
const REQUEST_TIMEOUT_MS = 5_000
const FETCH_BYTES_MAX = 8_388_608
const RETRY_MS = 20
const RETRY_MS_MAX = 1_000

type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

/** Makes the broker what the image says, in as many turns as it takes, and calls `done` once. */
export type MetadataApplier = (image: MetadataImage, changes: MetadataChanges, done: () => void) => void

/** Called on the broker's loop, in order, for every published image. */
export type MetadataSubscriber = (image: MetadataImage, changes: MetadataChanges) => void

export interface MetadataFollowerOptions {
  readonly host: Host
  readonly logger: Logger
  /** Its own: a long poll is nearly always under way. */
  readonly channel: ControllerChannel
  readonly clusterId: Uuid
  readonly nodeId: number
  readonly brokerEpoch: () => number
  /** The volume is full. Following goes on, in memory alone: a deletion that makes room must be heard of. */
  readonly onNoRoom: (error: Error) => void
  /** The broker must not serve: its metadata is not the controller's, or cannot be kept. Called once; following has stopped. */
  readonly onFatal: (error: Error) => void
}

interface Awaited {
  readonly offset: number
  readonly callback: (reached: boolean) => void
  readonly timer: TimerHandle
}

export class MetadataFollower {
  readonly #options: MetadataFollowerOptions
  readonly #log: PartitionLog
  readonly #store: MetadataStore
  readonly #backoff: Backoff
  readonly #subscribers: MetadataSubscriber[] = []
  #replayer: MetadataReplayer
  #published: MetadataImage = emptyImage
  /** The newest image that is published, or on its way. */
  #announced: MetadataImage = emptyImage
  #apply: MetadataApplier = (_image, _changes, done) => done()
  #announcements: { readonly image: MetadataImage; readonly changes: MetadataChanges }[] = []
  #applying = false
  #fetchWaits = false
  /** The log end that the controller told last. */
  #controllerEnd = -1
  #awaited: Awaited[] = []
  #closed = false

  constructor(options: MetadataFollowerOptions, store: MetadataStore) {
    this.#options = options
    this.#store = store
    this.#log = store.log
    this.#replayer = store.replayer
    this.#backoff = new Backoff(RETRY_MS, RETRY_MS_MAX)
  }

  /** The last published image; the empty one before the first. Immutable. */
  get image(): MetadataImage {
    return this.#published
  }

  /** Offset of the last record that has been received and decoded, published or not. */
  get decodedOffset(): number {
    return this.#replayer.image.offset
  }

  /** Before the first image: who applies images before they are published. */
  applyWith(apply: MetadataApplier): void {
    this.#apply = apply
  }

  /** `subscriber` hears of every image that is published from now on, after those who subscribed before. */
  subscribe(subscriber: MetadataSubscriber): () => void {
    this.#subscribers.push(subscriber)
    return () => {
      const index = this.#subscribers.indexOf(subscriber)
      if (index >= 0) this.#subscribers.splice(index, 1)
    }
  }

  /** `callback(true)` once an image that contains `offset` is published (at once if it is); false after `timeoutMs`. */
  awaitOffset(offset: number, timeoutMs: number, callback: (reached: boolean) => void): void {
    if (this.#published.offset >= offset) return callback(true)
    const timer = this.#options.host.timers.set(timeoutMs, () => {
      this.#awaited = this.#awaited.filter((each) => each !== awaited)
      callback(false)
    })
    const awaited: Awaited = { offset, callback, timer }
    this.#awaited.push(awaited)
  }

  start(): void {
    this.#fetch()
  }

  /** The registration was given a (new) epoch: what was held back may now be complete. */
  registered(): void {
    this.#publish()
  }

  /** There is room again: the copy goes on where it stopped. Throws StorageError when there is none. */
  bringBack(): void {
    this.#log.bringBack()
  }

  close(callback: (error: Error | null) => void): void {
    this.#closed = true
    for (const { timer } of this.#awaited) this.#options.host.timers.clear(timer)
    this.#awaited = []
    this.#log.close(callback)
  }

  #fetch(): void {
    if (this.#closed) return
    const { channel, clusterId, nodeId, brokerEpoch } = this.#options
    const lastFetchedEpoch = Math.max(this.#replayer.image.epoch, this.#log.leaderEpochs.latest)
    const partition = {
      partition: 0,
      currentLeaderEpoch: -1,
      // While the copy cannot be written, what it lacks is in memory; once it can, it is fetched for it again.
      fetchOffset: this.#log.offline === null ? this.#log.nextOffset : this.#replayer.nextOffset,
      lastFetchedEpoch,
      logStartOffset: this.#log.logStartOffset,
      partitionMaxBytes: FETCH_BYTES_MAX,
    }
    const body = {
      clusterId,
      replicaState: { replicaId: nodeId, replicaEpoch: brokerEpoch() },
      maxWaitMs: MAX_WAIT_MS,
      minBytes: 1,
      maxBytes: FETCH_BYTES_MAX,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{ topicId: METADATA_TOPIC_ID, partitions: [partition] }],
      forgottenTopicsData: [],
      rackId: '',
    }
    const answered = (error: Error | null, response: FetchResponse | null): void => {
      if (this.#closed) return
      const answer = response?.responses[0]?.partitions[0]
      const errorCode = response?.errorCode === ErrorCode.NONE ? answer?.errorCode : response?.errorCode
      if (error !== null || answer === undefined || response?.errorCode !== ErrorCode.NONE) {
        this.#options.logger.debug('fetching metadata failed', { error: error?.message ?? errorName(errorCode ?? -1) })
        return this.#fetchLater()
      }
      this.#take(answer)
    }
    channel.send(fetchRequest, fetchResponse, FETCH_VERSION, body, answered, REQUEST_TIMEOUT_MS + MAX_WAIT_MS)
  }

  #fetchLater(): void {
    this.#options.host.timers.set(this.#backoff.next(), () => this.#fetch())
  }

  #take(answer: PartitionAnswer): void {
    if (answer.snapshotId.endOffset >= 0) return this.#takeSnapshot(answer.snapshotId)
    const { divergingEpoch } = answer
    if (divergingEpoch.endOffset >= 0) {
      return this.#fail(
        `its epoch ${this.#log.leaderEpochs.latest} ends at ${this.#log.nextOffset}, the controller's log has epoch ` +
          `${divergingEpoch.epoch} up to ${divergingEpoch.endOffset}`,
      )
    }
    if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      return this.#fail(`it ends at ${this.#log.nextOffset}, beyond the end of the controller's log`)
    }
    if (answer.errorCode !== ErrorCode.NONE) {
      this.#options.logger.debug('the controller refused a metadata fetch', { error: errorName(answer.errorCode) })
      return this.#fetchLater()
    }
    this.#backoff.reset()
    this.#controllerEnd = answer.highWatermark
    if (answer.records === null || answer.records.length === 0) {
      this.#publish()
      return this.#fetch()
    }
    // The bytes are a view of the connection's buffer; images keep nothing of the copy but small strings.
    const bytes = Buffer.from(answer.records)
    const batches: MetadataBatch[] = []
    runSliced(this.#options.host, this.#decode(bytes, batches), {
      isGivenUp: () => this.#closed,
      done: () => this.#keep(bytes, batches),
    })
  }

  *#decode(bytes: Buffer, batches: MetadataBatch[]): Generator<void> {
    try {
      batches.push(...(yield* decodeMetadataBatches(bytes)))
    } catch (error) {
      this.#fail(`the controller sent what cannot be read: ${(error as Error).message}`)
    }
  }

  /** What was fetched, decoded. */
  #keep(bytes: Buffer, batches: readonly MetadataBatch[]): void {
    if (this.#closed) return
    if (!this.#isForCopy(batches)) {
      this.#replay(batches)
      return this.#fetchWhenApplied()
    }
    this.#log.appendAsFollower(null, bytes, 0, bytes.length, (error) => {
      if (this.#closed) return
      if (error !== null) {
        if (!isOutOfSpace(error)) return this.#failStorage(error)
        this.#options.onNoRoom(error)
      }
      this.#replay(batches)
      this.#fetchWhenApplied()
    })
  }

  /** False for what was asked for while the copy could not be written. */
  #isForCopy(batches: readonly MetadataBatch[]): boolean {
    return this.#log.offline === null && batches[0]?.baseOffset === this.#log.nextOffset
  }

  #replay(batches: readonly MetadataBatch[]): void {
    for (const batch of batches) {
      // Only the copy lacked it.
      if (batch.baseOffset < this.#replayer.nextOffset) continue
      for (const { image, changes } of this.#replayer.replay(batch)) {
        if (this.#announced !== emptyImage) this.#announce(image, changes)
      }
    }
    this.#publish()
  }

  /** The first image: everything at once, when it is the controller's newest and contains the own registration. */
  #publish(): void {
    if (this.#announced !== emptyImage || this.#closed) return
    const { image } = this.#replayer
    const epoch = this.#options.brokerEpoch()
    const caughtUp = this.#controllerEnd >= 0 && image.offset + 1 >= this.#controllerEnd
    if (!caughtUp || epoch < 0 || image.brokers.get(this.#options.nodeId)?.epoch !== epoch) return
    this.#announce(image, diffImages(emptyImage, image))
  }

  #announce(image: MetadataImage, changes: MetadataChanges): void {
    this.#announced = image
    this.#announcements.push({ image, changes })
    if (!this.#applying) this.#applyNext()
  }

  #applyNext(): void {
    const next = this.#announcements.shift()
    if (next === undefined) {
      const fetches = this.#fetchWaits
      this.#fetchWaits = false
      if (fetches) this.#fetch()
      return
    }
    this.#applying = true
    this.#apply(next.image, next.changes, () => {
      this.#applying = false
      if (this.#closed) return
      this.#publishTo(next.image, next.changes)
      this.#applyNext()
    })
  }

  #fetchWhenApplied(): void {
    if (this.#applying) this.#fetchWaits = true
    else this.#fetch()
  }

  #publishTo(image: MetadataImage, changes: MetadataChanges): void {
    this.#published = image
    for (const subscriber of [...this.#subscribers]) subscriber(image, changes)
    const reached = this.#awaited.filter((each) => each.offset <= image.offset)
    if (reached.length === 0) return
    this.#awaited = this.#awaited.filter((each) => each.offset > image.offset)
    for (const { timer, callback } of reached) {
      this.#options.host.timers.clear(timer)
      callback(true)
    }
  }

  #takeSnapshot(id: SnapshotId): void {
    if (id.endOffset <= this.#replayer.image.offset) {
      return this.#fail(`it ends at ${this.#log.nextOffset}, the controller's newest snapshot at ${id.endOffset}`)
    }
    const { channel, clusterId, nodeId, logger } = this.#options
    logger.info('fetching a metadata snapshot', { endOffset: id.endOffset, epoch: id.epoch })
    fetchSnapshot({ channel, clusterId, nodeId }, id, (error, bytes) => {
      if (this.#closed) return
      if (error !== null || bytes === null) {
        logger.warn('a metadata snapshot could not be fetched', { error: error?.message ?? null })
        return this.#fetchLater()
      }
      let image: MetadataImage
      try {
        image = saveSnapshot(this.#options.host, this.#store, id, bytes)
      } catch (failure) {
        if (!isOutOfSpace(failure)) return this.#failStorage(failure as Error)
        this.#options.onNoRoom(failure as Error)
        return this.#fetchLater()
      }
      this.#replayer = new MetadataReplayer(image)
      if (this.#announced !== emptyImage) this.#announce(image, diffImages(this.#announced, image))
      this.#fetchWhenApplied()
    })
  }

  /** Its own disk, not the controller's: the next start goes on from what was kept. */
  #failStorage(error: Error): void {
    this.#closed = true
    const { nodeId, onFatal } = this.#options
    onFatal(new Error(`broker ${nodeId} cannot keep its copy of the cluster metadata: ${error.message}`))
  }

  #fail(reason: string): void {
    this.#closed = true
    this.#options.onFatal(
      new Error(
        `broker ${this.#options.nodeId} refuses to serve: its copy of the cluster metadata is not the controller's (${reason}). ` +
          'The controller may have lost its disk or been given another one.',
      ),
    )
  }
}
