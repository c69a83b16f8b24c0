/**
 * Channels from this broker to the others, opened when there is something to send and closed when a broker has gone or
 * come back elsewhere. Every purpose has channels of its own: requests on one connection are answered in order, and a
 * marker that waits for a replica must not hold back a question.
 */
import type { NodeChannel } from '@millrace/client/channel'
import type { ResponseCallback } from '@millrace/client/connection'
import { KafkaError } from '@millrace/client/kafka-error'
import type { MetadataImage } from '@millrace/metadata/image'
import type { Encodable, RequestDefinition, ResponseDefinition } from '@millrace/protocol/definition'
import { ErrorCode } from '@millrace/protocol/errors'
import { INTERNAL_LISTENER_NAME } from '../broker-config.ts'
import type { BrokerRuntime } from '../broker-runtime.ts'

export type PeerConnection = Pick<NodeChannel, 'send' | 'close'>
export type OpenPeer = (address: { readonly host: string; readonly port: number }) => PeerConnection

interface Peer {
  readonly address: string
  readonly channel: PeerConnection
}

export class PeerChannels {
  readonly #runtime: BrokerRuntime
  readonly #open: OpenPeer
  readonly #peers: Map<number, Peer> = new Map()
  readonly #unsubscribe: () => void

  constructor(runtime: BrokerRuntime, open: OpenPeer) {
    this.#runtime = runtime
    this.#open = open
    this.#unsubscribe = runtime.metadata.subscribe((image) => this.#dropMoved(image))
  }

  /** As NodeChannel.send, to a broker by id; NETWORK_EXCEPTION, in a later turn, when its address is not known. */
  send<const Q extends RequestDefinition, const R extends ResponseDefinition>(
    brokerId: number,
    request: Q,
    response: R,
    version: number,
    body: Encodable<Q>,
    callback: ResponseCallback<R>,
    timeoutMs: number,
  ): void {
    const peer = this.#peers.get(brokerId) ?? this.#connect(brokerId)
    if (peer !== null) return peer.channel.send(request, response, version, body, callback, timeoutMs)
    const error = new KafkaError(ErrorCode.NETWORK_EXCEPTION, `broker ${brokerId} has no known address`)
    this.#runtime.host.tick(() => callback(error, null))
  }

  close(): void {
    this.#unsubscribe()
    for (const { channel } of this.#peers.values()) channel.close()
    this.#peers.clear()
  }

  #connect(brokerId: number): Peer | null {
    const address = internalAddress(this.#runtime.metadata.image, brokerId)
    if (address === null) return null
    const peer = { address: textOf(address), channel: this.#open(address) }
    this.#peers.set(brokerId, peer)
    return peer
  }

  #dropMoved(image: MetadataImage): void {
    for (const [brokerId, { address, channel }] of this.#peers) {
      const now = internalAddress(image, brokerId)
      if (now !== null && textOf(now) === address) continue
      this.#peers.delete(brokerId)
      channel.close()
    }
  }
}

function internalAddress(image: MetadataImage, brokerId: number): { host: string; port: number } | null {
  const endpoint = image.brokers.get(brokerId)?.endpoints.find(({ name }) => name === INTERNAL_LISTENER_NAME)
  return endpoint === undefined ? null : { host: endpoint.host, port: endpoint.port }
}

function textOf(address: { readonly host: string; readonly port: number }): string {
  return `${address.host}:${address.port}`
}
