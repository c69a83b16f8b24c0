/**
 * The telemetry receiver of a broker (KIP-714): gives clients an instance id and a subscription, takes their pushes, and
 * keeps what they say as metrics. A client that asks or pushes before its interval is over is throttled, one with an
 * outdated subscription is sent to fetch the new one. Single owner: the broker's loop.
 */
import type { Host } from '@millrace/base/host'
import { randomUuid, ZERO_UUID, type Uuid } from '@millrace/base/uuid'
import type { MetadataImage } from '@millrace/metadata/image'
import type { ConnectionInfo } from '@millrace/network/api-handler'
import { CompressionCodec, decompress } from '@millrace/protocol/compression/compression'
import { ErrorCode } from '@millrace/protocol/errors'
import { readTelemetry } from './otlp.ts'
import { Subscriptions, type ClientAttributes, type Subscription } from './subscriptions.ts'
import { TelemetryMetrics } from './telemetry-metrics.ts'

export interface TelemetryClient {
  readonly clientId: string | null
  readonly connection: Pick<
    ConnectionInfo,
    'remoteAddress' | 'remotePort' | 'clientSoftwareName' | 'clientSoftwareVersion'
  >
}

export interface Push {
  readonly clientInstanceId: Uuid
  readonly subscriptionId: number
  readonly terminating: boolean
  readonly compressionType: number
  readonly metrics: Buffer
}

export type SubscriptionAnswer =
  | { readonly errorCode: number }
  | { readonly errorCode: 0; readonly clientInstanceId: Uuid; readonly subscription: Subscription }

/** The best first. */
export const ACCEPTED_COMPRESSION: readonly number[] = [
  CompressionCodec.zstd,
  CompressionCodec.lz4,
  CompressionCodec.gzip,
  CompressionCodec.snappy,
]

interface Instance {
  readonly attributes: ClientAttributes
  /** Of the subscriptions from which `subscription` was made. */
  version: number
  subscription: Subscription
  askedMs: number
  pushedMs: number
  /** It has fetched its subscription and not pushed since. */
  freshlyAsked: boolean
  terminating: boolean
  /** Of its last request; some allow to ask again at once. */
  lastError: number
}

/** A client that is forgotten gets its state anew with its next request. */
const INSTANCES_MAX = 4096
/** Unpacked pushes are text-like numbers; more than this is no telemetry. */
const UNPACKED_BYTES_MAX = 8 * 1024 * 1024

export class ClientTelemetry {
  readonly metrics: TelemetryMetrics = new TelemetryMetrics()
  readonly #host: Pick<Host, 'clock' | 'random'>
  readonly #bytesMax: () => number
  readonly #subscriptions = new Subscriptions()
  /** The longest unused first. */
  readonly #instances = new Map<Uuid, Instance>()

  /** @param bytesMax telemetry.max.bytes */
  constructor(host: Pick<Host, 'clock' | 'random'>, bytesMax: () => number) {
    this.#host = host
    this.#bytesMax = bytesMax
  }

  get bytesMax(): number {
    return this.#bytesMax()
  }

  /** Configs have changed. */
  update(image: MetadataImage): void {
    this.#subscriptions.update(image)
  }

  subscriptionOf(client: TelemetryClient, clientInstanceId: Uuid): SubscriptionAnswer {
    const id = clientInstanceId === ZERO_UUID ? randomUuid(this.#host.random) : clientInstanceId
    const instance = this.#instance(client, id)
    const nowMs = this.#host.clock.monotonicMs()
    const lastMs = Math.max(instance.askedMs, instance.pushedMs)
    const mayAskAgain =
      instance.lastError === ErrorCode.UNKNOWN_SUBSCRIPTION_ID ||
      instance.lastError === ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
    if (!mayAskAgain && nowMs - lastMs < instance.subscription.pushIntervalMs) {
      return { errorCode: (instance.lastError = ErrorCode.THROTTLING_QUOTA_EXCEEDED) }
    }
    instance.askedMs = nowMs
    instance.freshlyAsked = true
    instance.lastError = ErrorCode.NONE
    return { errorCode: ErrorCode.NONE, clientInstanceId: id, subscription: instance.subscription }
  }

  /** Takes a push; the error code of its answer. */
  push(client: TelemetryClient, push: Push): number {
    const { clientInstanceId } = push
    if (clientInstanceId === ZERO_UUID) return ErrorCode.INVALID_REQUEST
    const instance = this.#instance(client, clientInstanceId)
    instance.lastError = this.#refusal(instance, push)
    if (instance.lastError !== ErrorCode.NONE) return instance.lastError
    instance.terminating = push.terminating
    if (push.metrics.length === 0) return ErrorCode.NONE
    try {
      const bytes =
        push.compressionType === CompressionCodec.none
          ? push.metrics
          : decompress(push.compressionType as CompressionCodec, push.metrics, UNPACKED_BYTES_MAX)
      const { client_id: clientId } = instance.attributes
      const { clientSoftwareName: softwareName, clientSoftwareVersion: softwareVersion } = client.connection
      this.metrics.record({ clientInstanceId, clientId, softwareName, softwareVersion }, readTelemetry(bytes))
    } catch {
      return (instance.lastError = ErrorCode.INVALID_RECORD)
    }
    return ErrorCode.NONE
  }

  #refusal(instance: Instance, push: Push): number {
    const nowMs = this.#host.clock.monotonicMs()
    if (instance.terminating) return ErrorCode.INVALID_REQUEST
    // The first push after a subscription was fetched may come at once: clients spread themselves over the interval.
    const isDue = instance.freshlyAsked || nowMs - instance.pushedMs >= instance.subscription.pushIntervalMs
    if (!isDue && !push.terminating) return ErrorCode.THROTTLING_QUOTA_EXCEEDED
    instance.pushedMs = nowMs
    instance.freshlyAsked = false
    if (push.subscriptionId !== instance.subscription.id) return ErrorCode.UNKNOWN_SUBSCRIPTION_ID
    if (push.compressionType !== CompressionCodec.none && !ACCEPTED_COMPRESSION.includes(push.compressionType))
      return ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
    return push.metrics.length > this.#bytesMax() ? ErrorCode.TELEMETRY_TOO_LARGE : ErrorCode.NONE
  }

  /** With the subscription of the moment. */
  #instance({ clientId, connection }: TelemetryClient, id: Uuid): Instance {
    const { version } = this.#subscriptions
    let instance = this.#instances.get(id)
    if (instance === undefined) {
      const attributes: ClientAttributes = {
        client_instance_id: id,
        client_id: clientId ?? '',
        client_software_name: connection.clientSoftwareName,
        client_software_version: connection.clientSoftwareVersion,
        client_source_address: connection.remoteAddress,
        client_source_port: String(connection.remotePort),
      }
      const subscription = this.#subscriptions.of(attributes)
      const never = { askedMs: -Infinity, pushedMs: -Infinity, freshlyAsked: false }
      instance = { attributes, version, subscription, ...never, terminating: false, lastError: ErrorCode.NONE }
    } else if (instance.version !== version) {
      instance.version = version
      instance.subscription = this.#subscriptions.of(instance.attributes)
    }
    this.#instances.delete(id)
    this.#instances.set(id, instance)
    const [oldest] = this.#instances.keys()
    if (this.#instances.size > INSTANCES_MAX && oldest !== undefined) this.#instances.delete(oldest)
    return instance
  }
}
