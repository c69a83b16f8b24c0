/** KMS as the tests of encryption at rest hold it in their hand. */
import type { Scope } from '../arns.ts'
import { type KeyReading, type KeySource, MANAGED_KEY_ALIAS } from '../at-rest/key-source.ts'

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

  /** Cluster ARNs by key; a key named `managed` is AWS's. */
  readonly granted: Map<string, Set<string>> = new Map()

  grant(key: string, clusterArn: string): Promise<string | null> {
    if (key === keyArn('managed')) return Promise.resolve(null)
    this.granted.set(key, new Set([...(this.granted.get(key) ?? []), clusterArn]))
    return Promise.resolve(`grant of ${clusterArn}`)
  }

  isGranted(key: string, clusterArn: string): Promise<boolean> {
    return Promise.resolve(this.granted.get(key)?.has(clusterArn) === true)
  }

  retire(key: string, grantId: string): Promise<void> {
    this.granted.get(key)?.delete(grantId.slice('grant of '.length))
    this.#tell(key)
    return Promise.resolve()
  }

  #tell(arn: string): void {
    for (const listener of this.#listeners) listener(arn)
  }

  subscribe(listener: (keyArn: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

export function keyArn(name: string): string {
  return `arn:aws:kms:us-east-1:000000000000:key/${name}`
}
