/**
 * Throttled replication (KIP-73): replicas named by a topic's `leader.` or `follower.replication.throttled.replicas` share
 * the bytes per second of the broker's `….replication.throttled.rate`, as long as they are not in sync. Each broker has one
 * throttle per direction: what it sends as a leader, and what it fetches as a follower. Single owner: the broker's loop.
 */
import type { Host } from '@millrace/base/host'
import { splitList } from '@millrace/metadata/configs/definition'
import { ConfigResourceType, configResourceKey, dynamicConfigs, type MetadataImage } from '@millrace/metadata/image'
import { RateMeter, type WindowOptions } from '@millrace/metadata/quotas/rate-meter'

export type ThrottleDirection = 'leader' | 'follower'

export interface ReplicaThrottleOptions {
  readonly host: Pick<Host, 'clock'>
  readonly nodeId: number
  readonly direction: ThrottleDirection
  /** replication.quota.window.num and .size.seconds */
  readonly windows: WindowOptions
}

const ALL = '*'
const LONGEST_WAIT_MS = 1000

export class ReplicaThrottle {
  readonly #options: ReplicaThrottleOptions
  readonly #meter: RateMeter
  /** Throttled partitions by topic; null: all of the topic. */
  #replicas: ReadonlyMap<string, ReadonlySet<number> | null> = new Map()

  constructor(options: ReplicaThrottleOptions) {
    this.#options = options
    this.#meter = new RateMeter(Infinity, options.windows)
  }

  /** False while nothing is throttled: then nothing below need be asked. */
  get active(): boolean {
    return this.#replicas.size > 0
  }

  /** A config changed. @param rate bytes per second */
  update(image: MetadataImage, rate: number): void {
    this.#meter.bound = rate
    const { direction, nodeId } = this.#options
    const key = `${direction}.replication.throttled.replicas`
    const prefix = configResourceKey(ConfigResourceType.TOPIC, '')
    const replicas = new Map<string, ReadonlySet<number> | null>()
    for (const resource of image.configs.keys()) {
      if (!resource.startsWith(prefix)) continue
      const topic = resource.slice(prefix.length)
      const items = splitList(dynamicConfigs(image, ConfigResourceType.TOPIC, topic).get(key) ?? '')
      if (items.includes(ALL)) replicas.set(topic, null)
      else {
        const own = items.map((item) => item.split(':').map(Number)).filter(([, brokerId]) => brokerId === nodeId)
        if (own.length > 0) replicas.set(topic, new Set(own.map(([partition]) => partition ?? -1)))
      }
    }
    this.#replicas = replicas
  }

  throttles(topic: string, partition: number): boolean {
    const partitions = this.#replicas.get(topic)
    return partitions === null || partitions?.has(partition) === true
  }

  get exceeded(): boolean {
    return this.#meter.exceeded(this.#options.host.clock.monotonicMs())
  }

  /** How long to ask for nothing, at most a second: other partitions of the throttle may use it up meanwhile. */
  get waitMs(): number {
    return Math.min(LONGEST_WAIT_MS, Math.max(1, this.#meter.throttleMs(this.#options.host.clock.monotonicMs())))
  }

  record(bytes: number): void {
    this.#meter.record(bytes, this.#options.host.clock.monotonicMs())
  }
}

/** Both directions of a broker. */
export interface ReplicaThrottles {
  readonly leader: ReplicaThrottle
  readonly follower: ReplicaThrottle
}

export function createReplicaThrottles(options: Omit<ReplicaThrottleOptions, 'direction'>): ReplicaThrottles {
  return {
    leader: new ReplicaThrottle({ ...options, direction: 'leader' }),
    follower: new ReplicaThrottle({ ...options, direction: 'follower' }),
  }
}
