/**
 * Markers: the transactions that have been decided and whose partitions do not all know yet. Sends WriteTxnMarkers to the
 * leaders, again and again until each has taken its markers, over leader changes and restarts (kafka-protocol §5.5, §9.24).
 * One request at a time per broker carries all that waits for it.
 *
 *   decided ─▶ routed to leaders ─▶ written everywhere ─▶ settled
 *                 ▲       └─▶ retriable ─▶ wait ─┐
 *                 └──────────────────────────────┘
 */
import type { TimerHandle } from '@millrace/base/host'
import type { MetadataImage } from '@millrace/metadata/image'
import { ErrorCode } from '@millrace/protocol/errors'
import { writeTxnMarkersRequest, writeTxnMarkersResponse } from '@millrace/protocol/messages/27-write-txn-markers'
import type { BrokerRuntime } from '../broker-runtime.ts'
import type { PeerChannels } from '../coordination/peer-channels.ts'
import type { Marker, MarkerWriter } from './marker-writer.ts'
import type { TransactionPartitions } from './transaction-metadata.ts'

const RETRY_MS = 50
const REQUEST_TIMEOUT_MS = 30_000

/** One decided transaction. */
export interface DecidedTransaction extends Marker {
  readonly partitions: TransactionPartitions
}

interface Undertaking {
  readonly marker: Marker
  /** Partitions that have not confirmed their marker, by topic. */
  readonly missing: Map<string, Set<number>>
  readonly settled: () => void
  cancelled: boolean
}

/** What one broker is to be told of one transaction. */
interface Parcel {
  readonly undertaking: Undertaking
  readonly topics: Map<string, number[]>
}

export interface MarkersOptions {
  readonly runtime: BrokerRuntime
  readonly writer: MarkerWriter
  readonly channels: PeerChannels
  /** WriteTxnMarkers version spoken between the brokers of this cluster. */
  readonly apiVersion: number
}

export class Markers {
  readonly #options: MarkersOptions
  /** Parcels for a broker that has a request under way. */
  readonly #waiting: Map<number, Parcel[]> = new Map()
  readonly #inFlight: Set<number> = new Set()
  #retries: { undertaking: Undertaking; topics: TransactionPartitions }[] = []
  #retryTimer: TimerHandle | null = null
  #closed = false

  constructor(options: MarkersOptions) {
    this.#options = options
  }

  /** `settled` once every partition has its marker or is gone. The returned function gives up: no callback then. */
  send(decided: DecidedTransaction, settled: () => void): () => void {
    const { partitions, ...marker } = decided
    const missing = new Map([...partitions].map(([topic, indexes]) => [topic, new Set(indexes)]))
    const undertaking: Undertaking = { marker, missing, settled, cancelled: false }
    if (missing.size === 0) this.#options.runtime.host.tick(() => this.#confirm(undertaking))
    else this.#route(undertaking, partitions)
    return () => {
      undertaking.cancelled = true
    }
  }

  close(): void {
    this.#closed = true
    if (this.#retryTimer !== null) this.#options.runtime.host.timers.clear(this.#retryTimer)
    this.#retryTimer = null
    this.#waiting.clear()
  }

  #route(undertaking: Undertaking, partitions: TransactionPartitions): void {
    const { image } = this.#options.runtime.metadata
    const parcels = new Map<number, Parcel>()
    for (const [topic, indexes] of partitions) {
      for (const index of indexes) {
        const leader = leaderOf(image, topic, index)
        if (leader === null) this.#strike(undertaking, topic, index)
        else if (leader < 0) this.#later(undertaking, topic, index)
        else {
          let parcel = parcels.get(leader)
          if (parcel === undefined) parcels.set(leader, (parcel = { undertaking, topics: new Map() }))
          const wanted = parcel.topics.get(topic)
          if (wanted === undefined) parcel.topics.set(topic, [index])
          else wanted.push(index)
        }
      }
    }
    for (const [leader, parcel] of parcels) {
      if (leader === this.#options.runtime.nodeId) this.#write(parcel)
      else {
        const waiting = this.#waiting.get(leader)
        if (waiting === undefined) this.#waiting.set(leader, [parcel])
        else waiting.push(parcel)
        this.#dispatch(leader)
      }
    }
    this.#confirm(undertaking)
  }

  /** Partitions led here. */
  #write({ undertaking, topics }: Parcel): void {
    for (const [topic, indexes] of topics) {
      for (const index of indexes) {
        this.#options.writer.write(topic, index, undertaking.marker, (errorCode) => {
          this.#answered(undertaking, topic, index, errorCode)
          this.#confirm(undertaking)
        })
      }
    }
  }

  #dispatch(leader: number): void {
    const { channels, apiVersion } = this.#options
    if (this.#closed || this.#inFlight.has(leader)) return
    const parcels = (this.#waiting.get(leader) ?? []).filter(({ undertaking }) => !undertaking.cancelled)
    this.#waiting.delete(leader)
    if (parcels.length === 0) return
    this.#inFlight.add(leader)
    const body = {
      markers: parcels.map(({ undertaking: { marker }, topics }) => ({
        producerId: marker.producerId,
        producerEpoch: marker.producerEpoch,
        transactionResult: marker.commit,
        coordinatorEpoch: marker.coordinatorEpoch,
        topics: [...topics].map(([name, partitionIndexes]) => ({ name, partitionIndexes })),
        ...(apiVersion >= 2 ? { transactionVersion: marker.transactionVersion } : {}),
      })),
    }
    channels.send(
      leader,
      writeTxnMarkersRequest,
      writeTxnMarkersResponse,
      apiVersion,
      body,
      (error, response) => {
        this.#inFlight.delete(leader)
        parcels.forEach(({ undertaking, topics }, position) => {
          const told = error === null ? response?.markers[position] : undefined
          for (const [topic, indexes] of topics) {
            const results = told?.topics.find(({ name }) => name === topic)?.partitions
            for (const index of indexes) {
              const result = results?.find(({ partitionIndex }) => partitionIndex === index)
              this.#answered(undertaking, topic, index, result?.errorCode ?? ErrorCode.NETWORK_EXCEPTION)
            }
          }
          this.#confirm(undertaking)
        })
        this.#dispatch(leader)
      },
      REQUEST_TIMEOUT_MS,
    )
  }

  #answered(undertaking: Undertaking, topic: string, index: number, errorCode: number): void {
    switch (errorCode) {
      case ErrorCode.NONE:
        return this.#strike(undertaking, topic, index)
      // A newer epoch of the producer is in the partition already, or a newer coordinator's word: there is nothing to end.
      case ErrorCode.INVALID_PRODUCER_EPOCH:
      case ErrorCode.TRANSACTION_COORDINATOR_FENCED:
        this.#options.runtime.logger.info('a transaction marker came too late', {
          topic,
          partition: index,
          producerId: undertaking.marker.producerId,
          errorCode,
        })
        return this.#strike(undertaking, topic, index)
      default:
        return this.#later(undertaking, topic, index)
    }
  }

  #strike(undertaking: Undertaking, topic: string, index: number): void {
    const indexes = undertaking.missing.get(topic)
    indexes?.delete(index)
    if (indexes?.size === 0) undertaking.missing.delete(topic)
  }

  #confirm(undertaking: Undertaking): void {
    if (this.#closed || undertaking.cancelled || undertaking.missing.size > 0) return
    undertaking.cancelled = true
    undertaking.settled()
  }

  #later(undertaking: Undertaking, topic: string, index: number): void {
    if (this.#closed || undertaking.cancelled) return
    this.#retries.push({ undertaking, topics: new Map([[topic, new Set([index])]]) })
    this.#retryTimer ??= this.#options.runtime.host.timers.set(RETRY_MS, () => {
      this.#retryTimer = null
      const retries = this.#retries
      this.#retries = []
      for (const retry of retries) if (!retry.undertaking.cancelled) this.#route(retry.undertaking, retry.topics)
    })
  }
}

/** The leader's broker id, -1 when there is none now; null when the partition does not exist any more. */
function leaderOf(image: MetadataImage, topic: string, index: number): number | null {
  return image.topicsByName.get(topic)?.partitions[index]?.leader ?? null
}
