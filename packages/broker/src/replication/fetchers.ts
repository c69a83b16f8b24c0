/** The fetchers of a broker: one per leader broker it follows, each with a connection of its own, closed when idle. */
import type { NodeChannel } from '@millrace/client/channel'
import type { MetadataImage } from '@millrace/metadata/image'
import { INTERNAL_LISTENER_NAME } from '../broker-config.ts'
import type { BrokerSettings } from '../metadata/broker-settings.ts'
import type { ReplicaThrottles } from '../quotas/replica-throttle.ts'
import { Fetcher, type FetcherOptions } from './fetcher.ts'
import type { Partition } from './partition.ts'

export type OwnChannel = Pick<NodeChannel, 'connected' | 'send' | 'close'>
export type OpenChannel = (address: { readonly host: string; readonly port: number }) => OwnChannel

export interface FetchersOptions extends Omit<FetcherOptions, 'channel' | 'limits' | 'throttle'> {
  readonly settings: BrokerSettings
  readonly openChannel: OpenChannel
  readonly throttles: ReplicaThrottles
}

interface Running {
  readonly address: string
  readonly channel: OwnChannel
  readonly fetcher: Fetcher
}

export class Fetchers {
  readonly #options: FetchersOptions
  readonly #running: Map<number, Running> = new Map()
  /** Followed partitions and the broker they are fetched from; -1 while its address is not known. */
  readonly #placed: Map<Partition, number> = new Map()
  #closed = false

  constructor(options: FetchersOptions) {
    this.#options = options
  }

  /** Fetches `partition` from its leader; from nobody when it is led here or leaderless. */
  place(partition: Partition, image: MetadataImage): void {
    const leaderId = partition.role === 'follower' ? partition.leaderId : -1
    if (this.#placed.get(partition) !== leaderId) this.remove(partition)
    if (leaderId < 0 || this.#closed) return
    this.#placed.set(partition, leaderId)
    const running = this.#running.get(leaderId) ?? this.#run(leaderId, image)
    running?.fetcher.add(partition)
  }

  remove(partition: Partition): void {
    const leaderId = this.#placed.get(partition)
    if (leaderId === undefined) return
    this.#placed.delete(partition)
    const running = this.#running.get(leaderId)
    if (running === undefined) return
    running.fetcher.remove(partition)
    if (running.fetcher.size === 0) this.#stop(leaderId, running)
  }

  /** A leader broker that came back elsewhere is fetched from there. */
  brokersChanged(image: MetadataImage, changed: ReadonlySet<number>): void {
    for (const brokerId of changed) {
      const running = this.#running.get(brokerId)
      if (running !== undefined) {
        const address = internalAddress(image, brokerId)
        if (address !== null && running.address === textOf(address)) continue
        this.#stop(brokerId, running)
      }
      for (const [partition, leaderId] of this.#placed) if (leaderId === brokerId) this.place(partition, image)
    }
  }

  close(): void {
    this.#closed = true
    for (const [brokerId, running] of this.#running) this.#stop(brokerId, running)
    this.#placed.clear()
  }

  #run(leaderId: number, image: MetadataImage): Running | null {
    const address = internalAddress(image, leaderId)
    if (address === null) return null
    const { settings, arena } = this.#options
    const channel = this.#options.openChannel(address)
    const fetcher = new Fetcher({
      ...this.#options,
      channel,
      throttle: this.#options.throttles.follower,
      limits: () => ({
        waitMsMax: settings.number('replica.fetch.wait.max.ms'),
        bytesMin: settings.number('replica.fetch.min.bytes'),
        partitionBytesMax: settings.number('replica.fetch.max.bytes'),
        responseBytesMax: Math.min(
          settings.number('replica.fetch.response.max.bytes'),
          Math.floor(arena.slabBytes * 0.45),
        ),
      }),
    })
    const running = { address: textOf(address), channel, fetcher }
    this.#running.set(leaderId, running)
    return running
  }

  #stop(brokerId: number, running: Running): void {
    this.#running.delete(brokerId)
    running.fetcher.close()
    running.channel.close()
  }
}

function internalAddress(image: MetadataImage, brokerId: number): { host: string; port: number } | null {
  const endpoint = image.brokers.get(brokerId)?.endpoints.find((each) => each.name === INTERNAL_LISTENER_NAME)
  return endpoint === undefined ? null : { host: endpoint.host, port: endpoint.port }
}

function textOf(address: { readonly host: string; readonly port: number }): string {
  return `${address.host}:${address.port}`
}
