/**
 * Which APIs in which versions clients really use, counted by the software they say they are (KIP-511): what a support
 * table is generated from, and what a metrics endpoint tells. Monotonic since the server started. Requests of internal
 * listeners are not counted. Single owner: the server's loop.
 *
 * Bounded: a client may claim any name, so beyond CLIENTS_MAX pairs of name and version all others count as one.
 */

/** A cell per API key and version: both fit (keys end at 93, versions at 18). */
const API_KEYS = 128
const VERSIONS = 32
const CLIENTS_MAX = 64
const NAME_LENGTH_MAX = 64
const OTHER = 'other'

export interface ClientUsage {
  /** '' when the client has not told: it speaks ApiVersions below 3, or none at all. */
  readonly softwareName: string
  readonly softwareVersion: string
  readonly requests: readonly { readonly apiKey: number; readonly version: number; readonly count: number }[]
}

/** The counters of one client software; shared by all its connections. */
export class UsageCounts {
  readonly #cells: Uint32Array = new Uint32Array(API_KEYS * VERSIONS)

  count(apiKey: number, version: number): void {
    const cell = apiKey * VERSIONS + version
    this.#cells[cell] = (this.#cells[cell] ?? 0) + 1
  }

  list(): { readonly apiKey: number; readonly version: number; readonly count: number }[] {
    const used: { apiKey: number; version: number; count: number }[] = []
    for (let cell = 0; cell < this.#cells.length; cell++) {
      const count = this.#cells[cell] ?? 0
      if (count > 0) used.push({ apiKey: Math.floor(cell / VERSIONS), version: cell % VERSIONS, count })
    }
    return used
  }
}

export class RequestUsage {
  readonly #clients = new Map<string, { name: string; version: string; counts: UsageCounts }>()

  /** Where requests of this software are counted; the same object for the same name and version. */
  of(name: string, version: string): UsageCounts {
    const tooLong = name.length > NAME_LENGTH_MAX || version.length > NAME_LENGTH_MAX
    const key = `${name} ${version}`
    const known = tooLong ? undefined : this.#clients.get(key)
    if (known !== undefined) return known.counts
    if (tooLong || this.#clients.size >= CLIENTS_MAX) return this.#add(OTHER, '', OTHER)
    return this.#add(name, version, key)
  }

  snapshot(): ClientUsage[] {
    return [...this.#clients.values()]
      .map(({ name, version, counts }) => ({ softwareName: name, softwareVersion: version, requests: counts.list() }))
      .filter(({ requests }) => requests.length > 0)
  }

  #add(name: string, version: string, key: string): UsageCounts {
    const known = this.#clients.get(key)
    if (known !== undefined) return known.counts
    const counts = new UsageCounts()
    this.#clients.set(key, { name, version, counts })
    return counts
  }
}
