/** Signing keys, derived once per credential, day, region and service: four HMACs saved per call. */
import { deriveSigningKey } from '@millrace/policy/sigv4/signing-key'

/** Far more than the (day, region, service) triples of one process; the oldest goes first. */
const KEYS_MAX = 1024

export class SigningKeys {
  readonly #keys = new Map<string, { readonly secret: string; readonly key: Buffer }>()

  get(accessKeyId: string, secret: string, date: string, region: string, service: string): Buffer {
    const name = `${accessKeyId}/${date}/${region}/${service}`
    const known = this.#keys.get(name)
    if (known !== undefined && known.secret === secret) return known.key
    const key = deriveSigningKey(secret, date, region, service)
    this.#keys.delete(name)
    this.#keys.set(name, { secret, key })
    const oldest = this.#keys.keys().next().value
    if (this.#keys.size > KEYS_MAX && oldest !== undefined) this.#keys.delete(oldest)
    return key
  }
}
