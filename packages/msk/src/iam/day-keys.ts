/**
 * Signing keys for brokers: of each credential for yesterday (a client signed before midnight), today and tomorrow (nobody may
 * be here to tell when the day turns). Derived once: ten thousand credentials would cost a fifth of a second every time.
 */
import { deriveSigningKey } from '@millrace/policy/sigv4/signing-key'

const DAY_MS = 86_400_000
const SERVICE = 'kafka-cluster'

export class DayKeys {
  /** By access key id; forgotten with the credential, with another secret, and with the day. */
  #known = new Map<string, KeysOfCredential>()
  #dates = ''

  /** Base64 by date. Of credentials that are not asked for between two turns of the day nothing is kept. */
  of(accessKeyId: string, secret: string, region: string, nowMs: number): Readonly<Record<string, string>> {
    const dates = datesAround(nowMs)
    if (dates.join() !== this.#dates) {
      this.#dates = dates.join()
      this.#known = new Map()
    }
    const name = `${accessKeyId}/${region}`
    const known = this.#known.get(name)
    if (known?.secret === secret) return known.keys
    const keys = Object.fromEntries(
      dates.map((date) => [date, deriveSigningKey(secret, date, region, SERVICE).toString('base64')]),
    )
    this.#known.set(name, { secret, keys })
    return keys
  }
}

interface KeysOfCredential {
  readonly secret: string
  readonly keys: Readonly<Record<string, string>>
}

/** `20261120`, `20261121`, `20261122` */
export function datesAround(nowMs: number): readonly string[] {
  return [-DAY_MS, 0, DAY_MS].map((offset) => new Date(nowMs + offset).toISOString().slice(0, 10).replaceAll('-', ''))
}

/** Ms from `nowMs` until the day turns. */
export function untilMidnightMs(nowMs: number): number {
  return DAY_MS - (nowMs % DAY_MS)
}
