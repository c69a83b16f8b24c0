/**
 * The client quotas of this broker: who is limited to what is resolved from the metadata once per connection and client
 * id, and again when a quota changed; what clients really use is metered here, shared by all connections of the quota's
 * entity. Single owner: the broker's loop. Facts: kafka-protocol §6.6; KIP-13, KIP-55, KIP-124, KIP-219, KIP-612.
 */
import type { Host } from '@millrace/base/host'
import { emptyImage, type MetadataImage } from '@millrace/metadata/image'
import { QuotaKey } from '@millrace/metadata/quotas/quota-keys'
import { resolveClientQuota, resolveConnectionRate, userOf } from '@millrace/metadata/quotas/quota-resolution'
import { RateMeter, type WindowOptions } from '@millrace/metadata/quotas/rate-meter'
import type { ConnectionInfo } from '@millrace/network/api-handler'
import type { ConnectionDelay, ConnectionQuota, MeteredRequest, RequestQuotas } from '@millrace/network/request-quotas'
import { ApiKey } from '@millrace/protocol/apis'

export interface ClientQuotasOptions {
  readonly host: Pick<Host, 'clock'>
  /** quota.window.num and .size.seconds */
  readonly windows: WindowOptions
  /** max.connection.creation.rate as it is now: connections per second over all client listeners. */
  readonly connectionRateMax: () => number
}

/** The meters of one client; null where it is not limited. */
export interface ClientMeters {
  readonly produce: RateMeter | null
  readonly fetch: RateMeter | null
  readonly request: RateMeter | null
}

/** Idle meters are dropped when there are more than twice as many as were left the last time; so many are always kept. */
const METERS_MIN = 1024
const UNLIMITED_CONNECTIONS = 0x7fff_ffff

export class ClientQuotas implements RequestQuotas {
  /** Grows when resolved quotas may be outdated. */
  version = 0
  active = false
  timed = false
  readonly #options: ClientQuotasOptions
  readonly #meters = new Map<string, RateMeter>()
  readonly #allConnections: RateMeter
  #meterLimit = METERS_MIN
  #image: MetadataImage = emptyImage
  #limitsAddresses = false

  constructor(options: ClientQuotasOptions) {
    this.#options = options
    this.#allConnections = new RateMeter(UNLIMITED_CONNECTIONS, options.windows)
  }

  get nowMs(): number {
    return this.#options.host.clock.monotonicMs()
  }

  get windows(): WindowOptions {
    return this.#options.windows
  }

  update(image: MetadataImage): void {
    const changed = image.clientQuotas !== this.#image.clientQuotas
    this.#image = image
    if (!changed) return
    const quotas = [...image.clientQuotas.values()]
    const has = (key: string): boolean => quotas.some(({ values }) => values.has(key))
    this.active = quotas.length > 0
    this.timed = has(QuotaKey.REQUEST_PERCENTAGE)
    this.#limitsAddresses = has(QuotaKey.CONNECTION_CREATION_RATE)
    this.version++
  }

  open(connection: ConnectionInfo): ConnectionQuota {
    return new ClientQuota(this, connection)
  }

  admit(remoteAddress: string): ConnectionDelay | null {
    return this.#admitAddress(remoteAddress) ?? this.#admitAny()
  }

  metersOf(principal: string, clientId: string): ClientMeters {
    if (this.#meters.size >= this.#meterLimit) this.#dropIdleMeters()
    const user = userOf(principal)
    return {
      produce: this.#clientMeter(QuotaKey.PRODUCER_BYTE_RATE, user, clientId),
      fetch: this.#clientMeter(QuotaKey.CONSUMER_BYTE_RATE, user, clientId),
      request: this.#clientMeter(QuotaKey.REQUEST_PERCENTAGE, user, clientId),
    }
  }

  #clientMeter(key: string, user: string, clientId: string): RateMeter | null {
    const quota = resolveClientQuota(this.#image, key, user, clientId)
    return quota === null ? null : this.#meter(`${key} ${quota.sharedBy}`, quota.bound)
  }

  #meter(name: string, bound: number): RateMeter {
    let meter = this.#meters.get(name)
    if (meter === undefined) {
      meter = new RateMeter(bound, this.#options.windows)
      this.#meters.set(name, meter)
    }
    meter.bound = bound
    return meter
  }

  /** Connections that hold a dropped meter resolve again, so that one entity never has two. */
  #dropIdleMeters(): void {
    const { nowMs } = this
    for (const [name, meter] of this.#meters) if (meter.idle(nowMs)) this.#meters.delete(name)
    this.#meterLimit = Math.max(METERS_MIN, 2 * this.#meters.size)
    this.version++
  }

  /** Kafka closes the connections of an address that opens too many, but only after the throttle time. */
  #admitAddress(remoteAddress: string): ConnectionDelay | null {
    if (!this.#limitsAddresses) return null
    const rate = resolveConnectionRate(this.#image, remoteAddress)
    if (rate === null) return null
    if (this.#meters.size >= this.#meterLimit) this.#dropIdleMeters()
    const delayMs = this.#connected(this.#meter(`ip ${remoteAddress}`, rate))
    return delayMs > 0 ? { delayMs, refused: true } : null
  }

  #admitAny(): ConnectionDelay | null {
    const rate = this.#options.connectionRateMax()
    if (rate >= UNLIMITED_CONNECTIONS) return null
    this.#allConnections.bound = rate
    const delayMs = this.#connected(this.#allConnections)
    return delayMs > 0 ? { delayMs, refused: false } : null
  }

  #connected(meter: RateMeter): number {
    const { nowMs } = this
    meter.record(1, nowMs)
    const delayMs = Math.min(meter.throttleMs(nowMs), this.#options.windows.sizeMs)
    // A connection that is not let in counts for nothing: it would keep its successors out.
    if (delayMs > 0) meter.record(-1, nowMs)
    return delayMs
  }
}

class ClientQuota implements ConnectionQuota {
  readonly #quotas: ClientQuotas
  readonly #connection: ConnectionInfo
  #version = -1
  #principal = ''
  #clientId: string | null = null
  #meters: ClientMeters = { produce: null, fetch: null, request: null }

  constructor(quotas: ClientQuotas, connection: ConnectionInfo) {
    this.#quotas = quotas
    this.#connection = connection
  }

  get active(): boolean {
    return this.#quotas.active
  }

  get timed(): boolean {
    return this.#quotas.timed
  }

  answered(request: MeteredRequest): number {
    const { produce, request: time } = this.#of(request.clientId)
    const isProduce = request.apiKey === ApiKey.Produce
    if (time === null && (produce === null || !isProduce)) return 0
    const { nowMs } = this.#quotas
    // As in Kafka no throttle of processing time or connections is longer than one window.
    const timeMs = time === null ? 0 : Math.min(time.throttleMs(nowMs), this.#quotas.windows.sizeMs)
    if (produce === null || !isProduce) return timeMs
    produce.record(request.bytesLength, nowMs)
    return Math.max(timeMs, produce.throttleMs(nowMs))
  }

  worked(clientId: string | null, elapsedMs: number): void {
    // A percentage of one second: 10 ms of work in a second are 1 %.
    this.#of(clientId).request?.record(elapsedMs / 10, this.#quotas.nowMs)
  }

  fetched(clientId: string | null, bytes: number): number {
    const { fetch } = this.#of(clientId)
    if (fetch === null) return 0
    const { nowMs } = this.#quotas
    fetch.record(bytes, nowMs)
    const throttleMs = fetch.throttleMs(nowMs)
    if (throttleMs > 0) fetch.record(-bytes, nowMs)
    return throttleMs
  }

  fetchBytesMax(clientId: string | null): number {
    const { fetch } = this.#of(clientId)
    if (fetch === null) return Infinity
    const { count, sizeMs } = this.#quotas.windows
    return (fetch.bound * Math.max(1, count - 1) * sizeMs) / 1000
  }

  #of(clientId: string | null): ClientMeters {
    const { version } = this.#quotas
    const { principal } = this.#connection
    if (this.#version === version && this.#clientId === clientId && this.#principal === principal) return this.#meters
    this.#meters = this.#quotas.metersOf(principal, clientId ?? '')
    // Behind metersOf, which may have made it grow.
    this.#version = this.#quotas.version
    this.#clientId = clientId
    this.#principal = principal
    return this.#meters
  }
}
