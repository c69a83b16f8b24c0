/** What a Millrace of this machine says about a refusal that the doctor has just met: brokers tell clients less. */
import { networkInterfaces } from 'node:os'
import { dataDirectory, internalToken, runningServer } from '../data-directory.ts'
import type { Explanation } from '../why/why-event.ts'
import { resolveName, type Address } from './open-address.ts'

export interface WhyNot {
  readonly reason: string
  readonly remedies: Explanation['remedies']
}

/** The question takes time to get there, and time is counted from when it is answered. */
const SLACK_MS = 5_000

/** What brokers say of the doctor's own probing; it tells of that itself. */
const OWN_PROBES: ReadonlySet<string> = new Set([
  'plaintext-to-tls',
  'tls-to-plaintext',
  'tls-handshake',
  'not-authenticated',
  'unsupported-mechanism',
])

export interface AskWhyOptions {
  readonly dataDir: string | undefined
  readonly address: Address
  /** When the doctor came to this address. */
  readonly sinceMs: number
  /** Whom it posed as, where that is known: the name of a user, an access key id or an ARN. */
  readonly who: readonly string[]
  readonly timeoutMs: number
}

/** Null: no Millrace of this directory runs, the address is not of this machine, or nothing was refused there. */
export async function askWhy({ dataDir, address, sinceMs, who, timeoutMs }: AskWhyOptions): Promise<WhyNot | null> {
  const directory = dataDirectory(dataDir)
  const server = runningServer(directory)
  if (server === null || !(await isHere(address.host))) return null
  const lastMs = Math.ceil(Math.max(0, Date.now() - sinceMs)) + SLACK_MS
  try {
    const response = await fetch(`${server.endpoint}/_millrace/why?lastMs=${lastMs}`, {
      headers: { authorization: `Bearer ${internalToken(directory)}` },
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!response.ok) return null
    const { events } = (await response.json()) as { readonly events: readonly Explanation[] }
    const told = events.findLast(
      ({ event }) => event.type === 'connection' && !OWN_PROBES.has(event.kind) && isOurs(event.principal, who),
    )
    return told === undefined ? null : { reason: told.reason, remedies: told.remedies }
  } catch {
    // It is a help, not what was asked for.
    return null
  }
}

function isOurs(principal: string | null, who: readonly string[]): boolean {
  return principal === null || who.length === 0 || who.some((name) => principal.includes(name))
}

/** Whether a name leads to this machine. */
async function isHere(host: string): Promise<boolean> {
  const own = new Set(Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address)))
  const addresses = await resolveName(host).catch((): string[] => [])
  return addresses.some((address) => own.has(address))
}
