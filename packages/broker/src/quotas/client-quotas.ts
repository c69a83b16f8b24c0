/**
 * The client quotas of this broker: who is limited to what is resolved from the metadata once per connection and client
 * id, and again when a quota changed; what clients really use is metered here, shared by all connections of the quota's
 * entity. Single owner: the broker's loop. Facts: kafka-protocol §6.6; KIP-13, KIP-55, KIP-124, KIP-219, KIP-612.
 */
import type { Host } from '@millrace/base/host'
import { emptyImage, type MetadataImage, type QuotaEntityPart } from '@millrace/metadata/image'
import { QuotaKey } from '@millrace/metadata/quotas/quota-keys'
import { resolveClientQuota, resolveConnectionRate, userOf } from '@millrace/metadata/quotas/quota-resolution'
import { RateMeter, type WindowOptions } from '@millrace/metadata/quotas/rate-meter'
import type { ConnectionInfo } from '@millrace/network/api-handler'
import type { QuotaExcess } from '@millrace/policy/denials/quota-excess'
import type { ConnectionDelay, ConnectionQuota, MeteredRequest, RequestQuotas } from '@millrace/network/request-quotas'
import { ApiKey } from '@millrace/protocol/apis'

export interface ClientQuotasOptions {
  readonly host: Pick<Host, 'clock'>
  /** quota.window.num and .size.seconds */
  readonly windows: WindowOptions
  /** controller.quota.window.num and .size.seconds: what the controller lets a client save up. */
  readonly mutationWindows: WindowOptions
  /** max.connection.creation.rate as it is now: connections per second over all client listeners. */
  readonly connectionRateMax: () => number
}

/** What one entity uses of a quota. */
interface ClientMeter {
  readonly key: string
  readonly entity: readonly QuotaEntityPart[]
  readonly meter: RateMeter
}

/** The meters of one client; null where it is not limited. */
export interface ClientMeters {
  readonly produce: ClientMeter | null
  readonly fetch: ClientMeter | null
  readonly request: ClientMeter | null
}

const UNLIMITED: ClientMeters = { produce: null, fetch: null, request: null }
const MUTATING_APIS: ReadonlySet<number> = new Set([ApiKey.CreateTopics, ApiKey.DeleteTopics, ApiKey.CreatePartitions])

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

  /** The quota by which the controller has told a client to wait for so long; what it used follows from that. */
  mutationExcess(principal: string, clientId: string | null, throttleMs: number): QuotaExcess | null {
    const key = QuotaKey.CONTROLLER_MUTATION_RATE
    const quota = resolveClientQuota(this.#image, key, userOf(principal), clientId ?? '')
    if (quota === null) return null
    const { bound, entity } = quota
    const { count, sizeMs } = this.#options.mutationWindows
    // The credit of all windows is spent, and so much more as fills up again in the throttle time.
    return { key, entity, clientId, bound, rate: bound * (1 + throttleMs / (count * sizeMs)), throttleMs }
  }

  #clientMeter(key: string, user: string, clientId: string): ClientMeter | null {
    const quota = resolveClientQuota(this.#image, key, user, clientId)
    if (quota === null) return null
    return { key, entity: quota.entity, meter: this.#meter(`${key} ${quota.sharedBy}`, quota.bound) }
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
    const quota = resolveConnectionRate(this.#image, remoteAddress)
    if (quota === null) return null
    if (this.#meters.size >= this.#meterLimit) this.#dropIdleMeters()
    const meter = this.#meter(`ip ${quota.sharedBy}`, quota.bound)
    return this.#connected({ key: QuotaKey.CONNECTION_CREATION_RATE, entity: quota.entity, meter }, true)
  }

  #admitAny(): ConnectionDelay | null {
    const rate = this.#options.connectionRateMax()
    if (rate >= UNLIMITED_CONNECTIONS) return null
    this.#allConnections.bound = rate
    return this.#connected({ key: 'max.connection.creation.rate', entity: [], meter: this.#allConnections }, false)
  }

  #connected(client: ClientMeter, refused: boolean): ConnectionDelay | null {
    const { nowMs } = this
    const { meter } = client
    meter.record(1, nowMs)
    const delayMs = Math.min(meter.throttleMs(nowMs), this.#options.windows.sizeMs)
    if (delayMs <= 0) return null
    const excess = excessOf(client, null, meter.rate(nowMs), delayMs)
    // A connection that is not let in counts for nothing: it would keep its successors out.
    meter.record(-1, nowMs)
    return { delayMs, refused, excess }
  }
}

class ClientQuota implements ConnectionQuota {
  readonly #quotas: ClientQuotas
  readonly #connection: ConnectionInfo
  #version = -1
  #principal = ''
  #clientId: string | null = null
  #meters: ClientMeters = UNLIMITED
  /** By which quota the last request was throttled when it was answered, and for how long. */
  #over: ClientMeter | null = null
  #overMs = 0
  /** What the consumer would have fetched, per second, had it got what was held back the last time. */
  #heldBackRate = 0

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
    const timeMs = time === null ? 0 : Math.min(time.meter.throttleMs(nowMs), this.#quotas.windows.sizeMs)
    this.#over = time
    this.#overMs = timeMs
    if (produce === null || !isProduce) return timeMs
    produce.meter.record(request.bytesLength, nowMs)
    const produceMs = produce.meter.throttleMs(nowMs)
    if (produceMs <= timeMs) return timeMs
    this.#over = produce
    this.#overMs = produceMs
    return produceMs
  }

  explain({ apiKey, clientId }: MeteredRequest, throttleMs: number): QuotaExcess | null {
    const { fetch } = this.#of(clientId)
    const over = this.#over
    if (over !== null && this.#overMs >= throttleMs)
      return excessOf(over, clientId, over.meter.rate(this.#quotas.nowMs), throttleMs)
    // It was the handler that said so.
    if (MUTATING_APIS.has(apiKey)) return this.#quotas.mutationExcess(this.#connection.principal, clientId, throttleMs)
    return fetch === null ? null : excessOf(fetch, clientId, this.#heldBackRate, throttleMs)
  }

  worked(clientId: string | null, elapsedMs: number): void {
    // A percentage of one second: 10 ms of work in a second are 1 %.
    this.#of(clientId).request?.meter.record(elapsedMs / 10, this.#quotas.nowMs)
  }

  fetched(clientId: string | null, bytes: number): number {
    const { fetch } = this.#of(clientId)
    if (fetch === null) return 0
    const { nowMs } = this.#quotas
    const { meter } = fetch
    meter.record(bytes, nowMs)
    const throttleMs = meter.throttleMs(nowMs)
    if (throttleMs <= 0) return 0
    this.#heldBackRate = meter.rate(nowMs)
    meter.record(-bytes, nowMs)
    return throttleMs
  }

  fetchBytesMax(clientId: string | null): number {
    const { fetch } = this.#of(clientId)
    if (fetch === null) return Infinity
    const { count, sizeMs } = this.#quotas.windows
    return (fetch.meter.bound * Math.max(1, count - 1) * sizeMs) / 1000
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

function excessOf(
  { key, entity, meter }: ClientMeter,
  clientId: string | null,
  rate: number,
  throttleMs: number,
): QuotaExcess {
  return { key, entity, clientId, bound: meter.bound, rate, throttleMs }
}
