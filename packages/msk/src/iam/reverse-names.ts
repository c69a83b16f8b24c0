/**
 * What this machine's addresses are called when they are looked up in reverse, by the system's resolver and hosts file: Java
 * clients sign that name for the address they connected to. Looked up in the background, since a resolver may be slow or away.
 */
import { promises as dns } from 'node:dns'
import { networkInterfaces } from 'node:os'

export type LookUp = (address: string) => Promise<string>

const REFRESHED_MS = 10 * 60_000
const PORT = 9098

export class ReverseNames {
  readonly #lookUp: LookUp
  readonly #addresses: () => readonly string[]
  readonly #listeners = new Set<() => void>()
  readonly #refresh: NodeJS.Timeout
  #names: readonly string[] = []

  constructor(lookUp: LookUp = byResolver, addresses: () => readonly string[] = addressesOfThisMachine) {
    this.#lookUp = lookUp
    this.#addresses = addresses
    this.#refresh = setInterval(() => void this.refresh(), REFRESHED_MS).unref()
  }

  /** In order; empty until the first look-up is done. */
  get names(): readonly string[] {
    return this.#names
  }

  /** Addresses without a name are left out. */
  async refresh(): Promise<void> {
    const addresses = this.#addresses()
    const found = new Set<string>()
    // One after the other: a look-up holds a thread of the pool that files need, for many seconds where no resolver answers.
    for (const address of addresses) {
      const name = await this.#lookUp(address).catch(() => null)
      if (name !== null && !addresses.includes(name)) found.add(name)
    }
    const names = [...found].sort()
    if (names.join() === this.#names.join()) return
    this.#names = names
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    clearInterval(this.#refresh)
  }
}

async function byResolver(address: string): Promise<string> {
  return (await dns.lookupService(address, PORT)).hostname
}

function addressesOfThisMachine(): readonly string[] {
  const own = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address))
  return [...new Set(['127.0.0.1', '::1', ...own])]
}
