/** Which metrics a client is to push, and how often: the CLIENT_METRICS resources that match it, taken together (KIP-714). */
import {
  PUSH_INTERVAL_MS_DEFAULT,
  parseMatch,
  type ClientMatchKey,
} from '@millrace/metadata/configs/client-metrics-configs'
import { splitList } from '@millrace/metadata/configs/definition'
import { ConfigResourceType, configResourceKey, type MetadataImage } from '@millrace/metadata/image'
import { crc32c } from '@millrace/protocol/crc32c'

export type ClientAttributes = Readonly<Record<ClientMatchKey, string>>

export interface Subscription {
  /** Differs when what is asked of the client differs. */
  readonly id: number
  readonly pushIntervalMs: number
  /** Prefixes of names; ['*']: all, []: none. */
  readonly metrics: readonly string[]
}

interface Subscribed {
  readonly match: ReadonlyMap<ClientMatchKey, RegExp>
  readonly metrics: readonly string[]
  readonly intervalMs: number
}

const ALL = '*'
const PREFIX = configResourceKey(ConfigResourceType.CLIENT_METRICS, '')

export class Subscriptions {
  /** Grows with every change. */
  version = 0
  #subscribed: readonly Subscribed[] = []

  update(image: MetadataImage): void {
    this.version++
    this.#subscribed = [...image.configs]
      .filter(([key]) => key.startsWith(PREFIX))
      .map(([, configs]) => ({
        match: parseMatch(configs.get('match') ?? ''),
        metrics: splitList(configs.get('metrics') ?? ''),
        intervalMs: Number(configs.get('interval.ms') ?? PUSH_INTERVAL_MS_DEFAULT),
      }))
  }

  /** The shortest interval and all metrics of the subscriptions that match the client. */
  of(client: ClientAttributes): Subscription {
    const metrics = new Set<string>()
    let pushIntervalMs = Infinity
    for (const subscribed of this.#subscribed) {
      if (subscribed.metrics.length === 0) continue
      if (![...subscribed.match].every(([key, pattern]) => pattern.test(client[key]))) continue
      for (const metric of subscribed.metrics) metrics.add(metric)
      pushIntervalMs = Math.min(pushIntervalMs, subscribed.intervalMs)
    }
    if (pushIntervalMs === Infinity) pushIntervalMs = PUSH_INTERVAL_MS_DEFAULT
    const wanted = metrics.has(ALL) ? [ALL] : [...metrics].sort()
    const asked = Buffer.from(JSON.stringify([client.client_instance_id, pushIntervalMs, wanted]))
    return { id: crc32c(asked, 0, asked.length) | 0, pushIntervalMs, metrics: wanted }
  }
}
