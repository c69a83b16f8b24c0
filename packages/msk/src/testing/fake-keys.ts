/** KMS as the tests of encryption at rest hold it in their hand. */
import type { Scope } from '../arns.ts'
import { type KeyReading, type KeySource, type KeyUse, MANAGED_KEY_ALIAS } from '../at-rest/key-source.ts'

export class FakeKeys implements KeySource {
  readonly #keys = new Map<string, KeyReading>()
  readonly #listeners = new Set<(keyArn: string) => void>()

  /** Makes the key or changes its status; tells of it. */
  put(name: string, status: KeyReading['status'] = 'Enabled'): string {
    const arn = keyArn(name)
    this.#keys.set(arn, { arn, status })
    for (const listener of this.#listeners) listener(arn)
    return arn
  }

  keyState(key: string, _scope: Scope): Promise<KeyReading | null> {
    if (key === MANAGED_KEY_ALIAS && !this.#keys.has(keyArn('managed'))) this.put('managed')
    return Promise.resolve(this.#keys.get(key === MANAGED_KEY_ALIAS ? keyArn('managed') : key) ?? null)
  }

  readonly #grants = new Map<string, { readonly key: string; readonly target: string }>()
  #grantsMade = 0

  /** What the key may be used for: ARNs of clusters and secrets. */
  grantedOn(key: string): string[] {
    return [...this.#grants.values()].filter((grant) => grant.key === key).map(({ target }) => target)
  }

  /** A key named `managed` is AWS's. */
  grant(key: string, use: KeyUse): Promise<string | null> {
    if (key === keyArn('managed')) return Promise.resolve(null)
    const grantId = `grant ${++this.#grantsMade}`
    this.#grants.set(grantId, { key, target: targetOf(use) })
    this.#tell(key)
    return Promise.resolve(grantId)
  }

  isGranted(key: string, use: KeyUse): Promise<boolean> {
    return Promise.resolve(this.grantedOn(key).includes(targetOf(use)))
  }

  retire(key: string, grantId: string): Promise<void> {
    this.#grants.delete(grantId)
    this.#tell(key)
    return Promise.resolve()
  }

  /** The owner of the key takes all grants on it back. */
  async revokeAll(key: string): Promise<void> {
    for (const [grantId, grant] of this.#grants) if (grant.key === key) await this.retire(key, grantId)
  }

  #tell(arn: string): void {
    for (const listener of this.#listeners) listener(arn)
  }

  subscribe(listener: (keyArn: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

function targetOf(use: KeyUse): string {
  return use.for === 'storage' ? use.clusterArn : use.secretArn
}

export function keyArn(name: string): string {
  return `arn:aws:kms:us-east-1:000000000000:key/${name}`
}
