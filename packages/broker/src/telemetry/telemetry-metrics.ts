/**
 * The metrics that clients have pushed, as the last push left them: a registry for whoever exposes the broker's metrics.
 * Totals that come as deltas are added up here. Bounded: clients and series per client have a limit, and the client that has
 * been silent the longest makes room.
 */
import type { Telemetry } from './otlp.ts'

export interface ClientIdentity {
  readonly clientInstanceId: string
  readonly clientId: string
  readonly softwareName: string
  readonly softwareVersion: string
}

export interface ClientSeries {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  value: number
}

export interface ClientMetrics extends ClientIdentity {
  readonly resource: Readonly<Record<string, string>>
  readonly pushes: number
  readonly series: readonly ClientSeries[]
}

const CLIENTS_MAX = 1024
const SERIES_PER_CLIENT_MAX = 2048

interface Client {
  readonly identity: ClientIdentity
  resource: Readonly<Record<string, string>>
  pushes: number
  readonly series: Map<string, ClientSeries>
}

export class TelemetryMetrics {
  /** Oldest push first. */
  readonly #clients = new Map<string, Client>()
  /** Series that found no room. */
  droppedSeries = 0

  record(identity: ClientIdentity, { resource, metrics }: Telemetry): void {
    const client = this.#client(identity)
    client.resource = Object.fromEntries(resource)
    client.pushes++
    for (const { name, delta, points } of metrics) {
      for (const { labels, value } of points) {
        const key = `${name} ${JSON.stringify([...labels].sort(([a], [b]) => (a < b ? -1 : 1)))}`
        const series = client.series.get(key)
        if (series !== undefined) series.value = delta ? series.value + value : value
        else if (client.series.size < SERIES_PER_CLIENT_MAX) {
          client.series.set(key, { name, labels: Object.fromEntries(labels), value })
        } else this.droppedSeries++
      }
    }
  }

  /** @param seriesMax of all clients together; the clients that pushed last come first */
  snapshot(seriesMax: number = Infinity): ClientMetrics[] {
    let left = seriesMax
    return [...this.#clients.values()].reverse().map(({ identity, resource, pushes, series }) => {
      const shown = [...series.values()].slice(0, left)
      left -= shown.length
      return { ...identity, resource, pushes, series: shown }
    })
  }

  #client(identity: ClientIdentity): Client {
    const known = this.#clients.get(identity.clientInstanceId)
    const client = known ?? { identity, resource: {}, pushes: 0, series: new Map<string, ClientSeries>() }
    this.#clients.delete(identity.clientInstanceId)
    this.#clients.set(identity.clientInstanceId, client)
    const [oldest] = this.#clients.keys()
    if (this.#clients.size > CLIENTS_MAX && oldest !== undefined) this.#clients.delete(oldest)
    return client
  }
}
