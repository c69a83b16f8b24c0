/**
 * Where a client finds a broker: the endpoint of the listener the client itself came in on. A listener registered with
 * host `*` stands for "whatever address you reached this cluster by", so it is replaced by the local address of the
 * asking connection. Metadata, DescribeCluster, FindCoordinator and every NodeEndpoints answer come through here, and
 * nothing else replaces `*`.
 */
import type { BrokerRegistration, MetadataImage } from '@millrace/metadata/image'

/** The part of a connection that decides. */
export interface ReachedBy {
  readonly listenerName: string
  /** Textual; may be an IPv4-mapped IPv6 address. */
  readonly localAddress: string
}

export interface AdvertisedEndpoint {
  readonly host: string
  readonly port: number
}

export interface AdvertisedBroker extends AdvertisedEndpoint {
  readonly id: number
  readonly rack: string | null
  readonly fenced: boolean
}

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** The broker's endpoint for `connection`; null when it has no listener of that name. */
export function advertisedEndpoint(broker: BrokerRegistration, connection: ReachedBy): AdvertisedEndpoint | null {
  const endpoint = broker.endpoints.find(({ name }) => name === connection.listenerName)
  if (endpoint === undefined) return null
  if (endpoint.host !== '*') return { host: endpoint.host, port: endpoint.port }
  const mapped = MAPPED_IPV4.exec(connection.localAddress)
  return { host: mapped?.[1] ?? connection.localAddress, port: endpoint.port }
}

/** Brokers that `connection` can be sent to, by id: those with its listener, unfenced unless `includeFenced`. */
export function advertisedBrokers(
  image: MetadataImage,
  connection: ReachedBy,
  includeFenced = false,
): AdvertisedBroker[] {
  const brokers: AdvertisedBroker[] = []
  for (const broker of image.brokers.values()) {
    if (broker.fenced && !includeFenced) continue
    const endpoint = advertisedEndpoint(broker, connection)
    if (endpoint !== null) brokers.push({ id: broker.id, rack: broker.rack, fenced: broker.fenced, ...endpoint })
  }
  return brokers.sort((a, b) => a.id - b.id)
}

/** The NodeEndpoints of Produce and Fetch: the brokers named as current leaders, each once. */
export function nodeEndpoints(
  image: MetadataImage,
  connection: ReachedBy,
  brokerIds: ReadonlySet<number>,
): { nodeId: number; host: string; port: number; rack: string | null }[] {
  const endpoints: { nodeId: number; host: string; port: number; rack: string | null }[] = []
  for (const nodeId of brokerIds) {
    const broker = image.brokers.get(nodeId)
    const endpoint = broker === undefined ? null : advertisedEndpoint(broker, connection)
    if (broker !== undefined && endpoint !== null) endpoints.push({ nodeId, ...endpoint, rack: broker.rack })
  }
  return endpoints
}

/**
 * The id told as the controller's. As with KRaft it is a live broker, which forwards what only the controller may do;
 * this one, since the client has reached it; -1 when no broker is live.
 */
export function controllerIdFor(brokers: readonly AdvertisedBroker[], ownId: number): number {
  if (brokers.some(({ id, fenced }) => id === ownId && !fenced)) return ownId
  return brokers.find(({ fenced }) => !fenced)?.id ?? -1
}
